"""``geomgen minima`` from its options to its table."""

from pathlib import Path

import pandas as pd
import pytest

from geomgen.config.minima import MinimaConfig
from geomgen.errors import UsageError
from geomgen.experiments.minima import minima, work
from geomgen.measures.minima import BLOCK

SMALL = MinimaConfig(inputs=3, train_size=3, width=4, networks=20, threads=1)


def test_a_run_holds_its_table_and_the_same_one_again(tmp_path: Path) -> None:
    run, again = (minima(SMALL, tmp_path / name) for name in ("one", "two"))
    assert run.tables == ["minima"]
    first, second = (one.table("minima").drop(columns="run_id") for one in (run, again))
    pd.testing.assert_frame_equal(first, second)
    assert minima(SMALL, tmp_path / "one", reuse=True).id == run.id


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 1, "inputs": 3, "train_size": 8, "sigma_b": 0.0}, "4 parameters fit --train-size 8"),
        ({"inputs": 3, "train_size": 8, "width": 4, "target": "parity", "networks": 20, "activation": "identity"},
         "Of 20 networks only 0 could be trained to fit exactly, and 10 are needed"),
        ({"width": 10_000, "depth": 20, "inputs": 12, "train_size": 1000}, "GiB of memory"),
        ({"device": "cuda"}, "--device cuda does not apply to minima"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said(tmp_path: Path, options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        minima(MinimaConfig(threads=1, **options), tmp_path)  # type: ignore[arg-type]


def test_more_networks_take_longer_but_no_more_memory_than_a_block() -> None:
    one, two = (work(MinimaConfig(networks=count)) for count in (BLOCK, 10 * BLOCK))
    assert one.memory == two.memory
    assert one.flops is not None
    assert two.flops == 10 * one.flops

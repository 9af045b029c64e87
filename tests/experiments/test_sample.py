"""``geomgen sample`` from its options to its tables."""

from pathlib import Path

import pandas as pd
import pytest

from geomgen.config.sample import SampleConfig
from geomgen.errors import UsageError
from geomgen.experiments.sample import sample, work

SMALL = SampleConfig(inputs=4, hidden="6", draws=3000, threads=1)


def test_a_run_holds_exact_tables(tmp_path: Path) -> None:
    run = sample(SMALL, tmp_path)
    table, summary = run.table("function_frequencies"), run.table("function_summary").iloc[0]
    assert run.tables == ["function_frequencies", "function_growth", "function_summary"]
    assert table["count"].sum() == summary["num_draws"] == 3000
    assert len(table) == summary["num_functions"]
    assert (
        (table["probability_low"] < table["probability"]) & (table["probability"] < table["probability_high"])
    ).all()
    assert run.facts["num_parameters"] == 5 * 6 + 7
    again = sample(SMALL, tmp_path / "again").table("function_frequencies")
    pd.testing.assert_frame_equal(table.drop(columns="run_id"), again.drop(columns="run_id"))
    assert sample(SMALL, tmp_path, reuse=True).id == run.id


def test_images_have_no_sensitivity(tmp_path: Path) -> None:
    config = SampleConfig(task="mnist", images=13, pool=14, hidden="5", draws=1000, threads=1)
    run = sample(config, tmp_path)
    assert run.table("function_frequencies")["function"].str.len().unique().tolist() == [4]
    assert run.table("function_summary")["sensitivity"].isna().all()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"memory": 1e6}, "--memory 1e.06 with 128 inputs needs about .* GiB of memory"),
        ({"hidden": "100000,100000"}, "with 128 inputs needs about .* GiB of memory"),
        ({"device": "cuda"}, "--device cuda does not apply to sample"),
        ({"task": "mnist", "pool": 5}, "--pool 5 does not divide images of 28 x 28"),
    ],
)
def test_what_cannot_be_done_says_so(tmp_path: Path, options: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        sample(SampleConfig(**options), tmp_path)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_the_work_grows_with_draws() -> None:
    few, many = work(SMALL), work(SampleConfig(inputs=4, hidden="6", draws=6000, threads=1))
    assert many.flops == pytest.approx(2 * (few.flops or 0))

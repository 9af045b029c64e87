"""Complexity by width beside the test error of networks of the same procedure."""

from pathlib import Path

import pytest

from geomgen.config.emc import EmcConfig
from geomgen.report.collect import RunTables
from geomgen.report.emc_peaks import part
from geomgen.report.quantities.emc import EMC
from geomgen.store.run import Run, create_run
from geomgen.tables.complexity import EmcRow
from tests.report.made_up_runs import RunMaker
from tests.report.noisy_runs import NOISY, WIDTHS, noisy_run

EPOCHS = 9


def _emc(tmp_path: Path, width: int, emc: int, outcome: str = "found", **options: float) -> Run:
    config = EmcConfig(width=width, epochs=EPOCHS, **{**NOISY, **options}).resolved(device="cpu", threads=1)  # type: ignore[arg-type]
    run = create_run(tmp_path / "runs", "emc", f"w{width}", config.to_mapping(), {"num_parameters": 100 * width})
    row = EmcRow(
        epochs=EPOCHS, threshold=0.1, emc=emc, emc_low=None, emc_high=None, outcome=outcome, largest_fitted=emc,
        smallest_not_fitted=emc + 1, draws=4, num_probes=6, num_parameters=100 * width,
    )  # fmt: skip
    run.add_rows("emc", [row])
    run.finish("complete")
    return run


def _networks(make_run: RunMaker) -> list[Run]:
    return [
        noisy_run(make_run, {EPOCHS: error}, seed, width=width, train_size=200)
        for width, error in WIDTHS.items()
        for seed in range(2)
    ]


def test_complexity_stands_beside_the_error_of_the_same_procedure(make_run: RunMaker, tmp_path: Path) -> None:
    searches = [_emc(tmp_path, 4, 100), _emc(tmp_path, 16, 400, "at-least"), _emc(tmp_path, 2, 0, "below")]
    others = [_emc(tmp_path, 8, 50, lr=0.5), _emc(tmp_path, 8, 50, label_noise=0.3)]
    tables = RunTables([*_networks(make_run), *searches, *others])
    (figure,) = part(tables, EMC.rows(tables).frame)
    ratios = figure.numbers.set_index("width")["emc_over_images"]
    assert ratios.dropna().to_dict() == {4: 0.5, 16: 2.0}
    assert figure.numbers["test_error"].to_list() == pytest.approx([1.005 * error for error in WIDTHS.values()])


def test_without_networks_or_a_complexity_of_theirs_there_is_no_figure(make_run: RunMaker, tmp_path: Path) -> None:
    alone = RunTables([_emc(tmp_path, 4, 100)])
    assert part(alone, EMC.rows(alone).frame) == ()
    apart = RunTables([*_networks(make_run), _emc(tmp_path, 4, 100, lr=0.5)])
    assert part(apart, EMC.rows(apart).frame) == ()

"""Complexity by width beside the test error of networks of the same procedure."""

from pathlib import Path

import pytest

from geomgen.config.emc import EmcConfig
from geomgen.report.collect import RunTables
from geomgen.report.emc_peaks import part
from geomgen.report.quantities.emc import EMC
from geomgen.store.run import Run, create_run
from geomgen.tables.complexity import EmcRow
from tests.report.made_up_runs import FACTS, RunMaker
from tests.report.noisy_runs import NOISY, WIDTHS, noisy_run

EPOCHS = 9
DATA = str(FACTS["data_sha256"])


def _emc(
    tmp_path: Path,
    width: int,
    emc: int,
    outcome: str = "found",
    data: str = str(FACTS["data_sha256"]),
    **options: float,
) -> Run:
    config = EmcConfig(width=width, epochs=EPOCHS, **{**NOISY, **options}).resolved(device="cpu", threads=1)  # type: ignore[arg-type]
    facts = {"num_parameters": 100 * width, "data_sha256": data}
    run = create_run(tmp_path / "runs", "emc", f"w{width}", config.to_mapping(), facts)
    row = EmcRow(
        epochs=EPOCHS, threshold=config.threshold, emc=emc, emc_low=None, emc_high=None, outcome=outcome,
        largest_fitted=emc,
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
    others = [
        _emc(tmp_path, 8, 50, lr=0.5),
        _emc(tmp_path, 8, 50, label_noise=0.3),
        _emc(tmp_path, 8, 50, data="other"),
    ]
    tables = RunTables([*_networks(make_run), *searches, *others])
    (figure,), notes = part(tables, EMC.rows(tables).frame)
    assert notes == ()
    ratios = figure.numbers.set_index("width")["emc_over_images"]
    assert ratios.dropna().to_dict() == {4: 0.5, 16: 2.0}
    assert figure.numbers["test_error"].to_list() == pytest.approx([1.005 * error for error in WIDTHS.values()])


def test_without_networks_or_a_complexity_of_theirs_there_is_no_figure(make_run: RunMaker, tmp_path: Path) -> None:
    alone = RunTables([_emc(tmp_path, 4, 100)])
    assert part(alone, EMC.rows(alone).frame) == ((), ())
    apart = RunTables([*_networks(make_run), _emc(tmp_path, 4, 100, lr=0.5)])
    assert part(apart, EMC.rows(apart).frame) == ((), ())


def test_thresholds_are_not_mixed(make_run: RunMaker, tmp_path: Path) -> None:
    searches = [_emc(tmp_path, 4, 400), _emc(tmp_path, 16, 400), _emc(tmp_path, 4, 1200, threshold=0.5)]
    tables = RunTables([*_networks(make_run), *searches])
    (figure,), (note,) = part(tables, EMC.rows(tables).frame)
    assert figure.numbers.set_index("width")["emc_over_images"].dropna().to_dict() == {4: 2.0, 16: 2.0}
    assert note == "emc-beside-test-error: Only the runs with threshold 0.1 are shown; 1 with other options are not."


def test_a_mean_over_seeds_needs_a_complexity_of_each(make_run: RunMaker, tmp_path: Path) -> None:
    searches = [_emc(tmp_path, 4, 400), _emc(tmp_path, 4, 0, "below", seed=1), _emc(tmp_path, 16, 400)]
    tables = RunTables([*_networks(make_run), *searches])
    (figure,), _ = part(tables, EMC.rows(tables).frame)
    assert figure.numbers.set_index("width")["emc_over_images"].dropna().to_dict() == {16: 2.0}

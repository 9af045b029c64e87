"""Effective model complexity against epochs and width."""

from pathlib import Path

import pytest

from geomgen.config.emc import EmcConfig
from geomgen.measures.emc import EmcRow
from geomgen.store.run import Run, create_run
from tests.report.reading import claim, report


def _complexities(tmp_path: Path, power: float) -> list[Run]:
    runs = []
    for width in (4, 8, 16):
        for epochs in (10, 20, 40):
            config = EmcConfig(width=width, epochs=epochs).resolved(device="cpu", threads=1)
            run = create_run(
                tmp_path / "runs", "emc", f"w{width}", config.to_mapping(), {"num_parameters": 100 * width}
            )
            emc = round(10 * width * epochs**power)
            is_found = width < 16 or epochs < 40
            row = EmcRow(
                epochs=epochs, threshold=0.1, emc=emc, emc_low=0.9 * emc if is_found else None,
                emc_high=1.1 * emc if is_found else None, outcome="found" if is_found else "at-least",
                largest_fitted=emc, smallest_not_fitted=emc + 1, draws=4, num_probes=6, num_parameters=100 * width,
            )  # fmt: skip
            run.add_rows("emc", [row])
            run.finish("complete")
            runs.append(run)
    return runs


@pytest.mark.parametrize(("power", "verdict"), [(0.5, "holds"), (-0.5, "does not hold")])
def test_complexity_against_epochs_and_width(tmp_path: Path, power: float, verdict: str) -> None:
    runs = _complexities(tmp_path, power)
    made = report("emc", runs)
    assert made.main.layout.iloc[-1]["emc"].startswith("at least ")
    exponents = made.table("emc-exponents").frame.set_index("against")
    assert exponents["exponent"]["training time"] == pytest.approx(power, abs=0.02)
    assert exponents["exponent"]["width"] == pytest.approx(1, abs=0.02)
    assert exponents["points"].tolist() == [8, 8]
    assert claim(runs, "T5.7")["verdict"] == verdict
    assert len(made.figures[0].draw().axes) == 2


def test_one_complexity_has_no_exponent(tmp_path: Path) -> None:
    made = report("emc", _complexities(tmp_path, 0.5)[:1])
    assert [table.name for table in made.tables] == ["emc"]

"""Report ``prior-mass``: routes beside each other, and lines against width."""

from pathlib import Path

import pytest

from geomgen.config.prior_mass import PriorMassConfig
from geomgen.experiments.prior_mass import prior_mass
from geomgen.report.collect import RunTables
from geomgen.report.prior_mass import REPORT
from tests.report.made_up_prior_masses import mass_run

SMALL = {"inputs": 3, "train_size": 3, "draws": 2000, "kernels": 10, "route": ("sampling", "infinite-width")}


def test_finite_widths_are_fitted_by_a_and_b_over_h(tmp_path: Path) -> None:
    runs = [mass_run(tmp_path, width, seed, 0.25 + 3 / width) for width in (10, 40, 160) for seed in range(2)]
    (row,) = REPORT.build(RunTables(runs)).table("prior-mass-fit").frame.to_dict("records")
    assert (row["widths"], row["runs"]) == (3, 6)
    assert [row["a_nats"], row["b_nats"]] == pytest.approx([-0.25, -3])
    assert row["b_nats_low"] <= row["b_nats"] <= row["b_nats_high"]
    assert [table.name for table in REPORT.build(RunTables(runs[:4])).tables] == ["prior-mass"]


def test_routes_and_widths(tmp_path: Path) -> None:
    configs = [PriorMassConfig(hidden=hidden, threads=1, **SMALL) for hidden in ("4", "8")]  # type: ignore[arg-type]
    made = REPORT.build(RunTables([prior_mass(config, tmp_path) for config in configs]))
    assert len(made.main.frame) == 4
    (figure,) = made.figures
    assert figure.numbers.groupby("series")["units"].agg(list).to_dict() == {
        "route infinite-width": [4, 8], "route sampling": [4, 8],
    }  # fmt: skip
    figure.draw()

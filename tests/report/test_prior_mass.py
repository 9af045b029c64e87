"""Report ``prior-mass``: routes beside each other, and lines against width."""

from pathlib import Path

from geomgen.config.prior_mass import PriorMassConfig
from geomgen.experiments.prior_mass import prior_mass
from geomgen.report.collect import RunTables
from geomgen.report.prior_mass import REPORT

SMALL = {"inputs": 3, "train_size": 3, "draws": 2000, "kernels": 10, "route": ("sampling", "infinite-width")}


def test_routes_and_widths(tmp_path: Path) -> None:
    configs = [PriorMassConfig(hidden=hidden, threads=1, **SMALL) for hidden in ("4", "8")]  # type: ignore[arg-type]
    made = REPORT.build(RunTables([prior_mass(config, tmp_path) for config in configs]))
    assert len(made.main.frame) == 4
    (figure,) = made.figures
    assert figure.numbers.groupby("series")["units"].agg(list).to_dict() == {
        "route infinite-width": [4, 8], "route sampling": [4, 8],
    }  # fmt: skip
    figure.draw()

"""Training beside the posterior by width: networks, and processes of infinite width."""

from pathlib import Path

from geomgen.report.collect import RunTables
from geomgen.report.posterior_by_width import by_width
from tests.report.made_up_posteriors import CLOSE, WIDENING, posterior_run


def test_curves_are_of_networks_and_of_processes(tmp_path: Path) -> None:
    runs = [
        posterior_run(tmp_path, WIDENING | {"hidden": str(width), "lr": 8 / width, "seed": seed}, error_sgd=4 / width)
        for width in (8, 16)
        for seed in (0, 1)
    ]
    made = by_width(RunTables([*runs, posterior_run(tmp_path, CLOSE)]))
    table = made.main.frame
    assert table.groupby("process")["seeds"].sum().to_dict() == {"own-width": 4, "infinite-width": 4}
    (figure,) = made.figures
    numbers = figure.numbers.set_index(["series", "units"])["error"]
    assert numbers.loc["trained"].to_dict() == {8: 0.5, 16: 0.25}
    assert set(figure.numbers["series"]) == {
        "trained", "drawn, given the fit", "fixed kernel, own width", "fixed kernel, infinite width",
    }  # fmt: skip
    assert any("coarse classes" in note for note in made.notes)
    figure.draw()

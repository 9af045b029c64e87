"""A declaration makes a report against width: table, figure and notes."""

from geomgen.report.by_width import Measured, width_report
from geomgen.report.collect import RunTables
from geomgen.report.curves import Panel
from geomgen.report.quantities.training import RELATIVE_DISTANCE, TEST_ACCURACY
from tests.report.made_up_runs import RunMaker

REPORT = width_report(
    "made",
    "How far?",
    "Trained networks",
    {
        "moved": Measured(RELATIVE_DISTANCE.of(), ".2f", "moved"),
        "accuracy": Measured(TEST_ACCURACY.of(), ".1%", "accuracy"),
    },
    (Panel("moved", "Distance"), Panel("accuracy", "Accuracy (fraction)")),
)


def test_one_row_a_width_and_the_largest_setting_drawn(make_run: RunMaker) -> None:
    runs = [make_run(epochs_done=1, width=width, seed=seed) for width in (64, 8) for seed in (0, 1)]
    made = REPORT.build(RunTables([*runs, make_run(epochs_done=1, width=8, lr=0.5)]))
    assert made.main.layout.to_dict("list") == {
        "arch": ["mlp"] * 3, "width": ["8", "8", "64"], "lr": ["0.001", "0.5", "0.001"],
        "moved": ["0.25 ± 0.00", "0.25", "0.25 ± 0.00"], "accuracy": ["90.0% ± 0.0%", "90.0%", "90.0% ± 0.0%"],
        "seeds": ["2", "1", "2"],
    }  # fmt: skip
    (figure,) = made.figures
    assert figure.numbers[["series", "width", "seeds"]].to_numpy().tolist() == [["mlp", 8, 2], ["mlp", 64, 2]]
    assert made.notes == ("Only the runs with lr 0.001 are shown; 1 with other options are not.",)
    assert [source.table for source in REPORT.sources] == ["training"]
    assert [ax.get_ylabel() for ax in figure.draw().axes] == ["Distance", "Accuracy (fraction)"]

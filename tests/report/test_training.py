"""The last epoch of every run, and how runs are told apart in table and figure."""

from dataclasses import replace

from geomgen.report.content import MadeReport
from tests.report.made_up_runs import RunMaker, training_row
from tests.report.reading import report


def _series(made: MadeReport) -> list[str]:
    return list(dict.fromkeys(made.figures[0].numbers["series"]))


def test_last_epoch_and_total_time(make_run: RunMaker) -> None:
    run = make_run(epochs_done=3, epochs=3, width=64, seed=7)
    made = report("training", [run])
    assert list(made.main.frame) == [
        "run_id", "arch", "width", "seed", "epochs", "num_parameters", "train_loss_nats", "train_accuracy",
        "test_loss_nats", "test_accuracy", "relative_distance", "path_length", "wall_time_s",
    ]  # fmt: skip
    assert made.main.frame.iloc[0].tolist() == [run.id, "mlp", 64, 7, 3, 1000, 0.1, 0.95, 0.5 / 3, 0.9, 0.25, 3.0, 4.5]
    assert made.main.layout["test\nloss\nnats"].tolist() == ["0.1667"]


def test_what_varies_is_in_the_table_and_in_the_legend(make_run: RunMaker) -> None:
    made = report(
        "training", [make_run(epochs_done=1, width=64, lr=0.1), make_run(epochs_done=1, width=32, lr=0.123456789)]
    )
    assert made.main.frame["lr"].tolist() == [0.1, 0.123456789]
    assert made.main.layout["lr"].tolist() == ["0.1", "0.123456789"]
    assert _series(made) == ["width 32, lr 0.123456789", "width 64, lr 0.1"]
    (legend,) = made.figures[0].draw().legends
    assert [label.get_text() for label in legend.get_texts()] == _series(made)


def test_seeds_share_a_line_and_a_rerun_counts_once(make_run: RunMaker) -> None:
    earlier, *others = (make_run(epochs_done=2, width=64, seed=seed) for seed in (0, 0, 1))
    made = report("training", [earlier, *others])
    numbers = made.figures[0].numbers
    assert numbers[["series", "epoch", "seeds"]].to_numpy().tolist() == [["width 64", 1, 2], ["width 64", 2, 2]]
    assert made.main.frame["run_id"].tolist() == [run.id for run in others]
    assert made.notes == (f"{earlier.id} is left out: a later run has the same options and seed.",)


def test_of_many_lines_those_of_the_largest_setting_with_a_curve_are_drawn(make_run: RunMaker) -> None:
    points = [make_run(epochs_done=1, width=8 + width, lr=0.2) for width in range(10)]
    curves = [make_run(epochs_done=3, width=width, lr=0.1) for width in (32, 64)]
    made = report("training", [*points, *curves])
    assert _series(made) == ["width 32", "width 64"]
    assert len(made.main.frame) == 12


def test_of_many_lines_those_of_the_published_protocol_are_drawn(make_run: RunMaker) -> None:
    others = [make_run(epochs_done=3, width=8 + width, lr=0.2) for width in range(10)]
    made = report("training", [*others, make_run(epochs_done=3, width=128)])
    assert _series(made) == ["width 128"]
    assert made.notes == ("Figure: Only runs of the published protocol are shown; 10 with other options are not.",)


def test_the_lines_that_do_not_fit_are_noted(make_run: RunMaker) -> None:
    made = report("training", [make_run(epochs_done=2, width=8 + width) for width in range(12)])
    assert len(_series(made)) == 9
    assert made.notes == ("Figure: The figure leaves out 3 of 12 lines.",)


def test_loss_and_accuracy_are_drawn(make_run: RunMaker) -> None:
    made = report("training", [make_run(epochs_done=2, seed=seed) for seed in range(3)])
    assert [ax.get_ylabel() for ax in made.figures[0].draw().axes] == ["Test loss (nats)", "Test accuracy (fraction)"]


def test_losses_of_two_kinds_have_columns_and_panels_of_their_own(make_run: RunMaker) -> None:
    squared = [
        replace(
            training_row(1), train_loss_nats=None, test_loss_nats=None, train_squared_error=0.4, test_squared_error=0.6
        )
    ]
    made = report(
        "training", [make_run(epochs_done=1, width=8), make_run(tables={"training": squared}, width=8, loss="mse")]
    )
    frame = made.main.frame
    assert frame["loss"].tolist() == ["cross-entropy", "mse"]
    assert frame["test_loss_nats"].isna().tolist() == [False, True]
    assert frame["test_squared_error"].isna().tolist() == [True, False]
    assert [ax.get_ylabel() for ax in made.figures[0].draw().axes] == [
        "Test loss (nats)", "Test squared error", "Test accuracy (fraction)",
    ]  # fmt: skip

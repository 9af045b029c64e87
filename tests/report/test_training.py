"""The last epoch of every run, and how runs are told apart in the figure."""

from geomgen.report.collect import RunTables
from geomgen.report.reports import REPORTS
from geomgen.report.training import run_labels
from tests.report.made_up_runs import RunMaker


def test_last_epoch_and_total_time(make_run: RunMaker) -> None:
    run = make_run(epochs_done=3, epochs=3, width=64, seed=7)
    made = REPORTS["training"].build(RunTables([run]))
    assert list(made.main.frame) == [
        "run_id", "arch", "width", "seed", "epochs", "num_parameters", "train_loss_nats", "train_accuracy",
        "test_loss_nats", "test_accuracy", "relative_distance", "path_length", "wall_time_s",
    ]  # fmt: skip
    assert made.main.frame.iloc[0].tolist() == [run.id, "mlp", 64, 7, 3, 1000, 0.1, 0.95, 0.5 / 3, 0.9, 0.25, 3.0, 4.5]
    assert made.main.layout["test\nloss\nnats"].tolist() == ["0.1667"]


def test_runs_are_labelled_by_what_varies(make_run: RunMaker) -> None:
    runs = [make_run(epochs_done=1, width=64, lr=0.1), make_run(epochs_done=1, width=32, lr=0.2)]
    labels = run_labels(RunTables(runs).collect("training", "").frame)
    assert list(labels.values()) == ["width 32, seed 0, lr 0.2", "width 64, seed 0, lr 0.1"]


def test_many_runs_are_labelled_by_width(make_run: RunMaker) -> None:
    runs = [make_run(epochs_done=1, width=64, seed=seed) for seed in range(13)]
    made = REPORTS["training"].build(RunTables(runs))
    (legend,) = made.figures[0].draw().legends
    assert [label.get_text() for label in legend.get_texts()] == ["width 64"]


def test_of_many_runs_those_of_the_commonest_options_with_a_curve_are_drawn(make_run: RunMaker) -> None:
    points = [make_run(epochs_done=1, width=64, seed=seed, lr=0.2) for seed in range(13)]
    curves = [make_run(epochs_done=3, width=width, lr=0.1) for width in (32, 64)]
    made = REPORTS["training"].build(RunTables([*points, *curves]))
    assert set(made.figures[0].numbers["run_id"]) == {run.id for run in curves}
    assert len(made.main.frame) == 15


def test_of_many_runs_those_of_the_published_protocol_are_drawn(make_run: RunMaker) -> None:
    others = [make_run(epochs_done=3, width=64, seed=seed, lr=0.2) for seed in range(13)]
    published = make_run(epochs_done=3, width=128)
    made = REPORTS["training"].build(RunTables([*others, published]))
    assert set(made.figures[0].numbers["run_id"]) == {published.id}
    assert made.notes == ("Figure: Only runs of the published protocol are shown; 13 with other options are not.",)


def test_loss_and_accuracy_are_drawn(make_run: RunMaker) -> None:
    made = REPORTS["training"].build(RunTables([make_run(epochs_done=2, seed=seed) for seed in range(3)]))
    assert [ax.get_ylabel() for ax in made.figures[0].draw().axes] == ["Test loss (nats)", "Test accuracy (fraction)"]

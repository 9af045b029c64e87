"""Runs that went on from others: what they are called, what they stand beside, and which of them are of one setting."""

from geomgen.report.collect import SETTING, RunTables
from geomgen.report.gone_on import gone_on
from tests.report.made_up_gone_on import Numbers, measured, went_on
from tests.report.made_up_runs import RunMaker

BEFORE, TRAINED, END = Numbers(200, 0.7, 100), Numbers(800, 0.2, 240, 0.98), Numbers(350, 0.6, 350, 0.96)


def test_ways_are_named_by_what_distinguishes_them_from_the_run_that_they_went_on_from(make_run: RunMaker) -> None:
    source = measured(make_run, BEFORE, TRAINED, lr=0.01, train_size=500)
    same = {"lr": 0.01, "train_size": 500}
    runs = [
        source,
        went_on(make_run, source, "final", TRAINED, END, **same),
        went_on(make_run, source, "final", TRAINED, END, lr=0.01, label_noise=0.5),
        went_on(make_run, source, "final", TRAINED, END, **same, teacher=source.id),
        went_on(make_run, source, "step-000010", TRAINED, END, **same, epochs=3),
        measured(make_run, BEFORE, END, **same, seed=9, teacher=source.id),
    ]
    assert set(gone_on(RunTables(runs))["way"]) == {
        "as before", "label noise 0.5, no train size", "distillation into the same network",
        "distillation into a new network", "as before, epochs 3, from step-000010",
    }  # fmt: skip


def test_a_run_is_the_same_source_whether_it_is_named_by_its_id_or_its_path(make_run: RunMaker) -> None:
    source = measured(make_run, BEFORE, TRAINED)
    named = [
        went_on(make_run, source, "final", TRAINED, END, seed=1),
        measured(make_run, TRAINED, END, start=f"{source.path}:final", seed=2),
        measured(make_run, TRAINED, END, start=f"{source.path}:step-000010", seed=3),
    ]
    rows = gone_on(RunTables([source, *named])).drop_duplicates("run_id")
    assert set(rows["source"]) == {source.id}
    assert rows["state"].tolist() == ["final", "final", "step-000010"]


def test_a_way_from_a_run_that_is_not_there_lacks_what_only_that_run_knows(make_run: RunMaker) -> None:
    frame = gone_on(RunTables([went_on(make_run, measured(make_run, BEFORE, TRAINED), "final", TRAINED, END)]))
    found = frame.set_index("quantity").loc["log determinant of activations"]
    assert (found["trained"], found["value"]) == (800, 350)
    assert found[["before", "from_start", "back"]].isna().all()


def test_they_are_of_one_setting_if_what_they_went_on_from_is(make_run: RunMaker) -> None:
    sources = [measured(make_run, BEFORE, TRAINED, seed=seed, lr=lr) for seed, lr in ((0, 0.1), (1, 0.1), (2, 0.2))]
    ways = [went_on(make_run, one, "final", TRAINED, END, seed=one.config["seed"], lr=0.1) for one in sources]
    rows = gone_on(RunTables([*sources, *ways])).drop_duplicates("run_id").set_index("source")
    first, second, other = (rows[SETTING][one.id] for one in sources)
    assert first == second != other


def test_the_reference_began_where_its_own_run_began(make_run: RunMaker) -> None:
    """Those of another seed or with other options are none."""
    sources = [measured(make_run, BEFORE, TRAINED, seed=seed) for seed in range(2)]
    runs = [
        went_on(make_run, sources[0], "final", TRAINED, END, weight_decay=1.0),
        went_on(make_run, sources[0], "initial", BEFORE, Numbers(300, 0.5, 300), weight_decay=1.0),
        went_on(make_run, sources[0], "initial", BEFORE, Numbers(1, 0.5, 300), weight_decay=0.5),
        went_on(make_run, sources[1], "initial", BEFORE, Numbers(2, 0.5, 300), seed=1, weight_decay=1.0),
    ]
    rows = gone_on(RunTables([*sources, *runs]))
    assert rows.loc[rows["quantity"] == "log determinant of activations", "from_start"].tolist() == [300]

"""``emc`` as a whole: its trainings are those of ``train``, and its run can be made again."""

from pathlib import Path

import pytest

from geomgen.config.base import option_docs
from geomgen.config.emc import EmcConfig
from geomgen.config.procedure import ProcedureConfig
from geomgen.config.train import TrainConfig
from geomgen.errors import UsageError
from geomgen.experiments.emc import emc, remarks, work
from geomgen.experiments.rerun import rerun
from geomgen.experiments.train import train
from geomgen.numerics.seeds import generator
from geomgen.store.run import Run


def _config(data_file: Path, **options: object) -> EmcConfig:
    usual = {"data": str(data_file), "width": 24, "depth": 1, "label_noise": 0.3, "epochs": 40, "batch_size": 8}
    search = {"lr": 1e-2, "max_samples": 256, "min_samples": 8, "draws": 2, "resolution": 0.5, "threads": 1}
    return EmcConfig(**usual | search | options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def run(data_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return emc(_config(data_file), tmp_path_factory.mktemp("runs"))


def test_finds_the_largest_training_set_that_is_fitted(run: Run) -> None:
    (row,) = run.table("emc").to_dict("records")
    assert run.status == "complete"
    assert row["outcome"] == "found"
    assert row["largest_fitted"] <= row["emc"] < row["smallest_not_fitted"] <= row["largest_fitted"] * 1.5
    means = run.table("emc_probes").groupby("num_samples")["train_error"].agg(["mean", "count"])
    assert (means["count"] == 2).all()
    assert len(means) == row["num_probes"]
    assert means["mean"][row["largest_fitted"]] <= 0.1 < means["mean"][row["smallest_not_fitted"]]


def test_progress_counts_trainings_and_never_passes_its_total(data_file: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int, str]] = []
    config = _config(data_file, epochs=5, resolution=0.1)
    found = emc(config, tmp_path, progress=lambda *words: told.append(words))
    (*steps, last) = told
    num_trainings = len(found.table("emc_probes"))
    assert [done for done, _, _ in steps] == list(range(1, num_trainings + 1))
    assert all(done <= total for done, total, _ in steps)
    totals = [total for _, total, _ in told]
    assert totals == sorted(totals, reverse=True)
    assert last == (num_trainings, num_trainings, f"complexity {found.table('emc')['emc'].item()}")


def test_an_interval_without_an_end_says_what_would_give_it_one(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    table = run.table("emc").assign(emc_low=float("nan"), emc_high=float("nan"))
    monkeypatch.setattr(Run, "table", lambda *_: table)
    assert remarks(run) == [
        "The interval has no lower end: 8 images might not be fitted. Lower --min-samples or raise --draws.",
        "The interval has no upper end: 256 images might be fitted. Raise --max-samples or raise --draws.",
    ]


def test_a_draw_is_the_training_that_train_does(run: Run, tmp_path: Path) -> None:
    probe = run.table("emc_probes").iloc[0]
    shared = {name: run.config[name] for name in option_docs(ProcedureConfig)}
    shared["seed"] = generator(0, "emc-draw", int(probe["draw"])).initial_seed()
    same = train(TrainConfig(**shared, train_size=int(probe["num_samples"])), tmp_path)
    assert 1 - same.table("training")["train_accuracy"].iloc[-1] == pytest.approx(probe["train_error"], abs=1e-12)


def test_is_made_again_and_reused(data_file: Path, tmp_path: Path) -> None:
    config = _config(data_file, max_samples=32, epochs=5)
    first = emc(config, tmp_path)
    assert emc(config, tmp_path, reuse=True).id == first.id
    again = rerun(first, tmp_path)
    assert again.id != first.id
    for name in ("emc", "emc_probes"):
        assert again.table(name).drop(columns="run_id").equals(first.table(name).drop(columns="run_id"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_samples": 257}, "--max-samples 257 is more than the 256 training images"),
        ({"batch_norm": True}, "--batch-norm cannot be used here"),
        ({"width": 10**7, "depth": 2}, r"Training --width 10000000 needs about [\d,.]+ GiB"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_written(
    data_file: Path, tmp_path: Path, options: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        emc(_config(data_file, **options), tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_limits_that_leave_nothing_to_search_are_refused() -> None:
    with pytest.raises(UsageError, match="--min-samples 50 is not below --max-samples 40"):
        EmcConfig(min_samples=50, max_samples=40)


def test_a_search_takes_the_options_of_the_network_the_data_and_the_loss(data_file: Path, tmp_path: Path) -> None:
    options = {
        "width": None,
        "depth": None,
        "hidden": (6, 4),
        "activation": "tanh",
        "loss": "mse",
        "pool": 2,
    }
    found = emc(_config(data_file, **options, epochs=2, max_samples=16, threshold=1.0), tmp_path)
    assert (found.config["width"], found.config["depth"], found.config["hidden"]) == (4, 2, [6, 4])
    assert found.facts["num_parameters"] == (9 + 1) * 6 + (6 + 1) * 4 + (4 + 1) * 4
    assert found.table("emc")["outcome"].item() == "at-least"


def test_the_start_check_asks_for_what_the_plan_says(
    data_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = EmcConfig(data=str(data_file), width=64, epochs=1, min_samples=4, max_samples=8, draws=2, threads=1)
    needed = work(config.resolved(device="cpu", threads=1)).memory
    monkeypatch.setattr("geomgen.experiments.machine.available_bytes", lambda: needed - 1)
    with pytest.raises(UsageError, match="Training --width 64 needs about"):
        emc(config, tmp_path)
    monkeypatch.setattr("geomgen.experiments.machine.available_bytes", lambda: needed)
    assert emc(config, tmp_path).status == "complete"

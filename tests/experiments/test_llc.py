"""A run of a potential, and rows of a trained network."""

import math
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from geomgen.config.llc import LlcConfig
from geomgen.config.train import TrainConfig
from geomgen.errors import DataError, UsageError
from geomgen.experiments import machine
from geomgen.experiments.llc import llc, measure, work
from geomgen.experiments.rerun import rerun
from geomgen.experiments.train import train
from geomgen.fields import CODE_DIGEST
from geomgen.store.run import Run

QUADRATIC = LlcConfig(potential="quadratic", chains=4, draws=20, threads=1)
SHORT = LlcConfig(chains=2, draws=8, minibatch_size=4, threads=1)


@pytest.fixture(scope="module")
def trained(data_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(TrainConfig(data=str(data_file), width=8, epochs=1, threads=1), tmp_path_factory.mktemp("runs"))


def test_a_potential_makes_a_run_that_is_not_made_again(tmp_path: Path) -> None:
    run = llc(QUADRATIC, tmp_path)
    assert run.tables == ["llc", "llc_trace"]
    assert run.table("llc").iloc[0][["state", "num_parameters"]].tolist() == ["quadratic", 2]
    assert len(run.table("llc_trace")) == 4 * 20
    assert llc(replace(QUADRATIC, n_beta=144.765), tmp_path, reuse=True).id == run.id
    again = rerun(run, tmp_path)
    assert again.table("llc").drop(columns="run_id").equals(run.table("llc").drop(columns="run_id"))


def test_a_file_of_ones_own_is_measured_again_only_while_it_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    bowl = tmp_path / "bowl_of_a_test.py"
    bowl.write_text("centre = [0.0, 0.0]\ndef loss(points): return points.square().sum(-1)")
    own = LlcConfig(potential=str(bowl), chains=4, draws=100, threads=1)
    run = llc(own, tmp_path / "runs")
    row = run.table("llc").iloc[0]
    assert row["state"] == "bowl_of_a_test"
    assert run.table("llc")["llc_theory"].isna().all()
    assert row["llc"] == pytest.approx(1, abs=5 * row["stderr"])
    assert list(run.facts[CODE_DIGEST]) == ["bowl_of_a_test.py"]
    assert llc(own, tmp_path / "runs", reuse=True).id == run.id
    again = rerun(run, tmp_path / "runs")
    assert again.table("llc").drop(columns="run_id").equals(run.table("llc").drop(columns="run_id"))
    bowl.write_text("1 / 0")
    with pytest.raises(DataError, match=r"A file of --potential .*bowl_of_a_test\.py has changed since"):
        rerun(run, tmp_path / "runs")


def test_a_network_is_measured_at_its_states(trained: Run) -> None:
    rows = measure(trained, replace(SHORT, state=("initial", "final")))
    images = rows[0].num_samples
    assert images
    assert [row.state for row in rows] == ["initial", "final"]
    assert rows[0].n_beta == pytest.approx(images / math.log(images))
    assert rows[1].reference_loss < rows[0].reference_loss
    assert len(trained.table("llc_trace")) == 2 * 2 * 8
    assert measure(trained, replace(SHORT, state=("initial", "final")), reuse=True) == []


def test_what_makes_no_sense_is_refused(trained: Run, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Neither a RUN nor a --potential is named"):
        llc(LlcConfig(), tmp_path)
    with pytest.raises(UsageError, match="A RUN is named, and --potential too"):
        measure(trained, QUADRATIC)
    with pytest.raises(UsageError, match="--samples 100000 is more than the"):
        measure(trained, replace(SHORT, samples=100_000))


def test_the_work_grows_with_the_draws_and_is_unknown_for_a_potential(trained: Run) -> None:
    made = TrainConfig.from_mapping(trained.config, trained.id)
    short, long = (work(replace(SHORT, draws=draws), made) for draws in (8, 16))
    assert short.flops is not None
    assert long.flops == pytest.approx(2 * short.flops)
    assert work(replace(SHORT, sampler="hmc"), made).flops != short.flops
    assert work(QUADRATIC).flops is None


@pytest.mark.parametrize("options", [{"chains": 100_000}, {"dense_limit": 10**7}])
def test_what_does_not_fit_in_memory_is_refused(
    trained: Run, options: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = TrainConfig.from_mapping(trained.config, trained.id)
    config = replace(SHORT, dense_limit=0)
    available = work(config, made).memory
    monkeypatch.setattr(machine, "available_bytes", lambda: available)
    assert measure(trained, config)
    with pytest.raises(UsageError, match=r"llc with .* chains of .* images needs about .* GiB of memory"):
        measure(trained, replace(config, **options))  # type: ignore[arg-type]


def test_the_work_is_of_the_images_that_were_trained_on(trained: Run) -> None:
    made = TrainConfig.from_mapping(trained.config, trained.id)
    whole, part = (work(replace(SHORT, sampler="hmc"), replace(made, train_size=size)) for size in (None, 16))
    assert part.flops == pytest.approx((whole.flops or 0) * 16 / 256)
    assert part.memory < whole.memory
    wide = replace(SHORT, minibatch_size=10**6)
    assert work(wide, made).flops == work(replace(wide, minibatch_size=256), made).flops

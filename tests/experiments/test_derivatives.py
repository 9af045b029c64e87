"""Measures of derivatives as a whole: their rows beside dense ones, what they refuse, and their reckoned work."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from geomgen.config.jacobian import JacobianConfig
from geomgen.config.tangent_kernel import TangentKernelConfig
from geomgen.config.train import TrainConfig
from geomgen.data.transforms import as_float
from geomgen.errors import UsageError
from geomgen.experiments.derivatives import measure, states, work
from geomgen.experiments.load_run import load_state, run_dataset, run_model
from geomgen.experiments.rerun import rerun
from geomgen.experiments.train import as_trained_on, train
from geomgen.models.functional.loss import LOSSES
from geomgen.progress import silent
from geomgen.store.run import Run

SAMPLES, CLASSES = 6, 4


@pytest.fixture(scope="module", params=["mlp", "transformer"])
def trained(request: pytest.FixtureRequest, data_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    shared = TrainConfig(data=str(data_file), width=8, epochs=1, threads=1, label_noise=0.3)
    config = (
        replace(shared, arch="transformer", depth=1, patch=3, heads=2) if request.param == "transformer" else shared
    )
    return train(config, tmp_path_factory.mktemp("runs"))


def _dense(run: Run, state: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Return J J^T from one gradient per logit, and the labels as trained on."""
    dataset = run_dataset(run)
    model = run_model(run, dataset)
    load_state(run, model, state)
    train_split = as_trained_on(TrainConfig.from_mapping(run.config, run.id), dataset).train.first(SAMPLES)
    logits = model.double()(as_float(train_split.images).double())
    rows = [
        torch.cat([part.flatten() for part in torch.autograd.grad(one, list(model.parameters()), retain_graph=True)])
        for one in logits.flatten()
    ]
    jacobian = torch.stack(rows)
    return jacobian @ jacobian.T, train_split.labels


def test_its_rows_are_those_of_the_dense_jacobian(trained: Run) -> None:
    rows = measure(trained, TangentKernelConfig(samples=SAMPLES, threads=1))
    spectra = trained.table("tangent_kernel_spectrum")
    assert [row.state for row in rows] == ["initial", "final"]
    for row in rows:
        kernel, labels = _dense(trained, row.state)
        exact = torch.linalg.svdvals(kernel)
        found = spectra[(spectra["state"] == row.state) & (spectra["num_samples"] == SAMPLES)].sort_values("index")
        assert found["eigenvalue"].to_numpy() == pytest.approx(exact.numpy(), rel=1e-9, abs=1e-11 * float(exact[0]))
        assert row.condition_number == pytest.approx(float(exact[0] / exact[-1]), rel=1e-6)
        assert row.effective_rank == pytest.approx(float(exact.sum() ** 2 / exact.square().sum()), rel=1e-10)
        wanted = torch.nn.functional.one_hot(labels, CLASSES).double()
        vector = (wanted - wanted.mean(0)).flatten()
        alignment = (kernel * vector.outer(vector)).sum() / kernel.norm() / vector.outer(vector).norm()
        assert row.label_alignment == pytest.approx(float(alignment), rel=1e-10)
        assert row.trace_per_sample == pytest.approx(float(kernel.trace()) / SAMPLES, rel=1e-10)


def test_it_is_measured_once_and_not_on_more_images_than_there_are(trained: Run) -> None:
    assert measure(trained, TangentKernelConfig(samples=2, threads=1))
    assert measure(trained, TangentKernelConfig(samples=2), reuse=True) == []
    with pytest.raises(UsageError, match=r"--samples 257 is more than the 256 images that .* was trained on"):
        measure(trained, TangentKernelConfig(samples=257))


@pytest.fixture(scope="module")
def small(data_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    config = TrainConfig(data=str(data_file), width=16, epochs=2, batch_size=16, train_size=32, threads=1)
    return train(config, tmp_path_factory.mktemp("runs"))


def test_a_row_a_state_with_full_row_rank(small: Run, tmp_path: Path) -> None:
    rows = measure(small, JacobianConfig(samples=8, threads=1))
    assert [(row.state, row.rank, row.manifold_dim == row.manifold_dim_theory) for row in rows] == [
        ("initial", 32, True),
        ("final", 32, True),
    ]
    assert rows[0].num_parameters == small.facts["num_parameters"]
    again = rerun(small, tmp_path).table("jacobian_rank").drop(columns="run_id")
    assert again.equals(small.table("jacobian_rank").drop(columns="run_id"))


def test_reuse_measures_nothing_twice(small: Run) -> None:
    assert measure(small, JacobianConfig(samples=3, threads=1))
    assert measure(small, JacobianConfig(samples=3), reuse=True) == []


def test_no_more_images_than_were_trained_on(small: Run) -> None:
    with pytest.raises(UsageError, match=r"--samples 33 is more than the 32 images that .* was trained on"):
        measure(small, JacobianConfig(samples=33))


def test_more_memory_than_there_is_is_refused(small: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geomgen.experiments.machine.available_bytes", lambda: 1000)
    with pytest.raises(UsageError, match=r"The Jacobian of 5 images needs about .* GiB"):
        measure(small, JacobianConfig(samples=5))


def test_work_grows_with_states_images_and_width(data_file: Path) -> None:
    def of(width: int, samples: int, *state: str) -> tuple[float, int]:
        made = TrainConfig(data=str(data_file), width=width).filled()
        found = work(JacobianConfig(samples=samples, state=state), made)
        assert found.flops is not None
        return found.flops, found.memory

    flops, memory = of(64, 50, "initial")
    assert of(64, 50, "initial", "final") == (2 * flops, memory)
    assert all(more > less for more, less in zip(of(64, 100, "initial"), (flops, memory), strict=True))
    assert all(more > less for more, less in zip(of(128, 50, "initial"), (flops, memory), strict=True))


def test_each_state_is_given_in_float64_and_told_of(data_file: Path, tmp_path: Path) -> None:
    run = train(TrainConfig(data=str(data_file), width=4, epochs=1, threads=1), tmp_path)
    told: list[tuple[int, int, str]] = []
    found = list(states(run, JacobianConfig(samples=3), lambda *step: told.append(step)))
    assert [(at.state, at.num_classes, len(at.inputs), len(at.labels)) for at in found] == [
        ("initial", 4, 3, 3), ("final", 4, 3, 3),
    ]  # fmt: skip
    assert {str(at.theta.dtype) for at in found} == {"torch.float64"}
    assert found[0].theta != pytest.approx(found[1].theta)
    assert told == [(1, 2, "initial"), (2, 2, "final")]


def test_the_loss_is_the_runs_own(data_file: Path, tmp_path: Path) -> None:
    options = {"data": str(data_file), "width": 8, "epochs": 1, "threads": 1}
    for loss in LOSSES:
        run = train(TrainConfig(**options, loss=loss), tmp_path)  # type: ignore[arg-type]
        (at, *_) = states(run, TangentKernelConfig(samples=SAMPLES, threads=1, device="cpu"), silent)
        assert at.network.loss_function is LOSSES[loss]

"""``tangent-kernel`` as a whole: its rows beside the dense Jacobian, and what it refuses."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from geomgen.config.tangent_kernel import TangentKernelConfig
from geomgen.config.train import TrainConfig
from geomgen.data.transforms import as_float
from geomgen.errors import UsageError
from geomgen.experiments.load_run import load_state, run_dataset, run_model
from geomgen.experiments.tangent_kernel import tangent_kernel
from geomgen.experiments.train import as_trained_on, train
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
    rows = tangent_kernel(trained, TangentKernelConfig(samples=SAMPLES, threads=1))
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
    assert tangent_kernel(trained, TangentKernelConfig(samples=2, threads=1))
    assert tangent_kernel(trained, TangentKernelConfig(samples=2), reuse=True) == []
    with pytest.raises(UsageError, match=r"--samples 257 is more than the 256 images that .* was trained on"):
        tangent_kernel(trained, TangentKernelConfig(samples=257))

"""The curvature of runs as a whole: against autograd alone, once and not twice, and what is refused."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from geomgen.config.hessian import HessianConfig
from geomgen.config.modified_flow import ModifiedFlowConfig
from geomgen.config.train import TrainConfig
from geomgen.data.transforms import as_float
from geomgen.errors import DataError, UsageError
from geomgen.experiments.hessian import measure, work
from geomgen.experiments.load_run import load_state, run_dataset, run_model
from geomgen.experiments.modified_flow import modified_flow
from geomgen.experiments.rerun import rerun
from geomgen.experiments.train import as_trained_on, train
from geomgen.store.run import Run

SAMPLES = 6
SMALL = HessianConfig(samples=SAMPLES, threads=1)


@pytest.fixture(scope="module", params=["mlp", "transformer"])
def trained(request: pytest.FixtureRequest, data_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    config = TrainConfig(data=str(data_file), width=4, epochs=1, threads=1, label_noise=0.3, lr=0.01)
    if request.param == "transformer":
        config = replace(config, arch="transformer", depth=1, patch=3, heads=2)
    return train(config, tmp_path_factory.mktemp("runs"))


def _dense(run: Run, state: str) -> torch.Tensor:
    """Return the Hessian from one gradient of each entry of the gradient."""
    dataset = run_dataset(run)
    model = run_model(run, dataset)
    load_state(run, model, state)
    split = as_trained_on(TrainConfig.from_mapping(run.config, run.id), dataset).train.first(SAMPLES)
    parameters = list(model.double().parameters())
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        loss = torch.nn.functional.cross_entropy(model(as_float(split.images).double()), split.labels)
        gradients = torch.autograd.grad(loss, parameters, create_graph=True)
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        rows = [torch.autograd.grad(one, parameters, retain_graph=True, materialize_grads=True) for one in flat]
    return torch.stack([torch.cat([part.flatten() for part in row]) for row in rows])


def test_its_rows_are_those_of_autograd(trained: Run) -> None:
    rows = measure(trained, SMALL)
    assert [(row.state, row.method, row.num_samples) for row in rows] == [
        ("initial", "dense", SAMPLES),
        ("final", "dense", SAMPLES),
    ]
    table = trained.table("hessian_eigenvalues")
    for row in rows:
        exact = torch.linalg.eigvalsh(_dense(trained, row.state)).flip(0)
        found = table[table["state"] == row.state].sort_values("index")["eigenvalue"]
        assert found.to_numpy() == pytest.approx(exact.numpy(), abs=1e-9 * row.eigenvalue_max)
        assert row.trace == pytest.approx(float(exact.sum()), rel=1e-9)
        assert row.sharpness_times_lr == pytest.approx(0.01 * float(exact[0]))
        assert row.negative_fraction == pytest.approx(float((exact < -row.noise_floor).double().mean()))


def test_measured_again_with_fewer_steps_no_row_of_before_is_mixed_in(data_file: Path, tmp_path: Path) -> None:
    run = train(TrainConfig(data=str(data_file), width=4, epochs=1, threads=1), tmp_path)
    for steps in (8, 5, 8):
        measure(run, replace(SMALL, method="lanczos", steps=steps, state=("final",)))
    table = run.table("hessian_eigenvalues")
    assert table.groupby("num_steps").size().to_dict() == {5: 5, 8: 8}
    density = run.table("hessian_density")
    assert density.groupby("num_steps").size().to_dict() == {5: 417, 8: 417}
    assert density.groupby("num_steps")["broadening"].nunique().to_dict() == {5: 1, 8: 1}


def test_it_is_measured_once_and_again_with_equal_rows(trained: Run, tmp_path: Path) -> None:
    config = replace(SMALL, method="lanczos", steps=4)
    assert measure(trained, config)
    assert measure(trained, replace(config, threads=None), reuse=True) == []
    tables = ("hessian_summary", "hessian_eigenvalues", "hessian_density")
    again = rerun(trained, tmp_path)
    for name in tables:
        assert again.table(name).drop(columns="run_id").equals(trained.table(name).drop(columns="run_id"))


def test_what_is_not_there_is_refused_before_anything_is_computed(
    trained: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geomgen.experiments.hessian.rows", lambda *_: pytest.fail("it began"))
    with pytest.raises(UsageError, match=r"--samples 257 is more than the 256 images that .* was trained on"):
        measure(trained, replace(SMALL, samples=257))
    with pytest.raises(DataError, match=r"has no state 'step-9'\."):
        measure(trained, replace(SMALL, state=("initial", "step-9")))


def test_a_run_of_another_kind_is_refused(tmp_path: Path) -> None:
    run = modified_flow(ModifiedFlowConfig(halvings=2, threads=1), tmp_path)
    with pytest.raises(DataError, match="is a run of modified-flow, which holds no network for hessian to measure"):
        measure(run, SMALL)


def test_a_dimension_too_large_for_a_dense_matrix_is_refused(data_file: Path, tmp_path: Path) -> None:
    run = train(TrainConfig(data=str(data_file), width=20_000, depth=1, epochs=1, train_size=2, threads=1), tmp_path)
    with pytest.raises(
        UsageError, match=r"The dense spectrum of 820,004 parameters .* needs about 15,0\d\d\.\d GiB"
    ) as raised:
        measure(run, replace(SMALL, samples=2, method="dense"))
    assert "--method lanczos" in raised.value.remedy


def test_products_are_told_of(trained: Run) -> None:
    told: list[tuple[int, int, str]] = []
    measure(trained, replace(SMALL, method="lanczos", steps=3, probes=2), progress=lambda *one: told.append(one))
    assert told == [(2 * k, 12, "initial" if k <= 3 else "final") for k in range(1, 7)]


def test_work_grows_with_states_images_steps_and_width(data_file: Path) -> None:
    def of(width: int = 64, **options: object) -> tuple[float, int]:
        made = TrainConfig(data=str(data_file), width=width).filled()
        config = HessianConfig(**{"state": ("initial",), "method": "lanczos", "samples": 50, **options})  # type: ignore[arg-type]
        found = work(config, made)
        assert found.flops is not None
        return found.flops, found.memory

    flops, memory = of()
    assert of(state=("initial", "final")) == (2 * flops, memory)
    for more in (of(samples=100), of(steps=120), of(width=128), of(method="dense")):
        assert more[0] > flops
        assert more[1] > memory


def test_a_million_parameters_are_estimated_below_2_gb() -> None:
    made = TrainConfig(width=700, depth=2).filled()
    assert work(HessianConfig(samples=1000), made).memory < 2e9

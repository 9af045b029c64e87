"""``jacobian`` as a whole: a row a state, and what it refuses."""

from pathlib import Path

import pytest

from geomgen.config.jacobian import JacobianConfig
from geomgen.config.train import TrainConfig
from geomgen.errors import UsageError
from geomgen.experiments.jacobian import jacobian
from geomgen.experiments.rerun import rerun
from geomgen.experiments.train import train
from geomgen.store.run import Run


@pytest.fixture(scope="module")
def trained(data_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    config = TrainConfig(data=str(data_file), width=16, epochs=2, batch_size=16, train_size=32, threads=1)
    return train(config, tmp_path_factory.mktemp("runs"))


def test_a_row_a_state_with_full_row_rank(trained: Run, tmp_path: Path) -> None:
    rows = jacobian(trained, JacobianConfig(samples=8, threads=1))
    assert [(row.state, row.rank, row.manifold_dim == row.manifold_dim_theory) for row in rows] == [
        ("initial", 32, True),
        ("final", 32, True),
    ]
    assert rows[0].num_parameters == trained.facts["num_parameters"]
    again = rerun(trained, tmp_path).table("jacobian_rank").drop(columns="run_id")
    assert again.equals(trained.table("jacobian_rank").drop(columns="run_id"))


def test_reuse_measures_nothing_twice(trained: Run) -> None:
    assert jacobian(trained, JacobianConfig(samples=3, threads=1))
    assert jacobian(trained, JacobianConfig(samples=3), reuse=True) == []


def test_no_more_images_than_were_trained_on(trained: Run) -> None:
    with pytest.raises(UsageError, match=r"--samples 33 is more than the 32 images that .* was trained on"):
        jacobian(trained, JacobianConfig(samples=33))


def test_more_memory_than_there_is_is_refused(trained: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geomgen.experiments.machine.available_bytes", lambda: 1000)
    with pytest.raises(UsageError, match=r"The Jacobian of 5 images needs about .* GiB"):
        jacobian(trained, JacobianConfig(samples=5))

"""A trained network is continued from its states, and refused where it cannot be."""

from dataclasses import replace

import pytest

from geomgen.config.diffusion import DiffusionConfig
from geomgen.config.train import TrainConfig
from geomgen.errors import DataError, UsageError
from geomgen.experiments.diffusion import measure, work
from geomgen.experiments.machine import BASE_BYTES
from geomgen.experiments.train import train
from geomgen.store.run import Run

SHORT = DiffusionConfig(steps=4, interval=2, probes=2, threads=1)
SUMS = TrainConfig(
    data="modular-addition:3", hidden=(4,), activation="square", loss="mse", optimizer="adam", weight_decay=0.0,
    epochs=2, threads=1,
)  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(SUMS, tmp_path_factory.mktemp("runs"))


def test_chains_start_where_training_ended(trained: Run) -> None:
    told: list[tuple[int, int]] = []
    found = measure(trained, SHORT, progress=lambda done, total, _note: told.append((done, total)))
    last = trained.table("training").iloc[-1]
    assert found[0].train_loss == pytest.approx(last["train_squared_error"], rel=1e-5)
    assert found[0].test_accuracy == pytest.approx(last["test_accuracy"])
    assert told[-1] == (4, 4)
    assert len(trained.table("diffusion")) == 2 * 3
    assert measure(trained, SHORT, reuse=True) == []


def test_both_ends_of_a_training_make_rows_of_their_own(trained: Run) -> None:
    found = measure(trained, replace(SHORT, state=("initial", "final")))
    assert {row.state for row in found} == {"initial", "final"}


def test_what_cannot_be_continued_is_refused(trained: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="step-000007"):
        measure(trained, replace(SHORT, state=("step-000007",)))
    monkeypatch.setattr("geomgen.experiments.machine.available_bytes", lambda: 1)
    with pytest.raises(UsageError, match=r"The diffusion of 2 chains needs about .* Choose fewer --chains"):
        measure(trained, SHORT)


def test_the_work_grows_with_chains_and_steps() -> None:
    once = work(SHORT, SUMS.filled())
    assert once.flops is not None
    twice, longer = (work(config, SUMS.filled()) for config in (replace(SHORT, chains=3), replace(SHORT, steps=8)))
    assert twice.flops == pytest.approx(2 * once.flops)
    assert longer.calls == 2 * once.calls
    assert twice.memory > once.memory >= BASE_BYTES

"""A finished training as measures see it: which matrices, in which order, with what in them, at what cost."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from geomgen.config.activations import CONDITIONS, ActivationsConfig
from geomgen.config.train import TrainConfig
from geomgen.data.load import load_dataset
from geomgen.data.transforms import as_float, permute_pixels
from geomgen.errors import DataError, UsageError
from geomgen.experiments.activation_source import (
    ActivationMatrix,
    ActivationSource,
    activation_work,
    held_bytes,
    most_units,
    units_by_site,
)
from geomgen.experiments.machine import BASE_BYTES
from geomgen.experiments.train import train
from geomgen.models.build import skeleton
from geomgen.numerics.seeds import generator
from geomgen.progress import silent
from geomgen.store.run import Run

IMAGES, PIXELS, WIDTH, CLASSES, SEED = 128, 36, 8, 4, 3
ALL = ActivationsConfig(layer=("all",), site=("pre", "post"))


@pytest.fixture(scope="module")
def trained(data_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    config = TrainConfig(data=str(data_file), width=WIDTH, epochs=1, batch_size=64, threads=1, seed=SEED)
    return train(config, tmp_path_factory.mktemp("runs"))


def _taken(run: Run, config: ActivationsConfig) -> dict[tuple[str, str, str, str], Tensor]:
    """Return every matrix by state, site, layer and condition."""
    taken: dict[tuple[str, str, str, str], Tensor] = {}

    def take(matrix: ActivationMatrix) -> Sequence[None]:
        taken[matrix.state, matrix.site, matrix.layer, matrix.condition] = matrix.data.clone()
        return ()

    ActivationSource(run, config).each(take, silent)
    return taken


def _by_hand(run: Run, state: str, images: Tensor) -> dict[tuple[str, str], Tensor]:
    """Return the activations of a two-layer network by site and layer, from its checkpoint."""
    tensors, hidden, found = run.checkpoint(state).tensors, as_float(images).flatten(1).double(), {}
    for name in ("hidden1", "hidden2", "output"):
        pre = hidden @ tensors[f"{name}.linear.weight"].double().T + tensors[f"{name}.linear.bias"].double()
        hidden = pre.relu() if name != "output" else pre
        found["pre", name], found["post", name] = pre, hidden
    return found


def test_data_are_the_checkpoints_activations_on_the_test_images(trained: Run) -> None:
    images = load_dataset(trained.config["data"]).test.images
    permuted = permute_pixels(images, generator(SEED, "permuted-pixels"))
    taken = _taken(trained, replace(ALL, condition=("data", "permuted-pixels")))
    assert len(taken) == 2 * 2 * 3 * 2
    for (state, site, layer, condition), data in taken.items():
        wanted = _by_hand(trained, state, images if condition == "data" else permuted)[site, layer]
        torch.testing.assert_close(data.double(), wanted, rtol=1e-5, atol=1e-5)


def test_controls_are_made_of_the_data_and_of_a_seed_of_their_own(trained: Run) -> None:
    config = ActivationsConfig(state=("final",), condition=("data", "control-features", "control-units"))
    taken, again = _taken(trained, config), _taken(trained, replace(config, condition=("control-units",)))
    data, features, units = (taken["final", "pre", "hidden2", condition] for condition in config.condition)
    assert torch.equal(features.sort(0).values, data.sort(0).values)
    assert torch.equal(units.sort(1).values, data.sort(1).values)
    assert not torch.equal(features, data)
    assert torch.equal(again["final", "pre", "hidden2", "control-units"], units)


def test_every_sample_is_measured_once_in_order_and_told(trained: Run) -> None:
    config = replace(ALL, layer=("penultimate", "output"), condition=CONDITIONS)
    source, told, seen = ActivationSource(trained, config), list[tuple[int, int, str]](), list[dict[str, str]]()

    def measure(matrix: ActivationMatrix) -> list[int]:
        seen.append(matrix.keys)
        return [len(seen)] * 2

    rows = source.each(measure, lambda *progress: told.append(progress))
    total = 2 * 2 * 2 * len(CONDITIONS)
    assert source.num_samples == len(seen) == len({tuple(keys.values()) for keys in seen}) == total
    assert rows == [number for number in range(1, total + 1) for _ in range(2)]
    assert [(done, of) for done, of, _ in told] == [(done, total) for done in range(1, total + 1)]
    assert [note for *_, note in told] == [f"{keys['state']} {keys['condition']}" for keys in seen]
    assert [keys["state"] for keys in seen] == ["initial"] * (total // 2) + ["final"] * (total // 2)
    plain = [condition for condition in CONDITIONS if condition != "permuted-pixels"]
    first = [(keys["layer"], keys["condition"]) for keys in seen[: total // 4]]
    assert first == [(layer, condition) for layer in ("hidden2", "output") for condition in plain] + [
        (layer, "permuted-pixels") for layer in ("hidden2", "output")
    ]


def test_a_condition_that_was_not_asked_for_is_not_passed_through_the_network(trained: Run) -> None:
    taken = _taken(trained, ActivationsConfig(condition=("permuted-pixels",)))
    assert {condition for *_, condition in taken} == {"permuted-pixels"}


def test_units_are_counted_for_each_site_without_parameters(trained: Run) -> None:
    config = TrainConfig.from_mapping(trained.config, "test")
    units = units_by_site(skeleton(config, (1, 6, 6), CLASSES), ALL, (1, 6, 6))
    assert units == [{"hidden1": WIDTH, "hidden2": WIDTH, "output": CLASSES}] * 2
    assert most_units(units) == WIDTH
    assert ActivationSource(trained, replace(ALL, layer=("output",))).most_units == CLASSES


def test_memory_is_that_of_parameters_a_whole_site_and_a_control_of_the_widest() -> None:
    units = [{"a": 3, "b": 5}, {"a": 2, "b": 7}]
    assert held_bytes(units, num_parameters=100, num_images=10) == BASE_BYTES + 4 * 100 + 4 * 10 * (9 + 7)


def test_what_does_not_fit_is_refused_with_its_units(trained: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    source = ActivationSource(trained, ALL)
    parameters = (PIXELS + 1) * WIDTH + (WIDTH + 1) * WIDTH + (WIDTH + 1) * CLASSES
    assert trained.facts["num_parameters"] == parameters
    units = [{"hidden1": WIDTH, "hidden2": WIDTH, "output": CLASSES}] * 2
    available = held_bytes(units, parameters, IMAGES) + 50
    monkeypatch.setattr("geomgen.experiments.machine.available_bytes", lambda: available)
    source.require_memory("The volume", 50)
    with pytest.raises(UsageError, match=rf"The volume of {WIDTH} units .* GiB.*--layer"):
        source.require_memory("The volume", 51)


def test_work_counts_passes_matrices_and_what_a_measure_does_with_each(trained: Run) -> None:
    config = replace(ALL, condition=("data", "control-units", "control-gaussian"))
    found = activation_work(config, TrainConfig.from_mapping(trained.config, "test"))
    assert found.units == [WIDTH, WIDTH, CLASSES] * 2
    assert (found.num_images, found.num_conditions) == (IMAGES, 2 * 3)
    products = PIXELS * WIDTH + WIDTH * WIDTH + WIDTH * CLASSES
    assert found.taking.flops == 4.0 * IMAGES * products * 2 * 2
    assert found.taking.traffic == 16.0 * IMAGES * 2 * (2 * WIDTH + CLASSES) * 6
    with_each = found.with_each(1000.0, 12)
    assert with_each.flops == found.taking.flops + 6 * 1000.0
    assert with_each.memory == found.taking.memory + 12
    assert with_each.traffic == found.taking.traffic


def test_what_is_not_there_is_named(trained: Run, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"'hidden7' .*hidden1, hidden2, output"):
        ActivationSource(trained, ActivationsConfig(layer=("hidden7",)))
    with pytest.raises(UsageError, match="'hidden7'"):
        activation_work(ActivationsConfig(layer=("hidden7",)), TrainConfig.from_mapping(trained.config, "test"))
    with pytest.raises(DataError, match="elsewhere"):
        ActivationSource(trained, ActivationsConfig(data=str(tmp_path / "elsewhere.npz")))
    source = ActivationSource(trained, ActivationsConfig(state=("step-000009",)))
    with pytest.raises(DataError, match=r"'step-000009'.*final, initial"):
        source.each(lambda _matrix: (), silent)

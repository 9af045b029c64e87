"""A finished training as measures use it: its network in any state, and its activations on the test images."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import NamedTuple, TypeVar

from torch import Tensor

from geomgen.config.activations import ActivationsConfig
from geomgen.config.import_run import WithNetwork
from geomgen.data.transforms import permute_pixels
from geomgen.experiments.load_run import load_state, outline, release_state, require_finite, run_dataset, run_model
from geomgen.experiments.machine import BASE_BYTES, float64_device, require_memory
from geomgen.experiments.work import Work
from geomgen.measures.activations import activations, chosen_layers, controlled, num_units
from geomgen.models.layers import Network
from geomgen.numerics.seeds import generator
from geomgen.progress import OnProgress
from geomgen.store.run import Run

Row = TypeVar("Row")


def units_by_site(model: Network, config: ActivationsConfig, input_shape: tuple[int, ...]) -> list[dict[str, int]]:
    """Return the units of each layer that is measured, one site after the other.

    Raises:
        UsageError: If the network has no layer of a name.
    """
    layers = chosen_layers(model, config.layer)
    return [num_units(model, layers, site, input_shape) for site in config.site]


def most_units(units: Sequence[Mapping[str, int]]) -> int:
    """Return the units of the widest layer."""
    return max(max(layers.values()) for layers in units)


def held_bytes(units: Sequence[Mapping[str, int]], num_parameters: int, num_images: int) -> int:
    """Return the memory of this process, parameters, all activations of a site and a control of the widest layer."""
    together = max(sum(layers.values()) for layers in units) + most_units(units)
    return BASE_BYTES + 4 * num_parameters + 4 * num_images * together


class ActivationWork(NamedTuple):
    """The work of computing activations, from which the cost of a measure is estimated.

    Attributes:
        taking: The forward passes.
        units: Units of each layer and site.
        num_images: Test images.
        num_conditions: States and conditions, each a matrix for each layer and site.
    """

    taking: Work
    units: list[int]
    num_images: int
    num_conditions: int

    def with_each(self, flops: float, memory: int) -> Work:
        """Return the work with these operations added for each state and condition, and these additional bytes held."""
        total = (self.taking.flops or 0.0) + self.num_conditions * flops
        return self.taking._replace(flops=total, memory=self.taking.memory + memory)


def activation_work(config: ActivationsConfig, made: WithNetwork) -> ActivationWork:
    """Return the work of computing the activations of a run.

    Raises:
        DataError: If the data set is missing.
        UsageError: If the network has no layer of a name.
    """
    model, dataset = outline(made)
    by_site = units_by_site(model, config, dataset.input_shape)
    units, num_images = [count for layers in by_site for count in layers.values()], len(dataset.test)
    flops = 4.0 * num_images * model.num_products(dataset.input_shape) * len(config.state) * len(config.site)
    num_conditions = len(config.state) * len(config.condition)
    traffic = 16.0 * num_images * sum(units) * num_conditions
    taking = Work(held_bytes(by_site, model.num_parameters(), num_images), flops, traffic)
    return ActivationWork(taking, units, num_images, num_conditions)


@dataclass(frozen=True)
class ActivationMatrix:
    """Activations of one layer of a run.

    Attributes:
        layer: Name of the layer.
        site: pre or post.
        state: Parameters.
        condition: What was done to inputs or activations.
        data: ``(images, units)`` float32.
    """

    layer: str
    site: str
    state: str
    condition: str
    data: Tensor

    @property
    def keys(self) -> dict[str, str]:
        """The key columns of measurements on it."""
        return {"layer": self.layer, "site": self.site, "state": self.state, "condition": self.condition}


class ActivationSource:
    """A finished training, and which of its activations are measured.

    Args:
        run: A complete run of ``geomgen train``.
        config: Which activations.

    Raises:
        DataError: If the run or its data set is damaged.
        UsageError: If a layer does not exist.
    """

    def __init__(self, run: Run, config: ActivationsConfig) -> None:
        self.run, self.config = run, config
        self.dataset = run_dataset(run, config.data)
        self.model = run_model(run, self.dataset)
        self.layers = chosen_layers(self.model, config.layer)

    @property
    def num_samples(self) -> int:
        """Number of samples."""
        config = self.config
        return len(config.state) * len(config.condition) * len(config.site) * len(self.layers)

    @property
    def most_units(self) -> int:
        """Units of the widest layer that is measured."""
        return most_units(self._units)

    def require_memory(self, work: str, extra_bytes: int) -> None:
        """Refuse what would not fit in memory: parameters, all activations of a site, a control of the widest, work.

        Args:
            work: Description of the work, for the error.
            extra_bytes: Memory that the measure itself takes.

        Raises:
            UsageError: If the estimate is above what is available.
        """
        held = held_bytes(self._units, self.model.num_parameters(), len(self.dataset.test))
        require_memory(held + extra_bytes, f"{work} of {self.most_units} units", "Choose a narrower --layer.")

    @cached_property
    def _units(self) -> list[dict[str, int]]:
        return units_by_site(self.model, self.config, self.dataset.input_shape)

    def each(self, measure: Callable[[ActivationMatrix], Sequence[Row]], progress: OnProgress) -> list[Row]:
        """Measure every sample.

        All layers of a state, site and input are held together until each has been measured; controls one at a time.

        Args:
            measure: Returns the rows of a sample; it keeps none of its data.
            progress: Called after every sample.

        Returns:
            All rows.
        """
        rows: list[Row] = []
        done = 0
        for state, site, layer, conditions, data in self._matrices():
            for condition in conditions:
                source = generator(self._seed, f"{condition}/{state}/{site}/{layer}")
                matrix = controlled(data, condition, source).to(float64_device(self.config.device))
                rows += measure(ActivationMatrix(layer, site, state, condition, matrix))
                done += 1
                progress(done, self.num_samples, f"{state} {condition}")
            del data  # before the next ones are made
        return rows

    @property
    def _seed(self) -> int:
        """The seed of controls: the run's, or 0 where that is unknown."""
        return int(self.run.config.get("seed", 0))

    def _matrices(self) -> Iterator[tuple[str, str, str, Sequence[str], Tensor]]:
        """Yield state, site, layer, conditions and the activations that the conditions are applied to."""
        images = self.dataset.test.images
        permuted = permute_pixels(images, generator(self._seed, "permuted-pixels"))
        for state, site in product(self.config.state, self.config.site):
            for inputs, conditions in self._by_inputs(images, permuted):
                load_state(self.run, self.model, state)
                taken = activations(self.model.to(self.config.device), self.layers, site, inputs)
                release_state(self.model)
                for layer in list(taken):
                    is_finite = bool(taken[layer].isfinite().all())
                    what = f"activations that are not finite numbers: {layer}, {site}"
                    require_finite(self.run, state, what, is_finite)
                    yield state, site, layer, conditions, taken.pop(layer)

    def _by_inputs(self, images: Tensor, permuted: Tensor) -> list[tuple[Tensor, Sequence[str]]]:
        """Return the conditions, grouped by the images that they run through the network."""
        plain = [condition for condition in self.config.condition if condition != "permuted-pixels"]
        other = [condition for condition in self.config.condition if condition == "permuted-pixels"]
        return [group for group in ((images, plain), (permuted, other)) if group[1]]

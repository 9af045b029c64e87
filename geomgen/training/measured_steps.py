"""At which steps training measures the step's length and the gradient's norm."""

from collections.abc import Collection

from geomgen.config.train import TrainConfig
from geomgen.models.layers import Network
from geomgen.numerics.seeds import two_of

LARGEST_SHARE = 0.02
FEWEST_STRATA = 45
"""In an epoch: from fewer, the error of a sum is too far from normal for an interval of 1.96 standard errors."""
FLOPS_PER_S, BYTES_PER_S = 1e11, 1.2e10
MEASURING_S, MEASURING_S_PER_PARAMETER = 2e-5, 1e-9
"""Speeds of one core of a server of 2023."""


class MeasuredSteps:
    """The strata of an epoch, each a few consecutive steps, and the steps of each that are measured.

    All steps are measured if that costs little; otherwise two of each stratum, drawn at random, so that the sum over
    its steps is estimated without bias and with a known variance. A stratum is shorter in an epoch of few steps, so
    that there are enough of them to know the variance well. All of the first steps of a training are measured,
    since their lengths change fastest. A last batch that is smaller than the others is a stratum of its own.

    Args:
        config: Resolved options; one of ``track_every`` steps is measured on average, or more in a short epoch.
        model: The network that is trained.
        num_images: Training images.
        input_shape: ``(channels, height, width)`` of one image.
    """

    def __init__(self, config: TrainConfig, model: Network, num_images: int, input_shape: tuple[int, ...]) -> None:
        self.seed, self.every = config.seed, config.track_every
        self.num_full = num_images // config.batch_size
        size = min(2 * self.every, self.num_full // FEWEST_STRATA)
        is_cheap = config.device == "cpu" and measuring_share(model, config, input_shape) <= LARGEST_SHARE
        self.all = self.every == 1 or size <= 2 or is_cheap
        self.size = self.every if self.all else size

    def stratum(self, epoch: int, step: int) -> range:
        """Return the steps of the stratum that a step of an epoch is in, both counted from 0."""
        if step >= self.num_full:
            return range(self.num_full, self.num_full + 1)
        lead = 0 if epoch else min(self.every, self.size, self.num_full)
        if step < lead:
            return range(lead)
        first = step - (step - lead) % self.size
        return range(first, min(first + self.size, self.num_full))

    def chosen(self, epoch: int, stratum: range) -> Collection[int]:
        """Return the steps of a stratum that are measured."""
        if self.all or len(stratum) <= 2 or (epoch == 0 and stratum.start == 0):
            return stratum
        return two_of(stratum, self.seed, f"measured-steps/{epoch}", stratum.start)


def measuring_share(model: Network, config: TrainConfig, input_shape: tuple[int, ...]) -> float:
    """Return about how much longer a step takes if it is measured, as a fraction: an estimate for one core.

    It depends on the network and the batch alone, so that a training measures the same steps wherever it is repeated.
    """
    num_parameters = model.num_parameters()
    products = config.batch_size * model.num_products(input_shape)
    outputs = config.batch_size * sum(model.num_outputs(input_shape))
    step_s = 6 * products / FLOPS_PER_S + (40 * outputs + 28 * num_parameters) / BYTES_PER_S
    return (MEASURING_S + MEASURING_S_PER_PARAMETER * num_parameters) / step_s

"""Cosines between images in networks of infinite width, one block of pairs at a time."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from geomgen.config.architecture import ArchitectureConfig
from geomgen.data.dataset import Images
from geomgen.data.transforms import as_float
from geomgen.measures.propagation import linear_maps
from geomgen.models.layers import EVALUATION_BATCH_SIZE, Layer
from geomgen.theory.network_kernel import MOMENTS, Moments, Reals, cosines, normalised
from geomgen.theory.propagation import LinearMap, passed_on


class InfiniteWidth:
    r"""Cosines K_ij / sqrt(K_ii K_jj) of a layer's activations, K its covariance as hidden layers become wide.

    Weights and biases have the variances that they have at the network's own width. Biases are taken as normal, and the
    constant that layer normalisation adds to variances as 0.

    Args:
        images: Pixels as in a `Split`.
        maps: The linear maps from the images to the layer.
        moments: Those after normalisation and activation.
        is_after: Whether the layer's activations are read there, not before.
    """

    def __init__(self, images: Images, maps: Sequence[LinearMap], moments: Moments, *, is_after: bool) -> None:
        self._images, (self._first, *others) = images, maps
        passing = [partial(passed_on, one, moments=moments) for one in others]
        self._steps: list[Callable[[Reals, Reals, Reals], Reals]] = [*passing, *([moments] if is_after else [])]
        squares = [
            self._pixels(part).square().sum(1, dtype=torch.float64).float()
            for part in _parts(len(images), EVALUATION_BATCH_SIZE)
        ]
        self._variances = [self._mapped(torch.cat(squares).numpy())]
        for step in self._steps:
            last = self._variances[-1]
            self._variances.append(step(last, last, last))

    def __call__(self, rows: slice, columns: slice) -> Float32[Tensor, "rows columns"]:
        """Return the cosines of some images with some others.

        Args:
            rows: The images on the left.
            columns: The images on the right.
        """
        kernel = self._mapped((self._pixels(rows) @ self._pixels(columns).T).numpy())
        for step, variance in zip(self._steps, self._variances, strict=False):
            kernel = step(kernel, variance[rows, None], variance[columns])
        last = self._variances[-1]
        return torch.from_numpy(cosines(kernel, last[rows, None], last[columns]))

    def _pixels(self, part: slice) -> Tensor:
        return as_float(self._images[part]).flatten(1)

    def _mapped(self, products: Reals) -> Reals:
        """Return the covariance of the first map's outputs."""
        return np.asarray(self._first.weight_variance * products + self._first.bias_variance)


def _parts(count: int, size: int) -> list[slice]:
    return [slice(start, min(start + size, count)) for start in range(0, count, size)]


def infinite_width(
    config: ArchitectureConfig, layers: Sequence[Layer], layer: str, site: str, images: Images
) -> InfiniteWidth | None:
    """Return the cosines of a layer at infinite width; None of networks of which they are not known.

    They are known of multi-layer perceptrons with relu, square or identity, with and without biases, layer
    normalisation and residual connections, for every initialisation.

    Args:
        config: How the network was made and its parameters drawn.
        layers: All layers of the network.
        layer: Name of the layer.
        site: ``pre`` or ``post``.
        images: Pixels as in a `Split`.
    """
    if config.kind != "mlp" or config.batch_norm or config.activation not in MOMENTS:
        return None
    place = [one.name for one in layers].index(layer)
    maps = linear_maps(config, [one.weight for one in layers])[: place + 1]
    moments = MOMENTS[config.activation]
    is_after = site == "post" and place < len(layers) - 1
    return InfiniteWidth(images, maps, normalised(moments) if config.layer_norm else moments, is_after=is_after)

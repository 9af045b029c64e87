"""Regions around the minimum of a potential, and their volumes where these are known."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from geomgen.config.parameter_volume import ParameterVolumeConfig
from geomgen.measures.potential_file import potential_of
from geomgen.measures.region import Region
from geomgen.numerics.dense import dense_matrix
from geomgen.theory.volume import (
    LogVolume,
    homogeneous_log_volume,
    isotropic_log_mass,
    normal_crossing_log_volume,
    quadratic_log_volume,
)


def region_of_potential(config: ParameterVolumeConfig) -> Region:
    """Return the region around a potential's centre, in which its loss is at most the tolerance above that there.

    Nothing outside of the cube of a potential that has one belongs to the region.

    Args:
        config: Filled, with a potential.

    Raises:
        UsageError: If the potential's file defines none.
    """
    potential = potential_of(config)
    centre, dim = potential.centre, len(potential.centre)
    at_centre = potential.loss(centre[None])

    def change(points: Tensor) -> Tensor:
        found = potential.loss(points) - at_centre
        if potential.half_width is None:
            return found
        return found.masked_fill(((points - centre).abs() > potential.half_width).any(-1), torch.inf)

    return Region(
        state=config.potential_name,
        theta=centre,
        behaviour="loss",
        change=change,
        bends_at=potential.hessian,
        second_derivatives=lambda: potential.hessian(centre),
        diagonal=lambda: dense_matrix(potential.hessian(centre), dim).diagonal().clamp(min=0),
        numel_per_point=dim,
        prior_std=None if config.prior_std is None else torch.full_like(centre, config.prior_std),
        exact=exact_volume(config),
    )


def exact_volume(config: ParameterVolumeConfig) -> Callable[[float], LogVolume] | None:
    """Return the volume of a potential's region at each tolerance, or its mass; None if it is unknown.

    Without a prior those of a quadratic, of homogeneous and of normal-crossing are known; under one that of a quadratic
    with equal curvatures.
    """
    if config.prior_std is not None:
        if config.potential != "quadratic" or len(set(config.curvatures)) > 1:
            return None
        return partial(isotropic_log_mass, len(config.curvatures), config.curvatures[0], config.prior_std)
    known = {
        "quadratic": partial(quadratic_log_volume, config.curvatures),
        "homogeneous": partial(homogeneous_log_volume, config.power, config.dimensions),
        "normal-crossing": partial(normal_crossing_log_volume, config.power, config.dimensions),
    }
    return known.get(str(config.potential))

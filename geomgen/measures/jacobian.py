r"""The Jacobian of a network's logits: its rank gives the dimension of the set of parameters that fit all samples.

Where the Jacobian J (N d x k, of d logits of N samples by k parameters) has full row rank, the parameters that give the
same logits form a surface of dimension k - N d around these. J J^T is the empirical neural tangent kernel.
"""

from collections.abc import Iterator

import torch
from jaxtyping import Float64
from torch import Tensor

from geomgen.measures.at_state import AtState, Rows
from geomgen.measures.tangent_kernel import BLOCK_NUMEL, eigenvalues, tangent_kernel
from geomgen.models.functional.jacobian_blocks import MapJacobian, column_blocks, map_jacobians, other_parameters
from geomgen.models.functional.network import NetworkFunction
from geomgen.numerics.rounding import rounding_threshold
from geomgen.numerics.streaming_qr import square_root, triangular_factor
from geomgen.tables.derivatives import JacobianRow

BYTES = 8
KERNEL_ERROR = 1e-6


def rows(at: AtState) -> Rows:
    """Return the row of one state: the rank of the Jacobian of all logits of the images."""
    values = singular_values(at.network, at.theta, at.inputs)
    return {"jacobian_rank": [jacobian_row(values, at.state, len(at.inputs), at.num_classes, len(at.theta))]}


def jacobian_row(
    values: Float64[Tensor, " count"], state: str, num_samples: int, outputs: int, num_parameters: int
) -> JacobianRow:
    """Return the row that follows from the singular values of a state's Jacobian.

    Args:
        values: ``(min(N d, k),)``, descending.
        state: Name of the parameters.
        num_samples: N.
        outputs: d.
        num_parameters: k.
    """
    equations = num_samples * outputs
    cut_off = float(values[0]) * rounding_threshold(max(equations, num_parameters))
    rank = int((values > cut_off).sum())
    return JacobianRow(
        state=state,
        num_samples=num_samples,
        outputs=outputs,
        num_parameters=num_parameters,
        rank=rank,
        manifold_dim=num_parameters - rank,
        manifold_dim_theory=max(0, num_parameters - equations),
        optimal_fraction=1 - rank / num_parameters,
        largest_singular_value=float(values[0]),
        smallest_singular_value=float(values[-1]),
        cut_off=cut_off,
    )


def singular_values(
    network: NetworkFunction, theta: Float64[Tensor, " k"], inputs: Float64[Tensor, "N ..."]
) -> Float64[Tensor, " count"]:
    """Return the singular values of the Jacobian of N samples' logits, ``(min(N d, k),)``, descending.

    These are the roots of the tangent kernel's eigenvalues, which are cheap, if the smallest is so large that rounding
    changes no root by more than `KERNEL_ERROR` of itself. Otherwise they come from the Jacobian, by
    `factorised_singular_values`, since the kernel resolves nothing below the root of rounding.

    Args:
        network: The function.
        theta: Parameters.
        inputs: Of N samples.
    """
    kernel = tangent_kernel(network, theta, inputs)
    squares = eigenvalues(kernel)
    if len(kernel) <= len(theta) and squares[-1] > rounding_threshold(len(kernel)) / (2 * KERNEL_ERROR) * squares[0]:
        return squares.sqrt()
    return factorised_singular_values(network, theta, inputs)


def factorised_singular_values(
    network: NetworkFunction, theta: Float64[Tensor, " k"], inputs: Float64[Tensor, "N ..."]
) -> Float64[Tensor, " count"]:
    """Return `singular_values` from R of J^T = Q R, with J processed in blocks of parameters.

    Each carries an error of about k eps of the largest. Before a linear map's part of J is formed, both of its factors
    are rotated by orthogonal matrices to have no more columns than rows, which preserves the singular values and makes
    the work independent of the width of wide networks.
    """
    factor = triangular_factor(block.T for block in _blocks(network, theta, inputs))
    values = torch.linalg.svdvals(factor)
    count = min(len(theta), factor.shape[1])
    return torch.cat([values, values.new_zeros(count - min(count, len(values)))])[:count]


def _blocks(network: NetworkFunction, theta: Tensor, inputs: Tensor) -> Iterator[Tensor]:
    maps = map_jacobians(network, theta, inputs)
    for part in maps:
        yield from _blocks_of_map(part)
    yield from column_blocks(network, theta, inputs, other_parameters(network, maps), BLOCK_NUMEL)


def _blocks_of_map(part: MapJacobian) -> Iterator[Tensor]:
    num_samples, num_outputs, _ = part.deltas.shape
    inputs = square_root(part.inputs)
    deltas = square_root(part.deltas.flatten(0, 1)).view(num_samples, num_outputs, -1)
    units = max(1, BLOCK_NUMEL // (num_samples * num_outputs * inputs.shape[1]))
    for some in deltas.split(units, 2):
        yield torch.einsum("noi,nj->noij", some, inputs).flatten(2).flatten(0, 1)


def needed_bytes(num_parameters: int, num_samples: int, outputs: int, units: int) -> int:
    """Return an estimate of the memory that `singular_values` takes.

    Parameters and a gradient, activations and their derivatives, two blocks and the copies that QR makes of them, and
    kernel, triangular factor and the workspace of their spectra.

    Args:
        num_parameters: k.
        num_samples: N.
        outputs: d.
        units: Numbers that all modules of the network compute for one image.

    Returns:
        Bytes.
    """
    passes = num_samples * (outputs + 2) * units
    equations = num_samples * outputs
    block = min(BLOCK_NUMEL, equations * num_parameters)
    return BYTES * (4 * num_parameters + passes + 4 * block + 6 * equations**2)

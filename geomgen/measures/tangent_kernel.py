r"""The empirical neural tangent kernel J J^T of a network's logits: how gradient descent moves them, to first order."""

from collections.abc import Iterator

import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from geomgen.measures.at_state import AtState, Rows
from geomgen.models.functional.jacobian_blocks import MapJacobian, column_blocks, map_jacobians, other_parameters
from geomgen.models.functional.loss import one_hot
from geomgen.models.functional.network import NetworkFunction
from geomgen.numerics.rounding import rounding_threshold
from geomgen.tables.derivatives import SpectrumRow, TangentKernelRow

BLOCK_NUMEL = 2**25


def rows(at: AtState) -> Rows:
    """Return the rows of one state: the tangent kernel of all logits of the images, and its spectrum."""
    kernel = tangent_kernel(at.network, at.theta, at.inputs)
    spectrum = eigenvalues(kernel)
    return {
        "tangent_kernel": [tangent_kernel_row(kernel, spectrum, at.labels, at.state, len(at.theta))],
        "tangent_kernel_spectrum": spectrum_rows(spectrum, at.state, len(at.inputs)),
    }


def tangent_kernel(
    network: NetworkFunction, theta: Float[Tensor, " k"], inputs: Float[Tensor, "N ..."]
) -> Float64[Tensor, "Nd Nd"]:
    """Return J J^T of the logits of N samples, ordered by sample and then logit.

    Linear maps add (A A^T + 1) * (Delta Delta^T) each, elementwise over pairs of samples, with A the map's input and
    Delta the derivatives of the logits with respect to its output (the 1 is its bias): their part of J is never formed.
    The part of all other parameters is, in blocks.

    Args:
        network: The function.
        theta: Parameters.
        inputs: Of N samples.
    """
    parts = _parts(network, theta, inputs)
    kernel = next(parts)
    for part in parts:
        kernel += part
    return kernel


def _parts(network: NetworkFunction, theta: Tensor, inputs: Tensor) -> Iterator[Tensor]:
    """Yield what each map and each block of other parameters adds to the kernel."""
    maps = map_jacobians(network, theta, inputs)
    for part in maps:
        yield _of_map(part)
    for columns in column_blocks(network, theta, inputs, other_parameters(network, maps), BLOCK_NUMEL):
        block = columns.double()
        yield block @ block.T


def _of_map(part: MapJacobian) -> Tensor:
    num_samples, num_outputs, _ = part.deltas.shape
    inputs, deltas = part.inputs.double(), part.deltas.double().flatten(0, 1)
    product = (deltas @ deltas.T).view(num_samples, num_outputs, num_samples, num_outputs)
    return product.mul_((inputs @ inputs.T)[:, None, :, None]).view(len(deltas), len(deltas))


def eigenvalues(kernel: Float64[Tensor, "Nd Nd"]) -> Float64[Tensor, " Nd"]:
    """Return the eigenvalues of a kernel in descending order, not below 0."""
    ascending: Tensor = torch.linalg.eigvalsh(kernel)
    return ascending.flip(0).clamp(min=0)


def effective_rank(kernel: Float64[Tensor, "Nd Nd"]) -> float:
    """Return (tr K)^2 / |K|_F^2: how many eigenvalues share the trace; NaN if K is 0."""
    return float(kernel.diagonal().sum().square() / kernel.square().sum())


def condition_number(spectrum: Float64[Tensor, " Nd"]) -> float | None:
    """Return the largest over the smallest eigenvalue; None if the smallest is rounding.

    Args:
        spectrum: Descending.
    """
    largest, smallest = float(spectrum[0]), float(spectrum[-1])
    return largest / smallest if smallest > rounding_threshold(len(spectrum)) * largest else None


def label_alignment(kernel: Float64[Tensor, "Nd Nd"], labels: Int64[Tensor, " N"]) -> float:
    """Return <K, y y^T>_F / (|K|_F |y y^T|_F), where y is the one-hot labels, centred over samples.

    NaN if K is 0, or if all labels are the same.

    Args:
        kernel: K.
        labels: Below d.

    Source:
        Cristianini et al. (2001), On Kernel-Target Alignment.
    """
    wanted = one_hot(labels, len(kernel) // len(labels), kernel.dtype)
    vector = (wanted - wanted.mean(0)).flatten()
    return float(vector @ kernel @ vector / (torch.linalg.matrix_norm(kernel) * vector.dot(vector)))


def tangent_kernel_row(
    kernel: Float64[Tensor, "Nd Nd"],
    spectrum: Float64[Tensor, " Nd"],
    labels: Int64[Tensor, " N"],
    state: str,
    num_parameters: int,
) -> TangentKernelRow:
    """Return the row of a state's tangent kernel.

    Args:
        kernel: ``(N d, N d)`` float64.
        spectrum: Its eigenvalues, ``(N d,)``, descending.
        labels: Labels of the samples, ``(N,)``.
        state: Name of the parameters.
        num_parameters: k.
    """
    return TangentKernelRow(
        state=state,
        num_samples=len(labels),
        outputs=len(kernel) // len(labels),
        num_parameters=num_parameters,
        trace_per_sample=float(kernel.diagonal().sum()) / len(labels),
        largest_eigenvalue=float(spectrum[0]),
        smallest_eigenvalue=float(spectrum[-1]),
        condition_number=condition_number(spectrum),
        effective_rank=effective_rank(kernel),
        label_alignment=label_alignment(kernel, labels),
    )


def spectrum_rows(spectrum: Float64[Tensor, " Nd"], state: str, num_samples: int) -> list[SpectrumRow]:
    """Return a spectrum as one row per eigenvalue.

    Args:
        spectrum: Descending.
        state: Name of the parameters.
        num_samples: N.
    """
    return [SpectrumRow(state, num_samples, index, value) for index, value in enumerate(spectrum.tolist())]

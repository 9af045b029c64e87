"""Table of searches for critical points of a loss."""

from dataclasses import dataclass

from geomgen.fields import column


@dataclass(frozen=True)
class CriticalPointRow:
    """A search for a critical point: a row of ``critical_points.parquet``."""

    state: str = column("The search started on the line from this state to the final one.", key=True)
    point: int = column("Number of the search among those of its state, from 0.", key=True)
    num_samples: int = column("Training images, N, over which the loss is a mean.", key=True)
    l2: float = column("The loss includes l2/2 |theta|^2.", key=True)
    max_noise: float = column("Largest noise at the start of a search.", key=True)
    max_iterations: int = column("Steps after which a search is given up.", key=True)
    num_points: int = column("Number of searches that start from each state.", key=True)
    position: float = column("Where on the line the search started: 0 at the state, 1 at the final one.")
    noise_scale: float = column(
        "Standard deviation of the noise at its start, in root mean squares of the parameters there."
    )
    verdict: str = column(
        "critical: |g| is below 1e-8 of that at the start, or rounding; gradient-flat: it is not, but |H g| is below "
        "1e-6 of |H|_F |g|, a stationary point of |g|^2; unconverged: neither."
    )
    penalised_loss: float = column("Mean loss over the images plus l2/2 |theta|^2, at the end.")
    index: float = column("Fraction of eigenvalues of the Hessian H below minus the noise floor.")
    num_negative: int = column("Number of eigenvalues below minus the noise floor.")
    num_zero: int = column("Number of eigenvalues within the noise floor.")
    dimension: int = column("Parameters, D.")
    gradient_norm: float = column("|g| at the end.")
    start_gradient_norm: float = column("|g| at the start.")
    relative_residual: float = column("|H g| / |g| at the end; 0 where g is 0.")
    hessian_norm: float = column("|H|_F at the end.")
    eigenvalue_min: float = column("Smallest eigenvalue of H.")
    eigenvalue_max: float = column("Largest eigenvalue of H.")
    noise_floor: float = column("Eigenvalues up to this size count as 0: sqrt(eps) of the largest in size.")
    norm: float = column("|theta| at the end.")
    distance: float = column("Euclidean distance from the start to the end.")
    iterations: int = column("Steps tried.")


TABLES = {"critical_points": CriticalPointRow}

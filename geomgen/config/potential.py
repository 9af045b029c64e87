"""Options of losses that need no network and no data: those whose geometry is known, and a user's own."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

from geomgen.config.base import refuse_given
from geomgen.config.measure import MeasureConfig
from geomgen.errors import UsageError
from geomgen.fields import option

POTENTIAL = "Potential"
DEFAULT_N_BETA = 144.765  # n / ln n at n = 1,000
OWN, MOST_DIMENSIONS = "FILE.py", 10**4
TAKEN_BY = {
    "curvatures": ("quadratic", "two-basins"),
    "other_curvatures": ("two-basins",),
    "depth_difference": ("two-basins",),
    "power": ("homogeneous", "normal-crossing"),
    "dimensions": ("homogeneous", "normal-crossing"),
    "shape": ("reduced-rank",),
    "true_rank": ("reduced-rank",),
}


class Law(NamedTuple):
    """The stationary law exp(-n beta L(w) - gamma/2 |w - w*|^2) of chains on a potential."""

    n_beta: float
    localization: float


@dataclass(frozen=True)
class PotentialConfig(MeasureConfig):
    """What is measured in place of a run, and which loss it is."""

    OF_RUNS: ClassVar[tuple[str, ...]] = ("state", "data")
    """Options that say something of a run, and nothing of a potential."""

    potential: str | None = option(
        None,
        "In place of a RUN: a loss whose geometry is known, measured by the same code. FILE.py is your own: it "
        "defines loss(points), (K, D) to (K,) in float64, and centre, its minimum, (D,).",
        POTENTIAL,
        choices=("quadratic", "homogeneous", "normal-crossing", "reduced-rank", "two-basins"),
        forms=((OWN, r".+\.py"),),
    )
    curvatures: tuple[float, ...] = option(
        (1.0, 1.0),
        "Eigenvalues h of a quadratic, or of the first of two basins.",
        POTENTIAL,
        minimum=0,
        exclusive=True,
        repeats=True,
    )
    other_curvatures: tuple[float, ...] = option(
        (4.0, 1.0), "Eigenvalues of the second of two basins.", POTENTIAL, minimum=0, exclusive=True, repeats=True
    )
    depth_difference: float = option(
        0.0, "Loss at the bottom of the first of two basins minus that at the bottom of the second.", POTENTIAL
    )
    power: int = option(
        4, "Power of each factor of homogeneous and normal-crossing; even.", POTENTIAL, minimum=2, maximum=20
    )
    dimensions: int = option(
        2, "Parameters of homogeneous and normal-crossing.", POTENTIAL, minimum=1, maximum=MOST_DIMENSIONS
    )
    shape: tuple[int, ...] = option(
        (5, 3, 5),
        "m,h,n of reduced-rank: |B A - M|^2 with B m x h and A h x n.",
        POTENTIAL,
        minimum=1,
        maximum=100,
        repeats=True,
    )
    true_rank: int = option(1, "Rank of M of reduced-rank.", POTENTIAL, minimum=0, short="--rank")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.power % 2:
            raise UsageError(f"--power {self.power} is odd, so that there is no minimum.", "Choose an even one.")
        if len(self.curvatures) != len(self.other_curvatures) and self.potential == "two-basins":
            raise UsageError(
                f"--curvatures has {len(self.curvatures)} numbers and --other-curvatures {len(self.other_curvatures)}.",
                "Both basins have the same dimension: give as many.",
            )
        _check_shape(self.shape, self.true_rank)
        self._check_applicable()

    def _check_applicable(self) -> None:
        """Refuse options of other potentials, or of runs."""
        known_by = {name: potentials for name, potentials in TAKEN_BY.items() if self.potential not in potentials}
        refused = [*known_by, *(self.OF_RUNS if self.potential else ())]
        chosen = f"--potential {self.potential}" if self.potential else "a RUN"
        for name in refused:
            takers = f"--potential {' and '.join(known_by[name])}" if name in known_by else "a RUN"
            refuse_given(self, [name], chosen, takers)

    def require_potential(self) -> None:
        """Refuse to make a run without a potential.

        Raises:
            UsageError: If none is named.
        """
        if self.potential is None:
            raise UsageError(
                "Neither a RUN nor a --potential is named.", "Name the run to measure, or give --potential."
            )

    def refuse_potential(self) -> None:
        """Refuse to measure a run with a potential in its place.

        Raises:
            UsageError: If one is named.
        """
        if self.potential is not None:
            raise UsageError("A RUN is named, and --potential too.", "Leave one of them out.")

    @property
    def potential_name(self) -> str:
        """What the potential is called: of a file, its name without folder and suffix."""
        return Path(str(self.potential)).stem

    @property
    def law(self) -> Law:
        """The law that two basins are a mixture of Gaussians under, and that exact coefficients are given for."""
        return Law(DEFAULT_N_BETA, 0.0)


def is_file(potential: str) -> bool:
    """Return whether a potential is defined by a user's file."""
    return potential.endswith(".py")


def _check_shape(shape: tuple[int, ...], rank: int) -> None:
    if len(shape) != 3:
        raise UsageError(f"--shape {','.join(map(str, shape))} is not m,h,n.", "Give three numbers, such as 5,3,5.")
    if rank > min(shape):
        raise UsageError(f"--rank {rank} is more than B A of --shape can have: {min(shape)}.", "Choose a lower rank.")

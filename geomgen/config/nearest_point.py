"""Options of ``geomgen nearest-point``."""

from dataclasses import dataclass

from geomgen.config.base import option_docs, refuse_given
from geomgen.config.exact_fit import PROBLEM, ExactFitConfig
from geomgen.config.experiment import Experiment
from geomgen.errors import UsageError
from geomgen.fields import option

PRODUCT, NETWORK = "product", "network"
OF_ALL_PROBLEMS = ("problem", "searches")
SEARCH = "Search"
FEWEST_DRAWS = 4


@dataclass(frozen=True)
class NearestPointConfig(ExactFitConfig):
    """Which equations are to be solved exactly, from which starting points, and how far the search goes."""

    problem: str = option(
        NETWORK,
        "network: networks that fit a few values of a Boolean function exactly, as 1 and -1; product: a b = 0.6 from "
        "(2.8, 3.5).",
        PROBLEM,
        choices=(NETWORK, PRODUCT),
    )
    searches: int = option(
        4,
        "Searches for each nearest point: from where training ended, from the initialisation, and from random points "
        "around it.",
        SEARCH,
        minimum=2,
        maximum=1000,
    )
    draws: int = option(
        50,
        "Draws per chain that samples the surface, after half as many that are dropped; 0 for no chains, and distances "
        "and curvature alone.",
        SEARCH,
        minimum=0,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if 0 < self.draws < FEWEST_DRAWS:
            raise UsageError(
                f"--draws {self.draws} are too few to say whether chains have mixed.",
                f"Give at least {FEWEST_DRAWS}, or 0 for no chains.",
            )
        if self.problem == PRODUCT:
            docs = option_docs(type(self)).items()
            of_network = [name for name, doc in docs if not doc.environmental and name not in OF_ALL_PROBLEMS]
            refuse_given(self, of_network, f"--problem {PRODUCT}", f"--problem {NETWORK}")


NEAREST_POINT = Experiment(
    name="nearest-point",
    config=NearestPointConfig,
    about="""Does training end at the nearest point that fits, and is it a sample of the prior among those that fit?

    Follows gradient flow of the squared error from many initialisations to the surface of parameters that fit all
    training inputs exactly, searches for the nearest point of that surface, measures how it is curved, and compares
    the trained points with samples of the prior restricted to the surface, conditioned on it, and pushed to the nearest
    points. Writes tables/nearest_points.parquet, one row per network, nearest_point_summary.parquet, one row, and
    unless --draws is 0, surface_laws.parquet, one row per law.
    """,
    tables=("nearest_point_summary", "nearest_points", "surface_laws"),
    shown=(
        *("num_converged", "distance_ratio", "linear_ratio", "relative_distance"),
        *("log10_curvature_range", "log_curvature_std", "log_prior_std"),
    ),
    make="nearest_point:nearest_point",
    cost="nearest_point:work",
)

"""Options of ``geomgen critical-points``."""

from dataclasses import dataclass

from geomgen.config.experiment import Experiment
from geomgen.config.measure import DerivativesConfig
from geomgen.fields import option

SEARCH = "Search"


@dataclass(frozen=True)
class CriticalPointsConfig(DerivativesConfig):
    """Of which loss critical points are searched, and from where."""

    state: tuple[str, ...] = option(
        ("initial", "final"),
        "Where searches start: on the line from each of these states to the final one, with noise.",
        "Parameters",
        listed=True,
    )
    samples: int = option(
        100,
        "Number of training images, N: the loss is the mean over the first N that the run trained on.",
        "Images",
        minimum=1,
    )
    l2: float | None = option(
        None,
        "Critical points of the loss plus l2/2 |theta|^2, which leaves no flat directions. If not given: the run's "
        "weight decay.",
        SEARCH,
        minimum=0,
    )
    points: int = option(30, "Number of searches that start from each state.", SEARCH, minimum=1)
    max_noise: float = option(
        1.0,
        "Largest noise at the start of a search: its standard deviation in root mean squares of the parameters there. "
        "That of each search is drawn uniformly from 0 to this.",
        SEARCH,
        minimum=0,
    )
    max_iterations: int = option(200, "Steps after which a search is given up.", SEARCH, minimum=1)


CRITICAL_POINTS = Experiment(
    name="critical-points",
    config=CriticalPointsConfig,
    about="""Search for critical points of a run's loss, and count the directions in which each curves downwards.

    Levenberg-Marquardt on the gradient, from points along the training and from noise around them, in float64 with
    dense Hessians. Each row says whether the search ended at a critical point, where the gradient is flat without being
    0, or not at all. Needs a small network without kinks: train it with --activation tanh.
    Adds rows to tables/critical_points.parquet, one per search, replacing earlier rows of the same kind, and prints the
    run's directory.
    """,
    tables=("critical_points",),
    shown=(
        "state",
        "point",
        "noise_scale",
        "verdict",
        "penalised_loss",
        "index",
        "gradient_norm",
        "relative_residual",
        "iterations",
    ),
    measure="critical_points:measure",
    cost="critical_points:work",
)

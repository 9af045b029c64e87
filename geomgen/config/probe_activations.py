"""Options of ``geomgen probe-activations``."""

from dataclasses import dataclass

from geomgen.config.activations import ActivationsConfig, condition_option
from geomgen.config.base import as_text
from geomgen.config.experiment import Experiment
from geomgen.errors import UsageError
from geomgen.fields import option

INFINITE_WIDTH, CENTRED = "infinite-width", "centred-cosine"


@dataclass(frozen=True)
class ProbeActivationsConfig(ActivationsConfig):
    """Which activations are compared pair by pair, and how. The defaults are those of the published figures."""

    condition: tuple[str, ...] = condition_option(
        "data", "control-units", "control-gaussian", "control-gaussian-pooled", "permuted-pixels", INFINITE_WIDTH,
        infinite_width="the closed form that cosines before training have in wide networks of this initialisation, "
        "where it is known: mlp with relu, square or identity, without batch normalisation",
    )  # fmt: skip
    metric: tuple[str, ...] = option(
        ("cosine", "l2"),
        "cosine: normalised dot product; l2: Euclidean distance divided by its root mean square over all pairs.",
        "Similarity",
        choices=("cosine", "l2"),
        listed=True,
    )
    bins: int = option(
        200,
        "Bins per histogram, which covers [-1, 1] for cosine and [0, 3] for l2.",
        "Similarity",
        minimum=1,
        recorded=True,
        maximum=10_000,
    )
    centre: bool = option(
        False,
        "Also compare cosines after the layer's mean activation is taken off (metric centred-cosine).",
        "Similarity",
        recorded=True,
    )
    statistics: bool = option(
        False,
        "Also write layer_statistics: mean, variance, dead units, gradient norm and more for every layer.",
        "Statistics",
        recorded=True,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if INFINITE_WIDTH in self.condition and "data" not in self.condition:
            raise UsageError(
                f"--condition {as_text(self.condition)} lacks data, which {INFINITE_WIDTH} is compared with.",
                f"Choose --condition data,{INFINITE_WIDTH}.",
            )

    @property
    def metrics(self) -> tuple[str, ...]:
        """Everything that pairs are compared by."""
        return (*self.metric, *([CENTRED] if self.centre else []))


PROBE_ACTIVATIONS = Experiment(
    name="probe-activations",
    config=ProbeActivationsConfig,
    about="""Compare the activations of every pair of test images: histograms of cosine similarity and distance.

    Adds rows to tables/activation_similarity.parquet and tables/activation_similarity_summary.parquet, and with
    --statistics to tables/layer_statistics.parquet, replacing earlier rows of the same kind; prints the run's
    directory.
    """,
    tables=("activation_similarity_summary", "activation_similarity", "layer_statistics"),
    shown=("layer", "site", "state", "condition", "metric", "mean", "std", "num_pairs"),
    measure="probe_activations:probe_activations",
    cost="probe_activations:work",
)

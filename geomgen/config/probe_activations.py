"""Options of ``geomgen probe-activations``."""

from dataclasses import dataclass

from geomgen.config.activations import ActivationsConfig, condition_option
from geomgen.config.experiment import Experiment
from geomgen.fields import option


@dataclass(frozen=True)
class ProbeActivationsConfig(ActivationsConfig):
    """Which activations are compared pair by pair, and how. The defaults are those of the published figures."""

    condition: tuple[str, ...] = condition_option(
        "data", "control-units", "control-gaussian", "control-gaussian-pooled", "permuted-pixels"
    )
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
    statistics: bool = option(
        False,
        "Also write layer_statistics: mean, variance, dead units, gradient norm and more for every layer.",
        "Statistics",
        recorded=True,
    )


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

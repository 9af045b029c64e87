"""Options of ``geomgen probe-activations``."""

from dataclasses import dataclass

from geomgen.config.activations import ActivationsConfig, condition_option
from geomgen.fields import option


@dataclass(frozen=True)
class ProbeActivationsConfig(ActivationsConfig):
    """Which activations are compared pair by pair, and how. The defaults are those of the published figures."""

    condition: tuple[str, ...] = condition_option(
        "data", "control-units", "control-gaussian", "control-gaussian-pooled", "permuted-pixels"
    )
    metric: tuple[str, ...] = option(
        ("cosine", "l2"),
        "cosine: normalised dot product; l2: Euclidean distance over its root mean square over all pairs.",
        "Similarity",
        choices=("cosine", "l2"),
    )
    bins: int = option(
        200, "Bins of a histogram: of [-1, 1] for cosine, of [0, 3] for l2.", "Similarity", minimum=1, maximum=10_000
    )
    statistics: bool = option(
        False,
        "Also write layer_statistics: of every layer, mean, variance, dead units, gradient norm and more.",
        "Statistics",
    )

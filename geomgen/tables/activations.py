"""Tables of activations: their volume, the similarities of pairs, and what each layer does."""

from dataclasses import dataclass

from geomgen.fields import column

METRICS_DOC = (
    "cosine; centred-cosine: cosine of what is left without the mean activation; or l2: distance divided by its root "
    "mean square."
)


@dataclass(frozen=True)
class LogDeterminantRow:
    """Volume of one layer's activations: a row of ``activation_volume.parquet``."""

    layer: str = column("Name of the layer.", key=True)
    site: str = column("pre: linear output; post: output after normalisation and activation.", key=True)
    state: str = column("Parameters: initial, final, or a checkpoint's name.", key=True)
    condition: str = column("What was done to the inputs or activations.", key=True)
    rule: str = column("Which squared singular values count.", key=True)
    floor: float | None = column(
        "Squared singular value at which rule floor clips; null for other rules, and in rows of an earlier version.",
        key=True,
    )
    log_det_nats: float = column("Sum of the logarithms of the squared singular values that count.", "nats")
    num_resolved: int | None = column(
        "How many squared singular values are more than rounding errors of float32 activations; the others count as 0. "
        "Null in rows of an earlier version."
    )
    num_kept: int = column("How many of them count unchanged, neither dropped nor clipped.")
    num_samples: int = column("Images.")
    dim: int = column("Units of the layer.")
    participation_ratio: float = column("(sum e)^2 / sum e^2: effective number of dimensions; NaN if constant.")
    total_correlation_nats: float = column(
        "Gaussian total correlation, (sum ln variance - ln det covariance) / 2; infinite if num_resolved is below dim.",
        "nats",
    )


@dataclass(frozen=True)
class SimilaritySummaryRow:
    """The distribution over all pairs in numbers: a row of ``activation_similarity_summary.parquet``."""

    layer: str = column("Name of the layer.", key=True)
    site: str = column("pre: linear output; post: output after normalisation and activation.", key=True)
    state: str = column("Parameters: initial, final, or a checkpoint's name.", key=True)
    condition: str = column("What was done to the inputs or activations.", key=True)
    metric: str = column(METRICS_DOC, key=True)
    num_pairs: int = column("Number of pairs of images; all pairs are compared.")
    mean: float = column("Mean over all pairs.")
    mean_stderr: float | None = column(
        "Standard error of mean over draws of images (jackknife); null of 2 images, and without the mean activation."
    )
    std: float = column("Standard deviation over all pairs.")
    skewness: float = column("Third central moment over the cube of std; NaN if std is 0.")
    q01: float = column("Quantile 0.01, to a 65536th of the range.")
    q05: float = column("Quantile 0.05.")
    q25: float = column("Quantile 0.25.")
    q50: float = column("Median.")
    q75: float = column("Quantile 0.75.")
    q95: float = column("Quantile 0.95.")
    q99: float = column("Quantile 0.99.")
    expected_mean: float | None = column("Mean for independent Gaussian units of the same means and variances.")
    expected_std: float | None = column("Standard deviation for the same Gaussian units.")
    scale: float = column("What distances were divided by: their root mean square over all pairs; 1 for cosine.")
    num_samples: int = column("Images.")
    num_zero: int = column(
        "Images whose activations, for centred-cosine minus the mean, are all 0; their cosines count as 0."
    )
    dim: int = column("Units of the layer.")
    bins: int | None = column(
        "Bins of the histogram, on which the last digits of quantiles depend; null in rows of an earlier version.",
        key=True,
    )
    common_mode: float | None = column(
        "Share of the mean activation m: |m|^2 over the mean of |a|^2; null at infinite width, and in rows of an "
        "earlier version."
    )
    infinite_width_rmse: float | None = column(
        "Root mean square over pairs of the cosine minus that at infinite width, of data before training; null where "
        "that is not known, and in some rows of an earlier version."
    )


@dataclass(frozen=True)
class SimilarityRow:
    """One bin of a histogram over all pairs: a row of ``activation_similarity.parquet``."""

    layer: str = column("Name of the layer.", key=True)
    site: str = column("pre: linear output; post: output after normalisation and activation.", key=True)
    state: str = column("Parameters: initial, final, or a checkpoint's name.", key=True)
    condition: str = column("What was done to the inputs or activations.", key=True)
    metric: str = column(METRICS_DOC, key=True)
    bins: int | None = column("Bins of the histogram; null in rows of an earlier version.", key=True)
    bin: int = column("Number of the bin, from 0.")
    bin_low: float = column("Lower edge of the bin.")
    bin_high: float = column("Upper edge of the bin; the last one also counts larger values.")
    count: int = column("Pairs of images in the bin.")
    density: float = column("Fraction of all pairs divided by the bin's width.")


@dataclass(frozen=True)
class LayerStatisticsRow:
    """One layer of one state on the test images: a row of ``layer_statistics.parquet``."""

    layer: str = column("Name of the layer.", key=True)
    state: str = column("Parameters: initial, final, or a checkpoint's name.", key=True)
    pre_mean: float = column("Mean of the linear output over all images and units.")
    pre_variance: float = column("Variance of the linear output over all images and units.")
    pre_rms: float = column("Root mean square of the linear output.")
    post_mean: float = column("Mean of the layer's output after activation, over all images and units.")
    post_variance: float = column("Variance of the layer's output after activation, over all images and units.")
    post_rms: float = column("Root mean square of the layer's output after activation.")
    dead_fraction: float = column("Fraction of units whose output after activation is 0 for every image.")
    participation_ratio: float = column("(sum e)^2 / sum e^2 of the linear output's covariance; NaN if constant.")
    gradient_norm: float | None = column(
        "Euclidean norm of the mean training loss's gradient with respect to the layer's weight, with batch "
        "normalisation as in training; null if it has none. Without a unit if the loss is mse.",
        "nats",
    )
    cosine_mean: float = column("Mean cosine between the linear outputs of two images, over all pairs.")
    cosine_std: float = column("Standard deviation of the same cosine.")
    num_samples: int = column("Test images.")
    dim: int = column("Units of the linear output.")
    num_gradient_images: int = column("Number of training images, the first ones, on which gradient_norm is computed.")
    backward_mean_square: float | None = column(
        "Mean square, over the same images and all units, of the derivative of an image's loss with respect to the "
        "layer's linear output: how large gradients are that arrive there. Null in rows of an earlier version.",
    )
    expected_pre_variance: float | None = column(
        "Variance of the linear output of random ReLU networks of this initialisation; null after training, and for "
        "networks of which it is not known."
    )
    expected_cosine_mean: float | None = column(
        "Mean cosine in networks of infinite width, for the first 1000 images; null where expected_pre_variance is."
    )
    expected_backward_mean_square: float | None = column(
        "backward_mean_square that follows from the logits' for such networks; null where expected_pre_variance is."
    )


TABLES = {
    "activation_volume": LogDeterminantRow,
    "activation_similarity_summary": SimilaritySummaryRow,
    "activation_similarity": SimilarityRow,
    "layer_statistics": LayerStatisticsRow,
}

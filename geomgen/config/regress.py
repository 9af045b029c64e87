"""Options of ``geomgen regress``, one config per problem."""

import math
from dataclasses import dataclass

from geomgen.config.base import Config
from geomgen.config.experiment import Experiment
from geomgen.config.measure import device_option, threads_option
from geomgen.errors import UsageError
from geomgen.fields import DATA_DIGEST, option

SYNTHETIC = "synthetic"
PROBLEM, DRAWS, FIT = "Problem", "Draws", "Fit"
LARGEST_COUNT = 10**9
MOST_FEATURES = 10**6  # they are streamed, so time, not memory, sets the limit
LARGEST_EXPONENT = 150  # its square still fits into a float64


@dataclass(frozen=True)
class ProblemConfig(Config):
    """Options that every problem has."""

    seed: int = option(0, "Seed of all random draws.", DRAWS, minimum=0)
    device: str = device_option()
    threads: int | None = threads_option()


@dataclass(frozen=True)
class LinearConfig(ProblemConfig):
    """Noisy points of a line, fitted by three models, two of which have more parameters than points."""

    samples: int = option(100, "Number of points, N.", PROBLEM, minimum=1, maximum=10_000)
    slope: float = option(1.0, "True slope; inputs and noise are standard normal.", PROBLEM)
    terms: int = option(100, "Noise terms per point in the very over-parameterised model.", PROBLEM, minimum=1)
    term_prior: str = option(
        "unit",
        "Distribution of its noise terms, uniform: 'unit' has variance 1, divided by sqrt(terms); 'published' is on "
        "[-1, 1], times sqrt(3/terms), which makes a gradient step favour the noise threefold.",
        PROBLEM,
        choices=("unit", "published"),
    )
    repetitions: int = option(
        1000, "Number of draws of the initial parameters.", DRAWS, minimum=2, maximum=LARGEST_COUNT
    )


@dataclass(frozen=True)
class PolynomialConfig(ProblemConfig):
    """Noisy points of a sine, fitted by polynomials."""

    degrees: tuple[int, ...] = option(
        tuple(range(41)),
        "Degrees to fit, such as 0-20 or 1,3,9.",
        FIT,
        minimum=0,
        maximum=1000,
        listed=True,
    )
    basis: tuple[str, ...] = option(
        ("legendre", "raw"),
        "legendre: orthonormal on the interval; raw: powers of the input. The fits differ where the solution is not "
        "unique.",
        FIT,
        choices=("legendre", "raw"),
        listed=True,
    )
    samples: int = option(30, "Number of points, n.", PROBLEM, minimum=1, maximum=LARGEST_COUNT)
    inputs: str = option(
        "even",
        "Inputs. even: evenly spaced, so that bias and variance are known exactly; random: uniform, redrawn each time.",
        PROBLEM,
        choices=("even", "random"),
    )
    interval: float = option(
        1.0, "Inputs lie in [-interval, interval], which is one period of the sine.", PROBLEM, minimum=0, exclusive=True
    )
    noise_variance: float = option(0.1, "Variance of the noise.", PROBLEM, minimum=0)
    repetitions: int = option(
        500,
        "Number of draws of the noise, and of the inputs if they are random.",
        DRAWS,
        minimum=2,
        maximum=LARGEST_COUNT,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        exponents = max(self.degrees) * math.log10(self.interval)
        if "raw" in self.basis and exponents > LARGEST_EXPONENT:
            raise UsageError(
                f"--degrees {max(self.degrees)} overflows in the raw basis: {self.interval:g}^{max(self.degrees)} is "
                f"above 10^{LARGEST_EXPONENT}.",
                "Choose --basis legendre, lower --degrees or a smaller --interval.",
            )


@dataclass(frozen=True)
class RffConfig(ProblemConfig):
    """Random Fourier features, fitted by least squares."""

    data: str = option(
        "mnist",
        "Data set: 'mnist', 'digits', a folder of IDX files or an .npz file, fitted as one-hot classes; or "
        f"'{SYNTHETIC}': a random smooth function of 10 normal inputs.",
        PROBLEM,
        identified_by=DATA_DIGEST,
    )
    samples: int = option(1000, "Number of training samples, n.", PROBLEM, minimum=1, maximum=LARGEST_COUNT)
    test_samples: int = option(
        10_000, "Number of test samples; all if there are fewer.", PROBLEM, minimum=1, maximum=LARGEST_COUNT
    )
    label_noise: float = option(
        0.0, "Fraction of training labels replaced by a wrong class.", PROBLEM, minimum=0, maximum=1
    )
    noise_variance: float = option(0.0, f"Variance of the noise of '{SYNTHETIC}'.", PROBLEM, minimum=0)
    features: tuple[int, ...] = option(
        (10, 30, 100, 200, 300, 500, 700, 800, 900, 1000, 1100, 1200, 1500, 2000, 3000, 5000, 10_000),
        "Numbers of features to fit; each set of features contains all smaller ones.",
        FIT,
        minimum=1,
        maximum=MOST_FEATURES,
        listed=True,
    )
    bandwidth: float | None = option(
        None,
        "Length scale of the Gaussian kernel; half the median distance between training inputs if not given.",
        FIT,
        minimum=0,
        exclusive=True,
    )
    ridge: tuple[float, ...] = option(
        (0.0,),
        "Ridge penalties, the weights of the squared norm; 0 gives the minimum-norm least-squares solution.",
        FIT,
        minimum=0,
        maximum=1e12,
        listed=True,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.data == SYNTHETIC and self.label_noise:
            raise UsageError(f"--label-noise does not apply to --data {SYNTHETIC}.", "Give --noise-variance.")
        if self.data != SYNTHETIC and self.noise_variance:
            raise UsageError(f"--noise-variance does not apply to --data {self.data}.", "Give --label-noise.")


@dataclass(frozen=True)
class RidgelessConfig(ProblemConfig):
    """Linear regression on normal features by minimum-norm least squares."""

    design: tuple[str, ...] = option(
        ("isotropic",),
        "isotropic: all relevant features are fitted; misspecified: only the first of --total-features equally "
        "relevant ones are fitted.",
        PROBLEM,
        choices=("isotropic", "misspecified"),
        listed=True,
    )
    samples: int = option(40, "Number of samples, n.", PROBLEM, minimum=1, maximum=LARGEST_COUNT)
    signal: float = option(1.0, "Squared norm of the true coefficients.", PROBLEM, minimum=0)
    noise_variance: float = option(0.25, "Variance of the noise.", PROBLEM, minimum=0)
    total_features: int = option(400, "Number of relevant features in the misspecified design.", PROBLEM, minimum=1)
    features: tuple[int, ...] = option(
        (5, 10, 20, 30, 36, 39, 40, 41, 44, 50, 60, 80, 120, 200, 400),
        "Numbers of features to fit, p.",
        FIT,
        minimum=1,
        maximum=LARGEST_COUNT,
        listed=True,
    )
    repetitions: int = option(1000, "Number of draws of features, coefficients and noise.", DRAWS, minimum=2)

    def __post_init__(self) -> None:
        super().__post_init__()
        if "misspecified" in self.design and max(self.features) > self.total_features:
            raise UsageError(
                f"--features {max(self.features)} is more than the {self.total_features} features there are.",
                f"Give at most {self.total_features}, or a larger --total-features.",
            )

    def num_drawn(self, design: str, features: int) -> int:
        """Return the number of relevant features when this many are fitted."""
        return self.total_features if design == "misspecified" else features


@dataclass(frozen=True)
class OptimalSetConfig(ProblemConfig):
    """The set of optimal parameters of linear models, and how far the prior is from it."""

    samples: int = option(50, "Number of samples, N.", PROBLEM, minimum=1, maximum=LARGEST_COUNT)
    features: tuple[int, ...] = option(
        (25, 40, 50, 55, 60, 75, 100, 200, 400, 1000),
        "Numbers of features to fit, P.",
        FIT,
        minimum=1,
        maximum=LARGEST_COUNT,
        listed=True,
    )
    repetitions: int = option(200, "Number of draws of features, targets and initial parameters.", DRAWS, minimum=2)


@dataclass(frozen=True)
class EpochsConfig(ProblemConfig):
    """Gradient descent on features of two scales, with noisy targets."""

    samples: int = option(100, "Number of samples, n.", PROBLEM, minimum=1, maximum=LARGEST_COUNT)
    features_per_scale: int = option(10, "Number of features of each of the two scales.", PROBLEM, minimum=1)
    small_scale: float = option(
        0.1,
        "Standard deviation of the small features; that of the large ones is 1.",
        PROBLEM,
        minimum=0,
        exclusive=True,
        maximum=1,
    )
    signal_large: float = option(0.4, "Variance of the targets that the large features explain.", PROBLEM, minimum=0)
    signal_small: float = option(1.6, "Variance of the targets that the small features explain.", PROBLEM, minimum=0)
    noise_variance: float = option(4.0, "Variance of the noise.", PROBLEM, minimum=0)
    large_rate: float = option(
        0.1, "Step size of the large features; descent is stable below 2.", FIT, minimum=0, exclusive=True, maximum=2
    )
    rate_power: tuple[float, ...] = option(
        (0.0, 0.25, 0.5, 0.75, 1.0),
        "Powers g: a feature of variance v has the step size large_rate / v^g. 0: one step size for all; 1: all "
        "features are learned equally fast.",
        FIT,
        minimum=0,
        maximum=1,
        listed=True,
    )
    steps: tuple[int, ...] = option(
        (0, 1, 2, 3, 5, 7, 10, 14, 20, 30, 50, 70, 100, 140, 200, 300, 500, 700, 1000, 1400, 2000, 3000, 5000),
        "Steps after which the risk is measured.",
        FIT,
        minimum=0,
        maximum=10**6,
        listed=True,
    )
    repetitions: int = option(200, "Number of draws of features and noise.", DRAWS, minimum=2, maximum=LARGEST_COUNT)

    def __post_init__(self) -> None:
        super().__post_init__()
        if 2 * self.features_per_scale > self.samples:
            raise UsageError(
                f"--features-per-scale {self.features_per_scale} of two scales are more than {self.samples} samples "
                "can tell apart.",
                f"Give at most {self.samples // 2}, or more --samples.",
            )


LINEAR = Experiment(
    name="regress linear",
    config=LinearConfig,
    about="""Fit a line by gradient descent from the prior in three models: are the slopes samples of the posterior?

    Writes tables/regress_linear_summary.parquet, one row per model, and regress_linear.parquet, one row per descent.
    """,
    tables=("regress_linear_summary", "regress_linear"),
    shown=(
        *("model", "slope_mean", "slope_variance", "posterior_mean", "posterior_variance", "ks_distance"),
        *("manifold_dim", "max_deviation"),
    ),
    make="regress:regress",
    cost="regress:work",
)
POLYNOMIAL = Experiment(
    name="regress polynomial",
    config=PolynomialConfig,
    about="""Fit polynomials to a noisy sine: how much of the test error is bias, variance and noise, by degree?

    Writes tables/regress_polynomial.parquet, one row per basis and degree.
    """,
    tables=("regress_polynomial",),
    shown=(
        *("basis", "degree", "bias_squared", "variance", "noise", "test_error", "test_error_stderr"),
        *("test_error_median", "resolved"),
    ),
    make="regress:regress",
    cost="regress:work",
)
RFF = Experiment(
    name="regress rff",
    config=RffConfig,
    about="""Fit random Fourier features by least squares: errors and norms as features come to outnumber samples.

    Writes tables/regress_rff.parquet, one row per number of features and ridge.
    """,
    tables=("regress_rff",),
    shown=(
        *("features", "ridge", "train_error", "test_error", "test_misclassified"),
        *("solution_norm", "degrees_of_freedom", "solver"),
    ),
    make="regress:regress",
    cost="regress:work",
)
RIDGELESS = Experiment(
    name="regress ridgeless",
    config=RidgelessConfig,
    about="""Fit minimum-norm linear models to normal features: risk by number of features, with its closed form.

    Writes tables/regress_ridgeless.parquet, one row per design and number of features.
    """,
    tables=("regress_ridgeless",),
    shown=(
        *("design", "features", "excess_risk_mean", "excess_risk_stderr", "excess_risk_theory"),
        *("excess_risk_median", "excess_risk_median_theory"),
    ),
    make="regress:regress",
    cost="regress:work",
)
OPTIMAL_SET = Experiment(
    name="regress optimal-set",
    config=OptimalSetConfig,
    about="""Measure the set of optimal parameters of linear models: its dimension, and its distance from the prior.

    Writes tables/regress_optimal_set.parquet, one row per number of features.
    """,
    tables=("regress_optimal_set",),
    shown=(
        *("features", "optimal_fraction", "optimal_fraction_theory"),
        *("distance_mean", "distance_stderr", "distance_theory", "distance_median", "relative_distance_mean"),
    ),
    make="regress:regress",
    cost="regress:work",
)
EPOCHS = Experiment(
    name="regress epochs",
    config=EpochsConfig,
    about="""Descend on features of two scales with noisy targets: risk over time, and its closed form.

    Writes tables/regress_epochs.parquet, one row per power of the step sizes and step.
    """,
    tables=("regress_epochs",),
    shown=("rate_power", "step", "excess_risk_mean", "excess_risk_stderr", "excess_risk_theory"),
    make="regress:regress",
    cost="regress:work",
)

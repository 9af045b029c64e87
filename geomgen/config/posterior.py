"""Options of ``geomgen posterior``."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from geomgen.config.architecture import NORMAL
from geomgen.config.experiment import Experiment
from geomgen.config.target import TargetConfig
from geomgen.errors import UsageError
from geomgen.fields import option

SGD, ADAM, FULL_BATCH = "sgd", "adam", "full-batch"
LEARNING_RATES = {SGD: 0.1, ADAM: 0.01, FULL_BATCH: 0.3}
"""The learning rate of each optimizer if it is not given."""
DEFAULT_BATCH = 8
REJECTION, ORTHANT, SLICE, AUTO, LIMIT = "rejection", "orthant", "slice", "auto", "infinite-width"
OF_NORMAL_PRIORS = (ORTHANT, SLICE)


@dataclass(frozen=True)
class PosteriorConfig(TargetConfig):
    """How networks are trained, and how the posterior is sampled."""

    networks: int = option(1000, "Number of networks trained.", "Training", minimum=1, maximum=10**8)
    optimizer: str = option(
        SGD,
        "sgd or adam with batches, or full-batch: gradient descent on all known values. Without momentum and decay.",
        "Training",
        choices=(SGD, ADAM, FULL_BATCH),
    )
    lr: float | None = option(
        None,
        "Learning rate. If not given: 0.1 for sgd, 0.01 for adam, 0.3 for full-batch.",
        "Training",
        minimum=0,
        exclusive=True,
    )
    batch_size: int | None = option(
        None, "Known values per step of sgd and adam; 8 if not given, or all if they are fewer.", "Training", minimum=1
    )
    loss: str = option(
        "cross-entropy",
        "Loss of the output f at a value y = 1 or -1: cross-entropy, ln(1 + exp(-y f)), or mse, (f - y)^2.",
        "Training",
        choices=("cross-entropy", "mse"),
    )
    max_epochs: int = option(
        2000, "Epochs after which a network that does not fit is given up, and counted as such.", "Training", minimum=1
    )
    samples: int | None = option(
        None, "Samples of the posterior; as many as networks if not given.", "Posterior", minimum=2, maximum=10**8
    )
    sampler: str = option(
        AUTO,
        "rejection: networks are drawn until enough of them fit; exact. orthant: the hidden layers are drawn, weighted "
        "by the probability that a last layer fits. slice: elliptical slice sampling among networks that fit. auto: "
        "rejection if --max-draws will probably do, else orthant, or slice where its kernel is not of full rank. "
        "orthant and slice are for --init normal. infinite-width: not of these networks but of infinitely wide relu "
        "ones, for up to thousands of known values: by tilting up to 300, and by expectation propagation, whose bias "
        "is unknown, beyond.",
        "Posterior",
        choices=(AUTO, REJECTION, ORTHANT, SLICE, LIMIT),
    )
    max_draws: int = option(10**7, "Most networks drawn for rejection.", "Posterior", minimum=1, maximum=10**12)

    infinite_width: bool = option(
        False,
        "Also describe networks of infinite width, whose tangent kernel is fixed: tables/posterior_limit.parquet. Of "
        "relu networks with --init normal and gradient descent.",
        "Recording",
        recorded=True,
    )
    optimal_points: int = option(
        0,
        "Networks that fit, of training and of the posterior each, whose error, curvature and local volume are "
        "recorded: tables/optimal_set_points.parquet. 0 for none. For --init normal.",
        "Recording",
        minimum=0,
        maximum=10**5,
        recorded=True,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_recorded()
        if self.batch_size is not None and self.optimizer == FULL_BATCH:
            raise UsageError(
                f"--batch-size {self.batch_size} does not apply to --optimizer {FULL_BATCH}, which has one batch.",
                f"Leave it out, or choose --optimizer {SGD}.",
            )
        if self.sampler in OF_NORMAL_PRIORS and self.init != NORMAL:
            raise UsageError(
                f"--sampler {self.sampler} needs a normal prior, and --init {self.init} is not.",
                f"Choose --init {NORMAL}.",
            )

    def _check_recorded(self) -> None:
        """Refuse to record what does not exist of these networks."""
        if self.optimal_points and self.init != NORMAL:
            raise UsageError(
                f"--optimal-points {self.optimal_points} needs a normal prior, and --init {self.init} is not.",
                f"Choose --init {NORMAL}.",
            )
        if self.infinite_width:
            self._check_limit("--infinite-width", {"optimizer": (SGD, FULL_BATCH)})
        if self.sampler == LIMIT:
            self._check_limit(f"--sampler {LIMIT}", {})

    def _check_limit(self, option: str, also: Mapping[str, tuple[str, ...]]) -> None:
        """Refuse an option on networks of infinite width where their kernel is not known."""
        usable = {"activation": ("relu",), "init": (NORMAL,), **also}
        for name, values in usable.items():
            if getattr(self, name) not in values:
                raise UsageError(
                    f"{option} does not apply to --{name} {getattr(self, name)}.",
                    f"Choose --{name} {' or '.join(values)}, or leave it out.",
                )
        if not self.sizes:
            raise UsageError(f"{option} needs hidden layers.", "Give --hidden widths.")

    def filled(self) -> Self:
        """Return the config with the optimizer's options and the number of samples.

        Raises:
            UsageError: If a batch is larger than what is known, or nothing is left to test on.
        """
        config = super().filled()
        known = config.train_size or 0
        if known == config.num_inputs:
            raise UsageError(
                f"--train-size {known} leaves none of the {known} inputs to test on.", f"Give at most {known - 1}."
            )
        if config.batch_size is not None and config.batch_size > known:
            raise UsageError(
                f"--batch-size {config.batch_size} is more than the {known} known values.", f"Give 1 to {known}."
            )
        batch = config.batch_size or min(DEFAULT_BATCH, known)
        return replace(
            config,
            lr=config.lr or LEARNING_RATES[config.optimizer],
            batch_size=None if config.optimizer == FULL_BATCH else batch,
            samples=config.samples or max(2, config.networks),
        )


POSTERIOR = Experiment(
    name="posterior",
    config=PosteriorConfig,
    about="""Train many networks on a function known at some inputs, and compare what they find with the posterior.

    P_SGD(f) is the probability that training to zero error ends at the function f; P_B(f) the probability of f among
    networks drawn from the initialisation that fit the same values.
    Writes tables/posterior_summary.parquet, one row, function_posterior.parquet, one row per function, and
    posterior_errors.parquet, one row per number of test errors; with --infinite-width posterior_limit.parquet, and with
    --optimal-points optimal_set_points.parquet.
    """,
    tables=(
        *("posterior_summary", "function_posterior", "posterior_errors", "posterior_limit"),
        "optimal_set_points",
    ),
    shown=(
        *("num_fitted", "num_unfitted", "num_samples", "sampled_by", "r_hat", "converged", "effective_samples"),
        *("log_prior_mass", "routes_p_value", "num_functions_compared", "log_slope", "log_slope_low", "log_slope_high"),
        *("cross_entropy_sgd", "cross_entropy_bayes", "error_sgd", "error_bayes", "ks_p_value", "hamming_p_value"),
    ),
    make="posterior:posterior",
    cost="posterior:work",
)

"""Options of ``geomgen diffusion``."""

from dataclasses import dataclass

from geomgen.config.experiment import Experiment
from geomgen.config.measure import MeasureConfig
from geomgen.errors import UsageError
from geomgen.fields import option

DYNAMICS, RECORDS = "Dynamics", "Records"


@dataclass(frozen=True)
class DiffusionConfig(MeasureConfig):
    """From which parameters training goes on with noise, by which dynamics, and what is recorded."""

    state: tuple[str, ...] = option(
        ("final",),
        "Parameters to start from: initial, final, or a checkpoint such as step-000938.",
        "Parameters",
        listed=True,
    )
    n_beta: tuple[float, ...] = option(
        (2e4,),
        "n beta of the Langevin chains: the inverse temperature of the mean loss. One chain without noise is always "
        "run beside them.",
        DYNAMICS,
        minimum=0,
        exclusive=True,
        listed=True,
    )
    chains: int = option(1, "Langevin chains per n beta.", DYNAMICS, minimum=1, maximum=1000)
    time_step: float = option(
        0.1,
        "h: every step is w - h grad L(w) + sqrt(2 h / (n beta)) xi, with the loss L of all training images and xi "
        "standard normal. At n beta 2e4, 0.1 is a Langevin step e = 2 h / (n beta) of 1e-5.",
        DYNAMICS,
        minimum=0,
        exclusive=True,
    )
    steps: int = option(1000, "Number of steps.", DYNAMICS, minimum=1)
    interval: int = option(100, "Steps between recorded rows; must divide --steps.", RECORDS, minimum=1)
    probes: int = option(
        32,
        "Random vectors for the part of the Hessian's trace that is not known exactly: in networks with a curved "
        "activation, the Hessian minus its Gauss-Newton part.",
        RECORDS,
        minimum=2,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.steps % self.interval:
            raise UsageError(
                f"--steps {self.steps} is not a multiple of --interval {self.interval}.",
                f"Choose --steps {-(-self.steps // self.interval) * self.interval}, or another --interval.",
            )


DIFFUSION = Experiment(
    name="diffusion",
    config=DiffusionConfig,
    about="""Continue training with Langevin noise, and without: do the parameters diffuse to where they generalise?

    All chains start from the run's parameters and follow the loss of all its training images, without weight decay and
    without anything that holds them near the start. Loss, accuracy and the trace of the Hessian are recorded along
    the way. Adds rows to tables/diffusion.parquet, one per chain and recorded step, replacing earlier rows of the same
    kind, and prints the run's directory.
    """,
    tables=("diffusion",),
    shown=(
        *("state", "n_beta", "chain", "step", "train_loss", "test_loss"),
        *("train_accuracy", "test_accuracy", "hessian_trace", "hessian_trace_stderr", "distance"),
    ),
    measure="diffusion:measure",
    cost="diffusion:work",
)

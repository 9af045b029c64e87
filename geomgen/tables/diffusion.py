"""Table of training that goes on with noise."""

from dataclasses import dataclass

from geomgen.fields import column

OF_LOSS = "nats, or squared error summed over outputs"


@dataclass(frozen=True)
class DiffusionRow:
    """A chain at a recorded step: a row of ``diffusion.parquet``."""

    state: str = column("Parameters that the chains start from.", key=True)
    n_beta: float = column("n beta: inverse temperature of the mean loss; infinite without noise.", key=True)
    time_step: float = column("h: a step is -h grad L + sqrt(2 h / (n beta)) xi.", key=True)
    num_steps: int = column("Steps of the whole chain.", key=True)
    num_chains: int = column("Chains per n beta.", key=True)
    interval: int = column("Steps between recorded rows.", key=True)
    num_probes: int = column("Random vectors for the part of the trace that is not exact.", key=True)
    chain: int = column("Number of the chain among those of its n beta, from 0.", key=True)
    step: int = column("Steps done.", key=True)
    num_samples: int = column("n: all training images.")
    train_loss: float = column(f"Mean loss of the training images: {OF_LOSS}; not finite once a chain has diverged.")
    test_loss: float = column(f"Mean loss of the test images: {OF_LOSS}.")
    train_accuracy: float = column("Fraction of the training images that are classified as labelled.")
    test_accuracy: float = column("Fraction of the test images that are classified as labelled.")
    hessian_trace: float | None = column(
        "Trace of the Hessian of the mean training loss; null once a chain has diverged."
    )
    hessian_trace_stderr: float | None = column("Standard error of hessian_trace over random vectors; 0 if exact.")
    distance: float = column("Euclidean distance from the start.")
    diverged: bool = column("Whether the training loss is not finite.")


TABLES = {"diffusion": DiffusionRow}

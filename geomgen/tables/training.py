"""Tables of trainings: the recorded epochs, the gradient on a fixed set of images, and the path of the parameters."""

from dataclasses import dataclass

from geomgen.fields import column

DISTANCE = "Euclidean distance of the parameters from the initial ones: from those of --start."
RELATIVE_DISTANCE = "Distance over the Euclidean norm of the initial parameters; null if these are all 0."
ORIGIN_DISTANCE = (
    "Distance from the random parameters that the run began with which --start goes on from, itself or by runs before "
    "it; null without --start, or if they are unknown."
)
RELATIVE_ORIGIN_DISTANCE = "origin_distance over the Euclidean norm of those parameters."


@dataclass(frozen=True)
class TrainingRow:
    """A recorded epoch of a training: a row of ``training.parquet``."""

    epoch: int = column("Epochs done, from 1.", key=True)
    step: int = column("Steps done.")
    train_loss_nats: float | None = column(
        "Mean cross-entropy at the epoch's end on the first training images; null if trained with another loss.", "nats"
    )
    train_accuracy: float = column("Fraction of the same images that are classified as labelled.")
    test_loss_nats: float | None = column(
        "Mean cross-entropy at the epoch's end on all test images; null if trained with another loss.", "nats"
    )
    test_accuracy: float = column("Fraction of all test images that are classified as labelled.")
    learning_rate: float = column("Learning rate of the epoch's steps.")
    gradient_norm: float = column(
        "Mean Euclidean norm of the mini-batch gradient over this epoch, after --clip-norm; without a unit if the loss "
        "is mse.",
        "nats",
    )
    gradient_norm_stderr: float = column("Standard error of gradient_norm; 0 if every step was measured.", "nats")
    distance: float = column(DISTANCE)
    relative_distance: float | None = column(RELATIVE_DISTANCE)
    path_length: float = column("Sum of the Euclidean lengths of all steps so far, estimated; at least distance.")
    path_length_stderr: float = column("Standard error of path_length; 0 if every step was measured.")
    num_measured_steps: int = column("Steps of this epoch at which gradient and step were measured.")
    num_train_evaluated: int = column("Training images on which training loss and accuracy are measured.")
    wall_time_s: float = column("Time spent on steps since the previous row, evaluation excluded.", "s")
    diverged: bool | None = column(
        "Whether a batch's loss has been over twice the first one's, or the training loss is now, and train_accuracy "
        "is at most the share of the commonest class.",
        default=None,
    )
    train_squared_error: float | None = column(
        "With the loss mse, in place of train_loss_nats: mean over images of the squared error summed over outputs.",
        default=None,
    )
    test_squared_error: float | None = column("The same on all test images.", default=None)
    origin_distance: float | None = column(ORIGIN_DISTANCE, default=None)
    relative_origin_distance: float | None = column(RELATIVE_ORIGIN_DISTANCE, default=None)

    @property
    def train_loss(self) -> float | None:
        """The loss that was trained, on the training images."""
        return self.train_squared_error if self.train_loss_nats is None else self.train_loss_nats

    @property
    def test_loss(self) -> float | None:
        """The same on the test images."""
        return self.test_squared_error if self.test_loss_nats is None else self.test_loss_nats


@dataclass(frozen=True)
class ImplicitRegularizationRow:
    """The loss and its gradient on a fixed set of images: a row of ``implicit_regularization.parquet``.

    With the loss mse, E is ``squared_error``: numbers in nats are null, and gradients have no unit.
    """

    epoch: int = column("Epochs done; 0 before the first.", key=True)
    step: int = column("Steps done.")
    loss_nats: float | None = column(
        "E: mean cross-entropy on the fixed set, the first num_images training images, in batches and training mode.",
        "nats",
    )
    gradient_square: float = column("|grad E|^2 on the fixed set.", "nats^2")
    e_corr: float = column("E_corr = |grad E|^2 / m, with m the number of parameters.", "nats^2")
    implicit_lambda: float | None = column(
        "lambda = h m / 4 at learning rate h; null except for sgd without momentum and --clip-norm.", "1/nats"
    )
    correction_nats: float | None = column("lambda E_corr, without the L2 term that sgd adds to E.", "nats")
    gradient_noise: float | None = column("Trace of the covariance of a mini-batch's gradient.", "nats^2")
    gradient_snr: float | None = column("Expected gradient, squared, over gradient_noise; free of bias.")
    gradient_snr_stderr: float | None = column("Standard error of gradient_snr, by the jackknife over mini-batches.")
    bits_per_step: float | None = column("(1/2) log2(1 + gradient_snr), 0 if that is below 0.", "bits")
    bits_per_step_stderr: float | None = column("Standard error of bits_per_step.", "bits")
    num_batches: int = column("Mini-batches of the fixed set.")
    num_images: int = column("Images of the fixed set.")
    num_parameters: int = column("m.")
    descended_correction_nats: float | None = column(
        "(h/4) |grad E + weight_decay theta|^2, the loss that finite steps of sgd add to E and its L2 term; null where "
        "implicit_lambda is, and with a gradient penalty.",
        "nats",
        default=None,
    )
    squared_error: float | None = column(
        "With the loss mse, in place of loss_nats: mean over images of the squared error summed over outputs.",
        default=None,
    )


@dataclass(frozen=True)
class PointRow:
    """A point on the path of training: a row of ``trajectory.parquet``."""

    step: int = column("Steps done.", key=True)
    distance: float = column(DISTANCE)
    relative_distance: float | None = column(RELATIVE_DISTANCE)
    path_length: float = column("Sum of the Euclidean lengths of all steps so far, estimated; at least distance.")
    directness: float | None = column("Distance over path_length: 1 on a straight line; null before any movement.")
    origin_distance: float | None = column(ORIGIN_DISTANCE, default=None)
    relative_origin_distance: float | None = column(RELATIVE_ORIGIN_DISTANCE, default=None)


@dataclass(frozen=True)
class ImportedRow:
    """A state of a network that was trained elsewhere: a row of ``imported.parquet``."""

    state: str = column("Parameters: initial, final, or step-NNNNNN.", key=True)
    test_loss_nats: float | None = column(
        "Mean cross-entropy on all test images; null if trained with another loss.", "nats"
    )
    test_accuracy: float = column("Fraction of all test images that are classified as labelled.")
    distance: float | None = column("Euclidean distance of the parameters from the initial ones; null if unknown.")
    relative_distance: float | None = column(
        "Distance over the Euclidean norm of the initial parameters; null if these are all 0, or unknown."
    )
    test_squared_error: float | None = column(
        "With the loss mse: mean over all test images of the squared error summed over outputs.", default=None
    )


TABLES = {
    "training": TrainingRow,
    "implicit_regularization": ImplicitRegularizationRow,
    "trajectory": PointRow,
    "imported": ImportedRow,
}

"""What experiments share whose networks fit some values exactly."""

from geomgen.config.exact_fit import ExactFitConfig
from geomgen.errors import UsageError


def require_freedom(config: ExactFitConfig) -> None:
    """Refuse a network without more parameters than values to fit.

    Raises:
        UsageError: If it has no more.
    """
    if config.num_parameters <= config.train_size:
        raise UsageError(
            f"{config.num_parameters} parameters fit --train-size {config.train_size} at single points at most.",
            "Choose a larger --width, or a smaller --train-size.",
        )

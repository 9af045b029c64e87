"""Options of ``geomgen jacobian``."""

from dataclasses import dataclass

from geomgen.config.base import Config
from geomgen.fields import option


@dataclass(frozen=True)
class JacobianConfig(Config):
    """At which parameters, and for which images, the logits are differentiated."""

    state: tuple[str, ...] = option(
        ("initial", "final"), "Parameters: initial, final, or a checkpoint such as step-000938.", "Jacobian"
    )
    samples: int = option(
        50, "First training images N, as trained on; the Jacobian has N times classes rows.", "Jacobian", minimum=1
    )
    threads: int | None = option(
        None, "Threads of the products; every core if not given.", "Machine", minimum=1, environmental=True
    )

"""The experiments that there are, by the words of their subcommand, and the options of each."""

from geomgen.config.base import Config
from geomgen.config.emc import EmcConfig
from geomgen.config.jacobian import JacobianConfig
from geomgen.config.modified_flow import ModifiedFlowConfig
from geomgen.config.probe_activations import ProbeActivationsConfig
from geomgen.config.regress import LinearConfig, OptimalSetConfig, PolynomialConfig, RffConfig, RidgelessConfig
from geomgen.config.train import TrainConfig
from geomgen.config.volume import VolumeConfig

MAKES_RUN: dict[str, type[Config]] = {
    "train": TrainConfig,
    "modified-flow": ModifiedFlowConfig,
    "emc": EmcConfig,
    "regress linear": LinearConfig,
    "regress polynomial": PolynomialConfig,
    "regress rff": RffConfig,
    "regress ridgeless": RidgelessConfig,
    "regress optimal-set": OptimalSetConfig,
}
MEASURES_RUN: dict[str, type[Config]] = {
    "volume": VolumeConfig,
    "probe-activations": ProbeActivationsConfig,
    "jacobian": JacobianConfig,
}

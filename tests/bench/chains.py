"""geomgen's chains of stochastic gradient Langevin dynamics, on a network that the peers' environment loads too."""

import math
import time
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from geomgen.config.llc import LlcConfig
from geomgen.measures.llc import coefficient, of_network
from geomgen.models.functional.network import NetworkFunction
from geomgen.models.mlp import mlp
from geomgen.progress import silent
from geomgen.training.precision import fast_float32


def chain_steps(path: str, num_chains: int, batch_size: int, num_draws: int, step: float) -> dict[str, float]:
    """Return the seconds of one step of one chain, and the learning coefficient so far."""
    with np.load(path) as saved:
        images, labels, theta = (torch.from_numpy(saved[name]) for name in ("images", "labels", "theta"))
        model = mlp((1, 28, 28), 10, width=int(saved["hidden"][0]), depth=len(saved["hidden"]))
    nn.utils.vector_to_parameters(theta, model.parameters())
    options = LlcConfig(
        chains=num_chains, minibatch_size=batch_size, draws=num_draws, burn_in=0, chain_step=step, halve_step=False
    )
    config = replace(options.filled(), n_beta=len(images) / math.log(len(images)))
    with fast_float32(torch.get_num_threads()):
        place = of_network(config, "initial", NetworkFunction(model), images, labels)
        coefficient(replace(config, draws=4), place, silent)
        began = time.perf_counter()
        row, _ = coefficient(config, place, silent)
        seconds = time.perf_counter() - began
    return {"seconds": seconds / (num_chains * num_draws), "llc": row.llc or math.nan}

"""Networks that are trained together, against a loop over modules with torch's optimizers."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import nn

from geomgen.config.posterior import PosteriorConfig
from geomgen.data.targets import target_of
from geomgen.models.random_networks import RandomNetworks
from geomgen.numerics.seeds import generator
from geomgen.progress import silent
from geomgen.training.ensemble import BLOCK, Ensemble

SMALL = PosteriorConfig(inputs=4, hidden="8", networks=60, train_size=8, sigma_b=0.3, lr=0.3, max_epochs=300, threads=1)


def _ensemble(config: PosteriorConfig) -> Ensemble:
    config = config.filled()
    inputs, values, known = target_of(config, generator(config.seed, "target"))
    return Ensemble(RandomNetworks(inputs, config), values, known, config)


def _plain_loop(ensemble: Ensemble, row: int, make: type[torch.optim.Optimizer], **options: Any) -> tuple[Any, int]:
    """Return the outputs of one network of the first block, trained alone, and its epochs."""
    config = ensemble.config
    flat = ensemble.networks.parameters(generator(config.seed, "trained-networks"), BLOCK)[row]
    maps = [nn.Linear(a, b) for a, b in pairwise(ensemble.networks.layers)]
    model = nn.Sequential(maps[0], nn.ReLU(), maps[1])
    nn.utils.vector_to_parameters(flat, model.parameters())
    optimizer = make(model.parameters(), lr=config.lr, **options)  # type: ignore[call-arg]
    inputs, signs, source = ensemble.networks.inputs, ensemble.values * 2.0 - 1, generator(0, "ensemble-batches")
    places = ensemble.known.nonzero().flatten()
    for epoch in range(1, config.max_epochs + 1):
        order = places[torch.rand(BLOCK, len(places), generator=source).argsort(1)][row]
        for batch in order.split(config.batch_size or len(places)):
            optimizer.zero_grad()
            nn.functional.softplus(-signs[batch] * model(inputs[batch]).squeeze(1)).mean().backward()
            optimizer.step()
        if ((model(inputs).squeeze(1) > 0) == ensemble.values)[ensemble.known].all():
            return model(inputs).squeeze(1) > 0, epoch
    return model(inputs).squeeze(1) > 0, 0


@pytest.mark.parametrize(
    ("optimizer", "make", "batch"),
    [("sgd", torch.optim.SGD, 3), ("adam", torch.optim.Adam, 3), ("full-batch", torch.optim.SGD, None)],
)
def test_each_network_is_trained_as_if_alone(optimizer: str, make: Any, batch: int | None) -> None:
    ensemble = _ensemble(replace(SMALL, optimizer=optimizer, batch_size=batch))
    trained = ensemble.trained_block(0)
    assert len(trained.epochs.unique()) > 3
    for row in (0, 7, 23, 49):
        function, epochs = _plain_loop(ensemble, row, make)
        assert trained.epochs[row] == epochs
        assert torch.equal(trained.functions[row], function)


def test_those_that_fit_fit_and_the_others_are_told() -> None:
    ensemble = _ensemble(replace(SMALL, max_epochs=9))
    trained = ensemble.train(silent)
    fits = (trained.functions == ensemble.values)[:, ensemble.known].all(1)
    assert torch.equal(fits, trained.epochs > 0)
    assert 0 < len(trained.fitted) < 60


def test_parameters_are_kept_of_the_first_networks_that_fit() -> None:
    ensemble = _ensemble(replace(SMALL, networks=55, max_epochs=9, optimal_points=20))
    trained = ensemble.train(silent)
    outputs = ensemble.shape.outputs(trained.parameters, ensemble.networks.inputs.T)
    assert torch.equal(outputs > 0, trained.fitted[:20])
    every = _ensemble(replace(SMALL, networks=55, optimal_points=100)).train(silent)
    assert len(every.parameters) == len(every.fitted) <= 55
    assert not len(_ensemble(SMALL).train(silent).parameters)


def test_functions_depend_on_the_seed_alone() -> None:
    one = _ensemble(SMALL).train(silent)
    two, other = (_ensemble(replace(SMALL, threads=2, seed=seed)).train(silent) for seed in (0, 1))
    assert torch.equal(one.functions, two.functions)
    assert not torch.equal(one.functions, other.functions)
    fewer = _ensemble(replace(SMALL, networks=55)).train(silent)
    assert torch.equal(fewer.functions, one.functions[:55])


def test_no_more_networks_are_trained_than_wanted() -> None:
    ensemble = _ensemble(replace(SMALL, networks=3))
    assert len(ensemble.trained_block(0).epochs) == 3
    assert len(ensemble.train(silent).functions) == 3

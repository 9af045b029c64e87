"""Networks of infinite width: descent in closed form, P(S) of their process, and wide networks that are trained."""

from typing import Any

import numpy as np
import pytest

from geomgen.config.posterior import PosteriorConfig
from geomgen.data.targets import target_of
from geomgen.errors import UsageError
from geomgen.measures.posterior import PosteriorSamples
from geomgen.measures.posterior_limit import WideNetworks
from geomgen.measures.posterior_tables import Both
from geomgen.models.random_networks import RandomNetworks
from geomgen.numerics.packed_bits import Bits
from geomgen.numerics.seeds import generator
from geomgen.progress import silent
from geomgen.theory.network_kernel import relu_network_kernel
from geomgen.training.ensemble import Ensemble

SMALL: dict[str, Any] = {"inputs": 3, "train_size": 4, "sigma_b": 0.3, "infinite_width": True, "threads": 1}


def _wide(**options: Any) -> WideNetworks:
    config = PosteriorConfig(**SMALL | options).filled()
    return WideNetworks(target_of(config, generator(config.seed, "target")), config)


def test_descent_of_the_squared_error_is_linear() -> None:
    """The residual shrinks by I - 2 lr/m Theta per step until the signs fit; other outputs follow by regression."""
    wide = _wide(hidden="20", networks=50, loss="mse", optimizer="full-batch", lr=0.02)
    tangent, known = wide.tangent(wide=False).numpy(), wide.target.known.numpy()
    none = _wide(hidden="20", networks=50, loss="mse", optimizer="full-batch", lr=0.02, max_epochs=1)
    start = none.descended(none.tangent(wide=False) * 0).outputs.numpy()
    ended = wide.descended(wide.tangent(wide=False))
    signs = np.where(wide.target.values.numpy(), 1.0, -1.0)[known]
    step = np.eye(4) - 2 * 0.02 / 4 * tangent[np.ix_(known, known)]
    assert ended.fits.all()
    for first, last in zip(start, ended.outputs.numpy(), strict=True):
        residual = step @ (first[known] - signs)
        while not ((residual + signs > 0) == (signs > 0)).all():
            residual = step @ residual
        np.testing.assert_allclose(last[known], residual + signs, atol=1e-10)
        pulled = np.linalg.solve(tangent[np.ix_(known, known)], (last - first)[known])
        np.testing.assert_allclose(last, first + tangent[:, known] @ pulled, atol=1e-10)


def _both(wide: WideNetworks, trained: Bits) -> Both:
    """Return functions that training found, beside no sample of the posterior."""
    target = wide.target
    samples = PosteriorSamples(trained[:0], "rejection", 0)
    return Both(trained, samples, target.values.numpy(), target.known.numpy(), wide.config.seed)


def test_wide_networks_end_where_the_process_of_their_width_does() -> None:
    wide = _wide(hidden="300", networks=400, lr=0.02)
    target = wide.target
    networks = RandomNetworks(target.inputs, wide.config)
    trained = Ensemble(networks, target.values, target.known, wide.config).train(silent).fitted.numpy()
    own, infinite = wide.rows(_both(wide, trained), silent)
    assert (own.process, infinite.process) == ("own-width", "infinite-width")
    assert own.num_fitted == infinite.num_fitted == 400
    errors = _both(wide, trained).errors(trained) / 4
    assert abs(own.error_sgd - errors.mean()) < 5 * np.hypot(own.error_sgd_stderr, errors.std() / 20)
    assert own.divergence_trained < 0.05


def test_the_process_given_the_known_values_is_that_of_draws_that_fit() -> None:
    wide = _wide(hidden="20", networks=20, samples=2000)
    target = wide.target
    values, known = target.values.numpy(), target.known.numpy()
    covariance = relu_network_kernel(target.inputs.double().numpy(), 1, 1.0, 0.3)
    drawn = np.random.default_rng(0).multivariate_normal(np.zeros(8), covariance, 200_000) > 0
    fitting = drawn[(drawn[:, known] == values[known]).all(1)]
    errors = (fitting != values)[:, ~known].mean(1)
    row, _ = wide.rows(_both(wide, values[None]), silent)
    assert abs(row.log_prior_mass - np.log(len(fitting) / len(drawn))) < 5 / np.sqrt(len(fitting)) + 0.01
    assert abs(row.error_bayes - errors.mean()) < 5 * np.hypot(
        row.error_bayes_stderr, errors.std() / len(errors) ** 0.5
    )


def test_batches_are_of_the_known_values() -> None:
    ended = _wide(hidden="20", networks=30, batch_size=3, lr=0.05).descended(_wide(hidden="20").tangent(wide=False))
    assert ended.fits.all()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"lr": 1e-9, "max_epochs": 1, "train_size": 7, "target": "parity"},
         "None of 20 draws of the process of --infinite-width fits the known values within 1 epochs"),
        ({"inputs": 9, "train_size": 301}, "--infinite-width cannot be used: an orthant of 301 dimensions"),
    ],
)  # fmt: skip
def test_what_cannot_be_described_says_so(options: dict[str, Any], said: str) -> None:
    wide = _wide(hidden="20", networks=20, **options)
    both = _both(wide, wide.target.values.numpy()[None])
    with pytest.raises(UsageError, match=said):
        wide.rows(both, silent)

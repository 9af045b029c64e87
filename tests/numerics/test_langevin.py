"""Samplers against exact stationary laws and published acceptances."""

import math

import pytest
import torch
from torch import Tensor

from geomgen.numerics.langevin import (
    Localised,
    Points,
    Sampler,
    acceptance_probability,
    hamiltonian_step,
    leapfrog,
    run_chains,
)
from geomgen.theory.learning import quadratic_coefficient

CURVATURES = torch.tensor([0.5, 1.0, 2.0, 4.0], dtype=torch.float64)
NUM_CHAINS, N_BETA = 2000, 20.0


def _loss(points: Tensor) -> tuple[Tensor, Tensor]:
    return points.square() @ CURVATURES / 2, points * CURVATURES


def _target(**settings: object) -> Localised:
    return Localised(_loss, N_BETA, 3.0, torch.zeros(4, dtype=torch.float64), **settings)  # type: ignore[arg-type]


def _source() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_mala_accepts_with_its_published_probability() -> None:
    target = Localised(
        lambda points: (points.square().sum(-1) / 2, points), 1.0, 0.0, torch.zeros(2, dtype=torch.float64)
    )
    start = target.at(torch.zeros(1, 2, dtype=torch.float64))
    end = torch.tensor([[1.5, 5.5]], dtype=torch.float64)
    momenta = end / math.sqrt(0.1)
    there, last = leapfrog(target, start, momenta, math.sqrt(0.1), 1)
    torch.testing.assert_close(there.positions, end)
    assert float(acceptance_probability(target, start, momenta, there, last)) == pytest.approx(0.6661436, abs=5e-8)


@pytest.mark.parametrize(
    ("sampler", "draws"), [(Sampler("sgld", 0.01), 400), (Sampler("mala", 0.01), 400), (Sampler("hmc", 0.01), 60)]
)
@pytest.mark.parametrize("scale", [1.0, 0.7])
def test_each_sampler_draws_its_stationary_law(sampler: Sampler, draws: int, scale: float) -> None:
    """The chains are independent, so their means have a known spread: |z| < 5."""
    start = torch.zeros(NUM_CHAINS, 4, dtype=torch.float64)
    found = run_chains(
        _target(scale=scale), sampler, start, num_draws=draws, burn_in=draws, source=_source()
    ).losses.mean(1)
    bias = sampler.step * scale**2 if sampler.name == "sgld" else 0.0
    wanted = quadratic_coefficient(CURVATURES.tolist(), N_BETA, 3.0, bias) / N_BETA
    assert abs(float(found.mean()) - wanted) < 5 * float(found.std()) / math.sqrt(NUM_CHAINS)


def test_leapfrog_steps_can_be_taken_back() -> None:
    target, source = _target(), _source()
    start = target.at(torch.randn(3, 4, generator=source, dtype=torch.float64))
    momenta = torch.randn(3, 4, generator=source, dtype=torch.float64)
    there, last = leapfrog(target, start, momenta, 0.1, 7)
    back, first = leapfrog(target, there, -last, 0.1, 7)
    torch.testing.assert_close(back.positions, start.positions, rtol=0, atol=1e-13)
    torch.testing.assert_close(-first, momenta, rtol=0, atol=1e-13)


@pytest.mark.parametrize("sampler", [Sampler("sgld", 0.02), Sampler("mala", 0.2), Sampler("hmc", 0.05)])
def test_chains_stay_in_their_cube_and_fill_it_evenly(sampler: Sampler) -> None:
    flat = Localised(
        lambda points: (points.square().sum(-1) * 0, points * 0),
        1.0,
        0.0,
        torch.full((2,), 3.0, dtype=torch.float64),
        half_width=0.5,
    )
    start = flat.centre.expand(4000, 2).clone()
    seen = run_chains(
        flat, sampler, start, num_draws=2, burn_in=100, source=_source(), observe=lambda points: points[:, 0]
    ).observed[:, -1]
    assert 2.5 <= float(seen.min()) < 2.51
    assert 3.49 < float(seen.max()) <= 3.5
    fraction = float((seen < 3.25).double().mean())
    assert abs(fraction - 0.75) < 5 * math.sqrt(0.75 * 0.25 / 4000)


def test_the_step_is_tuned_to_its_acceptance() -> None:
    start = torch.zeros(50, 4, dtype=torch.float64)
    for name, wanted in (("mala", 0.574), ("hmc", 0.8)):
        found = run_chains(
            _target(), Sampler(name, 1e-4), start, num_draws=300, burn_in=600, source=_source(), tune=True
        )
        assert float(found.acceptance.mean()) == pytest.approx(wanted, abs=0.1)
        assert found.step > 1e-2


def test_a_chain_that_diverges_harms_no_other() -> None:
    start = torch.zeros(3, 4, dtype=torch.float64)
    start[1] = math.nan
    found = run_chains(_target(), Sampler("sgld", 0.01), start, num_draws=5, burn_in=0, source=_source())
    assert found.losses.isfinite().all(1).tolist() == [True, False, True]
    bad = Points(*(torch.full_like(part, math.nan) for part in _target().at(start)))
    ends, acceptance = hamiltonian_step(_target(), bad, 0.1, 1, _source())
    assert acceptance.tolist() == [0, 0, 0]
    assert ends.losses.isnan().all()

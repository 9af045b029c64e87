"""Laws on the surface: all equal where the network is linear, and told apart where it is not."""

from geomgen.config.nearest_point import NearestPointConfig
from geomgen.measures.equations import equations
from geomgen.measures.nearest_point import paths
from geomgen.measures.surface_laws import LARGEST_R_HAT, surface_laws
from geomgen.tables.surface import SurfaceLawRow


def _laws(config: NearestPointConfig) -> dict[str, SurfaceLawRow]:
    problem, draws = equations(config), list[int]()
    found = {row.law: row for row in surface_laws(problem, paths(problem, config), config, draws.append)}
    assert draws == list(range(1, 2 * (config.draws + config.draws // 2) + 1))
    return found


def test_a_wide_network_is_a_sample_of_the_prior_on_the_surface() -> None:
    laws = _laws(NearestPointConfig(inputs=3, train_size=3, width=24, networks=60, draws=6, parametrisation="ntk"))
    assert list(laws) == ["prior", "conditioned", "nearest"]
    for row in (laws["prior"], laws["nearest"]):
        assert row.density_slope is not None
        assert row.density_slope_stderr is not None
        assert abs(row.density_slope - 1) < 3.5 * row.density_slope_stderr
    assert (laws["prior"].num_trained, laws["nearest"].num_trained) == (60, 30)
    assert laws["nearest"].r_hat is None


def test_a_few_draws_have_not_mixed() -> None:
    laws = _laws(NearestPointConfig(inputs=3, train_size=3, width=4, networks=20, draws=4))
    for row in (laws["prior"], laws["conditioned"]):
        assert row.r_hat is not None
        assert row.r_hat > LARGEST_R_HAT
        assert row.verdict == "not mixed"

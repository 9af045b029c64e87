"""Made-up learning coefficients of networks and of potentials."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from geomgen.config.llc import LlcConfig
from geomgen.config.train import TrainConfig
from geomgen.report.claims.t3_learning import SMALL_TANH
from geomgen.store.run import Run, create_run
from geomgen.tables.learning import LlcRow
from geomgen.theory.learning import occupancy_ratio
from tests.report.made_up_runs import RunMaker, training_row

ROW = LlcRow(
    state="final", sampler="hmc", n_beta=144.765, localization=100.0, num_samples=300, minibatch_size=300,
    halve_step=None, leapfrog_steps=10, num_chains=10, num_draws=500, burn_in=500, chain_seed=0,
    requested_chain_step=None, dense_limit=1000, step_size=0.01,
    llc=10.0, stderr=0.1, llc_theory=None, llc_at_step=10.0, step_bias=None, reference_loss=0.2, gradient_norm=0.01,
    energy_descent=0.001, mean_loss=0.27, num_parameters=118, hessian_rank=118, llc_second_order=9.9,
    is_within_bounds=True, d_log_volume_d_log_tolerance=10.5, num_diverged=0, acceptance=0.8, r_hat=1.01, ess=500.0,
    occupancy_ratio=None, occupancy_ratio_stderr=None, occupancy_ratio_theory=None, converged=True,
    verdict="converged",
)  # fmt: skip


def measured_run(make_run: RunMaker, width: int, seed: int, *rows: LlcRow, config: TrainConfig = SMALL_TANH) -> Run:
    """Return a trained network of 20 steps whose coefficients are these."""
    options = config.to_mapping() | {"width": width, "seed": seed}
    tables: dict[str, Any] = {"llc": rows, "training": [training_row(epoch) for epoch in (1, 2)]}
    return make_run(tables=tables, **options)


def potential_run(folder: Path, config: LlcConfig, **changed: Any) -> Run:
    """Return a run of a potential, of whose row some columns are given."""
    filled = config.filled()
    run = create_run(folder, "llc", f"{config.potential}-s{config.seed}", filled.to_mapping(), {})
    known = {
        "state": config.potential, "localization": filled.localization, "num_samples": None, "minibatch_size": None,
        "num_chains": config.chains, "num_draws": config.draws, "burn_in": filled.burn_in, "chain_seed": config.seed,
    }  # fmt: skip
    run.add_rows("llc", [replace(ROW, **(known | changed))])
    run.finish("complete")
    return run


def basins_run(folder: Path, config: LlcConfig, ratio: float, **changed: Any) -> Run:
    """Return a run of two basins with a ratio of times in them."""
    exact = occupancy_ratio(config.curvatures, config.other_curvatures, 144.765, config.depth_difference)
    return potential_run(
        folder, config, occupancy_ratio=ratio, occupancy_ratio_stderr=0.01, occupancy_ratio_theory=exact, **changed
    )

"""Runs of ``sample`` whose functions were never drawn."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from geomgen.config.sample import SampleConfig
from geomgen.store.run import Run, create_run
from geomgen.tables.functions import FunctionFrequencyRow, FunctionGrowthRow, FunctionSummaryRow

SUMMARY = FunctionSummaryRow(
    num_draws=100_000, num_inputs=128, num_functions=3, num_once=1, unseen_mass=1e-5, unseen_mass_stderr=1e-5,
    top_1_mass=0.6, top_10_mass=1.0, top_100_mass=1.0, num_fitted=2, rank_slope=-1.0, complexity_slope=-0.06,
    complexity_slope_low=-0.08, complexity_slope_high=-0.04, complexity_null_low=-0.02, complexity_null_high=0.02,
    complexity_p_value=0.001, num_profiled=2000, complexity_mean=70.0, complexity_stderr=0.8, complexity_shuffled=87.0,
    complexity_random=149.0, sensitivity=0.15, sensitivity_stderr=0.002, sensitivity_shuffled=0.25,
    growth_exponent=0.9, num_listed=3, num_passes=1,
)  # fmt: skip


def functions_run(folder: Path, seed: int, *, draws: int = 100_000, top: int = 10**6, **changed: Any) -> Run:
    """Return a run with three functions and a summary of which some columns are given."""
    config = SampleConfig(seed=seed, draws=draws, top=top, threads=1).filled()
    run = create_run(folder, "sample", f"s{seed}", config.to_mapping(), {"num_parameters": 2001})
    counts = ((0.6 * draws, 7.0), (0.4 * draws - 1, 24.5), (1, 91.0))
    rows = [
        FunctionFrequencyRow(
            f"{place:032x}", int(count), count / draws, 0.9 * count / draws, 1.1 * count / draws, 1, lz, 0.1
        )
        for place, (count, lz) in enumerate(counts)
    ]
    run.add_rows("function_summary", [replace(SUMMARY, num_draws=draws, **changed)])
    run.add_rows("function_frequencies", rows)
    run.add_rows("function_growth", [FunctionGrowthRow(draws // 2, 2), FunctionGrowthRow(draws, 3)])
    run.finish("complete")
    return run

"""Changes to the columns of tables: how rows of an earlier version are read and combined with new ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from geomgen.errors import DataError

REMEDY = "Measure into a new run, or use the version of geomgen that made this one."


@dataclass(frozen=True)
class Migration:
    """The changes to a table since it was first written.

    Attributes:
        renamed: New name of each renamed column, by its old name.
        unknown: Columns that rows of an earlier version lack, and that are null there.
        untold: Keys among the unknown that are null in rows of an earlier version alone: such a row is replaced by new
            ones of any value, for it may be of the same.
        withdrawn: Columns that an earlier version filled in rows where there is no such number; whether a row is one.
    """

    renamed: Mapping[str, str] = field(default_factory=dict)
    unknown: tuple[pa.Field, ...] = ()
    untold: tuple[str, ...] = ()
    withdrawn: Mapping[str, Callable[[Mapping[str, Any]], bool]] = field(default_factory=dict)


def _is_near_threshold(reach: int) -> Callable[[Mapping[str, Any]], bool]:
    """Return whether there are about as many features as samples, so that the variance over draws is infinite."""
    return lambda row: abs(row["features"] - row["samples"]) < reach


def _is_heavy_tailed(row: Mapping[str, Any]) -> bool:
    """Return whether the variance over random inputs of a polynomial's error is infinite."""
    order = min(row["degree"], row["samples"] - 1)
    return bool(row["inputs"] == "random" and row["noise"] and order and row["samples"] - 1 <= 4 * order)


def _numbers(*names: str) -> tuple[pa.Field, ...]:
    return tuple(pa.field(name, pa.float64()) for name in names)


def _interval(name: str) -> tuple[pa.Field, ...]:
    return _numbers(f"{name}_low", f"{name}_high")


KEY = {"key": "yes"}
BINS = pa.field("bins", pa.int64(), metadata=KEY)
REQUESTED_STEP = pa.field("requested_chain_step", pa.float64(), metadata=KEY)
MIGRATIONS: dict[str, Migration] = {
    "activation_similarity": Migration(unknown=(BINS,), untold=("bins",)),
    "activation_similarity_summary": Migration(
        unknown=(BINS, *_numbers("common_mode", "infinite_width_rmse")), untold=("bins",)
    ),
    "activation_volume": Migration(
        unknown=(pa.field("floor", pa.float64(), metadata=KEY), pa.field("num_resolved", pa.int64()))
    ),
    "critical_points": Migration(renamed={"residual": "relative_residual"}),
    "layer_statistics": Migration(
        unknown=_numbers(
            "backward_mean_square",
            "expected_pre_variance",
            "expected_cosine_mean",
            "expected_backward_mean_square",
        )
    ),
    "implicit_regularization": Migration(unknown=_numbers("squared_error", "descended_correction_nats")),
    "jacobian_rank": Migration(renamed={"surface_dim": "manifold_dim", "surface_dim_theory": "manifold_dim_theory"}),
    "llc": Migration(
        renamed={"chain_step": "step_size"},
        unknown=(
            REQUESTED_STEP,
            pa.field("dense_limit", pa.int64(), metadata=KEY),
            pa.field("hessian_rank", pa.int64()),
            *_numbers("llc_second_order", "d_log_volume_d_log_tolerance"),
            pa.field("is_within_bounds", pa.bool_()),
        ),
        untold=("dense_limit",),
    ),
    "llc_trace": Migration(renamed={"chain_step": "step_size"}, unknown=(REQUESTED_STEP,)),
    "minima": Migration(
        unknown=(
            *_numbers("quadratic_correction_nats", "quadratic_correction_stderr_nats", "quadratic_ratio"),
            pa.field("verdict", pa.string()),
        )
    ),
    "optimal_set_points": Migration(
        renamed={"log_trace": "log_trace_nats", "log_volume": "log_volume_nats"},
        unknown=(*_numbers("r_hat", "effective_samples"), pa.field("converged", pa.bool_())),
    ),
    "parameter_volume": Migration(
        unknown=(
            *(
                pa.field(name, pa.int64(), metadata=KEY)
                for name in ("num_rungs", "num_chains", "num_draws", "burn_in", "leapfrog_steps")
            ),
            *_numbers("log_volume_theory_nats", "d_log_volume_d_log_tolerance_theory", "r_hat"),
            *_numbers("inverse_temperature", "free_energy_nats", "quadrature_error_nats"),
            *_numbers("quadratic_correction_nats", "quadratic_correction_stderr_nats", "quadratic_ratio"),
        )
    ),
    "posterior_summary": Migration(unknown=_numbers("log_prior_mass_propagated")),
    "regress_optimal_set": Migration(
        unknown=(
            *(pa.field(f"{name}_stderr_note", pa.string()) for name in ("distance", "relative_distance")),
            *_numbers("distance_median", "relative_distance_median"),
            *_interval("distance_median"),
            *_interval("relative_distance_median"),
        ),
        withdrawn={
            "distance_stderr": _is_near_threshold(2),
            "relative_distance_stderr": lambda row: _is_near_threshold(2)(row) or row["features"] < 3,
        },
    ),
    "regress_polynomial": Migration(
        unknown=(pa.field("test_error_stderr_note", pa.string()), *_interval("test_error_median")),
        withdrawn={"test_error_stderr": _is_heavy_tailed},
    ),
    "regress_ridgeless": Migration(
        unknown=(pa.field("excess_risk_stderr_note", pa.string()), *_interval("excess_risk_median")),
        withdrawn={"excess_risk_stderr": _is_near_threshold(4)},
    ),
    "regress_rff": Migration(renamed={"condition": "condition_1_norm", "method": "solver"}),
    "regress_linear_summary": Migration(renamed={"surface_dim": "manifold_dim"}),
    "training": Migration(
        unknown=(
            *_numbers("train_squared_error", "test_squared_error", "origin_distance", "relative_origin_distance"),
            pa.field("diverged", pa.bool_()),
        )
    ),
    "trajectory": Migration(unknown=_numbers("origin_distance", "relative_origin_distance")),
}
"""By name of table."""


def migrated(name: str, table: pa.Table) -> pa.Table:
    """Return a table under the current names of its columns, with unknown ones."""
    migration = MIGRATIONS.get(name, Migration())
    found = table.rename_columns([migration.renamed.get(column, column) for column in table.column_names])
    missing = [unknown for unknown in migration.unknown if unknown.name not in found.column_names]
    if missing:
        found = _withdrawn(found, migration.withdrawn)
    for unknown in missing:
        found = found.append_column(unknown, pa.nulls(len(found), unknown.type))
    return found


def _withdrawn(table: pa.Table, withdrawn: Mapping[str, Callable[[Mapping[str, Any]], bool]]) -> pa.Table:
    """Return a table of an earlier version without the numbers that should not have been given."""
    for name, has_none in withdrawn.items():
        index, old = table.column_names.index(name), table.schema.field(name)
        values = [None if has_none(row) else row[name] for row in table.to_pylist()]
        table = table.set_column(index, old.with_nullable(True), pa.array(values, old.type))
    return table


def withdrawn_rows(name: str, path: Path) -> dict[str, list[int]]:
    """Return the columns of a Parquet file of an earlier version that had numbers where there are none, and the rows.

    Args:
        name: The table's name.
        path: The file.
    """
    withdrawn = MIGRATIONS.get(name, Migration()).withdrawn
    if not withdrawn or not unknown_columns(name, path):
        return {}
    rows = pq.read_table(path).to_pylist()
    found = {
        column: [index for index, row in enumerate(rows) if has_none(row)] for column, has_none in withdrawn.items()
    }
    return {column: indices for column, indices in found.items() if indices}


def untold_keys(name: str) -> tuple[str, ...]:
    """Return the keys of a table that are null only where an earlier version did not tell them."""
    return MIGRATIONS.get(name, Migration()).untold


def renamed_columns(name: str, path: Path) -> dict[str, str]:
    """Return the columns of a Parquet file that have been renamed, with their new names."""
    if name not in MIGRATIONS:
        return {}
    there = pq.read_schema(path).names
    return {old: new for old, new in MIGRATIONS[name].renamed.items() if old in there}


def unknown_columns(name: str, path: Path) -> list[str]:
    """Return the columns that a Parquet file of an earlier version lacks, and that are null in its rows."""
    if name not in MIGRATIONS:
        return []
    there = pq.read_schema(path).names
    return [unknown.name for unknown in MIGRATIONS[name].unknown if unknown.name not in there]


def conformed(name: str, old: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return the rows of an older table with the columns of new rows.

    Args:
        name: The table's name.
        old: A table as `migrated` returns it.
        schema: Schema of the new rows.

    Raises:
        DataError: If the old rows have columns that migrations and nulls do not account for.
    """
    for column in old.column_names:
        if column not in schema.names:
            raise DataError(f"Old rows of table '{name}' have a column '{column}' that new ones lack.", REMEDY)
    columns = [_column(name, old, wanted) for wanted in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def _column(name: str, old: pa.Table, wanted: pa.Field) -> pa.ChunkedArray:
    """Return the values of old rows in a column of new ones."""
    if wanted.name not in old.column_names:
        if not wanted.nullable:
            raise DataError(f"Old rows of table '{name}' lack the column '{wanted.name}' of new ones.", REMEDY)
        return pa.chunked_array([pa.nulls(len(old), wanted.type)])
    found = old[wanted.name]
    if found.type != wanted.type or (found.null_count and not wanted.nullable):
        kind = f"{found.type}{', null among them' if found.null_count else ''}"
        raise DataError(
            f"Column '{wanted.name}' of old rows of table '{name}' is {kind}; in new ones it is {wanted.type}.", REMEDY
        )
    return found

"""Rows of every table, made up, and runs in memory that hold them: as few rows as any report needs."""

import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from itertools import product
from typing import Any, get_args, get_type_hints

import pandas as pd

from geomgen.config.registry import EXPERIMENTS
from geomgen.report.collect import AXES
from geomgen.report.similarity import SERIES
from geomgen.store.identity import identity_of
from geomgen.store.table import to_frame, to_table
from geomgen.tables.registry import ROWS, columns

SEEDS_OF_MEASURES = ("chain_seed", "direction_seed")
STATES, EPOCHS = ("initial", "final"), (1, 2, 3, 4)
LAYERS = ("hidden1", "hidden2", "output")
FACTS: dict[str, Any] = {"layers": list(LAYERS), "num_parameters": 1000, "num_classes": 10}


def _all(**keys: Sequence[Any]) -> list[dict[str, Any]]:
    """Return every combination of keys."""
    return [dict(zip(keys, values, strict=True)) for values in product(*keys.values())]


ACTIVATIONS = [
    {"layer": "hidden2", "site": "pre", "state": state, "condition": condition}
    for state, condition in dict.fromkeys([*SERIES, ("initial", "control-features"), ("final", "control-features")])
]
CURVATURE: dict[str, Sequence[Any]] = {
    "state": STATES, "operator": ("hessian",), "method": ("dense",), "num_samples": (50,), "num_steps": (None,),
    "num_probes": (None,),
}  # fmt: skip
MODELS = ("ordinary", "slight", "very")
SOME = _all(features=(5, 10, 20, 40, 80))
KEYS: dict[str, list[dict[str, Any]]] = {
    "activation_volume": [row | {"rule": rule} for row in ACTIVATIONS for rule in ("relative", "ledoit-wolf")],
    "activation_similarity_summary": [row | {"metric": metric} for row in ACTIVATIONS for metric in ("cosine", "l2")],
    "activation_similarity": [
        row | {"metric": metric, "bin": place, "bin_low": place - 1.0, "bin_high": float(place)}
        for row in ACTIVATIONS for metric in ("cosine", "l2") for place in (0, 1)
    ],
    "layer_statistics": _all(layer=LAYERS, state=STATES),
    "jacobian_rank": _all(state=STATES, num_samples=(50,)),
    "tangent_kernel": _all(state=STATES, num_samples=(50,)),
    "tangent_kernel_spectrum": _all(state=STATES, num_samples=(50,), index=(0, 1)),
    "critical_points": [
        row | {"verdict": "critical", "num_negative": 7 - row["point"], "index": (7 - row["point"]) / 10, "l2": 0.01,
               "max_noise": 1.0, "max_iterations": 200}
        for row in _all(state=STATES, point=tuple(range(8)), num_samples=(100,), num_points=(8,))
    ],
    "diffusion": [
        row | {"time_step": 0.1, "num_steps": 1000, "interval": 500, "num_probes": 32, "chain": 0, "diverged": False}
        for row in _all(state=("final",), n_beta=(float("inf"), 2e4), num_chains=(1,), step=(0, 500, 1000))
    ],
    "hessian_summary": _all(**CURVATURE),
    "hessian_eigenvalues": _all(**CURVATURE, index=(0, 1)),
    "hessian_density": _all(**CURVATURE, index=(0, 1)),
    "llc": [
        row | {"minibatch_size": None, "halve_step": None, "leapfrog_steps": 10, "num_chains": 10, "num_draws": 500,
               "burn_in": 500, "chain_seed": 0, "requested_chain_step": None,
               "dense_limit": 1000, "verdict": "converged"}
        for row in _all(
            state=("final",), sampler=("hmc",), n_beta=(12.8,), localization=(100.0,), num_samples=(50,)
        )
    ],
    "training": [{"epoch": epoch, "step": 10 * epoch, "diverged": False} for epoch in EPOCHS],
    "trajectory": _all(step=(1, 2, 4, 8)),
    "implicit_regularization": [{"epoch": epoch, "step": 10 * epoch} for epoch in (0, *EPOCHS)],
    "emc": [{"epochs": len(EPOCHS), "threshold": 0.1, "outcome": "found"}],
    "emc_probes": _all(num_samples=(5, 10), draw=(0, 1)),
    "modified_flow_orders": _all(problem=("product",), correction=(0.0, 1.0)),
    "modified_flow": _all(problem=("product",), correction=(0.0, 1.0), step_size=(0.1, 0.05, 0.025, 0.0125, 0.00625)),
    "function_summary": _all(num_draws=(1000,), num_inputs=(128,)),
    "function_frequencies": _all(function=("00", "01", "7f"), lz_complexity=(7.0,)),
    "function_growth": _all(draws=(1, 2, 4)),
    "parameter_volume": [
        row | {"behaviour": "kl", "weighting": "prior", "prior_std": 1.0, "verdict": "resolved",
               "is_lower_bound": False}
        for row in _all(
            state=("final",), gauge=("as-is", "rebalanced"), method=("saddlepoint", "monte-carlo", "free-energy"),
            tolerance=(0.01,), num_samples=(50,),
        )
    ],
    "nearest_point_summary": _all(num_equations=(8,)),
    "nearest_points": _all(network=(0, 1)),
    "minima": _all(network=(0, 1)),
    "surface_laws": _all(law=("prior", "conditioned", "nearest"), verdict=("resolved",)),
    "posterior_summary": _all(num_inputs=(16,), train_size=(6,)),
    "function_posterior": _all(function=("00", "01", "7f")),
    "posterior_errors": _all(errors=(0, 1, 2)),
    "posterior_limit": _all(process=("own-width", "infinite-width")),
    "optimal_set_points": _all(law=("trained", "drawn"), network=(0, 1)),
    "regress_epochs": _all(rate_power=(0.0, 1.0), step=(0, 1, 2, 4)),
    "prior_mass": _all(route=("rao-blackwell", "infinite-width"), last_width=(40,)),
    "regress_linear_summary": _all(model=MODELS),
    "regress_linear": _all(model=MODELS, repetition=(0, 1, 2)),
    "regress_polynomial": [row | {"inputs": "even"} for row in _all(basis=("legendre", "raw"), degree=(0, 1, 2, 3))],
    "regress_rff": [row | {"ridge": 0.0, "solver": "qr"} for row in SOME],
    "regress_ridgeless": [row | {"design": "isotropic"} for row in SOME],
    "regress_optimal_set": SOME,
}  # fmt: skip
"""Keys and words of each table's rows; measured numbers come from their place."""


def _measured(hint: Any, row: int, place: int) -> Any:
    """Return a measured value: numbers fall from row to row, and differ from column to column."""
    kind = next(kind for kind in (get_args(hint) if isinstance(hint, types.UnionType) else (hint,)))
    return {float: (1 + 0.01 * place) / (1 + row), int: 10, bool: True, str: "word"}[kind]


@cache
def template(table: str) -> pd.DataFrame:
    """Return a table of one run, of the value 1."""
    kind = ROWS[table]
    hints = get_type_hints(kind)
    rows = [
        kind(**{name: keys.get(name, _measured(hint, row, place)) for place, (name, hint) in enumerate(hints.items())})
        for row, keys in enumerate(KEYS[table])
    ]
    frame = to_frame(to_table(identity_of("", {}), rows)).drop(columns="run_id")
    frame.attrs.clear()
    return frame


@cache
def measured_columns(table: str) -> frozenset[str]:
    """Return the columns of a table that hold measured numbers with a point."""
    given = {name for row in KEYS[table] for name in row}
    return frozenset(one.name for one in fields(ROWS[table]) if one.name not in given and "float" in str(one.type))


@cache
def keys_of(table: str) -> frozenset[str]:
    """Return the key columns of a table."""
    return frozenset(name for name, doc in columns(ROWS[table]).items() if doc.key) | {"run_id", *AXES, "arch"}


@cache
def _multiple(table: str, value: float) -> dict[str, Any]:
    """Return the columns of a table of one run."""
    rows, measured = template(table), list(measured_columns(table))
    scaled = rows.assign(**{name: rows[name] * value for name in measured})
    if "train_accuracy" in rows:  # not below 1, so that reports on minima take the training for one
        scaled = scaled.assign(train_accuracy=1 + scaled["train_accuracy"])
    if "emc" in rows:
        scaled = scaled.assign(emc=round(1000 * value))
    return {str(name): column.array for name, column in scaled.items()}


def _in_columns(options: Mapping[str, Any], rows: Mapping[str, Any]) -> dict[str, Any]:
    """Return options by the columns of a table that hold them: by name, as counts, or as the seed of a measure."""
    names = {option: (option, f"num_{option}") for option in options} | {"seed": ("seed", *SEEDS_OF_MEASURES)}
    return {name: value for option, value in options.items() for name in names[option] if name in rows}


@dataclass(frozen=True)
class MadeUpRun:
    """A complete run in memory, as reports read it.

    Attributes:
        id: Its id.
        experiment: The experiment that made it.
        config: Its options.
        value: What its measured numbers are multiplied by.
        tables: Names of its tables.
        measures: Its measurements.
        facts: What was known before it began.
        diverged: Whether its training ended where it had diverged.
        changed: What becomes of the rows of tables, by the table's name.
    """

    id: str
    experiment: str
    config: Mapping[str, Any]
    value: float
    tables: Sequence[str]
    measures: Sequence[Mapping[str, Any]]
    facts: Mapping[str, Any]
    diverged: bool = False
    status: str = "complete"
    changed: Mapping[str, Callable[[pd.DataFrame], pd.DataFrame]] = field(default_factory=dict)

    def table(self, name: str) -> pd.DataFrame:
        """Return a table."""
        rows = _multiple(name, self.value)
        measured = [one["config"] for one in self.measures if name in EXPERIMENTS[one["experiment"]].tables]
        chosen = _in_columns(self.config, rows)
        for config in measured:
            chosen |= {column: value for column, value in _in_columns(config, rows).items() if column not in AXES}
        single = {option: value for option, value in chosen.items() if not isinstance(value, list | tuple | None)}
        last = {"diverged": (template(name)["epoch"] == max(EPOCHS)) & self.diverged} if name == "training" else {}
        own = vars(identity_of(self.id, self.config)) | single | last
        frame = pd.DataFrame(rows | own, template(name).index)
        frame = self.changed[name](frame) if name in self.changed else frame
        frame.attrs["columns"] = {column: {"key": "yes" if column in keys_of(name) else ""} for column in frame}
        return frame


@dataclass(frozen=True, kw_only=True)
class MeasuredAgain(MadeUpRun):
    """A run whose last measurement repeats an earlier one with other options.

    Attributes:
        first: The run as it was before.
        second: The same with that measurement alone.
        keeps_both: Whether earlier rows stay that have other keys.
    """

    first: MadeUpRun
    second: MadeUpRun
    keeps_both: bool

    def table(self, name: str) -> pd.DataFrame:
        """Return a table."""
        first = self.first.table(name)
        if name not in EXPERIMENTS[self.measures[-1]["experiment"]].tables:
            return first
        second = self.second.table(name)
        if not self.keeps_both:
            return second
        keys = [column for column in first if column in keys_of(name)]
        old, new = (pd.MultiIndex.from_frame(rows[keys].astype(str)) for rows in (first, second))
        both = pd.concat([first[~old.isin(new)], second], ignore_index=True)
        both.attrs["columns"] = first.attrs["columns"]
        return both

"""What every measure goes through: only finished runs, one lock, rows in place of their own."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, get_origin

import pandas as pd
import pytest

from geomgen.config.base import option_docs, option_types
from geomgen.config.potential import POTENTIAL
from geomgen.config.registry import EXPERIMENTS, MEASURES
from geomgen.config.train import TrainConfig
from geomgen.config.volume import VolumeConfig
from geomgen.errors import DataError, UsageError
from geomgen.experiments import machine
from geomgen.experiments.entry import cost, measure
from geomgen.experiments.measure_run import measured, require_measurable
from geomgen.experiments.new_run import Tables
from geomgen.experiments.train import train
from geomgen.progress import silent
from geomgen.store.archive import archive
from geomgen.store.run import Run
from tests.conftest import random_dataset, save_dataset
from tests.report.made_up_runs import RunMaker, layer_row, volume_row


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ("unfinished", r"is unfinished\. Finish it with: geomgen train --resume"),
        ("interrupted", r"is interrupted\. Finish it with: geomgen train --resume"),
        ("failed", " failed: .*Measure a run that is complete"),
    ],
)
def test_only_a_complete_run_is_measured(tmp_path: Path, status: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        require_measurable(RunMaker(tmp_path)(epochs_done=1, status=status), "volume")


def test_rows_of_every_table_are_kept_and_measured_once(tmp_path: Path) -> None:
    run, calls = RunMaker(tmp_path)(epochs_done=1), []
    run.reopen()
    for state in ("initial", "final"):
        run.save_state(state, {}, {})
    run.finish("complete")

    def compute(config: VolumeConfig) -> Tables:
        calls.append(config)
        return {
            "layer_statistics": [layer_row("hidden1", "final", 1.0)],
            "activation_volume": [volume_row("final", "data", float(len(calls)))],
        }

    config = VolumeConfig(rule=("relative",))
    assert set(measured(run, config, compute, reuse=True)) == {"layer_statistics", "activation_volume"}
    assert measured(run, config, compute, reuse=True) == {}
    assert run.table("activation_volume")["log_det_nats"].tolist() == [1]
    measured(run, config, compute, reuse=False)
    assert run.table("activation_volume")["log_det_nats"].tolist() == [2]
    assert [measure["experiment"] for measure in run.measures] == ["volume"]
    assert all(one.threads is not None for one in calls)
    archived = archive(run, tmp_path / "archives")
    assert measured(archived, config, compute, reuse=True) == {}
    with pytest.raises(DataError, match=r"is an archive: it has no checkpoints for volume .* geomgen rerun .*archives"):
        measured(archived, config, compute, reuse=False)


@pytest.mark.parametrize("name", MEASURES)
def test_a_state_that_is_not_there_is_refused_before_anything_is_computed(
    trained: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    run = Run(Path(shutil.copytree(trained.path, tmp_path / trained.id)))
    options: dict[str, Any] = OTHERS.get(name, {}) | {"state": ("final", "step-000009")}
    config = EXPERIMENTS[name].config(**options)
    monkeypatch.setattr("geomgen.store.run.load_checkpoint", lambda _: pytest.fail("a state was loaded"))
    with pytest.raises(DataError, match=r"has no state 'step-000009'\. It has: final, initial\."):
        measure(EXPERIMENTS[name])(run, config, reuse=False, progress=silent)


NUMBERS: dict[tuple[str, str], tuple[Any, Any]] = {
    ("volume", "floor"): (1e-3, 0.5),
    ("probe-activations", "bins"): (5, 9),
    ("probe-activations", "centre"): (False, True),
    ("probe-activations", "statistics"): (False, True),
    ("jacobian", "samples"): (2, 3),
    ("tangent-kernel", "samples"): (2, 3),
    ("critical-points", "samples"): (2, 3),
    ("critical-points", "l2"): (0.1, 0.2),
    ("critical-points", "points"): (1, 2),
    ("critical-points", "max_noise"): (0.0, 0.5),
    ("critical-points", "max_iterations"): (2, 3),
    ("diffusion", "chains"): (1, 2),
    ("diffusion", "time_step"): (0.1, 0.05),
    ("diffusion", "steps"): (2, 4),
    ("diffusion", "interval"): (1, 2),
    ("diffusion", "probes"): (2, 3),
    ("hessian", "operator"): ("hessian", "ggn"),
    ("hessian", "samples"): (2, 3),
    ("hessian", "method"): ("dense", "lanczos"),
    ("hessian", "steps"): (2, 3),
    ("hessian", "probes"): (1, 2),
    ("llc", "samples"): (8, 12),
    ("llc", "n_beta"): (5.0, 10.0),
    ("llc", "localization"): (10.0, 20.0),
    ("llc", "sampler"): ("sgld", "hmc"),
    ("llc", "chain_step"): (1e-4, 2e-4),
    ("llc", "halve_step"): (False, True),
    ("llc", "leapfrog_steps"): (2, 3),
    ("llc", "minibatch_size"): (4, 5),
    ("llc", "chains"): (2, 3),
    ("llc", "draws"): (4, 5),
    ("llc", "burn_in"): (2, 3),
    ("llc", "seed"): (0, 1),
    ("llc", "dense_limit"): (1000, 2000),
    ("llc", "trace_every"): (4, 5),
    ("volume --space parameters", "behaviour"): ("kl", "loss"),
    ("volume --space parameters", "samples"): (4, 5),
    ("volume --space parameters", "weighting"): ("prior", "none"),
    ("volume --space parameters", "prior_std"): (0.5, 1.0),
    ("volume --space parameters", "directions"): (2, 3),
    ("volume --space parameters", "preconditioner"): ("none", "diagonal"),
    ("volume --space parameters", "curvature_floor"): (1e-6, 1e-3),
    ("volume --space parameters", "rungs"): (11, 13),
    ("volume --space parameters", "chains"): (2, 3),
    ("volume --space parameters", "draws"): (4, 5),
    ("volume --space parameters", "burn_in"): (2, 3),
    ("volume --space parameters", "leapfrog_steps"): (1, 2),
    ("volume --space parameters", "seed"): (0, 1),
}
"""Two values of each option of a measure that is one value, and not a list of which each makes its own rows."""
LISTS: dict[tuple[str, str], tuple[Any, Any]] = {
    ("volume", "layer"): (("hidden1", "penultimate"), ("hidden1",)),
    ("volume", "site"): (("pre", "post"), ("post",)),
    ("volume", "condition"): (("data", "control-units", "permuted-pixels"), ("control-units",)),
    ("volume", "rule"): (("relative", "floor"), ("floor",)),
    ("probe-activations", "layer"): (("hidden1", "penultimate"), ("hidden1",)),
    ("probe-activations", "site"): (("pre", "post"), ("post",)),
    ("probe-activations", "condition"): (("data", "infinite-width", "control-units"), ("data",)),
    ("probe-activations", "metric"): (("cosine", "l2"), ("cosine",)),
    ("diffusion", "n_beta"): ((1e3, 1e4), (1e4,)),
    ("volume --space parameters", "tolerance"): ((0.01, 0.1), (0.1,)),
    ("volume --space parameters", "gauge"): (("as-is", "rebalanced"), ("rebalanced",)),
    ("volume --space parameters", "method"): (("ellipsoid", "monte-carlo", "free-energy"), ("monte-carlo",)),
}
"""A list for each option that is one, but for states, and a part of it, of which the same rows come."""
OTHERS: dict[str, dict[str, Any]] = {
    "volume": {"rule": ("relative", "floor", "full")},
    "critical-points": {"samples": 4, "points": 1, "max_iterations": 2},
    "diffusion": {"steps": 2, "interval": 1, "probes": 2},
    "llc": {"chains": 2, "draws": 4, "burn_in": 2, "localization": 10.0},
    "volume --space parameters": {
        "samples": 4,
        "directions": 2,
        "rungs": 11,
        "chains": 2,
        "draws": 4,
        "burn_in": 1,
        "leapfrog_steps": 1,
    },
}
"""Other options, with which it takes a moment or the option bears on rows."""
IMAGES = {"samples": 4}
ODD: dict[str, dict[str, Any]] = {
    "probe-activations": {"statistics": True, "centre": True},
    **dict.fromkeys(("jacobian", "tangent-kernel", "hessian"), IMAGES),
}
"""Options with which odd data are met in more places."""
OF_CHAINS = ("rungs", "chains", "draws", "burn_in", "leapfrog_steps")
"""Options of volumes in the space of parameters that bear on one method alone."""
RECORDED_AS = {"seed": ("chain_seed", "direction_seed"), "chain_step": ("requested_chain_step",)}
"""Columns of options whose own name is that of an option of trainings."""


def test_every_option_is_tried_with_two_values() -> None:
    options = {
        (name, option): get_origin(option_types(record.config)[option]) is tuple
        for name, record in MEASURES.items()
        for option, doc in option_docs(record.config).items()
        if not doc.environmental and option != "state"
        if doc.group != POTENTIAL  # which makes a run and measures none
    }
    assert {key for key, is_list in options.items() if not is_list} == set(NUMBERS)
    assert {key for key, is_list in options.items() if is_list} == set(LISTS)


@pytest.fixture(scope="module")
def trained(data_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Train a smooth network."""
    return _trained(data_file, tmp_path_factory.mktemp("runs"), "tanh")


FirstMeasured = Callable[[str, str, Any], Run]


@pytest.fixture(scope="module")
def first_measured(trained: Run, tmp_path_factory: pytest.TempPathFactory) -> FirstMeasured:
    """Measure both states with a value of an option; once, where that is the value of others too."""
    kept: dict[str, Run] = {}

    def first(name: str, option: str, value: Any) -> Run:
        key = f"{name} {sorted(_options(name, option, value).items())}"
        if key not in kept:
            states = ("initial", "final")
            kept[key] = _measured(trained, tmp_path_factory.mktemp("first"), name, option, value, states)
        return kept[key]

    return first


def _trained(data_file: Path, runs_dir: Path, activation: str) -> Run:
    config = TrainConfig(data=str(data_file), width=6, activation=activation, epochs=1, threads=1)
    return train(config, runs_dir)


@pytest.mark.parametrize(("name", "option"), NUMBERS)
def test_rows_of_two_values_of_an_option_stand_side_by_side(
    trained: Run, first_measured: FirstMeasured, tmp_path: Path, name: str, option: str
) -> None:
    """Both states measured with one value, then one state with the other; rows that differ say by which value."""
    first, other = NUMBERS[name, option]
    of_first = first_measured(name, option, first)
    of_other = _measured(trained, tmp_path / "other", name, option, other, ("final",))
    mixed = _measured(of_first, tmp_path / "mixed", name, option, other, ("final",))
    for table in set(EXPERIMENTS[name].tables) & set(of_first.tables):
        rows, firsts, others = (run.table(table) for run in (mixed, of_first, of_other))
        states = {state: set(_tuples(rows[rows["state"] == state])) for state in ("initial", "final")}
        old, new = (set(_tuples(frame[frame["state"] == "final"])) for frame in (firsts, others))
        assert states["initial"] == set(_tuples(firsts[firsts["state"] == "initial"]))
        assert states["final"] == old | new
        if not old <= new:  # rows that only join the others are told apart by their keys
            named = next(column for column in RECORDED_AS.get(option, (option, f"num_{option}")) if column in rows)
            differing = [set(frame[named].dropna()) for frame in (firsts, others)]
            assert differing == [{first}, {other}]


@pytest.mark.parametrize(("name", "option"), LISTS)
def test_part_of_a_list_gives_the_rows_that_all_of_it_gave(
    data_file: Path, tmp_path: Path, name: str, option: str
) -> None:
    whole, part = LISTS[name, option]
    states = ("initial", "final")
    run = _trained(data_file, tmp_path / "runs", "relu")  # which gauges and infinite width are of
    once = _measured(run, tmp_path / "once", name, option, whole, states)
    again = _measured(once, tmp_path / "again", name, option, part, states)
    for table in once.tables:
        assert set(_tuples(once.table(table))) == set(_tuples(again.table(table)))


@pytest.fixture(scope="module", params=["one", "two", "equal", "dark"])
def odd(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A training whose data set has one test image, or two, or whose images are all equal, or all dark."""
    folder = tmp_path_factory.mktemp("odd")
    dataset = random_dataset(num_test={"one": 1, "two": 2}.get(request.param, 8))
    if request.param in {"equal", "dark"}:
        for split in (dataset.train, dataset.test):
            split.images.fill_(80 if request.param == "equal" else 0)
    save_dataset(dataset, folder / "odd.npz")
    config = TrainConfig(data=str(folder / "odd.npz"), width=6, activation="tanh", epochs=1, threads=1)
    return train(config, folder / "runs")


@pytest.mark.parametrize("name", MEASURES)
def test_odd_data_are_measured_or_refused(odd: Run, name: str) -> None:
    options = OTHERS.get(name, {}) | ODD.get(name, {}) | {"state": ("initial", "final"), "threads": 1}
    with suppress(UsageError, DataError):
        measure(EXPERIMENTS[name])(odd, EXPERIMENTS[name].config(**options), reuse=False, progress=silent)


@pytest.mark.parametrize("name", MEASURES)
def test_the_start_check_asks_for_no_less_than_the_plan(
    trained: Run, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, made = EXPERIMENTS[name], TrainConfig.from_mapping(trained.config, trained.id)
    config = record.config(**OTHERS.get(name, {}) | ODD.get(name, {}))
    planned = cost(record)
    assert planned is not None
    monkeypatch.setattr(machine, "available_bytes", lambda: planned(config, made).memory - 1)
    with pytest.raises(UsageError, match="GiB of memory"):
        measure(record)(trained, config, reuse=False, progress=silent)
    monkeypatch.setattr(machine, "available_bytes", lambda: planned(config, made).memory)
    measure(record)(trained, config, reuse=False, progress=silent)


def _measured(of: Run, folder: Path, name: str, option: str, value: Any, states: tuple[str, ...]) -> Run:
    """Measure a copy of a run with a value and its states."""
    run = Run(Path(shutil.copytree(of.path, folder / of.id)))
    options = _options(name, option, value) | {"state": states, "threads": 1}
    measure(EXPERIMENTS[name])(run, EXPERIMENTS[name].config(**options), reuse=False, progress=silent)
    return run


def _options(name: str, option: str, value: Any) -> dict[str, Any]:
    chosen = {"method": "free-energy"} if name.endswith("parameters") and option in OF_CHAINS else {}
    return OTHERS.get(name, {}) | chosen | {option: value}


def _tuples(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    return [tuple(map(str, row)) for row in frame.itertuples(index=False)]

"""Every record of geomgen.config: found by its name and its config, and true of what its functions take and write."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from geomgen.cli.experiments import MAY_MOVE
from geomgen.config.base import option_docs, option_types
from geomgen.config.experiment import Experiment
from geomgen.config.measure import MeasureConfig, device_option, threads_option
from geomgen.config.registry import EXPERIMENTS, FIRST, MAKERS, MEASURES, record_of
from geomgen.config.train import TRAIN, TrainConfig
from geomgen.config.volume import VOLUME
from geomgen.experiments.entry import cost, function, maker, measure, resumer
from geomgen.experiments.train import train
from geomgen.fields import DATA_DIGEST, START_DIGEST, STATES_DIGEST, TEACHER_DIGEST
from geomgen.progress import silent
from geomgen.store.layout import state_file
from geomgen.store.reuse import DIGESTS
from geomgen.store.run import Run

OF_RUNS = {TEACHER_DIGEST, START_DIGEST}
"""Digests of what an option takes from another run."""
TINY: Mapping[str, Mapping[str, Any]] = {
    "train": {"width": 4, "activation": "tanh", "epochs": 1, "batch_size": 64, "track": ("implicit-regularization",)},
    "emc": {"width": 4, "epochs": 1, "draws": 2, "min_samples": 4, "max_samples": 8},
    "minima": {"inputs": 2, "train_size": 2, "width": 3, "networks": 20},
    "modified-flow": {"halvings": 2},
    "nearest-point": {"inputs": 2, "train_size": 2, "width": 3, "networks": 20, "searches": 2, "draws": 4},
    "sample": {"inputs": 2, "hidden": "3", "draws": 100},
    "posterior": {
        "inputs": 2,
        "hidden": "3",
        "train_size": 2,
        "networks": 20,
        "sigma_b": 0.3,
        "infinite_width": True,
        "optimal_points": 3,
    },
    "regress epochs": {"samples": 8, "features_per_scale": 2, "steps": (0, 3), "repetitions": 2},
    "prior-mass": {"inputs": 2, "hidden": "3", "train_size": 2, "draws": 100, "kernels": 3, "particles": 20},
    "regress linear": {"samples": 4, "repetitions": 3},
    "regress polynomial": {"degrees": (1, 2), "repetitions": 2},
    "regress rff": {"samples": 8, "features": (4,)},
    "regress ridgeless": {"samples": 8, "features": (4,), "repetitions": 2},
    "regress optimal-set": {"samples": 4, "features": (8,), "repetitions": 2},
    "import": {"width": 4},
    "volume": {},
    "probe-activations": {"bins": 2, "statistics": True},
    "jacobian": {"samples": 2},
    "tangent-kernel": {"samples": 2},
    "critical-points": {"samples": 2, "points": 1, "max_iterations": 2},
    "diffusion": {"steps": 2, "interval": 1, "probes": 2},
    "hessian": {"samples": 2, "steps": 3},
    "llc": {"potential": "quadratic", "chains": 2, "draws": 4},
    "volume --space parameters": {
        "potential": "quadratic",
        "method": ("monte-carlo", "free-energy"),
        "directions": 2,
        "rungs": 11,
        "chains": 2,
        "draws": 4,
    },
}
"""Options with which an experiment takes a moment, and those without which it leaves out a table that it can write.

The last are ``track`` of train, for implicit_regularization, and ``statistics`` of probe-activations, for
layer_statistics.
"""


class Carried(NamedTuple):
    """What an experiment came to: the run, the tables that are new in it, and the columns that its command can show."""

    run: Run
    tables: set[str]
    columns: set[str]


Carry = Callable[[str], Carried]


@pytest.fixture(scope="module")
def carry(data_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Carry:
    """Carry out an experiment of this name, as its command does, once."""
    folder, carried = tmp_path_factory.mktemp("runs"), dict[str, Carried]()

    def carry(name: str) -> Carried:
        if name not in carried:
            record = EXPERIMENTS[name]
            config = record.config(**TINY[name], threads=1)  # type: ignore[call-arg]
            if record.make and (data := option_docs(record.config).get("data")) and data.identified_by:
                config = replace(config, data=str(data_file))  # type: ignore[call-arg]
            if name == "import":
                config = replace(config, final=str(carry("train").run.path / state_file("final")))  # type: ignore[call-arg]
            carried[name] = _made(record, config, folder) if record.make else _measured(record, config, carry("train"))
        return carried[name]

    return carry


def _made(record: Experiment, config: Any, folder: Path) -> Carried:
    run = maker(record)(config, folder, reuse=False, progress=silent)
    return Carried(run, set(run.tables), set(run.table(record.tables[0]).columns))


def _measured(record: Experiment, config: Any, trained: Carried) -> Carried:
    """Measure a run; the command shows the rows that are returned, without the run's columns."""
    before = set(trained.run.tables)
    rows = measure(record)(trained.run, config, reuse=False, progress=silent)
    return Carried(trained.run, set(trained.run.tables) - before, set(asdict(rows[0])))


def test_each_record_stands_under_its_name_and_the_first_comes_first() -> None:
    names = list(EXPERIMENTS)
    assert all(record.name == name for name, record in EXPERIMENTS.items())
    assert names[0] == FIRST
    assert names[1:] == sorted(names[1:])


def test_an_experiment_makes_a_run_or_measures_one_and_two_do_either() -> None:
    assert MAKERS.keys() | MEASURES.keys() == EXPERIMENTS.keys()
    assert MAKERS.keys() & MEASURES.keys() == {"llc", "volume --space parameters"}
    assert (MAKERS["train"], MEASURES["volume"]) == (TRAIN, VOLUME)


def test_a_config_belongs_to_one_experiment() -> None:
    assert record_of(TrainConfig(width=3)) is TRAIN
    assert all(record_of(record.config()) is record for record in EXPERIMENTS.values())


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_an_experiment_writes_the_tables_of_its_record_and_has_the_columns_that_are_shown(
    carry: Carry, name: str
) -> None:
    record, carried = EXPERIMENTS[name], carry(name)
    assert carried.tables == set(record.tables)
    assert len(set(record.tables)) == len(record.tables)
    assert set(record.shown) <= carried.columns
    assert len(set(record.shown)) == len(record.shown) > 0


def test_no_table_belongs_to_two_experiments() -> None:
    tables = [table for record in EXPERIMENTS.values() for table in record.tables]
    assert len(set(tables)) == len(tables)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_device_and_threads_are_the_same_options_everywhere_and_do_not_tell_configs_apart(name: str) -> None:
    config = EXPERIMENTS[name].config
    docs = option_docs(config)
    assert docs["device"] == device_option().metadata["option"]
    assert docs["threads"] == threads_option().metadata["option"]
    assert docs["device"].environmental
    assert docs["threads"].environmental
    elsewhere = config(device="auto", threads=3)  # type: ignore[call-arg]
    assert elsewhere.fingerprint() == config().fingerprint()


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_what_an_option_names_is_known_by_one_of_the_digests_that_tell_runs_apart(name: str) -> None:
    types = option_types(EXPERIMENTS[name].config)
    for option, doc in option_docs(EXPERIMENTS[name].config).items():
        assert doc.identified_by in {"", *DIGESTS}
        assert doc.names_run == (doc.identified_by in OF_RUNS)
        assert not doc.names_run or types[option] == str | None
        assert not doc.names_state or doc.names_run
        assert not (doc.identified_by and doc.environmental)


@pytest.mark.parametrize("name", MAKERS)
def test_what_tells_runs_apart_in_place_of_a_value_is_a_fact_of_the_run(carry: Carry, name: str) -> None:
    config, facts = EXPERIMENTS[name].config, carry(name).run.facts
    wanted = {doc.identified_by for doc in option_docs(config).values()} - {"", *OF_RUNS}
    assert wanted <= facts.keys()
    named = {DATA_DIGEST: "data", STATES_DIGEST: "final"}
    docs = option_docs(config)
    assert wanted == {digest for digest, option in named.items() if option in docs and not docs[option].environmental}


def test_a_student_has_the_digest_of_its_teacher(carry: Carry) -> None:
    teacher = carry("train").run
    options = {**teacher.config, "track": None, "teacher": str(teacher.path)}
    student = train(TrainConfig.from_mapping(options, "test"), teacher.runs_dir)
    assert student.facts[TEACHER_DIGEST] == teacher.state_sha256("final")


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_records_functions_take_what_commands_and_sweeps_call_them_with(name: str) -> None:
    record = EXPERIMENTS[name]
    it, how = object(), {"reuse": False, "progress": silent}
    if record.make:
        inspect.signature(maker(record)).bind(it, Path(), **how)
    if record.measure:
        inspect.signature(measure(record)).bind(it, it, **how)
        assert issubclass(record.config, MeasureConfig)
    if record.resume:
        inspect.signature(resumer(record)).bind(it, **dict.fromkeys(MAY_MOVE), progress=silent)
    if model := cost(record):
        inspect.signature(model).bind(*[it] * (1 if record.make else 2))
    if record.remarks:
        inspect.signature(function(record.remarks)).bind(it)

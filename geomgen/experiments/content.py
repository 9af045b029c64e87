"""What the paths of a config stand for: data, a teacher and a user's own code, identified by their content.

A run is identified by what it was made from, not by where that was stored: data that have moved are found again, and a
folder of the same name with other data is another experiment.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from geomgen.config.architecture import OWN, NetworkConfig
from geomgen.config.base import Config, option_docs
from geomgen.config.import_run import ImportConfig
from geomgen.config.potential import is_file
from geomgen.config.registry import NETWORKS
from geomgen.config.regress import SYNTHETIC
from geomgen.data.dataset import Dataset
from geomgen.data.load import absolute_source, is_dataset, remarks
from geomgen.errors import DataError
from geomgen.experiments.fitting import fitting
from geomgen.fields import CODE_DIGEST, DATA_DIGEST, START_DIGEST, STATES_DIGEST, TEACHER_DIGEST
from geomgen.measures.potential_file import potential_sha256
from geomgen.models.build import skeleton
from geomgen.models.custom import code_sha256
from geomgen.store.advice import how_to_finish, how_to_restore
from geomgen.store.catalog import find_run, find_state, split_state, summaries
from geomgen.store.checkpoint import tensors_sha256
from geomgen.store.kind import WITH_NETWORK
from geomgen.store.layout import FINAL, is_run, state_file
from geomgen.store.run import Run

Options = TypeVar("Options", bound=Config)


def located(config: Options, runs_dir: Path) -> Options:
    """Return a config whose data, teacher and start can be found from any folder.

    A run in the same folder of runs is named by its id, so that the folder can be moved.

    Raises:
        DataError: If there is no such run.
        UsageError: If a name could mean several runs.
    """
    found: dict[str, Any] = {}
    for name, doc in option_docs(type(config)).items():
        value = getattr(config, name)
        if doc.identified_by == DATA_DIGEST and value != SYNTHETIC and Path(value).exists():
            found[name] = absolute_source(value)
        elif doc.names_run and value is not None:
            run, state = source_state(value, runs_dir) if doc.names_state else (source_run(value, runs_dir), "")
            found[name] = state_name(_named(run, runs_dir), state)
    if any(value != getattr(config, name) for name, value in found.items()):
        config = replace(config, **found)
    if isinstance(config, ImportConfig):
        return config.with_files({state: str(Path(file).absolute()) for state, file in config.files().items()})
    return config


def found_again(config: Options, run: Run, data: str | None = None) -> Options:
    """Return a run's own config with the paths where what it names is now, for use in another folder of runs.

    The states of a network that was trained elsewhere are those that the run holds.

    Args:
        config: The config.
        run: The run.
        data: Path of its data set; searched for if not given.

    Raises:
        DataError: If one is not found, or an archive of an import has left the states behind.
    """
    found: dict[str, Any] = {}
    for name, doc in option_docs(type(config)).items():
        value = getattr(config, name)
        if doc.identified_by == DATA_DIGEST and DATA_DIGEST in run.facts:
            found[name] = data_source(run, data)
        elif doc.names_run and value is not None:
            named, state = split_state(value) if doc.names_state else (value, "")
            found[name] = state_name(str(source_run(named, run.runs_dir).path.resolve()), state)
    config = replace(config, **found)
    if isinstance(config, ImportConfig):
        if run.state_sha256(FINAL) is None:
            problem = f"{run.id} is an archive: it has no checkpoints to import again."
            raise DataError(problem, how_to_restore(run.experiment, run.path))
        return config.with_files({state: str((run.path / state_file(state)).resolve()) for state in config.files()})
    return config


def content_facts(config: Config, runs_dir: Path, dataset: Dataset | None) -> dict[str, Any]:
    """Return the digests of what a config names.

    Args:
        config: With defaults filled in.
        runs_dir: Folder of runs in which to look for a teacher, and for what it goes on from.
        dataset: The data set of the config; None if it has none.

    Raises:
        DataError: If the teacher, the start, or a file of parameters is missing or damaged.
        UsageError: If a user's own network cannot be built, or their file defines no potential.
    """
    facts: dict[str, Any] = {}
    if dataset is not None:
        facts[DATA_DIGEST] = dataset.sha256
        if isinstance(config, NetworkConfig) and config.kind == OWN:
            facts[CODE_DIGEST] = code_sha256(config, dataset.input_shape, dataset.num_classes)
        if isinstance(config, ImportConfig):
            model = skeleton(config.filled(), dataset.input_shape, dataset.num_classes)
            files = config.files().items()
            facts[STATES_DIGEST] = {state: tensors_sha256(fitting(Path(file), model)) for state, file in files}
    potential = getattr(config, "potential", None)
    if potential is not None and is_file(potential):
        facts[CODE_DIGEST] = potential_sha256(potential)
    teacher = getattr(config, "teacher", None)
    if teacher is not None:
        facts[TEACHER_DIGEST] = teacher_sha256(source_run(teacher, runs_dir))
    start = getattr(config, "start", None)
    if start is not None:
        facts[START_DIGEST] = start_sha256(*source_state(start, runs_dir))
    return facts


def data_remarks(configs: Iterable[Config]) -> dict[str, list[str]]:
    """Return what to know about each data set that configs name, by its name or path."""
    sources = dict.fromkeys(
        str(getattr(config, name))
        for config in configs
        for name, doc in option_docs(type(config)).items()
        if doc.identified_by == DATA_DIGEST
    )
    return {source: remarks(source) for source in sources if source != SYNTHETIC}


def source_run(name: str, runs_dir: Path) -> Run:
    """Return the run that a path or an id stands for; one whose folder has moved is found among the other runs.

    Raises:
        DataError: If there is none.
        UsageError: If there are several.
    """
    moved = runs_dir / Path(name).name
    return Run(moved) if not is_run(Path(name)) and is_run(moved) else find_run(name, runs_dir, WITH_NETWORK)


def teacher_sha256(run: Run) -> str:
    """Return the digest of the trained network that a run ended with.

    Raises:
        DataError: If it has none.
    """
    digest = run.state_sha256(FINAL) if run.experiment in NETWORKS else None
    if digest is None:
        told = "it has no trained network" if run.experiment in NETWORKS else f"it is a run of {run.experiment}"
        remedy = f"Name a complete run of {' or '.join(NETWORKS)}, with its checkpoints."
        raise DataError(f"{run.id} cannot be a teacher: {told}.", remedy)
    return digest


def source_state(name: str, runs_dir: Path) -> tuple[Run, str]:
    """Return the run and the state that ``RUN:STATE`` or the path of a checkpoint stands for; final if none is named.

    Raises:
        DataError: If there is no such run.
        UsageError: If there are several.
    """
    if found := find_state(name):
        return found
    run, state = split_state(name)
    return source_run(run, runs_dir), state


def state_name(run: str, state: str) -> str:
    """Return ``RUN:STATE``, or the run alone without a state."""
    return ":".join(filter(None, (run, state)))


def start_sha256(run: Run, state: str) -> str:
    """Return the digest of the parameters that a training goes on from.

    Raises:
        DataError: If the run is of no network, not complete, or has no such state.
    """
    if run.experiment not in NETWORKS:
        remedy = f"Name a complete run of {' or '.join(NETWORKS)}."
        raise DataError(f"Training cannot go on from {run.id}: it is a run of {run.experiment}.", remedy)
    if run.status != "complete":
        remedy = "Name another run." if run.status == "failed" else how_to_finish(run.experiment, run.path)
        raise DataError(f"Training cannot go on from {run.id}: it is {run.status}.", remedy)
    digest = run.state_sha256(state)
    if digest is None:
        problem = f"Training cannot go on from {run.id}: it has no state '{state}'."
        there = f"It has: {', '.join(run.states)}." if run.states else how_to_restore(run.experiment, run.path)
        raise DataError(problem, there)
    return digest


def data_source(run: Run, given: str | None = None) -> str:
    """Return the path of a run's data set: as given, as recorded, or as another run of the folder recorded it.

    Raises:
        DataError: If it is not found.
    """
    recorded, digest = str(run.config["data"]), run.facts[DATA_DIGEST]
    if given is not None or is_dataset(recorded):
        return given or recorded
    for other in summaries(run.runs_dir):
        if other.facts.get(DATA_DIGEST) == digest and is_dataset(source := str(other.config["data"])):
            return source
    raise DataError(
        f"The data set of {run.id} is no longer at {recorded}.", "Give its new path with --data PATH, or restore it."
    )


def _named(run: Run, runs_dir: Path) -> str:
    path = run.path.resolve()
    return run.id if path.parent == runs_dir.resolve() else str(path)

"""``geomgen sweep``: from recipes to finished, measured runs and their reports."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any

from geomgen.config.architecture import OWN, NetworkConfig
from geomgen.config.base import Config
from geomgen.config.regress import SYNTHETIC
from geomgen.config.sweep import SweepConfig
from geomgen.data.dataset import Dataset
from geomgen.data.load import load_dataset
from geomgen.errors import DataError, GeomgenError, InterruptedRunError, UsageError
from geomgen.experiments.bfloat16 import require_bfloat16
from geomgen.experiments.content import content_facts, located
from geomgen.experiments.cost_model import Estimate, TimingHistory
from geomgen.experiments.machine import StopRequest, available_bytes, share_of_cores, stop_request, visible_gpus
from geomgen.models.build import skeleton
from geomgen.report.collect import RunTables
from geomgen.report.content import MadeReport
from geomgen.report.find import find_report
from geomgen.store.catalog import summaries
from geomgen.store.reuse import EarlierRuns, is_in_use
from geomgen.store.run import Run, create_run
from geomgen.sweep.cells import DONE, FAILED, Cell, cells, merged, standing
from geomgen.sweep.job import Job, Outcome
from geomgen.sweep.local import any_failed, divided, run_local
from geomgen.sweep.observer import Observer, Recorder
from geomgen.sweep.plan import EXPERIMENT, TABLE, Planned, biggest_first, failed_before, planned, row
from geomgen.sweep.ray import run_on_ray
from geomgen.sweep.recipe import Recipe
from geomgen.sweep.slurm import (
    SUBMITTED,
    WRITTEN,
    Array,
    common_directives,
    read_job,
    submit,
    submit_command,
    write_arrays,
)


@dataclass(frozen=True)
class Swept:
    """The results of a sweep.

    Attributes:
        run: The sweep's own run.
        outcomes: How each cell that ran ended, by its number.
        reports: What was made at the end, by name.
        notes: Which reports could not be made, and why.
    """

    run: Run
    outcomes: Mapping[int, Outcome]
    reports: Mapping[str, MadeReport]
    notes: Sequence[str]

    @property
    def num_failed(self) -> int:
        """Cells that failed."""
        return sum(outcome.status == FAILED for outcome in self.outcomes.values())


def plan_sweep(recipes: Sequence[Recipe], config: SweepConfig, runs_dir: Path) -> list[Planned]:
    """Return the cells of recipes, each one's status, whether it will run, and its cost; nothing is written.

    Raises:
        UsageError: If an option, measure or report cannot be used.
        DataError: If a data set is not there.
    """
    for recipe in recipes:
        _check_reports(recipe)
    common_directives(recipes)
    there = summaries(runs_dir)
    prepare = partial(_prepared, runs_dir, cache(load_dataset))
    all_cells = merged(cell for recipe in recipes for cell in cells(recipe, prepare))
    plan = planned(all_cells, EarlierRuns(runs_dir, there), config.only, failed_before(there))
    history, share = TimingHistory(there), _share(plan, config)
    estimates = [_estimated(history, one.cell, _threads(one, share)) for one in plan]
    return [
        replace(one, time_s=estimate.time_s, memory_bytes=estimate.memory_bytes)
        for one, estimate in zip(plan, estimates, strict=True)
    ]


def _estimated(history: TimingHistory, cell: Cell, threads: int) -> Estimate:
    """Return the time of a cell, its followers included, and the most memory that one of its runs takes."""
    made = [(cell.make, cell.measures), *((one.make, one.measures) for one in cell.followers)]
    found = [history.estimate(make, measures, threads) for make, measures in made]
    times, bytes_ = ([value for value in values if value is not None] for values in zip(*found, strict=True))
    is_known = [len(values) == len(found) for values in (times, bytes_)]
    return Estimate(sum(times) if is_known[0] else None, max(bytes_) if is_known[1] else None)


def _prepared(
    runs_dir: Path, load: Callable[[str, int, int | None], Dataset], config: Config
) -> tuple[Config, Mapping[str, Any]]:
    """Return a config as its run will record it, as far as that identifies it, and the digests of what it names."""
    found = located(config, runs_dir)
    source = getattr(found, "data", None) or SYNTHETIC
    dataset = None if source == SYNTHETIC else load(source, getattr(found, "pool", 1), getattr(found, "classes", None))
    if dataset is not None and isinstance(found, NetworkConfig) and found.kind == OWN:
        found = replace(found, width=skeleton(found, dataset.input_shape, dataset.num_classes).width)
    return found, content_facts(found, runs_dir, dataset)


def sweep(
    recipes: Sequence[Recipe],
    plan: Sequence[Planned],
    config: SweepConfig,
    runs_dir: Path,
    *,
    out: Path | None = None,
    observer: Observer | None = None,
) -> Swept:
    """Run the cells of a plan and make the recipes' reports.

    Args:
        recipes: The recipes that the plan was made from.
        plan: As `plan_sweep` returned it.
        config: Which cells run, and where.
        runs_dir: Folder of runs.
        out: Where reports are written; ``figures`` of the sweep's own run if not given.
        observer: Notified of what happens to each cell.

    Returns:
        The sweep's own run, which holds the plan and its outcome, and the reports.

    Raises:
        GeomgenError: If Ray or sbatch is needed and missing; if this processor would emulate bfloat16; if it was asked
            to stop (its cells have saved their state); if a report cannot be made although every cell is done.
    """
    if config.on == "local":
        require_bfloat16(step.config for one in plan if one.runs for step in one.cell.steps)
    about = {"recipes": [recipe.to_mapping() for recipe in recipes], **config.to_mapping()}
    label = "+".join(recipe.name for recipe in recipes)
    run = create_run(runs_dir, EXPERIMENT, label, about, {"num_cells": len(plan)})
    with run.lock():
        run.add_rows(TABLE, [row(one) for one in plan])
        try:
            return _swept(run, recipes, plan, config, out, observer or Observer())
        except GeomgenError as error:
            status = "interrupted" if isinstance(error, InterruptedRunError) else "failed"
            run.finish(status, error.problem)
            raise


def _swept(
    run: Run,
    recipes: Sequence[Recipe],
    plan: Sequence[Planned],
    config: SweepConfig,
    out: Path | None,
    observer: Observer,
) -> Swept:
    runs_dir = run.runs_dir
    jobs = _jobs(run, plan, config)
    if config.on == "slurm" and jobs:
        notes = _hand_in(run, recipes, plan, config, jobs)
        return Swept(run, {}, {}, notes)
    asked = [recipe for recipe in recipes if config.reports and recipe.reports]
    if asked and jobs:
        Thread(target=import_module, args=("geomgen.report.write",), daemon=True).start()  # while the cells run
    with stop_request() as stop:
        outcomes = _outcomes(plan, config, runs_dir, jobs, Recorder(run, jobs, observer), stop)
    run.add_rows(TABLE, [row(one, outcomes.get(one.number)) for one in plan])
    if stop:
        done = sum(outcome.status == DONE for outcome in outcomes.values())
        raise InterruptedRunError(
            f"The sweep stopped after {done} of {len(jobs)} cells; those that were running have saved their state.",
            "Continue with the same command.",
        )
    reports, notes = _reports(asked, _made(plan, outcomes, runs_dir), is_whole=not any_failed(outcomes))
    _write(reports, out or run.figures)
    swept = Swept(run, outcomes, reports, notes)
    run.finish(*(("failed", f"{swept.num_failed} cells failed") if swept.num_failed else ("complete",)))
    return swept


def _write(reports: Mapping[str, MadeReport], folder: Path) -> None:
    if reports:
        from geomgen.report.write import write_report  # imports matplotlib, which cells should not wait for

        for report in reports.values():
            write_report(report, folder)


def run_cell(index: Path, number: int, observer: Observer) -> Outcome:
    """Run one task of a Slurm array.

    Args:
        index: File that `sweep` wrote.
        number: Line of it, from 0.
        observer: Notified of what happens.

    Returns:
        How it ended.

    Raises:
        UsageError: If the file has no such line.
    """
    job = read_job(index, number)
    with stop_request() as stop:
        return run_local({number: job}, [{}], observer, should_stop=lambda: stop)[number]


def _jobs(run: Run, plan: Sequence[Planned], config: SweepConfig) -> dict[int, Job]:
    share = _share(plan, config)
    return {
        one.number: Job.of(
            one.cell,
            run.runs_dir,
            threads=_threads(one, share),
            retries=config.retries,
            anew=config.only == "all",
            log=run.cell_log(one.number),
        )
        for one in biggest_first(plan)
    }


def _outcomes(
    plan: Sequence[Planned],
    config: SweepConfig,
    runs_dir: Path,
    jobs: Mapping[int, Job],
    observer: Observer,
    stop: StopRequest,
) -> dict[int, Outcome]:
    """Run jobs here or on Ray, and return how they ended."""
    if not jobs:
        return {}
    if config.on == "ray":
        resources = {number: plan[number].cell.resources for number in jobs}
        return run_on_ray(
            jobs, resources, observer,
            address=config.address, at_once=config.jobs, should_stop=lambda: stop, fail_fast=config.fail_fast,
        )  # fmt: skip
    places = divided(visible_gpus(), min(config.jobs or 1, len(jobs)))
    may_start = partial(_may_start, plan, EarlierRuns(runs_dir), available_bytes())
    return run_local(jobs, places, observer, may_start=may_start, should_stop=lambda: stop, fail_fast=config.fail_fast)


def _may_start(
    plan: Sequence[Planned], earlier: EarlierRuns, available: int, number: int, running: Collection[int]
) -> bool:
    """Return whether a cell fits into memory with those that are running, and no other process is working on it.

    A cell of unknown memory runs only alone.
    """
    needed = [plan[one].memory_bytes for one in (number, *running)]
    if running and (None in needed or sum(one for one in needed if one is not None) > available):
        return False
    run = standing(plan[number].cell, earlier).run
    return run is None or not is_in_use(run)


def _hand_in(
    run: Run, recipes: Sequence[Recipe], plan: Sequence[Planned], config: SweepConfig, jobs: Mapping[int, Job]
) -> list[str]:
    """Write Slurm arrays, submit them if requested, and report them.

    Returns:
        The notes to show.
    """
    tasks = [replace(job, log="") for job in jobs.values()]
    resources = [plan[number].cell.resources for number in jobs]
    name, directives = f"geomgen-{run.id}", common_directives(recipes)
    array = Array.of(name, run.slurm_logs, tasks, resources, directives, at_once=config.jobs)
    scripts = write_arrays(run.slurm, tasks, array)
    said = [submit(one) if config.submit else f"Submit it with: {submit_command(one)}" for one in scripts]
    status = SUBMITTED if config.submit else WRITTEN
    run.add_rows(TABLE, [row(one, Outcome(status) if one.runs else None) for one in plan])
    run.finish("complete")
    return [*said, "When it has finished, the same command without --on slurm makes the reports."]


def _made(plan: Sequence[Planned], outcomes: Mapping[int, Outcome], runs_dir: Path) -> list[tuple[Cell, Run]]:
    """Return the cells that have a run, with that run: the one made now, else an earlier one."""
    earlier = EarlierRuns(runs_dir)
    made = []
    for one in plan:
        outcome = outcomes.get(one.number)
        run = Run(Path(outcome.run)) if outcome and outcome.run else standing(one.cell, earlier).run
        further = [follower.found(run, earlier) for follower in one.cell.followers] if run else []
        made += [(one.cell, found) for found in (run, *further) if found]
    return made


def _reports(
    recipes: Sequence[Recipe], made: Sequence[tuple[Cell, Run]], *, is_whole: bool
) -> tuple[dict[str, MadeReport], list[str]]:
    """Make each report that a recipe names, once, from the runs of all recipes that name it.

    Args:
        recipes: The recipes.
        made: Cells and their runs.
        is_whole: Whether no cell failed; if some did, a report that cannot be made is not another error.

    Returns:
        The reports by name, and which could not be made.

    Raises:
        DataError: If a report cannot be made although every cell is done.
    """
    reports, notes = {}, []
    for name in dict.fromkeys(name for recipe in recipes if recipe.reports for name in recipe.reports.names):
        asking = [recipe for recipe in recipes if recipe.reports and name in recipe.reports.names]
        names = {recipe.name for recipe in asking}
        try:
            tables = RunTables(run for cell, run in made if names & set(cell.recipes))
            reports[name] = find_report(name).build(tables, compare=_comparison(asking, name))
        except DataError as error:
            if is_whole:
                raise
            notes.append(f"Report {name} was not made: {error}")
    return reports, notes


def _comparison(asking: Sequence[Recipe], name: str) -> str | None:
    """Return what recipes compare a report with, if it supports that."""
    wanted = (recipe.reports.compare for recipe in asking if recipe.reports)
    return next((word for word in wanted if word in find_report(name).comparisons), None)


def _check_reports(recipe: Recipe) -> None:
    """Make sure, before anything runs, that the reports at the end can be made."""
    if recipe.reports is None:
        return
    comparisons = {word for name in recipe.reports.names for word in find_report(name).comparisons}
    if recipe.reports.compare is not None and recipe.reports.compare not in comparisons:
        raise UsageError(
            f"Recipe {recipe.name}: none of its reports can be compared with '{recipe.reports.compare}'.",
            f"There are: {', '.join(sorted(comparisons))}." if comparisons else "Leave out compare.",
        )


def _share(plan: Sequence[Planned], config: SweepConfig) -> int | None:
    """Return how many cores of this machine each worker has; None if cells run elsewhere."""
    if config.on != "local":
        return None
    return share_of_cores(min(config.jobs or 1, max(1, sum(one.runs for one in plan))))


def _threads(one: Planned, share: int | None) -> int:
    """Return a cell's threads: on this machine at most its worker's share, since competing threads are very slow."""
    wanted = one.cell.resources.threads
    if share is None:
        return wanted or max(1, int(one.cell.resources.num_cpus or 1))
    return min(wanted or share, share)

"""The commands that compute, one for each record of an experiment."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geomgen.cli.complete import complete_runs, complete_words
from geomgen.cli.console import note, note_on_data, progress, terminal_width
from geomgen.cli.help import GroupedCommand, GroupedGroup
from geomgen.cli.options import Quiet, RunsDir, config_file, given, takes
from geomgen.cli.selection import selected_run, selected_states
from geomgen.config.base import Config, option_docs, option_flag
from geomgen.config.experiment import Experiment
from geomgen.config.registry import EXPERIMENTS
from geomgen.errors import UsageError, suggestion

if TYPE_CHECKING:
    import pandas as pd

    from geomgen.store.run import Run

MAKE_RUNS, MEASURE_RUNS = "Make runs", "Measure runs"
MOST_ROWS = 20
SPACE, DEFAULT_SPACE = "--space", "activations"
MAY_MOVE = ("data",)
"""Options that may be given again when a run is resumed: where something is now."""
OF_RUNS = ("state", "data")
"""Options of measures that say which run, or which part of it, is measured."""
FAMILIES = {
    "regress": (
        "linear",
        "Run a regression problem whose answer is known (linear if none is named), and keep its tables in a run.",
    )
}
"""Experiments whose names begin with the same word: which one that word alone runs, and their help."""

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="RUN...",
        help="Path, id, beginning of an id, 'latest', a checkpoint file of a run, or '-' for standard input.",
        autocompletion=complete_runs,
    ),
]
Resume = Annotated[
    str | None,
    typer.Option(
        "--resume",
        metavar="RUN",
        help="Resume this unfinished run.",
        rich_help_panel="Files",
        autocompletion=complete_runs,
    ),
]
REUSE_RUN = "If a run with this config exists, print it; if it is unfinished, resume it first."
REUSE_MEASURE = "Skip what has already been measured on this run."


def command_of_spaces(spaces: Mapping[str, Experiment]) -> Callable[..., None]:
    """Return one command for experiments that --space chooses between: the first is the default.

    It has the options of all of them, and refuses those that the chosen one does not have.
    """
    commands = {space: command_of(experiment) for space, experiment in spaces.items()}
    default = next(iter(spaces))
    signatures = {space: inspect.signature(command).parameters for space, command in commands.items()}
    parameters = {name: one for own in reversed(signatures.values()) for name, one in own.items()}
    parameters["names"] = parameters["names"].replace(default=None)  # each refuses what it cannot do without
    shared_file = config_file(*(experiment.config for experiment in spaces.values()))
    parameters |= {"space": _space_option(spaces, default), shared_file.name: shared_file}

    def command(**values: Any) -> None:
        space, context = values.pop("space"), values["context"]
        if space not in spaces:
            raise UsageError(f"--space '{space}' is not known.", f"Choose one of: {', '.join(spaces)}.")
        others = [name for name in values if name not in signatures[space]]
        for name in given(context, others):
            raise UsageError(
                f"{option_flag(name)} does not apply to --space {space}.",
                f"Leave it out, or choose {_other(spaces, space)}.",
            )
        commands[space](**{name: value for name, value in values.items() if name not in others})

    command.__name__, command.__doc__ = spaces[default].name, _about_spaces(spaces)
    command.__signature__ = inspect.Signature(list(parameters.values()))  # type: ignore[attr-defined]
    command.__annotations__ = {name: parameter.annotation for name, parameter in parameters.items()}
    return command


def _other(spaces: Mapping[str, Experiment], chosen: str) -> str:
    return " or ".join(f"--space {space}" for space in spaces if space != chosen)


def _space_option(spaces: Mapping[str, Experiment], default: str) -> inspect.Parameter:
    option = typer.Option(
        SPACE,
        metavar="|".join(spaces),
        help="What the volume is of; each has options of its own.",
        rich_help_panel="Space",
        autocompletion=complete_words(tuple(spaces)),
    )
    return inspect.Parameter(
        "space", inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[str, option]
    )


def _about_spaces(spaces: Mapping[str, Experiment]) -> str:
    first, *others = spaces.items()
    told = [
        f"With {SPACE} {space}: {experiment.about[0].lower()}{experiment.about[1:]}" for space, experiment in others
    ]
    return "\n\n    ".join([first[1].about.rstrip(), *told])


def command_of(experiment: Experiment) -> Callable[..., None]:
    """Return the command of an experiment: it makes a run, measures the runs that are named, or either."""

    def command(
        context: typer.Context,
        config: Config,
        names: Names = None,
        runs_dir: RunsDir = Path("runs"),
        resume: Resume = None,
        reuse: bool = False,
        quiet: Quiet = False,
    ) -> None:
        if resume is not None:
            _refuse_options(context, experiment)
            moved = {name: getattr(config, name) for name in given(context, list(MAY_MOVE))}
            _go_on(experiment, _to_resume(experiment, resume, runs_dir), moved, quiet=quiet)
        elif names:
            for run, states in _to_measure(context, names, runs_dir):
                _measure(experiment, replace(config, **states), run, reuse=reuse, quiet=quiet)
        elif not experiment.make:
            raise UsageError("No RUN is named.", "Name the run to measure, such as 'latest'.")
        else:
            _refuse_options_of_runs(context, experiment)
            _make(experiment, config, runs_dir, reuse=reuse, quiet=quiet)

    command.__name__, command.__doc__ = experiment.name.replace(" ", "_"), experiment.about
    command.__signature__ = _signature(command, experiment)  # type: ignore[attr-defined]
    return takes(experiment.config)(command)


def _signature(command: Callable[..., None], experiment: Experiment) -> inspect.Signature:
    """Return the command-line parameters that an experiment needs."""
    parameters = dict(inspect.signature(command).parameters)
    option = typer.Option("--reuse", help=REUSE_RUN if experiment.make else REUSE_MEASURE, rich_help_panel="Files")
    parameters["reuse"] = parameters["reuse"].replace(annotation=Annotated[bool, option])
    if not experiment.make:
        parameters["names"] = parameters["names"].replace(default=inspect.Parameter.empty)
    if not experiment.measure:
        del parameters["names"]
    if not experiment.resume:
        del parameters["resume"]
    keyword_only = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters.values()]
    return inspect.Signature(keyword_only)


def _make(experiment: Experiment, config: Config, runs_dir: Path, *, reuse: bool, quiet: bool) -> None:
    from geomgen.experiments.bfloat16 import bfloat16_remarks, require_bfloat16
    from geomgen.experiments.content import data_remarks
    from geomgen.experiments.entry import maker

    note_on_data(data_remarks([config]), quiet=quiet)
    require_bfloat16([config])
    for remark in bfloat16_remarks([config]):
        note(remark, quiet=quiet)
    with progress(experiment.name, quiet=quiet) as show:
        run = maker(experiment)(_with_runs_found(config, runs_dir), runs_dir, reuse=reuse, progress=show)
    _tell(experiment, run, quiet=quiet)


def _to_resume(experiment: Experiment, name: str, runs_dir: Path) -> "Run":
    from geomgen.store.kind import resumable

    return selected_run(name, runs_dir, resumable(experiment.name))


def _to_measure(context: typer.Context, names: list[str], runs_dir: Path) -> "list[tuple[Run, dict[str, Any]]]":
    """Return the runs to measure, each with the option for its state if a checkpoint file was named."""
    selected = selected_states(names, runs_dir)
    if any(state for _, state in selected) and given(context, ["state"]):
        raise UsageError("A checkpoint file says which state to measure, and so does --state.", "Leave out --state.")
    return [(run, {"state": (state,)} if state else {}) for run, state in selected]


def _go_on(experiment: Experiment, run: "Run", moved: Mapping[str, Any], *, quiet: bool) -> None:
    from geomgen.experiments.bfloat16 import bfloat16_remarks
    from geomgen.experiments.entry import resumer

    for remark in bfloat16_remarks([experiment.config.from_mapping({**run.config, **moved}, run.id)]):
        note(remark, quiet=quiet)
    with progress("resume", quiet=quiet) as show:
        resumer(experiment)(run, **moved, progress=show)
    _tell(experiment, run, quiet=quiet)


def _measure(experiment: Experiment, config: Config, run: "Run", *, reuse: bool, quiet: bool) -> None:
    import pandas as pd

    from geomgen.experiments.entry import measure

    with progress(f"{experiment.name} {run.id}", quiet=quiet) as show:
        rows = measure(experiment)(run, config, reuse=reuse, progress=show)
    if rows and not quiet:
        _show_rows(experiment, pd.DataFrame([asdict(row) for row in rows]))
    typer.echo(run.path)


def _tell(experiment: Experiment, run: "Run", *, quiet: bool) -> None:
    """Show some columns of a run's first table and any remarks, and print the run's directory."""
    from geomgen.experiments.entry import remarks

    if not quiet:
        _show_rows(experiment, run.table(experiment.tables[0]))
        for remark in remarks(experiment, run):
            note(remark)
    typer.echo(run.path)


def _show_rows(experiment: Experiment, rows: "pd.DataFrame") -> None:
    from geomgen.report.content import Printable
    from geomgen.report.formats import render

    there = rows[list(experiment.shown)].tail(MOST_ROWS).dropna(axis="columns", how="all")
    shown = Printable.of(experiment.tables[0], there)
    note(render(shown, "table", width=terminal_width()).rstrip())


def _with_runs_found(config: Config, runs_dir: Path) -> Config:
    """Return the config with a path in each option that names a run: a teacher, or a state to go on from."""
    found = {
        name: _with_run_found(value, runs_dir, names_state=doc.names_state)
        for name, doc in option_docs(type(config)).items()
        if doc.names_run and (value := getattr(config, name)) is not None
    }
    return replace(config, **found)


def _with_run_found(value: str, runs_dir: Path, *, names_state: bool) -> str:
    from geomgen.store.catalog import find_state, split_state
    from geomgen.store.kind import WITH_NETWORK

    if not names_state:
        return str(selected_run(value, runs_dir, WITH_NETWORK).path)
    if find_state(value):
        return value
    name, state = split_state(value)
    return f"{selected_run(name, runs_dir, WITH_NETWORK).path}:{state}"


def _refuse_options(context: typer.Context, experiment: Experiment) -> None:
    changed = [name for name in given(context, [*option_docs(experiment.config), "reuse"]) if name not in MAY_MOVE]
    if changed:
        raise UsageError(
            f"--resume takes its options from the run; {option_flag(changed[0])} cannot change them.", "Leave it out."
        )


def _refuse_options_of_runs(context: typer.Context, experiment: Experiment) -> None:
    """Refuse options that say something of a run to measure, where none is named."""
    chosen = given(context, list(OF_RUNS)) if experiment.measure else []
    if chosen:
        raise UsageError(
            f"{option_flag(chosen[0])} is about a RUN, and none is named.", "Name the run to measure, or leave it out."
        )


class _Family(GroupedGroup):
    """Experiments whose names begin with the same word; options without a second word are those of the default."""

    @property
    def default(self) -> str:
        """The second word of the experiment used if none is named."""
        return FAMILIES[str(self.name)][0]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Name the default where none is named; not while a shell completes, when the name may be what follows."""
        if ctx.resilient_parsing and not args:
            return super().parse_args(ctx, args)
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Return the problems, or the options of the default, that begin like this."""
        if incomplete.startswith("-"):
            return list(self.get_command(ctx, self.default).shell_complete(ctx, incomplete))
        return list(super().shell_complete(ctx, incomplete))

    def get_command(self, ctx: Any, name: str) -> Any:
        """Return the command of a problem.

        Raises:
            UsageError: If there is no such problem.
        """
        known = self.list_commands(ctx)
        if name not in known:
            raise UsageError(f"There is no problem '{name}'.", suggestion(name, known, "There are"))
        return super().get_command(ctx, name)


def _about_family(about: str) -> Callable[[], None]:
    def callback() -> None:
        """Do nothing: one of the family's commands does the work."""

    callback.__doc__ = about
    return callback


def add_to(app: typer.Typer) -> None:
    """Add a command for each experiment to the application."""
    families: dict[str, typer.Typer] = {}
    for experiment in EXPERIMENTS.values():
        if SPACE in experiment.name:
            continue
        panel = MAKE_RUNS if experiment.make else MEASURE_RUNS
        family, _, word = experiment.name.rpartition(" ")
        if family and family not in families:
            families[family] = typer.Typer(cls=_Family, rich_markup_mode=None, subcommand_metavar="[PROBLEM] [OPTIONS]")
            families[family].callback()(_about_family(FAMILIES[family][1]))
            app.add_typer(families[family], name=family, rich_help_panel=panel)
        owner = families.get(family, app)
        spaces = _spaces(experiment)
        command = command_of_spaces(spaces) if len(spaces) > 1 else command_of(experiment)
        owner.command(word, cls=GroupedCommand, rich_help_panel="Problems" if family else panel)(command)


def _spaces(experiment: Experiment) -> dict[str, Experiment]:
    """Return the experiments that share a command by the value of --space: this one, and those named after it."""
    named = {record.name.partition(f" {SPACE} ")[::2]: record for record in EXPERIMENTS.values()}
    others = {space: record for (name, space), record in named.items() if name == experiment.name and space}
    return {DEFAULT_SPACE: experiment, **others}

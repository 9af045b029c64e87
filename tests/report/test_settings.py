"""Of every report and every option that bears on its rows: runs that differ in it share no cell, curve or interval."""

import contextlib
import math
import operator
import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial
from itertools import product
from typing import Any, cast

import pandas as pd
import pytest

from geomgen.config.base import Config, bearing_options, option_docs, option_types
from geomgen.config.experiment import Experiment
from geomgen.config.import_run import ImportConfig
from geomgen.config.potential import POTENTIAL
from geomgen.config.registry import EXPERIMENTS, MAKERS
from geomgen.config.train import TRAIN
from geomgen.errors import NoDataError, UsageError
from geomgen.fields import CODE_DIGEST, DATA_DIGEST, START_DIGEST, STATES_DIGEST, TEACHER_DIGEST
from geomgen.report.claims.report import NAME as CLAIMS
from geomgen.report.collect import AXES, OPTIONS, RECORDED, SETTING, RunTables
from geomgen.report.content import MadeReport, MadeTable, heading, records
from geomgen.report.formats import render
from geomgen.report.quantity import VALUE
from geomgen.report.reports import QUANTITIES, REPORTS
from tests.report.made_up_tables import FACTS, KEYS, SEEDS_OF_MEASURES, MadeUpRun, MeasuredAgain, keys_of

Changed = dict[str, Any]
Change = Callable[[pd.DataFrame], pd.DataFrame]
DIGESTS: dict[str, tuple[str, Changed]] = {
    DATA_DIGEST: ("data", {}),
    TEACHER_DIGEST: ("teacher", {"teacher": "other"}),
    START_DIGEST: ("start", {"start": "other"}),
    CODE_DIGEST: ("arch", {}),
}
"""Facts that identify what an option names, and what has to be named for them to differ."""
CONTEXTS: tuple[Changed, ...] = (
    {}, {"optimizer": "sgd"}, {"arch": "transformer"}, {"data": "synthetic"}, {"data": "other"}, {"init": "normal"},
    {"residual": True}, {"start": "other", "teacher": None},
    {"task": "mnist"}, {"problem": "network"},
)  # fmt: skip
"""Options without which some options cannot be changed."""
BASES: dict[str, Changed] = {
    "double-descent": {"label_noise": 0.2, "train_size": 100, "epochs": 4},
    "implicit-regularization": {"optimizer": "sgd", "weight_decay": 0.0, "epochs": 4},
    "way-back": {"teacher": "other"},
}
"""Options of the trainings that a report is about, where they are not the defaults."""
ALONG: dict[str, dict[str, tuple[Any, ...]]] = {
    "regularisation": {"weight_decay": (0.01, 0.1)},
    "implicit-regularization": {"lr": (0.01, 0.02, 0.04, 0.08)},
    "emc": {"epochs": (4,)},
}
ALSO_ALONG = {
    "regularisation": ("epochs",),
    "implicit-regularization": ("gradient_penalty",),
    "double-descent": ("train_size",),
    "average-case-bounds": ("train_size",),
    "flatness": ("lr", "batch_size", "weight_decay"),
    "distance-to-optimal-set": ("depth",),
}
"""Options that a report compares runs along: it may draw one curve through runs that differ in them."""
WIDTHS: dict[str, tuple[int, ...]] = {CLAIMS: (128, 512, 8192), "double-descent": (8, 16, 32, 64, 128)}
UNKNOWN = {"state": "step-00", "condition": "other-", "verdict": "other-"}
"""Words for keys that runs may have, and that reports do not ask for."""
USUAL_WIDTHS, SEEDS = (8, 32, 128), (0, 1)
OF_EVERY_SETTING = {"T2.4", "T4.1", "T5.8"}
"""Claims that all runs together decide, each by itself."""
UNMEASURED = re.compile(r" (No run of|Not measured yet at) [^.]*\.")
NAMED = {*OPTIONS, *RECORDED, *AXES}


def _tables(name: str) -> list[str]:
    """Return the tables that a report is made from; report claims from any."""
    return [source.table for source in REPORTS[name].sources] or list(KEYS)


@cache
def _experiments(name: str) -> list[Experiment]:
    """Return the experiments that write a report's tables, and the one that makes the runs that others measure."""
    own = [record for record in EXPERIMENTS.values() if set(record.tables) & set(_tables(name))]
    return [TRAIN, *own] if _measures(own) and TRAIN not in own else own


def _measures(records: Sequence[Experiment]) -> list[Experiment]:
    return [record for record in records if record.measure]


def _is_made(record: Experiment) -> bool:
    """Return whether an experiment makes runs alone; one that does either measures trained networks here."""
    return not record.measure


def _options(name: str, record: Experiment) -> list[str]:
    """Return what may differ between two settings of an experiment, as far as it bears on a report."""
    docs = option_docs(record.config)
    named = {option for one in QUANTITIES if one.table in _tables(name) for option in one.recorded}
    bearing = [option for option in bearing_options(record.config) if not docs[option].identified_by]
    base = _base(name, record)
    digests = [
        fact
        for fact, (option, named) in DIGESTS.items()
        if _is_made(record) and option in docs and _filled(record.config, base | named)
    ]
    along = {*ALONG.get(name, {}), *ALSO_ALONG.get(name, ()), *AXES}
    if record.make and record.measure:  # it measures trained networks here
        bearing = [option for option in bearing if docs[option].group != POTENTIAL]
    found = [*bearing, *(option for option in docs if option in named), *digests]
    return [option for option in found if option not in along]


@dataclass(frozen=True)
class Setting:
    """How runs differ from the usual ones.

    Attributes:
        made: Options of the runs, and their values.
        measured: Options of the measurements, each as the measure's name, the option and its value.
        facts: Facts of the runs.
    """

    made: tuple[tuple[str, Any], ...] = ()
    measured: tuple[tuple[str, str, Any], ...] = ()
    facts: tuple[tuple[str, Any], ...] = ()


USUAL = Setting()
RERUN = "a later run has the same options and seed"


def _others(config: type[Config], option: str, usual: Any) -> Iterator[Any]:
    """Yield other values of an option that may be allowed."""
    doc, hint = option_docs(config)[option], str(option_types(config)[option])
    yield from (choice for choice in doc.choices if choice != usual)
    if "bool" in hint:
        yield not usual
    elif "tuple[int" in hint:
        yield (3, 2)
    elif "tuple[float" in hint:
        yield (*(value / 2 for value in usual),)
    elif "int" in hint:
        yield from (3,) if usual is None else (usual + 1, usual - 1)
    elif "float" in hint:
        yield from (usual / 2, usual + 0.25) if usual else (0.25,)
    elif not doc.choices:
        yield "other"


def _filled(config: type[Config], options: Mapping[str, Any]) -> Changed:
    """Return all options of a config; none if these do not go together, or it has no such options."""
    try:
        return config.from_mapping(options, "").filled().to_mapping()
    except UsageError:
        return {}


def _base(name: str, maker: Experiment) -> Changed:
    return BASES.get(name, {}) if maker is TRAIN else {}


def _settings(name: str, record: Experiment, option: str) -> tuple[Setting, Setting]:
    """Return two settings that differ in one option, or in what it stands for."""
    if option in DIGESTS:
        made = tuple(DIGESTS[option][1].items())
        return Setting(made, facts=((option, "a" * 20),)), Setting(made, facts=((option, "b" * 20),))
    if not _is_made(record):
        usual = record.config().to_mapping()[option]
        return USUAL, Setting(measured=((record.name, option, next(_others(record.config, option, usual))),))
    base = _base(name, record)
    for context in CONTEXTS:
        options = _filled(record.config, base | context)
        for value in _others(record.config, option, options[option]) if options else ():
            if _filled(record.config, base | context | {option: value}):
                return Setting(tuple(context.items())), Setting(tuple((context | {option: value}).items()))
    raise AssertionError(f"{option} of {record.name} cannot be changed: add what it needs to CONTEXTS")


def _runs(
    name: str, record: Experiment, setting: Setting, value: float, start: int, seeds: Sequence[int] = SEEDS
) -> list[MadeUpRun]:
    """Return runs of a report's tables in one setting: some seeds of some widths, where the setting has them."""
    maker = record if _is_made(record) else TRAIN
    options = _base(name, maker) | dict(setting.made)
    along = {option: values for option, values in ALONG.get(name, {}).items() if option in maker.options}
    sizes = {"width": WIDTHS.get(name, USUAL_WIDTHS)} if "width" in maker.options else {}
    axes = sizes | along | {"seed": tuple(seeds)}
    taken = {
        option: values
        for option, values in axes.items()
        if _filled(maker.config, _sized(options | {option: max(values)}))
    }
    chosen = [dict(zip(taken, values, strict=True)) for values in product(*taken.values())]
    return [
        MadeUpRun(
            f"{start + place:04d}", maker.name, filled, value * _size(own),
            *_measured_tables(name, maker, setting.measured), _facts(filled) | dict(setting.facts),
        )
        for place, own in enumerate(chosen)
        for filled in [_filled(maker.config, _sized(options | own))]
    ]  # fmt: skip


def _facts(options: Changed) -> Changed:
    """Return what is known of a run before it begins: other data have another digest."""
    return FACTS | ({DATA_DIGEST: options["data"]} if "data" in options else {})


def _sized(options: Changed) -> Changed:
    """Return options in which hidden layers of their own width end with the run's width."""
    return (
        options | {"hidden": (options["width"] + 1, options["width"])} if {"hidden", "width"} <= {*options} else options
    )


def _size(options: Mapping[str, float]) -> float:
    """Return a factor that differs between the runs of a setting."""
    return 1 + sum(0.01 * math.log1p(value) * place for place, value in enumerate(options.values(), 1))


def _measured_tables(
    name: str, maker: Experiment, changed: Sequence[tuple[str, str, Any]]
) -> tuple[list[str], list[Changed]]:
    """Return the tables of a run that a report is made from, and the measurements that made them."""
    measures = _measures(_experiments(name)) if maker is TRAIN else []
    written = [*maker.tables[:1], *(table for record in (maker, *measures) for table in record.tables)]
    tables = [table for table in dict.fromkeys(written) if table in {*_tables(name), maker.tables[0]}]
    usual = {record.name: record.config().to_mapping() for record in measures}
    return tables, [
        {"experiment": one, "config": options | {key: value for measure, key, value in changed if measure == one}}
        for one, options in usual.items()
    ]


def _report(name: str, runs: Sequence[MadeUpRun]) -> MadeReport | None:
    """Return a report; None if the runs are not such as it is about."""
    return _built(name, RunTables(cast("Any", runs)))


def _built(name: str, tables: RunTables) -> MadeReport | None:
    try:
        return REPORTS[name].build(tables)
    except NoDataError:
        return None


@cache
def _asked_for(name: str, experiment: str) -> frozenset[str]:
    """Return the options on what is recorded that a report of the usual runs tells apart."""
    tables = RunTables(cast("Any", _runs(name, EXPERIMENTS[experiment], USUAL, 1.0, 0)))
    _built(name, tables)
    return frozenset(option for key in tables._kept if key[0] == "rows" for option in key[2])


def _is_asked_for(option: str, name: str, experiment: str) -> bool:
    """Return whether an option bears on what a report has read; one on what is recorded only if the report names it."""
    return option not in RECORDED or option in _asked_for(name, experiment)


@lru_cache(maxsize=32)
def _alone(name: str, experiment: str, setting: Setting, value: float, start: int) -> MadeReport | None:
    return _report(name, _runs(name, EXPERIMENTS[experiment], setting, value, start))


def _measured(frame: pd.DataFrame) -> list[str]:
    """Return the columns of measured numbers: those with a point that are no options."""
    return [str(name) for name in frame if name not in NAMED and frame[name].dtype.kind == "f"]


def _numbers(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return the measured numbers of each row that there are."""
    rows = frame[_measured(frame)].to_numpy()
    return [tuple(f"{value:.9g}" for value in row if not math.isnan(value)) for row in rows]


def _words(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    return [tuple(map(str, row)) for row in frame.itertuples(index=False)]


def _names(frame: pd.DataFrame, form: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return what each row of a frame, or of its layout, is called: everything but measured numbers and its run."""
    measured = _measured(frame)
    return _words(form.drop(columns=["run_id", *measured, *map(heading, measured)], errors="ignore"))


def _curves(numbers: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return the words of each point of a figure that tell its curves apart; options are not drawn."""
    return _words(numbers[[name for name in numbers if name not in NAMED and numbers[name].dtype.kind == "O"]])


def _frames(made: MadeReport | None) -> dict[str, pd.DataFrame]:
    """Return the frames of a report's tables and figures."""
    if made is None:
        return {}
    drawn = {f"{figure.name}, plotted": figure.numbers for figure in made.figures}
    return {table.name: table.frame for table in made.tables} | drawn


def _faults(both: MadeReport, *alone: MadeReport | None) -> Iterator[str]:
    """Yield what is wrong with a report of several settings, beside the reports of each alone."""
    for table in both.tables:
        owners = yield from _mixed(table.name, both, *alone)
        for form in (table.frame, table.layout):
            yield from _called_alike(table.name, owners, _names(table.frame, form))
    for figure in both.figures:
        owners = yield from _mixed(f"{figure.name}, plotted", both, *alone)
        yield from _called_alike(f"figure {figure.name}", owners, _curves(figure.numbers))


def _mixed(name: str, both: MadeReport, *alone: MadeReport | None) -> Generator[str, None, list[int | None]]:
    """Yield whether a frame has rows of no setting, or leaves some out and no note says so.

    Returns:
        The setting of each row; None where several have it.
    """
    sides = [set(_numbers(frames[name])) if name in frames else set() for frames in map(_frames, alone)]
    rows, known = _numbers(_frames(both)[name]), set().union(*sides)
    if mixed := [row for row in rows if row not in known]:
        yield f"{name} has rows that are of no setting alone: {mixed[:2]}"
    lost = known - set(rows)
    new_notes = set(both.notes) - {note for made in alone if made for note in made.notes}
    if lost and not [note for note in new_notes if RERUN not in note]:
        yield f"{name} leaves out {len(lost)} rows, and no note says so"
    owners = [[place for place, side in enumerate(sides) if row in side] for row in rows]
    return [places[0] if len(places) == 1 else None for places in owners]


def _called_alike(what: str, owners: Sequence[int | None], names: Sequence[tuple[str, ...]]) -> Iterator[str]:
    first: dict[tuple[str, ...], int] = {}
    for name, owner in zip(names, owners, strict=True):
        if owner is not None and first.setdefault(name, owner) != owner:
            yield f"{what}: two settings are called {name}"
            return


AT_ONCE = 3
"""Options that differ in turn between the runs of one report, which may then still show every setting."""
CASES = [
    (name, record.name, options[first : first + AT_ONCE])
    for name in REPORTS
    if name != CLAIMS
    for record in _experiments(name)
    for options in [_options(name, record)]
    for first in range(0, len(options), AT_ONCE)
]


def _distinct(name: str, record: Experiment, settings: Sequence[Setting]) -> list[Setting]:
    """Return the settings whose runs differ: what one names may be the default of another."""
    runs = [_runs(name, record, setting, 1.0, 0) for setting in settings]
    return [setting for place, setting in enumerate(settings) if runs[place] not in runs[:place]]


@pytest.mark.parametrize(("name", "experiment", "options"), CASES)
def test_settings_share_nothing(name: str, experiment: str, options: list[str]) -> None:
    record = EXPERIMENTS[experiment]
    pairs = [_settings(name, record, option) for option in options if _is_asked_for(option, name, experiment)]
    settings = _distinct(name, record, [setting for pair in pairs or [(USUAL, USUAL)] for setting in pair])
    places = [(setting, float(place), 1000 * place) for place, setting in enumerate(settings, 1)]
    both = _report(name, [run for place in places for run in _runs(name, record, *place)])
    assert both, "no report: add the options of the runs that it is about to BASES"
    first = _alone(name, experiment, *places[0])
    usual = [_alone(name, experiment, settings[0], *place) for _, *place in places[1:]]
    if any(_faults(both, first, *usual)):  # where numbers depend on the options
        assert not list(_faults(both, first, *(_alone(name, experiment, *place) for place in places[1:])))


def _keeps_both(record: Experiment, option: str, tables: Sequence[str]) -> bool:
    """Return whether a table keeps the rows of two measurements that differ in an option."""
    names = {option, f"num_{option}"} if option != "seed" else {*SEEDS_OF_MEASURES}
    return any(names & keys_of(table) for table in record.tables if table in tables)


OF_HISTOGRAMS = "similarity"
"""The report on whose numbers bins bear; of all others' rows that differ in them, the last count."""
REPEATED = [
    (name, record.name, option)
    for name in REPORTS
    for record in _measures(_experiments(name))
    for option, doc in option_docs(record.config).items()
    if not (doc.environmental or doc.listed or doc.group == POTENTIAL)
    if not doc.recorded or name == OF_HISTOGRAMS
    if _keeps_both(record, option, _tables(name))
]
"""Reports, and options of measures that may be repeated with another value without replacing the first rows."""


def _measured_again(run: MadeUpRun, measure: str, option: str, *, keeps_both: bool) -> MeasuredAgain:
    """Return a run that was measured again with another value of an option, and with twice the numbers."""
    usual = EXPERIMENTS[measure].config().to_mapping()
    value = next(_others(EXPERIMENTS[measure].config, option, usual[option]))
    last = {"experiment": measure, "config": usual | {option: value}}
    earlier = [one for one in run.measures if keeps_both or one["experiment"] != measure]
    return MeasuredAgain(
        **vars(run) | {"measures": [*earlier, last]},
        first=run, second=replace(run, measures=[last], value=2 * run.value), keeps_both=keeps_both,
    )  # fmt: skip


COMPARING = {"volume-routes"}
"""Reports of differences between the measurements of one run."""


def _once_and_again(name: str, measure: str, option: str) -> list[list[MadeUpRun]]:
    """Return runs as they were first measured, with another value of an option, and with both in turn."""
    first = _runs(name, TRAIN, USUAL, 1.0, 0)
    again = (
        list[MadeUpRun](_measured_again(run, measure, option, keeps_both=kept) for run in first)
        for kept in (False, True)
    )
    return [first, *again]


@pytest.mark.parametrize(("name", "measure", "option"), [case for case in REPEATED if case[0] != CLAIMS])
def test_measurements_of_one_run_share_nothing(name: str, measure: str, option: str) -> None:
    first, later, both = (_report(name, runs) for runs in _once_and_again(name, measure, option))
    assert both
    assert name in COMPARING or not list(_faults(both, first, later))


@pytest.mark.parametrize(("measure", "option"), [case[1:] for case in REPEATED if case[0] == CLAIMS])
def test_quantities_are_of_one_measurement(measure: str, option: str) -> None:
    *alone, both = (RunTables(cast("Any", runs)) for runs in _once_and_again(CLAIMS, measure, option))
    for quantity in QUANTITIES:
        if quantity.table in EXPERIMENTS[measure].tables and not quantity.made:
            frame, *others = (quantity.rows(tables).frame for tables in (both, *alone))
            assert not frame.duplicated(["run_id", SETTING, *quantity.keys]).any(), quantity.name
            assert set(frame[VALUE]) <= {value for other in others for value in other[VALUE]}, quantity.name


@pytest.mark.parametrize(("measure", "option"), [("llc", "sampler"), ("llc", "seed"), ("diffusion", "time_step")])
def test_claims_take_one_measurement_of_a_run(measure: str, option: str) -> None:
    *_, both = _once_and_again(CLAIMS, measure, option)
    assert _report(CLAIMS, both)


@pytest.mark.parametrize("maker", [name for name, record in MAKERS.items() if _is_made(record)])
def test_claims_take_no_other_setting(maker: str) -> None:
    record = MAKERS[maker]
    measures = _measures(_experiments(CLAIMS)) if record is TRAIN else []
    others = [
        _settings(CLAIMS, one, option)[1]
        for one in (record, *measures)
        for option in _options(CLAIMS, one)
        if option != "repetitions"  # runs of the most are taken
    ]
    more = [run for place, other in enumerate(others) for run in _runs(CLAIMS, record, other, 2.0, 100 * place)[-4:]]
    latest = _runs(CLAIMS, record, USUAL, 1.0, 100 * len(others))
    alone, among = (_claimed(_report(CLAIMS, some)) for some in (latest, [*more, *latest]))
    assert {claim: among[claim] for claim in alone} == alone


def _claimed(made: MadeReport | None) -> dict[str, tuple[str, str]]:
    """Return verdict and evidence of each claim that was measured, but for those that hold of every setting or none.

    What the evidence says of parts that are not measured is left out: it depends on which other runs there are.
    """
    assert made
    rows = [row for row in records(made.main.frame) if not pd.isna(row["value"])]
    found = {row["id"]: (row["verdict"], row["evidence"]) for row in rows if row["id"] not in OF_EVERY_SETTING}
    return {claim: (verdict, UNMEASURED.sub("", evidence)) for claim, (verdict, evidence) in found.items()}


@pytest.mark.parametrize("name", REPORTS)
def test_one_seed_has_no_spread(name: str) -> None:
    makers = [record for record in _experiments(name) if _is_made(record)]
    made = _report(
        name, [run for place, one in enumerate(makers) for run in _runs(name, one, USUAL, 1.0, 100 * place, (0,))]
    )
    assert made, "no report: add the options of the runs that it is about to BASES"
    for table in made.tables:
        for row in records(table.layout):
            assert row.get("seeds") != "1" or "±" not in "".join(map(str, row.values())), f"{table.name}: {row}"


def _as_csv(table: MadeTable) -> str:
    """Return a table's rows; claims count the runs in which nothing was found."""
    return re.sub("of [0-9]+ in all", "of all", render(table, "csv"))


@pytest.mark.parametrize("name", [name for name in REPORTS if TRAIN in _experiments(name)])
def test_diverged_runs_are_left_out(name: str) -> None:
    runs = _runs(name, TRAIN, USUAL, 1.0, 0)
    later = [replace(run, diverged=True) for run in _runs(name, TRAIN, USUAL, 3.0, 500, (1, 2))]
    alone, among = _report(name, runs), _report(name, [*runs, *later])
    assert alone
    assert among
    said = f"{len(later)} runs diverged and are left out: {later[0].id} to {later[-1].id}."
    assert among.notes == (*alone.notes, said)
    assert list(map(_as_csv, among.tables)) == list(map(_as_csv, alone.tables))
    for figure, same in zip(among.figures, alone.figures, strict=True):
        pd.testing.assert_frame_equal(figure.numbers, same.numbers)
    said = f"1 run diverged and is left out: {later[0].id}"
    if name != CLAIMS:
        with pytest.raises(NoDataError, match=said):
            REPORTS[name].build(RunTables(cast("Any", later[:1])))


@pytest.mark.parametrize("name", [name for name in REPORTS if _measures(_experiments(name))])
def test_networks_trained_elsewhere_are_one_seed_each(name: str) -> None:
    measures = _measures(_experiments(name))
    tables = [table for record in measures for table in record.tables if table in _tables(name)]
    measured = [{"experiment": one.name, "config": one.config().to_mapping()} for one in measures]
    options = _filled(ImportConfig, {"width": 8})
    runs = [
        MadeUpRun(digest, "import", options, 1.0, tables, measured, FACTS | {STATES_DIGEST: digest}) for digest in "ab"
    ]
    for frame in _frames(_report(name, runs)).values():
        assert "seeds" not in frame or frame["seeds"].eq(1).all()


def _other_rows(table: str) -> Iterator[Change]:
    """Yield what leaves a table one row, the rows of one value of a key, or words that no report asks for."""
    yield from (operator.itemgetter(slice(1)), operator.itemgetter(slice(-1, None)))
    for name in KEYS[table][0]:
        values = list(dict.fromkeys(row.get(name) for row in KEYS[table]))
        for value in values if len(values) > 1 else ():
            yield partial(_having, name=name, value=value)
        if name in UNKNOWN:
            yield partial(_renamed, name=name)


def _having(frame: pd.DataFrame, name: str, value: Any) -> pd.DataFrame:
    kept: pd.DataFrame = frame[frame[name] == value]
    return kept


def _renamed(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    return frame.assign(**{name: UNKNOWN[name] + pd.Series(pd.factorize(frame[name])[0], frame.index).astype(str)})


@pytest.mark.parametrize("name", [name for name in REPORTS if name != CLAIMS])
def test_of_few_rows_there_is_a_report_or_a_reason(name: str) -> None:
    """A report whose tables lack what it asks for is made without it, or says that there is no data."""
    makers = [record for record in _experiments(name) if _is_made(record)]
    runs = [run for place, one in enumerate(makers) for run in _runs(name, one, USUAL, 1.0, 100 * place)]
    for table in _tables(name):
        for change in _other_rows(table):
            made = _report(name, [replace(run, changed={table: change}) for run in runs])
            assert made is None or made.tables


@pytest.mark.parametrize("table", KEYS)
def test_of_few_rows_a_quantity_is_known_or_not(table: str) -> None:
    writer = next(record for record in EXPERIMENTS.values() if table in record.tables)
    runs = _runs(CLAIMS, writer, USUAL, 1.0, 0)[:4]
    for change in _other_rows(table):
        tables = RunTables(cast("Any", [replace(run, changed={table: change}) for run in runs]))
        for quantity in QUANTITIES:
            if quantity.table == table:
                with contextlib.suppress(NoDataError):
                    assert {VALUE, *quantity.keys} <= {*quantity.rows(tables).frame}


def test_a_sweep_has_nothing_to_report() -> None:
    runs = _runs("training", TRAIN, USUAL, 1.0, 0)
    made = _report("training", [*runs, MadeUpRun("sweep", "sweep", {"jobs": 2}, 1.0, ["cells"], [], {})])
    assert made
    assert len(made.main.frame) == len(runs)


def test_every_table_has_made_up_rows() -> None:
    assert {table for name in REPORTS for table in _tables(name)} <= set(KEYS)

"""``geomgen explain``: what each name means, read from where it is defined."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from geomgen.config.base import as_text, option_docs, option_flag
from geomgen.config.experiment import Experiment
from geomgen.config.registry import EXPERIMENTS
from geomgen.config.train import TRAIN
from geomgen.errors import UsageError
from geomgen.fields import ColumnDoc, OptionDoc
from geomgen.report.claims.ledger import CLAIMS
from geomgen.report.quantity import Quantity
from geomgen.report.reports import QUANTITIES, REPORTS
from geomgen.store.identity import identity_of
from geomgen.tables.registry import ROWS, columns, meaning

FACTS = (
    *("meaning", "formula", "rule", "unit", "published", "revised", "default", "allowed", "source"),
    *("tables", "columns", "options", "quantities", "command", "claims", "reports"),
)
WRITERS = {table: record for record in EXPERIMENTS.values() for table in record.tables}


@dataclass(frozen=True)
class Entry:
    """What a name means.

    Attributes:
        kind: experiment, option, table, column, quantity, claim or report.
        name: The name.
        facts: What there is to say about it, some of `FACTS`.
        also: Other names of it: ``TABLE.COLUMN``.
    """

    kind: str
    name: str
    facts: Mapping[str, str]
    also: tuple[str, ...] = ()


def explained(name: str) -> list[Entry]:
    """Return everything of this name, which may be of several kinds; ``-``, ``_`` and spaces are the same.

    Raises:
        UsageError: If there is nothing of this name.
    """
    known = _by_name()
    found = known.get(_plain(name))
    if found is None:
        close = difflib.get_close_matches(_plain(name), known, n=1)
        remedy = f"Did you mean '{known[close[0]][0].name}'?" if close else "List all names with: geomgen explain"
        raise UsageError(f"Nothing is called '{name}'.", remedy)
    return found


@cache
def _by_name() -> dict[str, list[Entry]]:
    """Return all entries by each of their names, spelt as `_plain` does."""
    known: dict[str, list[Entry]] = {}
    for entry in entries():
        for word in (entry.name, *entry.also):
            known.setdefault(_plain(word), []).append(entry)
    return known


def _plain(name: str) -> str:
    return re.sub(r"[-_ ]+", "_", name.strip().strip("-")).casefold()


@cache
def entries() -> tuple[Entry, ...]:
    """Return everything that has a name, kind by kind."""
    return (*_experiments(), *_options(), *_tables(), *_columns(), *_quantities(), *_claims(), *_reports())


def _entry(kind: str, name: str, *also: str, **facts: str | Iterable[str]) -> Entry:
    """Return an entry without empty facts; those of several words are joined by commas."""
    told = {fact: text if isinstance(text, str) else ", ".join(text) for fact, text in facts.items()}
    return Entry(kind, name, {fact: told[fact] for fact in FACTS if told.get(fact)}, also)


def _experiments() -> Iterator[Entry]:
    for record in EXPERIMENTS.values():
        yield _entry(
            "experiment",
            record.name,
            meaning=record.summary,
            tables=record.tables,
            options=map(option_flag, record.options),
            command=_command(record),
            **_uses(record.tables),
        )


def _command(record: Experiment) -> str:
    return " ".join(["geomgen", record.name, *([] if record.make else ["RUN"])])


def _options() -> Iterator[Entry]:
    """Yield each option; one of several experiments once, if they agree in its meaning, default and limits."""
    found: dict[tuple[str, str, str, tuple[str, ...]], list[Experiment]] = {}
    for record in EXPERIMENTS.values():
        for name, doc in option_docs(record.config).items():
            default = getattr(record.config, name)
            words = "" if default is None else str(as_text(default))
            found.setdefault((name, doc.doc, words, _allowed(doc)), []).append(record)
    for (name, words, default, allowed), records in found.items():
        yield _entry(
            "option",
            option_flag(name)[2:],
            meaning=words,
            default=default,
            allowed=allowed,
            command=[f"{_command(record)} {option_flag(name)}" for record in records],
        )


def _allowed(doc: OptionDoc) -> tuple[str, ...]:
    least = "above" if doc.exclusive else "at least"
    limits = [(least, doc.minimum), ("at most", doc.maximum)]
    return (*doc.words, *(f"{words} {limit:g}" for words, limit in limits if limit is not None))


def _tables() -> Iterator[Entry]:
    for table, row in ROWS.items():
        words = meaning(row)
        yield _entry(
            "table",
            table,
            meaning=f"Each row: {words[0].lower()}{words[1:]}.",
            columns=_columns_of(table),
            quantities=[quantity.name for quantity in QUANTITIES if quantity.table == table],
            command=_commands([table]),
            **_uses([table]),
        )


def _columns() -> Iterator[Entry]:
    """Yield each column; one of several tables once, if it has the same meaning in all of them."""
    found: dict[tuple[str, ColumnDoc], list[str]] = {}
    for table in ROWS:
        for name, doc in _columns_of(table).items():
            found.setdefault((name, doc), []).append(table)
    for (name, doc), tables in found.items():
        read = [quantity for quantity in QUANTITIES if quantity.read == name and quantity.table in tables]
        yield _entry(
            "column",
            name,
            *(f"{table}.{name}" for table in tables),
            meaning=doc.doc,
            unit=doc.unit or "",
            tables=tables,
            quantities=[quantity.name for quantity in read],
            command=_commands(tables),
            claims=_judged_by(read),
            reports=_uses(tables)["reports"],
        )


def _columns_of(table: str) -> dict[str, ColumnDoc]:
    """Return a table's columns, after those that tables of such a run begin with."""
    writer = WRITERS.get(table)
    options = (TRAIN if writer.measure else writer).options if writer else ()
    return columns(type(identity_of("", dict.fromkeys(options)))) | columns(ROWS[table])


def _quantities() -> Iterator[Entry]:
    for quantity in QUANTITIES:
        yield _entry(
            "quantity",
            quantity.name,
            meaning=quantity.title.rstrip(","),
            formula=quantity.formula,
            unit=quantity.unit,
            source=quantity.source,
            tables=[quantity.table],
            command="; ".join(quantity.commands()),
            claims=_judged_by([quantity]),
            reports=_uses([quantity.table])["reports"],
        )


def _claims() -> Iterator[Entry]:
    for claim in CLAIMS:
        used = dict.fromkeys(quantity for part in claim.parts for quantity in part.quantities)
        yield _entry(
            "claim",
            claim.id,
            meaning=claim.says,
            rule=claim.rule,
            published=claim.published,
            revised=claim.revised.words if claim.revised else "",
            source=claim.text,
            tables=dict.fromkeys(quantity.table for quantity in used),
            quantities=[quantity.name for quantity in used],
            command="; ".join(claim.commands),
            reports=claim.report,
        )


def _reports() -> Iterator[Entry]:
    for report in REPORTS.values():
        yield _entry(
            "report",
            report.name,
            meaning=report.question,
            tables=dict.fromkeys(source.table for source in report.sources),
            command=f"geomgen report {report.name}",
            claims=[claim.id for claim in CLAIMS if claim.report == report.name],
        )


def _commands(tables: Iterable[str]) -> list[str]:
    """Return the commands that write these tables; one that no experiment writes is a sweep's."""
    return list(dict.fromkeys(_command(WRITERS[table]) if table in WRITERS else "geomgen sweep" for table in tables))


def _uses(tables: Iterable[str]) -> dict[str, list[str]]:
    """Return the claims that are judged from tables, and the reports that are made from them."""
    made = [report.name for report in REPORTS.values() if {source.table for source in report.sources} & set(tables)]
    return {"claims": _judged_by(quantity for quantity in QUANTITIES if quantity.table in set(tables)), "reports": made}


def _judged_by(quantities: Iterable[Quantity]) -> list[str]:
    wanted = set(quantities)
    return [claim.id for claim in CLAIMS if any(wanted & set(part.quantities) for part in claim.parts)]

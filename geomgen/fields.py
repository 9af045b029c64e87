"""Dataclass fields that carry their own documentation: options of a config, columns of a row.

A config's option metadata gives the command line its help, the TOML reader its keys and every caller the same checks; a
row's column metadata gives Parquet its schema, units and column docs. Both are written once, here, where they are used.
"""

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field
from typing import Any

DATA_DIGEST, TEACHER_DIGEST, CODE_DIGEST = "data_sha256", "teacher_sha256", "code_sha256"
STATES_DIGEST, START_DIGEST = "states_sha256", "start_sha256"
"""Facts of a run that say what the names in its config stood for: CODE_DIGEST a user's own code, STATES_DIGEST the
parameters of a network that was trained elsewhere, START_DIGEST those of another run that it goes on from."""


@dataclass(frozen=True)
class OptionDoc:
    """What is known about a config's option besides its type and default.

    Attributes:
        doc: One sentence for ``--help``.
        group: Panel of ``--help`` in which it is shown.
        choices: Allowed words; empty if any value of the type will do.
        forms: Further allowed words, each as the help shows it and as a regular expression.
        minimum: Smallest allowed value.
        maximum: Largest allowed value.
        exclusive: Whether ``minimum`` itself is forbidden.
        short: A shorter spelling on the command line, such as ``-j``; empty for none.
        argument: What the help calls it, if it is the command's argument and not a flag; empty for a flag.
        environmental: Whether it describes the machine and not the science; configs that differ only in it are the
            same.
        repeats: Whether a list may hold a value more than once.
        listed: Whether its values are the keys of a table's rows, each of which depends on its own value alone.
        recorded: Whether it only decides what is recorded, and so bears on nothing but the quantities that name it.
        names_run: Whether the value names a run.
        names_state: Whether it may name a state of that run too: RUN:STATE.
        identified_by: The fact of a run that says what the value stood for. Configs are compared by that fact instead
            of the value: data by their digest, wherever they are stored. Empty if the value itself is compared.
    """

    doc: str
    group: str
    choices: tuple[str, ...] = ()
    forms: tuple[tuple[str, str], ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    exclusive: bool = False
    short: str = ""
    argument: str = ""
    environmental: bool = False
    repeats: bool = False
    listed: bool = False
    recorded: bool = False
    names_run: bool = False
    names_state: bool = False
    identified_by: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """What the value may be, as the help shows it; empty if any value of the type will do."""
        return (*self.choices, *(shown for shown, _ in self.forms))

    def allows(self, word: object) -> bool:
        """Return whether a value is one of the allowed words, or any will do."""
        if not self.words or word in self.choices:
            return True
        return any(re.fullmatch(pattern, str(word)) for _, pattern in self.forms)


@dataclass(frozen=True)
class ColumnDoc:
    """What is known about a table's column besides its type.

    Attributes:
        doc: One sentence.
        unit: Unit of the numbers; None for words and counts.
        key: Whether it identifies a row, rather than holding a measured value.
    """

    doc: str
    unit: str | None = None
    key: bool = False


def option(default: Any, doc: str, group: str, **limits: Any) -> Any:
    """Return a config's field with its default, its help, its panel of ``--help`` and its limits."""
    return field(default=default, metadata={"option": OptionDoc(doc, group, **limits)})


def column(doc: str, unit: str | None = None, *, key: bool = False, default: Any = MISSING) -> Any:
    """Return a row's field with the meaning and unit of its column, and the value of rows made without it."""
    return field(default=default, metadata={"column": ColumnDoc(doc, unit, key)})


@dataclass(frozen=True)
class Columns:
    """Rows of one dataclass column by column, for tables with too many rows for an object each.

    Attributes:
        row: The dataclass.
        values: The values of each of its fields, as many for one as for another.
    """

    row: type
    values: Mapping[str, Any]

"""What all configs share: checks, reading from a mapping, and a fingerprint."""

import math
import re
import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import date, time
from functools import cache, cached_property, lru_cache
from types import MappingProxyType
from typing import Any, Self, Union, cast, get_args, get_origin, get_type_hints

from geomgen.errors import UsageError, suggestion
from geomgen.fields import OptionDoc

LARGEST_INT = 2**63 - 1
LONGEST_SPAN = 10_000
ONCE = (str, int, float, type(None))
"""Types whose values are checked once: the configs of a sweep differ in a few values only."""
LIST_ITEMS: dict[type, str] = {str: "words", int: "whole numbers", float: "numbers"}


@dataclass(frozen=True)
class Config:
    """A set of options. Construction checks every value against its type, choices and limits.

    Raises:
        UsageError: If a value is of the wrong type or outside its limits.
    """

    def __post_init__(self) -> None:
        for name, default in _checked_defaults(cast("Any", type(self))).items():
            value = getattr(self, name)
            if value is not default:
                object.__setattr__(self, name, checked_value(type(self), name, value))

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any], source: str) -> Self:
        """Make a config from names and values, as read from TOML or JSON.

        Args:
            mapping: Option names, with ``-`` or ``_``, and their values.
            source: What to call the mapping in an error.

        Returns:
            The config; options that are not named keep their defaults.

        Raises:
            UsageError: If a name is unknown (with a suggestion) or a value is not allowed.
        """
        return cls(**checked_names(mapping, option_docs(cls), source))

    def to_mapping(self) -> dict[str, Any]:
        """Return the options as JSON values, in order of declaration."""
        values = {name: getattr(self, name) for name in option_docs(type(self))}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    def filled(self) -> Self:
        """Return the config with the defaults filled in that depend on other options."""
        return self

    def fingerprint(self) -> str:
        """Return the SHA-256 of the options that affect the result and differ from their defaults.

        Neither the machine nor the path of the data counts, and an option added by a later version changes no
        fingerprint.
        """
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        import hashlib
        import json

        docs, defaults = option_docs(type(self)), _defaults(cast("Any", type(self)))
        science = {
            name: value
            for name, value in self.filled().to_mapping().items()
            if value != defaults[name] and not docs[name].environmental and not docs[name].identified_by
        }
        return hashlib.sha256(json.dumps(science, sort_keys=True).encode()).hexdigest()


@cache
def _checked_defaults(config: type[Config]) -> dict[str, Any]:
    """Return each option's default after its check, which most options of most configs need not repeat."""
    defaults = {field.name: field.default for field in fields(config)}
    return {name: value if value is MISSING else checked_value(config, name, value) for name, value in defaults.items()}


@cache
def _defaults(config: type[Config]) -> dict[str, Any]:
    """Return a config's options when none is given."""
    return config().filled().to_mapping()


def option_docs(config: type[Config]) -> Mapping[str, OptionDoc]:
    """Return each option's documentation, in order of declaration."""
    return _option_docs(cast("Any", config))


@cache
def _option_docs(config: type) -> Mapping[str, OptionDoc]:
    return MappingProxyType({field.name: field.metadata["option"] for field in fields(config)})


def names_of_runs(config: type[Config]) -> list[str]:
    """Return the options that name a run."""
    return [name for name, doc in option_docs(config).items() if doc.names_run]


def bearing_options(config: type[Config]) -> list[str]:
    """Return the options that bear on every result, so that results may only be averaged if they agree in all of them.

    These are all but the seed, the machine, what is only recorded, and what rows name as their own key.
    """
    docs = option_docs(config).items()
    return [name for name, doc in docs if not (doc.environmental or doc.listed or doc.recorded or name == "seed")]


def refuse_given(config: Config, names: Iterable[str], chosen: str, takers: str) -> None:
    """Refuse options that what was chosen ignores; their defaults pass, as configs of runs hold them.

    Args:
        config: The options.
        names: Those that are ignored.
        chosen: What ignores them.
        takers: What they are options of.

    Raises:
        UsageError: If one differs from its default.
    """
    for name in names:
        if getattr(config, name) != getattr(type(config), name):
            flag = option_flag(name)
            raise UsageError(f"{flag} does not apply to {chosen}.", f"Leave it out: it is an option of {takers}.")


def checked_names(mapping: Mapping[str, Any], known: Iterable[str], source: str) -> dict[str, Any]:
    """Return the mapping with Python names, or say which name is not an option and what was probably meant.

    Raises:
        UsageError: If a name is not among the known ones.
    """
    names = list(known)
    result = {key.replace("-", "_"): value for key, value in mapping.items()}
    for name in result:
        if name not in names:
            raise UsageError(f"{source} has no option '{name}'.", suggestion(name, names, "Known options"))
    return result


def checked_value(config: type[Config], name: str, value: Any) -> Any:
    """Return an option's value in its own type, if it is allowed.

    Raises:
        UsageError: If it is of the wrong type or outside the option's limits.
    """
    if isinstance(value, ONCE):
        return _checked_once(cast("Any", config), name, value)
    return _checked(name, value, option_types(config)[name], option_docs(config)[name])


@lru_cache(maxsize=10_000, typed=True)
def _checked_once(config: type, name: str, value: Any) -> Any:
    return _checked(name, value, option_types(config)[name], option_docs(config)[name])


def option_types(config: type[Config]) -> dict[str, Any]:
    """Return each option's type."""
    known: dict[str, Any] = _type_hints(cast("Any", config))
    return known


@cache
def _type_hints(config: type) -> dict[str, Any]:
    return get_type_hints(config)


def to_arguments(config: Config) -> list[str]:
    """Return a config's non-default options as the words of a command line."""
    words = []
    for name, value in config.to_mapping().items():
        flag = option_flag(name)
        if value == type(config)().to_mapping()[name]:
            continue
        if option_docs(type(config))[name].argument:
            words.append(value)
        elif isinstance(value, bool):
            words.append(switch(name, value))
        else:
            words.append(f"{flag}={as_text(value)}")
    return words


def as_text(value: Any) -> Any:
    """Return an option's value as the command line takes it: a list as one word with commas, 2,3,4,5 as 2-5."""
    if not isinstance(value, (list, tuple)):
        return value
    spans: list[list[Any]] = []
    for item in value:
        if spans and _goes_on(spans[-1], item):
            spans[-1].append(item)
        else:
            spans.append([item])
    return ",".join(f"{span[0]}-{span[-1]}" if len(span) > 2 else ",".join(map(str, span)) for span in spans)


def _goes_on(span: Sequence[Any], item: Any) -> bool:
    """Return whether an item of a list is the next number of a span, and a longer span can be read."""
    return type(item) is int and item == span[-1] + 1 and len(span) < LONGEST_SPAN


def option_flag(name: str) -> str:
    """Return the command line's spelling of an option: ``batch_size`` is ``--batch-size``."""
    return "--" + name.replace("_", "-")


def switch(name: str, is_on: bool) -> str:
    """Return a switch as the command line takes it: ``--bias`` or ``--no-bias``."""
    flag = option_flag(name)
    return flag if is_on else f"--no-{flag[2:]}"


def _checked(name: str, value: Any, hint: Any, doc: OptionDoc) -> Any:
    value = _coerced(name, value, hint)
    if isinstance(value, tuple) and not doc.repeats:
        value = tuple(dict.fromkeys(value))
    for item in value if isinstance(value, tuple) else (value,):
        _check_limits(name, item, doc)
    return value


def _coerced(name: str, value: Any, hint: Any) -> Any:
    if get_origin(hint) in {Union, types.UnionType}:
        return None if value is None else _coerced(name, value, get_args(hint)[0])
    if get_origin(hint) is tuple:
        return _coerced_list(name, value, get_args(hint)[0])
    if hint is float and type(value) is int and abs(value) < LARGEST_INT:
        return float(value)
    if type(value) is not hint or (hint is int and abs(value) > LARGEST_INT) or (hint is str and "\0" in value):
        shown = str(value) if isinstance(value, date | time) else repr(value)
        in_quotes = hint is str and not isinstance(value, str)
        remedy = f'Put it in quotes: "{value}"' if in_quotes else "Give a value of that type."
        raise UsageError(f"{option_flag(name)} {shown} is not of type {hint.__name__}.", remedy)
    return value


def _coerced_list(name: str, value: Any, kind: type) -> tuple[Any, ...]:
    """Return a list; in text, commas separate items, and 2-5 means 2,3,4,5 among whole numbers.

    Raises:
        UsageError: If it is empty.
    """
    items = value.split(",") if isinstance(value, str) else value if isinstance(value, (list, tuple)) else [value]
    found = [part for item in items for part in _parts(name, value, item, kind)]
    if not found:
        raise UsageError(f"{option_flag(name)} is empty.", "Give at least one value.")
    return tuple(found)


def _parts(name: str, value: Any, item: Any, kind: type) -> list[Any]:
    """Return what one item of a list stands for."""
    if not isinstance(item, str):
        return [_coerced(name, item, kind)]
    if kind is int and (span := re.fullmatch(r"\s*(\d{1,10})-(\d{1,10})\s*", item)):
        return list(_span(name, int(span[1]), int(span[2])))
    try:
        return [_coerced(name, _parsed(item.strip(), kind), kind)]
    except ValueError:
        problem = f"{option_flag(name)} {value!r} is not a list of {LIST_ITEMS[kind]}."
        raise UsageError(problem, "Separate them with commas.") from None


def _parsed(word: str, kind: type) -> Any:
    if not word:
        raise ValueError("an empty word")
    return kind(word)


def _span(name: str, low: int, high: int) -> range:
    if not low <= high < low + LONGEST_SPAN:
        raise UsageError(
            f"{option_flag(name)} {low}-{high} is not a valid range.",
            f"Write it as LOW-HIGH, with at most {LONGEST_SPAN:,} numbers.",
        )
    return range(low, high + 1)


def _check_limits(name: str, value: Any, doc: OptionDoc) -> None:
    flag = option_flag(name)
    if value is None:
        return
    if not doc.allows(value):
        raise UsageError(f"{flag} '{value}' is not known.", suggestion(str(value), doc.words, "Choose one of"))
    if isinstance(value, float) and not math.isfinite(value):
        raise UsageError(f"{flag} {value} is not a finite number.", "Give a finite one.")
    if isinstance(value, (int, float)):
        _check_range(flag, value, doc)


def _check_range(flag: str, value: float, doc: OptionDoc) -> None:
    low, high = doc.minimum, doc.maximum
    too_low = low is not None and not (value > low if doc.exclusive else value >= low)
    if too_low:
        raise UsageError(
            f"{flag} {value} is too small.", f"It must be {'above' if doc.exclusive else 'at least'} {low:g}."
        )
    if high is not None and not value <= high:
        raise UsageError(f"{flag} {value} is too large.", f"It must be at most {high:g}.")

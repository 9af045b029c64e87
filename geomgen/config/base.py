"""What all configs share: checks, reading from a mapping, and a fingerprint."""

import difflib
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Self, Union, get_args, get_origin, get_type_hints

from geomgen.errors import UsageError
from geomgen.fields import OptionDoc


@dataclass(frozen=True)
class Config:
    """A set of options. Construction checks every value against its type, choices and limits.

    Raises:
        UsageError: If a value is of the wrong type or outside its limits.
    """

    def __post_init__(self) -> None:
        for name in option_docs(type(self)):
            object.__setattr__(self, name, checked_value(type(self), name, getattr(self, name)))

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

    def fingerprint(self) -> str:
        """Return the SHA-256 of the options that bear on the result and are not the default.

        Where it is computed does not count; and an option that a later version adds changes no fingerprint.
        """
        import hashlib
        import json

        docs, usual = option_docs(type(self)), type(self)().to_mapping()
        science = {
            name: value
            for name, value in self.to_mapping().items()
            if value != usual[name] and not docs[name].environmental
        }
        return hashlib.sha256(json.dumps(science, sort_keys=True).encode()).hexdigest()


def option_docs(config: type[Config]) -> dict[str, OptionDoc]:
    """Return each option's documentation, in order of declaration."""
    return {field.name: field.metadata["option"] for field in fields(config)}


def checked_names(mapping: Mapping[str, Any], known: Iterable[str], source: str) -> dict[str, Any]:
    """Return the mapping with Python names, or say which name is not an option and what was probably meant.

    Raises:
        UsageError: If a name is not among the known ones.
    """
    names = list(known)
    result = {key.replace("-", "_"): value for key, value in mapping.items()}
    for name in result:
        if name not in names:
            close = difflib.get_close_matches(name, names, n=1)
            hint = f"Did you mean '{close[0]}'?" if close else f"Known options: {', '.join(names)}."
            raise UsageError(f"{source} has no option '{name}'.", hint)
    return result


def checked_value(config: type[Config], name: str, value: Any) -> Any:
    """Return an option's value in its own type, if it is allowed.

    Raises:
        UsageError: If it is of the wrong type or outside the option's limits.
    """
    value = _coerced(name, value, option_types(config)[name])
    for item in value if isinstance(value, tuple) else (value,):
        _check_limits(name, item, option_docs(config)[name])
    return value


def option_types(config: type[Config]) -> dict[str, Any]:
    """Return each option's type."""
    return get_type_hints(config)


def option_flag(name: str) -> str:
    """Return the command line's spelling of an option: ``batch_size`` is ``--batch-size``."""
    return "--" + name.replace("_", "-")


def _coerced(name: str, value: Any, hint: Any) -> Any:
    if get_origin(hint) in {Union, types.UnionType}:
        return None if value is None else _coerced(name, value, get_args(hint)[0])
    if get_origin(hint) is tuple:
        return _coerced_words(name, value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not hint:
        raise UsageError(f"{option_flag(name)} {value!r} is not of type {hint.__name__}.", "Correct its value.")
    return value


def _coerced_words(name: str, value: Any) -> tuple[str, ...]:
    words = value.split(",") if isinstance(value, str) else value
    if not isinstance(words, (list, tuple)) or not all(isinstance(word, str) and word.strip() for word in words):
        raise UsageError(f"{option_flag(name)} {value!r} is not a list of words.", "Separate them with commas.")
    if not words:
        raise UsageError(f"{option_flag(name)} is empty.", "Name at least one.")
    return tuple(dict.fromkeys(word.strip() for word in words))


def _check_limits(name: str, value: Any, doc: OptionDoc) -> None:
    flag = option_flag(name)
    if value is None:
        return
    if doc.choices and value not in doc.choices:
        close = difflib.get_close_matches(str(value), doc.choices, n=1)
        hint = f"Did you mean '{close[0]}'?" if close else f"Choose one of: {', '.join(doc.choices)}."
        raise UsageError(f"{flag} '{value}' is not known.", hint)
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

"""``--where``: selects runs by an expression over their columns and options.

The expression is Python's, as far as comparisons, ``and``, ``or``, ``not``, ``in``, literals and names go. It is never
compiled: a walk over its syntax tree decides. A run without an option matches neither a comparison of it nor its
negation: truth has three values, and only true matches.
"""

import ast
import difflib
import operator
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from geomgen.errors import UsageError

LONGEST = 1000
EXAMPLE = "Write it like: --where 'width >= 1024 and arch == \"mlp\"'"
OPERATORS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda item, items: item in items,
    ast.NotIn: lambda item, items: item not in items,
}
EQUALITY = (ast.Eq, ast.NotEq)
MEMBERSHIP = (ast.In, ast.NotIn)
MISSING = object()

Truth = bool | None


class Where:
    """An expression that runs match or do not.

    Args:
        text: Such as ``width >= 1024 and arch == "mlp"``.

    Raises:
        UsageError: If it is anything but comparisons of names and literals, joined by and, or, not.

    Attributes:
        names: Names that it uses, in order.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._tree = _parsed(text.strip())
        self.names = list(dict.fromkeys(node.id for node in ast.walk(self._tree) if isinstance(node, ast.Name)))
        self.matches(dict.fromkeys(self.names, MISSING))

    def require_known(self, known: Iterable[str]) -> None:
        """Refuse unknown names.

        Raises:
            UsageError: If a name is not among the known ones.
        """
        names = sorted(set(known))
        for name in self.names:
            if name not in names:
                close = difflib.get_close_matches(name, [*names, "True", "False", "None"], n=1)
                hint = f"Did you mean '{close[0]}'?" if close else f"Known names: {', '.join(names)}."
                raise UsageError(f"--where: no run has an option or column '{name}'.", hint)

    def matches(self, values: Mapping[str, Any]) -> bool:
        """Return whether the expression is true of these values.

        Raises:
            UsageError: If it compares values that cannot be compared.
        """
        return _truth(self._tree, values) is True


def _parsed(text: str) -> ast.expr:
    if len(text) > LONGEST:
        raise UsageError(f"--where has {len(text)} characters.", f"Write at most {LONGEST}.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UsageError(f"--where {text!r} cannot be read: {error}.", EXAMPLE) from error


def _truth(node: ast.expr, values: Mapping[str, Any]) -> Truth:
    """Return true, false, or None where a run lacks an option."""
    match node:
        case ast.BoolOp(op=ast.And(), values=parts):
            return _all([_truth(part, values) for part in parts])
        case ast.BoolOp(op=ast.Or(), values=parts):
            return _not(_all([_not(_truth(part, values)) for part in parts]))
        case ast.UnaryOp(op=ast.Not(), operand=part):
            return _not(_truth(part, values))
        case ast.Compare(left=left, ops=ops, comparators=rights):
            terms = [_value(term, values) for term in (left, *rights)]
            return _all([_compared(*pair) for pair in zip(ops, terms, terms[1:], strict=False)])
    value = _value(node, values)
    if value is MISSING or value is None:
        return None
    if isinstance(value, bool):
        return value
    raise UsageError(f"--where: {value!r} stands alone, and is neither true nor false.", EXAMPLE)


def _not(truth: Truth) -> Truth:
    return None if truth is None else not truth


def _all(truths: list[Truth]) -> Truth:
    return False if False in truths else None if None in truths else True


def _value(node: ast.expr, values: Mapping[str, Any]) -> Any:
    match node:
        case ast.Name(id=name):
            return values.get(name, MISSING)
        case ast.Constant(value=bool() | int() | float() | str() | None):
            return node.value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return -number
        case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
            return [_value(item, values) for item in items]
    kind = type(node).__name__.lower()
    raise UsageError(f"--where: a {kind} is not a name, a number, a text or a list of these.", EXAMPLE)


def _compared(op: ast.cmpop, left: Any, right: Any) -> Truth:
    if type(op) not in OPERATORS:
        raise UsageError("--where: 'is' compares nothing here.", "Write == or !=.")
    if isinstance(right, list) and MISSING in right and not (isinstance(op, MEMBERSHIP) and left in right):
        return None
    unset = (left is None or right is None) and not isinstance(op, EQUALITY)
    if unset or left is MISSING or right is MISSING:
        return None
    try:
        return OPERATORS[type(op)](left, right)
    except TypeError:
        raise UsageError(f"--where: {left!r} and {right!r} cannot be compared.", EXAMPLE) from None

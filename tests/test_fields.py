"""Fields of dataclasses carry what is known of them."""

from dataclasses import dataclass, fields

import pytest

from geomgen.fields import ColumnDoc, OptionDoc, column, option

NAMED = OptionDoc("How.", "Group", choices=("plain",), forms=(("scaled:G", r"scaled:\d+"),))


@pytest.mark.parametrize(
    ("word", "allowed"), [("plain", True), ("scaled:3", True), ("scaled:", False), ("scaled:3x", False), (3, False)]
)
def test_choices_and_forms_are_allowed_and_nothing_else(word: object, allowed: bool) -> None:
    assert NAMED.allows(word) is allowed
    assert OptionDoc("How.", "Group").allows(word)


def test_the_help_shows_choices_then_forms() -> None:
    assert NAMED.words == ("plain", "scaled:G")
    assert OptionDoc("How.", "Group").words == ()


def test_a_dataclass_keeps_the_documentation_beside_type_and_default() -> None:
    @dataclass
    class Documented:
        width: int = option(3, "How wide.", "Model", minimum=1)

    @dataclass
    class Row:
        layer: str = column("Name.", key=True)
        loss: float = column("Mean.", "nats")
        newer: float | None = column("Later.", default=None)

    assert Row("a", 1.0).newer is None
    assert Documented().width == 3
    assert fields(Documented)[0].metadata["option"] == OptionDoc("How wide.", "Model", minimum=1)
    assert [field.metadata["column"] for field in fields(Row)] == [
        ColumnDoc("Name.", key=True), ColumnDoc("Mean.", "nats"), ColumnDoc("Later."),
    ]  # fmt: skip

"""What an expression over runs matches, and what it refuses to be."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geomgen.errors import UsageError
from geomgen.experiments.run_filter import LONGEST, Where

RUN = {
    "status": "complete", "arch": "mlp", "width": 1024, "lr": 1e-3, "layer_norm": True, "train_size": None,
    "tables": ["training", "activation_volume"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('width>=1024 and arch=="mlp"', True),
        ("width > 1024 or not layer_norm", False),
        ("128 <= width <= 2048", True),
        ("width in (128, 1024)", True),
        ('arch not in ["mlp", "lenet5"]', False),
        ('"training" in tables', True),
        ("lr > -1 and lr < 0.01", True),
        ("layer_norm", True),
        ("layer_norm == False", False),
        ("train_size == None", True),
        ("train_size != None", False),
        ("train_size > 5 or width == 1024", True),
        ("not train_size > 5", False),
        ("depth == 2", False),
        ("depth != 2", False),
        ("not depth == 2", False),
        ("not depth", False),
        ("width in [64, depth]", False),
        ("not (width in [64, depth])", False),
        ("width not in [64, depth]", False),
        ("width in [1024, depth]", True),
        ("width not in [1024, depth]", False),
        ("depth in [64, depth]", False),
        ("width == [64, depth] or width != [64, depth]", False),
        ("depth == 2 or width == 1024", True),
        ("not (depth == 2 and width == 1)", True),
        ("  True", True),
    ],
)
def test_what_matches(text: str, expected: bool) -> None:
    assert Where(text).matches(RUN) is expected


@pytest.mark.parametrize(
    "text",
    [
        "", "width ==", "width = 3", "width.real > 3", "print(width)", "(lambda: 1)()", "[x for x in tables]",
        "width + 1 > 3", "tables[0] == 'training'", "width if arch else lr", "f'{width}'", "width is 3", "b'a' == arch",
        "1j == width", "(width := 3)", "*tables", "{1: 2} == width", "...", "__import__('os')", "width", "5", "await x",
        "'a'", "~width == 3", "(width > 3) == True", "width > 3; arch", "\0", "(" * 300, "-" * 900 + "1 == width",
        "x" * (LONGEST + 1), "width in 3", "width < 'a'", "9" * 5000,
    ],
)  # fmt: skip
def test_all_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--where"):
        Where(text).matches(RUN)


def test_unknown_names_get_a_suggestion() -> None:
    with pytest.raises(UsageError, match=r"no run has an option or column 'widht'. Did you mean 'width'\?"):
        Where("widht > 3").require_known(RUN)
    with pytest.raises(UsageError, match=r"'true'. Did you mean 'True'\?"):
        Where("layer_norm == true").require_known(RUN)
    with pytest.raises(UsageError, match=r"'zzz'. Known names: arch, layer_norm"):
        Where("zzz == 1").require_known(RUN)
    Where("width > 3 and not layer_norm").require_known(RUN)


@given(st.text(st.sampled_from("width<=>!()[]{},'\" \n.:0123456789notandorisMNe_+-*\\#ü\0"), max_size=40))
def test_no_text_does_anything_but_match_or_be_refused(text: str) -> None:
    with contextlib.suppress(UsageError):
        assert Where(text).matches(RUN) in {True, False}

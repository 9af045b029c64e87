"""The files of an import: by the names of its states, in the order of training."""

import pytest

from geomgen.config.base import to_arguments
from geomgen.config.import_run import ImportConfig
from geomgen.errors import UsageError

CONFIG = ImportConfig(final="f.pt", initial="i.pt", steps=("200=b=c.pt", "10=a.pt"))
FILES = {"initial": "i.pt", "step-000010": "a.pt", "step-000200": "b=c.pt", "final": "f.pt"}


def test_states_have_their_files_in_the_order_of_training() -> None:
    assert list(CONFIG.files().items()) == list(FILES.items())
    assert CONFIG.with_files(FILES).files() == FILES
    assert ImportConfig(final="f.pt").files() == {"final": "f.pt"}
    assert ImportConfig(final="f.pt").with_files({"final": "g.pt"}) == ImportConfig(final="g.pt")


def test_the_final_state_is_an_argument_and_no_flag() -> None:
    assert to_arguments(ImportConfig(final="f.pt", width=3)) == ["--width=3", "f.pt"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, r"No file of trained parameters was named\. Name it: geomgen import"),
        ({"final": "f", "steps": ("1=a", "01=b")}, "--steps names a step twice"),
        ({"final": "f", "steps": ("a.pt",)}, r"--steps 'a\.pt' is not known\. .*STEP=FILE"),
    ],
)
def test_what_cannot_be_read_is_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        ImportConfig(**options).files()  # type: ignore[arg-type]


def test_where_the_files_are_does_not_tell_imports_apart() -> None:
    assert CONFIG.fingerprint() == ImportConfig(final="elsewhere.safetensors").fingerprint()

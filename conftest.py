"""In tests and doctests, what the computing rooms take and return is checked against annotations, shapes included.

It stands here, above every test and every module, since it must be in force before they are imported.
"""

import gc
import random

import pytest
from beartype._check.code import codemain
from jaxtyping import install_import_hook

ROOMS = ("data", "measures", "models", "numerics", "tables", "theory", "training")
# As for mypy, an int is a float. beartype knows what Self is in a class only if it sees the whole class.
OPTIONS = "is_pep484_tower=True, hint_overrides=beartype.FrozenDict({beartype.typing.Self: object})"

# Which items of a container it checks, beartype draws: not from Python's global generator, which geomgen watches.
codemain.getrandbits = random.Random(0).getrandbits  # type: ignore[attr-defined]
install_import_hook([f"geomgen.{room}" for room in ROOMS], f"beartype.beartype(conf=beartype.BeartypeConf({OPTIONS}))")


def pytest_collection_finish() -> None:
    """Spare the garbage collector all that tests and modules are, which takes it a twentieth of their time."""
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Let the collector find all of it in the end."""
    gc.unfreeze()


@pytest.fixture
def checked_rooms() -> tuple[str, ...]:
    """Return the packages of geomgen whose annotations are checked."""
    return ROOMS

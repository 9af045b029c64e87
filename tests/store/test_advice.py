"""Advice is a command that can be typed, or says that there is none."""

import shlex
from pathlib import Path

import pytest

from geomgen.config.registry import MAKERS
from geomgen.store.advice import how_to_finish, how_to_restore


@pytest.mark.parametrize("experiment", [*MAKERS, "sweep", "gone"])
def test_only_what_can_be_resumed_is_to_be_resumed(experiment: str) -> None:
    told = how_to_finish(experiment, Path("my runs/x"))
    if experiment == "train":
        assert shlex.split(told)[-4:] == ["geomgen", "train", "--resume", "my runs/x"]
    else:
        assert "geomgen" not in told


def test_an_archive_is_made_again_from_its_config_but_an_import_from_its_files() -> None:
    told = how_to_restore("train", Path("my runs/x"))
    assert shlex.split(told)[-3:] == ["geomgen", "rerun", "my runs/x"]
    assert "geomgen" not in how_to_restore("import", Path("my runs/x"))

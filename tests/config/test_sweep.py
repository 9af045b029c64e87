"""Where the cells of a sweep run, and the sections of a recipe."""

import pytest

from geomgen.config.sweep import ReportsConfig, ResourcesConfig, SweepConfig
from geomgen.errors import UsageError


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"address": "head:6379"}, "--address does not apply to --on local. Choose --on ray"),
        ({"submit": True, "on": "ray"}, "--submit does not apply to --on ray. Choose --on slurm"),
        ({"jobs": 0}, "--jobs 0 is too small"),
        ({"only": "some"}, "--only 'some' is not known. Choose one of: missing, failed, all"),
    ],
)
def test_what_has_no_meaning_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        SweepConfig.from_mapping(options, "test")


def test_by_default_cells_run_here_and_are_reported_on() -> None:
    config = SweepConfig()
    assert (config.on, config.only, config.reports, config.fail_fast) == ("local", "missing", True, False)
    assert SweepConfig(on="ray", address="head:6379").address == "head:6379"


def test_sections_of_a_recipe_say_what_is_wrong() -> None:
    with pytest.raises(UsageError, match=r"\[report\] has no option 'name'\. Did you mean 'names'\?"):
        ReportsConfig.from_mapping({"name": "training"}, "[report]")
    with pytest.raises(UsageError, match=r"--num-gpus -1\.0 is too small"):
        ResourcesConfig(num_gpus=-1.0)

"""What is known about an experiment in one record."""

import pytest

from geomgen.config.base import Config
from geomgen.config.experiment import Experiment


@pytest.mark.parametrize(
    ("about", "summary"), [("Count.", "Count."), ("Count things.\n\nOne by one.", "Count things."), ("", "")]
)
def test_the_summary_is_the_first_line_of_the_help(about: str, summary: str) -> None:
    assert Experiment("count", Config, about, (), ()).summary == summary

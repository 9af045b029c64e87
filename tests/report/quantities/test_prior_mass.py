"""Quantities of the prior mass: widths of hidden layers, and the text's fraction."""

import math
from pathlib import Path

import pandas as pd
import pytest

from geomgen.report.collect import RunTables
from geomgen.report.quantities.prior_mass import DIVERGENCE, DIVERGENCE_OF_PROCESS, PRIOR_MASS, text_log_fraction, units
from tests.report.made_up_prior_masses import mass_run


def test_the_width_is_that_of_the_last_hidden_layer() -> None:
    assert units(pd.DataFrame({"hidden": ["40,20", "8"]})).tolist() == [20, 8]


def test_the_divergence_and_its_limit_are_of_the_same_run(tmp_path: Path) -> None:
    tables = RunTables([mass_run(tmp_path, 40, 1, 0.25)])
    found, limit = (one.rows(tables).frame for one in (DIVERGENCE, DIVERGENCE_OF_PROCESS))
    assert found[["width", "value"]].to_numpy().tolist() == [[40, pytest.approx(8.35)]]
    assert limit[["width", "value"]].to_numpy().tolist() == [[40, pytest.approx(8.1)]]
    assert PRIOR_MASS.rows(tables).frame["value"].tolist() == pytest.approx([math.exp(-8.35)])


def test_a_width_is_that_of_one_hidden_layer(tmp_path: Path) -> None:
    tables = RunTables([mass_run(tmp_path, 40, 1, 0.25), mass_run(tmp_path, 40, 1, 0.5, layers=2)])
    for quantity in (DIVERGENCE, PRIOR_MASS):
        assert quantity.rows(tables).frame["width"].tolist() == [40]


def test_the_text_counts_dimensions() -> None:
    assert text_log_fraction(20, 10) == pytest.approx(math.log(0.5))
    assert math.isnan(text_log_fraction(10, 10))

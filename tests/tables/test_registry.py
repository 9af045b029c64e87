"""Every table of every experiment has its row, and every column its meaning."""

import subprocess
import sys

import pytest

from geomgen.config.base import bearing_options, option_docs
from geomgen.config.registry import EXPERIMENTS, MEASURES, NETWORKS
from geomgen.config.train import TRAIN
from geomgen.tables.registry import ROWS, columns, meaning

WRITTEN = sorted({table for record in EXPERIMENTS.values() for table in record.tables})
UNITS = {"s": "_s", "MiB": "_mib"}


def test_every_table_that_an_experiment_writes_is_here() -> None:
    assert sorted(ROWS) == sorted([*WRITTEN, "sweep"])


@pytest.mark.parametrize("table", ROWS)
def test_rows_and_columns_have_meanings_and_times_and_sizes_their_unit_in_their_names(table: str) -> None:
    row = ROWS[table]
    assert f"row of ``{table}.parquet``" in (row.__doc__ or "")
    assert meaning(row)
    for name, doc in columns(row).items():
        assert doc.doc.endswith(".")
        assert name.endswith(UNITS.get(doc.unit or "", "")), name


@pytest.mark.parametrize("table", ROWS)
def test_no_column_has_the_name_of_an_option_that_its_rows_were_not_made_with(table: str) -> None:
    """Reports take it for that option."""
    writers = [record for record in EXPERIMENTS.values() if table in record.tables]
    makers = [*writers, *(NETWORKS.values() if any(record.measure for record in writers) else ())]
    own, known = (
        {name for record in records for name in bearing_options(record.config)}
        for records in (makers, EXPERIMENTS.values())
    )
    own |= {name for record in writers for name in option_docs(record.config)}
    assert not (known - own) & set(columns(ROWS[table]))


def test_they_are_read_without_torch() -> None:
    code = "import sys, geomgen.tables.registry; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("table", [table for record in MEASURES.values() for table in record.tables])
def test_no_measured_number_has_the_name_of_an_option_of_the_run(table: str) -> None:
    """A report would take one for the other: rows carry the options of their runs."""
    assert not {*columns(ROWS[table])} & {*TRAIN.options}

"""Rows of ``geomgen regress`` from many runs: each once, with what distinguishes their problems."""

from collections.abc import Sequence

import pandas as pd

from geomgen.config.base import option_docs
from geomgen.config.regress import ProblemConfig
from geomgen.report.collect import Collected
from geomgen.report.seeds import label


def latest_rows(collected: Collected, config: type[ProblemConfig], keys: Sequence[str]) -> pd.DataFrame:
    """Return the rows of a problem's table, only the latest of those with the same options, seed and keys.

    Args:
        collected: Rows of one problem's table.
        config: The problem's options.
        keys: The table's key columns.

    Returns:
        The rows with a column ``problem``: the options that differ between runs, in words; empty if none does.
    """
    frame = collected.frame
    options = [
        name
        for name, doc in option_docs(config).items()
        if not doc.environmental and name not in {"seed", "repetitions", *keys, *_GRIDS}
    ]
    rows = frame.drop_duplicates([*options, "seed", *keys], keep="last")
    varying = [name for name in options if rows[name].nunique(dropna=False) > 1]
    words = [label(varying, row) for row in rows.to_dict("records")]
    return rows.assign(problem=words)


_GRIDS = ("features", "degrees", "ridge", "basis", "design")
"""Options that list the values of a table's key columns, of which two runs may share some."""

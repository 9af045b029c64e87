"""What reports say of volumes by second derivatives: around how many minima these are a good picture."""

import pandas as pd

from geomgen.tables.parameter_volume import DEPARTS


def quadratic_note(rows: pd.DataFrame, of: list[str], what: str) -> list[str]:
    """Return a note on the minima around which the quadratic holds; nothing where no run knows it.

    Args:
        rows: Volumes, with ``verdict`` and ``quadratic_correction_nats``, which are null in runs of earlier versions.
        of: Columns that name a minimum; the quadratic holds around it if it does in all its rows.
        what: What the minima are called.
    """
    minima = rows.assign(
        known=rows["quadratic_correction_nats"].notna(),
        departs=rows["verdict"].fillna("").str.contains(DEPARTS, regex=False),
    ).groupby(of)[["known", "departs"]]
    found = minima.max()
    known = found["known"] | found["departs"]
    holds, total, missing = int((known & ~found["departs"]).sum()), int(known.sum()), int((~known).sum())
    if not total:
        return []
    words = f"The quadratic holds around {holds} of {total} {what}"
    words += "." if holds == total else "; around the others volumes are those of the quadratic region."
    return [words + f" Around {missing} more it is not known." * bool(missing)]

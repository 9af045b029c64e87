"""Report ``nearest-point``: does training end at the nearest point that fits, as a sample of the prior there?"""

import pandas as pd

from geomgen.config.nearest_point import NETWORK
from geomgen.report.averages import averaged
from geomgen.report.collect import SETTING, Collected, RunTables, varying_options
from geomgen.report.content import MadeReport
from geomgen.report.curves import WIDTH, Panel, curves, fitting, named
from geomgen.report.layout import averaged_table
from geomgen.report.quantities.surface import DISTANCE_RATIO, LAWS, SUMMARY
from geomgen.report.report import Report, Source, in_parts

NAME, LAW_NAME = "nearest-point", "surface-laws"
QUESTION = "Does training end at the nearest point that fits, and how is the surface of such points curved?"
LAW_QUESTION = "Which law on the surface of parameters that fit are trained parameters samples of?"
DISTANCES, LAW_ROWS = (Source(table, DISTANCE_RATIO.remedy) for table in (SUMMARY, LAWS))
SPECS = {
    "distance_ratio": ".4f",
    "linear_ratio": ".4f",
    "relative_distance": ".4f",
    "log10_curvature": ".3f",
    "log10_curvature_range": ".3f",
    "log_curvature_std": ".3f",
    "log_prior_std": ".2f",
}
LAW_SPECS = {
    "density_slope": ".3f",
    "log_prior_shift": ".2f",
    "log_prior_distance": ".3f",
    "half_log_det_distance": ".3f",
    "output_distance": ".3f",
    "r_hat": ".3f",
}
PANELS = (
    Panel("distance_ratio", "Distance travelled over shortest", level=1),
    Panel("linear_ratio", "Linearised distance over shortest", level=1),
    Panel("relative_distance", "Relative distance", "log"),
    Panel("log10_curvature_range", "Range of log10 curvature"),
)
SLOPE = (Panel("density_slope", "Slope of log density against prior's", level=1),)


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return distances and curvature by width, and the laws beside each other."""
    return in_parts(tables, {DISTANCES: _distances, LAW_ROWS: _laws})


def _distances(collected: Collected) -> MadeReport:
    rows = collected.frame
    is_network = rows["problem"] == NETWORK
    rows = rows.assign(  # the product draws nothing at random: its seeds are one
        width=rows["width"].astype("Int64").where(is_network), seed=rows["seed"].where(is_network, 0)
    )
    keys = ["width", "num_equations"]
    rows = rows.drop_duplicates([SETTING, "seed", *keys], keep="last")
    specs = {name: spec for name, spec in SPECS.items() if rows[name].notna().any()}
    table = averaged_table(NAME, "Ways to parameters that fit exactly", QUESTION, rows, keys, specs)
    numbers, left_out = fitting(_named(rows, keys, list(specs)))
    figure = curves(NAME, QUESTION, numbers[numbers["width"].notna()], WIDTH, PANELS)
    return MadeReport((table,), (figure,), (*collected.notes, *left_out))


def _laws(collected: Collected) -> MadeReport:
    rows = collected.frame
    keys = ["width", "law"]
    table = averaged_table(LAW_NAME, "Trained parameters beside laws", LAW_QUESTION, rows, keys, LAW_SPECS)
    numbers, left_out = fitting(_named(rows, keys, ["density_slope"], "law"))
    notes = (*collected.notes, *_unmixed(rows), *left_out)
    return MadeReport((table,), (curves(LAW_NAME, LAW_QUESTION, numbers, WIDTH, SLOPE),), notes)


def _unmixed(rows: pd.DataFrame) -> list[str]:
    """Return a note on the chains that have not mixed, which claims leave out, if there are any."""
    unmixed = rows[rows["verdict"] == "not mixed"]
    places = {f"{row['law']} at width {row['width']}" for row in unmixed.to_dict("records")}
    words = f"Chains of {len(unmixed)} rows have not mixed (R-hat above 1.1), and no claim is judged by them:"
    return [f"{words} {', '.join(sorted(places))}."] * bool(places)


def _named(rows: pd.DataFrame, keys: list[str], values: list[str], *line: str) -> pd.DataFrame:
    """Return means over seeds with what differs between lines as their names."""
    means = averaged(rows, keys, values)
    return named(means, [*line, *(name for name in varying_options(rows) if name not in keys)])


REPORT = Report(NAME, QUESTION, (DISTANCES, LAW_ROWS), make)

"""Quantities of the surface of parameters that fit exactly, and of where training meets it."""

from geomgen.report.quantity import Quantity

SUMMARY, LAWS = "nearest_point_summary", "surface_laws"


DISTANCE_RATIO = Quantity(
    "distance_ratio",
    "distance travelled over the distance to the nearest point that fits",
    SUMMARY,
    "distance_ratio",
    formula="mean over networks of |x - x0| where gradient flow ends, over the least that searches found",
)
FITTED_DISTANCE = Quantity(
    "distance_to_optimal_set",
    "relative distance to where training fits exactly",
    SUMMARY,
    "relative_distance",
    formula="mean over networks of |x - x0| / |x0|, x where gradient flow of the squared error ends",
)
CURVATURE_RANGE = Quantity(
    "log10_curvature_range",
    "range of log10 of the surface's curvature",
    SUMMARY,
    "log10_curvature_range",
    "decades",
    formula="97.5 % less 2.5 % quantile over trained networks of log10 of the root mean square of |J^+ (u' H u)|",
)
PRIOR_SLOPE = Quantity(
    "prior_slope",
    "slope of the log density of trained points against the prior's",
    LAWS,
    "density_slope",
    where={"law": "prior", "verdict": "resolved"},
    formula="1 + b, with b of logistic regression between trained points and chains of the prior on the surface",
    source="Qin (1998); Lelievre, Rousset and Stoltz (2019)",
)

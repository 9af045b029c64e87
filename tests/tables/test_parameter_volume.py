"""The table of volumes of parameters."""

from geomgen.tables.parameter_volume import TABLES
from geomgen.tables.registry import columns


def test_rows_are_told_apart_by_where_what_and_how() -> None:
    keys = {name for name, doc in columns(TABLES["parameter_volume"]).items() if doc.key}
    where, what = {"state", "gauge", "num_samples"}, {"behaviour", "tolerance", "weighting"}
    how = {"method", "preconditioner", "prior_std", "curvature_floor", "num_directions", "direction_seed"}
    chains = {"num_rungs", "num_chains", "num_draws", "burn_in", "leapfrog_steps"}
    assert keys == where | what | how | chains
    rungs = {name for name, doc in columns(TABLES["free_energy"]).items() if doc.key}
    assert rungs == (keys | {"rung"}) - {"method", "weighting", "curvature_floor", "num_directions"}

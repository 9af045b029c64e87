"""What identifies a row of a chain."""

from geomgen.tables.diffusion import DiffusionRow
from geomgen.tables.registry import columns


def test_the_dynamics_the_chain_and_the_step_tell_rows_apart() -> None:
    keys = [name for name, doc in columns(DiffusionRow).items() if doc.key]
    options = ["time_step", "num_steps", "num_chains", "interval", "num_probes"]
    assert keys == ["state", "n_beta", *options, "chain", "step"]

"""A coefficient is one of a state and a law; its trace has a row for each draw."""

from geomgen.tables.learning import LlcRow, LlcTraceRow
from geomgen.tables.registry import columns


def test_the_keys_of_rows() -> None:
    law = ["state", "sampler", "n_beta", "localization", "num_samples", "minibatch_size"]
    chains = [*law, "halve_step", "leapfrog_steps", "num_chains", "num_draws", "burn_in", "chain_seed"]
    chains.append("requested_chain_step")
    keys: dict[type, list[str]] = {LlcRow: [*chains, "dense_limit"], LlcTraceRow: [*chains, "chain", "draw"]}
    assert {row: [name for name, doc in columns(row).items() if doc.key] for row in keys} == keys

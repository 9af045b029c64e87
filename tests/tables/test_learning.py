"""A coefficient is one of a state and a law; its trace has a row for each draw."""

from geomgen.tables.learning import LlcRow, LlcTraceRow
from geomgen.tables.registry import columns


def test_the_keys_of_rows() -> None:
    law = ["state", "sampler", "n_beta", "localization"]
    keys: dict[type, list[str]] = {LlcRow: law, LlcTraceRow: [*law, "chain", "draw"]}
    assert {row: [name for name, doc in columns(row).items() if doc.key] for row in keys} == keys

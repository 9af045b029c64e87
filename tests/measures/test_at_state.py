"""What measures of derivatives are given is enough for each of them."""

import pytest
import torch

from geomgen.config.experiment import Experiment
from geomgen.config.registry import EXPERIMENTS
from geomgen.experiments.entry import rows_of
from geomgen.measures.at_state import AtState
from geomgen.models.functional.network import NetworkFunction
from geomgen.models.mlp import mlp

OF_DERIVATIVES = [record for record in EXPERIMENTS.values() if record.rows]


@pytest.mark.parametrize("record", OF_DERIVATIVES, ids=lambda record: record.name)
def test_rows_of_all_its_tables(record: Experiment) -> None:
    network = NetworkFunction(mlp((1, 2, 2), 2, width=3))
    inputs, labels = torch.rand(4, 1, 2, 2).double(), torch.tensor([0, 1, 1, 0])
    rows = rows_of(record)(AtState("final", network, network.parameters().double(), inputs, labels, 2))
    assert set(rows) == set(record.tables)
    assert {row.state for its_rows in rows.values() for row in its_rows} == {"final"}

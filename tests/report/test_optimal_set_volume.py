"""Report ``optimal-set-volume``: ln P(S) by width beside infinite width and the text's fraction of the dimensions."""

import math
from pathlib import Path

import pytest

from geomgen.config.prior_mass import INFINITE_WIDTH, SPLITTING, PriorMassConfig
from geomgen.errors import NoDataError
from geomgen.report.collect import RunTables
from geomgen.report.optimal_set_volume import REPORT
from geomgen.store.run import create_run
from tests.report.made_up_prior_masses import mass_row, mass_run


def test_each_width_stands_beside_its_limit_and_the_text(tmp_path: Path) -> None:
    runs = [mass_run(tmp_path, width, seed, 2 / width) for width in (40, 80) for seed in range(2)]
    made = REPORT.build(RunTables(runs))
    frame = made.main.frame.set_index("units")
    assert frame["log_mass_nats"].to_dict() == pytest.approx({40: -8.1, 80: -8.075})
    assert set(frame["limit_nats"]) == {-8.05}
    assert frame["text_nats"].to_dict() == pytest.approx({40: math.log(345 / 361), 80: math.log(705 / 721)})
    (figure,) = made.figures
    assert sorted(figure.numbers["units"].unique()) == [40, 80]
    figure.draw()


def test_layers_have_a_figure_of_their_own(tmp_path: Path) -> None:
    deep = [mass_run(tmp_path, 40, seed, 0.5 * layers, layers=layers) for layers in (1, 2, 3) for seed in range(2)]
    made = REPORT.build(RunTables([*deep, *(mass_run(tmp_path, 80, seed, 0.0) for seed in range(2))]))
    assert made.main.frame[["layers", "units"]].to_numpy().tolist() == [[1, 40], [1, 80], [2, 40], [3, 40]]
    by_width, by_depth = (figure.numbers for figure in made.figures)
    assert sorted(by_width["units"].unique()) == [40, 80]
    assert set(by_width["layers"]) == {1}
    assert by_depth.set_index("layers")["beyond_limit_nats"].to_dict() == pytest.approx({1: -0.5, 2: -1, 3: -1.5})
    for figure in made.figures:
        figure.draw()


def test_splitting_stands_in_where_the_last_layer_cannot_be_integrated_out(tmp_path: Path) -> None:
    config = PriorMassConfig(hidden="10", threads=1).filled()
    run = create_run(tmp_path, "prior-mass", "m", config.to_mapping(), {"num_parameters": 91})
    void = mass_row("rao-blackwell", None, verdict="rank")
    run.add_rows("prior_mass", [mass_row(SPLITTING, -9.0), void, mass_row(INFINITE_WIDTH, -8.0)])
    run.finish("complete")
    frame = REPORT.build(RunTables([run])).main.frame
    assert frame["log_mass_nats"].tolist() == [-9.0]


def test_a_perceptron_has_no_width(tmp_path: Path) -> None:
    config = PriorMassConfig(hidden="none", threads=1).filled()
    run = create_run(tmp_path, "prior-mass", "m", config.to_mapping(), {"num_parameters": 8})
    run.add_rows("prior_mass", [mass_row("rao-blackwell", -9.0)])
    run.finish("complete")
    with pytest.raises(NoDataError, match="No network with a hidden layer"):
        REPORT.build(RunTables([run]))

"""``probe-activations`` as a whole: its tables, what measuring again replaces, and what it refuses."""

from pathlib import Path

import pytest
import torch

from geomgen.config.activations import CONDITIONS
from geomgen.config.probe_activations import ProbeActivationsConfig
from geomgen.config.train import TrainConfig
from geomgen.data.load import load_dataset
from geomgen.errors import UsageError
from geomgen.experiments.probe_activations import probe_activations
from geomgen.experiments.train import train
from geomgen.store.run import Run

KEYS = ["run_id", "seed", "arch", "width", "layer", "site", "state", "condition", "metric"]
PAIRS = 128 * 127 // 2


@pytest.fixture(scope="module")
def trained(data_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    config = TrainConfig(data=str(data_file), width=8, epochs=2, batch_size=16, threads=1, checkpoint_every=1)
    return train(config, tmp_path_factory.mktemp("runs"))


def test_the_tables_have_the_promised_columns_and_every_pair(trained: Run) -> None:
    probe_activations(trained, ProbeActivationsConfig(threads=1))
    bins, summary = trained.table("activation_similarity"), trained.table("activation_similarity_summary")
    assert list(bins.columns) == [*KEYS, "bins", "bin", "bin_low", "bin_high", "count", "density"]
    assert list(summary.columns) == [
        *KEYS, "num_pairs", "mean", "mean_stderr", "std", "skewness", "q01", "q05", "q25", "q50", "q75", "q95", "q99",
        "expected_mean", "expected_std", "scale", "num_samples", "num_zero", "dim", "bins",
        "common_mode", "infinite_width_rmse",
    ]  # fmt: skip
    groups = bins.groupby(KEYS)
    assert len(groups) == len(summary) == 2 * 5 * 2 + 1
    assert set(groups["count"].sum()) == set(summary["num_pairs"]) == {PAIRS}
    assert "layer_statistics" not in trained.tables
    edges = bins.groupby(["metric", "bin"])[["bin_low", "bin_high"]].nunique()
    assert (edges == 1).all().all()


def test_other_bins_stand_beside_the_first_and_replace_their_own(trained: Run) -> None:
    for number in (50, 20, 50):
        probe_activations(trained, ProbeActivationsConfig(threads=1, bins=number, condition=("data",), metric=("l2",)))
    bins = trained.table("activation_similarity").query("condition == 'data' and metric == 'l2' and state == 'final'")
    for number in (50, 20):
        assert bins.loc[bins["bins"] == number, "bin"].tolist() == list(range(number))
        assert bins.loc[bins["bins"] == number, "count"].sum() == PAIRS


def test_every_choice_can_be_combined(trained: Run) -> None:
    config = ProbeActivationsConfig(
        layer=("all",), site=("pre", "post"), state=("initial", "step-000016"), condition=CONDITIONS, bins=3, threads=1
    )
    rows = probe_activations(trained, config)
    assert len({(row.layer, row.site, row.state, row.condition, row.metric) for row in rows}) == len(rows)
    assert len(rows) == 3 * 2 * 2 * len(CONDITIONS) * 2


def test_infinite_width_is_of_data_before_training(trained: Run) -> None:
    kept = ("data", "infinite-width")
    config = ProbeActivationsConfig(condition=kept, site=("pre", "post"), bins=5, centre=True, threads=1)
    rows = probe_activations(trained, config)
    predicted = [row for row in rows if row.condition == "infinite-width"]
    assert [(row.site, row.state, row.metric) for row in predicted] == [
        (site, "initial", "cosine") for site in ("pre", "post")
    ]
    assert all((row.expected_mean, row.common_mode, row.infinite_width_rmse) == (None,) * 3 for row in predicted)
    compared = [(row, row.infinite_width_rmse) for row in rows if row.infinite_width_rmse is not None]
    assert [(row.state, row.condition, row.metric) for row, _ in compared] == [("initial", "data", "cosine")] * 2
    for (one, rmse), other in zip(compared, predicted, strict=True):
        assert abs(one.mean - other.mean) < rmse
    assert len({row.common_mode for row in rows if row.state == "final" and row.site == "pre"}) == 1
    table = trained.table("activation_similarity").query("condition == 'infinite-width' and bins == 5")
    assert table["count"].sum() == 2 * PAIRS


def test_what_is_not_known_at_infinite_width_has_no_row(data_file: Path, tmp_path: Path) -> None:
    other = train(TrainConfig(data=str(data_file), activation="tanh", epochs=1, width=4, threads=1), tmp_path)
    rows = probe_activations(other, ProbeActivationsConfig(threads=1, metric=("cosine",)))
    assert "infinite-width" not in {row.condition for row in rows}
    assert {row.infinite_width_rmse for row in rows} == {None}


def test_statistics_are_of_every_layer_and_state(trained: Run) -> None:
    probe_activations(trained, ProbeActivationsConfig(threads=1, condition=("data",), statistics=True))
    frame = trained.table("layer_statistics")
    assert list(frame.columns[:6]) == ["run_id", "seed", "arch", "width", "layer", "state"]
    for state in ("initial", "final"):
        assert frame.loc[frame["state"] == state, "layer"].tolist() == ["hidden1", "hidden2", "output"]


def test_the_mean_is_that_of_the_checkpoints_activations(trained: Run) -> None:
    config = ProbeActivationsConfig(threads=1, state=("final",), condition=("data",), metric=("cosine",))
    (row,) = probe_activations(trained, config)
    tensors = trained.checkpoint("final").tensors
    hidden = load_dataset(trained.config["data"]).test.images.flatten(1).double() / 255
    for name in ("hidden1", "hidden2"):
        pre = hidden @ tensors[f"{name}.linear.weight"].double().T + tensors[f"{name}.linear.bias"].double()
        hidden = pre.relu()
    units = torch.nn.functional.normalize(pre)
    assert row.mean == pytest.approx((float(units.sum(0).square().sum()) - 128) / (128 * 127), abs=1e-6)


def test_reuse_measures_nothing_twice(trained: Run) -> None:
    config = ProbeActivationsConfig(threads=1, bins=7)
    assert probe_activations(trained, config)
    assert probe_activations(trained, config, reuse=True) == []


def test_more_memory_than_there_is_is_refused(trained: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geomgen.experiments.machine.available_bytes", lambda: 1000)
    with pytest.raises(UsageError, match=r"The similarity of 8 units needs about .* GiB"):
        probe_activations(trained, ProbeActivationsConfig())

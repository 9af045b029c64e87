"""``volume`` as a whole: its rows, what re-running replaces, and what it refuses."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from geomgen.config.activations import CONDITIONS
from geomgen.config.train import TrainConfig
from geomgen.config.volume import VolumeConfig
from geomgen.data.load import load_dataset
from geomgen.errors import DataError, UsageError
from geomgen.experiments.train import train
from geomgen.experiments.volume import volume
from geomgen.store.run import Run

COLUMNS = [
    "run_id", "seed", "arch", "width", "layer", "site", "state", "condition", "rule", "floor", "log_det_nats",
    "num_resolved", "num_kept", "num_samples", "dim", "participation_ratio", "total_correlation_nats",
]  # fmt: skip


@pytest.fixture(scope="module")
def trained(data_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    config = TrainConfig(data=str(data_file), width=8, epochs=2, batch_size=16, threads=1, checkpoint_every=1)
    return train(config, tmp_path_factory.mktemp("runs"))


def test_the_table_has_the_promised_columns_and_a_row_a_combination(trained: Run) -> None:
    rows = volume(trained, VolumeConfig(threads=1))
    frame = trained.table("activation_volume")
    assert list(frame.columns) == COLUMNS
    assert len(rows) == len(frame) == 6
    assert set(frame["layer"]) == {"hidden2"}
    assert frame["num_samples"].unique().tolist() == [128]
    assert frame.attrs["columns"]["log_det_nats"]["unit"] == "nats"


def test_every_choice_can_be_combined(trained: Run) -> None:
    config = VolumeConfig(
        layer=("all",), site=("pre", "post"), state=("initial", "step-000016", "final"), condition=CONDITIONS,
        rule=("relative", "floor", "full", "ledoit-wolf"), threads=1,
    )  # fmt: skip
    rows = volume(trained, config)
    assert len(rows) == 3 * 2 * 3 * len(CONDITIONS) * 4
    assert len({(row.layer, row.site, row.state, row.condition, row.rule) for row in rows}) == len(rows)


def test_measuring_again_replaces_its_own_rows_and_no_others(trained: Run) -> None:
    volume(trained, VolumeConfig(threads=1, rule=("full",)))
    volume(trained, VolumeConfig(threads=1))
    before = trained.table("activation_volume")
    volume(trained, VolumeConfig(threads=1, condition=("data",)))
    after = trained.table("activation_volume")
    keys = COLUMNS[:10]
    assert after.sort_values(keys).reset_index(drop=True).equals(before.sort_values(keys).reset_index(drop=True))


def test_floors_stand_side_by_side_and_other_rules_have_none(trained: Run) -> None:
    config = VolumeConfig(rule=("relative", "floor"), condition=("permuted-pixels",), state=("final",), threads=1)
    for floor in (0.5, 2.0):
        volume(trained, replace(config, floor=floor))
    rows = trained.table("activation_volume").query("condition == 'permuted-pixels' and state == 'final'")
    rows = rows.query("layer == 'hidden2' and site == 'pre'")
    assert rows[rows["rule"] == "floor"]["floor"].tolist()[-2:] == [0.5, 2.0]
    assert rows[rows["rule"] == "relative"]["floor"].isna().tolist() == [True]
    assert trained.table("activation_volume").attrs["columns"]["floor"]["key"] == "yes"


def test_the_number_is_the_published_protocol_on_the_checkpoint(trained: Run) -> None:
    (row,) = volume(trained, VolumeConfig(threads=1, state=("final",), condition=("data",)))
    tensors = trained.checkpoint("final").tensors
    images = load_dataset(trained.config["data"]).test.images.flatten(1).double() / 255
    hidden = images
    for name in ("hidden1", "hidden2"):
        activations = hidden @ tensors[f"{name}.linear.weight"].double().T + tensors[f"{name}.linear.bias"].double()
        hidden = activations.relu()
    squares = np.linalg.svd((activations - activations.mean(0)).numpy(), compute_uv=False) ** 2
    logs = np.log(squares)
    assert row.log_det_nats == pytest.approx(logs[logs > logs[:16].mean() - 8].sum(), rel=1e-5)


def test_three_pixels_span_three_dimensions_of_a_wide_layer(tmp_path: Path) -> None:
    source = np.random.default_rng(0)
    images = {f"x_{name}": source.integers(0, 256, (60, 1, 3), dtype=np.uint8) for name in ("train", "test")}
    np.savez(tmp_path / "d.npz", **images, y_train=np.arange(60) % 3, y_test=np.arange(60) % 3)  # type: ignore[arg-type]
    run = train(TrainConfig(data=str(tmp_path / "d.npz"), width=64, depth=1, epochs=1, threads=1), tmp_path / "runs")
    config = VolumeConfig(rule=("relative", "full"), state=("initial",), condition=("data",), threads=1)
    relative, full = volume(run, config)
    assert (relative.num_resolved, relative.num_kept, full.log_det_nats) == (3, 3, -np.inf)
    weight = run.checkpoint("initial").tensors["hidden1.linear.weight"].double()
    pixels = torch.from_numpy(images["x_test"]).flatten(1).double() / 255
    squares = np.linalg.svd(((pixels - pixels.mean(0)) @ weight.T).numpy(), compute_uv=False)[:3] ** 2
    assert relative.log_det_nats == pytest.approx(np.log(squares).sum(), rel=1e-5)


def test_a_run_finds_its_data_from_any_folder(data_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(data_file.parent)
    run = train(TrainConfig(data=data_file.name, width=4, epochs=1, threads=1), tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    assert volume(run, VolumeConfig(threads=1))


def test_reuse_measures_nothing_twice(trained: Run) -> None:
    assert volume(trained, VolumeConfig(threads=1, floor=2.0))
    assert volume(trained, VolumeConfig(floor=2.0), reuse=True) == []
    assert volume(trained, VolumeConfig(threads=1, floor=3.0), reuse=True)


def test_what_is_missing_is_named(trained: Run) -> None:
    with pytest.raises(UsageError, match="'hidden7' is not a layer of this network"):
        volume(trained, VolumeConfig(layer=("hidden7",)))
    with pytest.raises(DataError, match=r"has no state 'step-000001'. It has: final, initial, step-0000"):
        volume(trained, VolumeConfig(state=("step-000001",)))


def test_a_flipped_bit_in_a_checkpoint_is_named(trained: Run, tmp_path: Path) -> None:
    path = trained.path / "checkpoints" / "final.safetensors"
    content = path.read_bytes()
    try:
        path.write_bytes(content[:-9] + bytes([content[-9] ^ 4]) + content[-8:])
        with pytest.raises(DataError, match=r"final.safetensors is damaged: its content does not match"):
            volume(trained, VolumeConfig())
    finally:
        path.write_bytes(content)


def test_an_unfinished_run_is_refused_with_the_way_to_finish_it(trained: Run, tmp_path: Path) -> None:
    manifest = trained.path / "manifest.json"
    content = manifest.read_bytes()
    try:
        manifest.unlink()
        with pytest.raises(DataError, match=r"is unfinished. Finish it with: geomgen train --resume"):
            volume(trained, VolumeConfig())
    finally:
        manifest.write_bytes(content)


def test_more_memory_than_there_is_is_refused(trained: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geomgen.experiments.machine.available_bytes", lambda: 1000)
    with pytest.raises(UsageError, match=r"The volume of 8 units needs about .* GiB"):
        volume(trained, VolumeConfig())


def test_lenet_feature_maps_have_a_volume_too(tmp_path: Path) -> None:
    source = np.random.default_rng(0)
    images = {f"x_{name}": source.integers(0, 256, (40, 12, 12), dtype=np.uint8) for name in ("train", "test")}
    labels = {f"y_{name}": np.arange(40) % 3 for name in ("train", "test")}
    np.savez(tmp_path / "d.npz", **images, **labels)  # type: ignore[arg-type]
    config = TrainConfig(arch="lenet5", data=str(tmp_path / "d.npz"), epochs=1, threads=1)
    run = train(replace(config, width=20), tmp_path / "runs")
    rows = volume(run, VolumeConfig(layer=("conv1", "penultimate"), threads=1, state=("final",)))
    assert {row.layer: row.dim for row in rows} == {"conv1": 144, "hidden2": 20}
    assert torch.isfinite(torch.tensor([row.log_det_nats for row in rows])).all()

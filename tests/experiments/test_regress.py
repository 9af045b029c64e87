"""``regress`` as a whole: its tables, that it can be made again, and what it refuses."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from geomgen.config.regress import (
    EpochsConfig,
    LinearConfig,
    OptimalSetConfig,
    PolynomialConfig,
    ProblemConfig,
    RffConfig,
    RidgelessConfig,
)
from geomgen.data.load import load_dataset
from geomgen.errors import UsageError
from geomgen.experiments.regress import classes_as_targets, regress
from geomgen.experiments.rerun import rerun

SMALL = {
    "regress_epochs": EpochsConfig(samples=8, features_per_scale=2, steps=(0, 3), repetitions=4, threads=1),
    "regress_linear": LinearConfig(samples=5, terms=3, repetitions=4, threads=1),
    "regress_polynomial": PolynomialConfig(degrees=(0, 3), repetitions=4, threads=1),
    "regress_ridgeless": RidgelessConfig(samples=5, features=(2, 9), repetitions=4, threads=1),
    "regress_rff": RffConfig(data="synthetic", samples=6, test_samples=5, features=(2, 9), threads=1),
    "regress_optimal_set": OptimalSetConfig(samples=5, features=(2, 9), repetitions=4, threads=1),
}


@pytest.mark.parametrize("table", SMALL)
def test_a_run_has_its_table_and_can_be_made_again(table: str, tmp_path: Path) -> None:
    run = regress(SMALL[table], tmp_path)
    assert run.status == "complete"
    assert run.table(table)["run_id"].unique().tolist() == [run.id]
    again = rerun(run, tmp_path)
    for name in run.tables:
        before, after = (made.table(name).drop(columns="run_id") for made in (run, again))
        assert before.equals(after)


def test_the_linear_run_has_a_row_a_model_and_a_row_a_descent(tmp_path: Path) -> None:
    run = regress(SMALL["regress_linear"], tmp_path)
    assert run.id.split("-", 1)[1].startswith("regress-linear-s0-")
    assert run.table("regress_linear_summary")["model"].tolist() == ["ordinary", "slight", "very"]
    assert len(run.table("regress_linear")) == 3 * 4


def test_reuse_draws_nothing_twice(tmp_path: Path) -> None:
    config = SMALL["regress_ridgeless"]
    run = regress(config, tmp_path)
    assert regress(config, tmp_path, reuse=True).id == run.id
    assert regress(config, tmp_path).id != run.id
    assert regress(replace(config, seed=1), tmp_path, reuse=True).id != run.id


@pytest.mark.parametrize(
    "config",
    [
        RidgelessConfig(samples=10**6, features=(10**6,)),
        OptimalSetConfig(samples=10**6, features=(10**6,)),
        LinearConfig(samples=10_000, terms=10**6),
        PolynomialConfig(samples=10**9),
        RffConfig(data="synthetic", samples=10**6, features=(10**6,)),
    ],
)
def test_more_than_memory_is_refused_before_a_run_is_made(config: ProblemConfig, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"geomgen regress .* needs about [\d,.]+ GiB of memory"):
        regress(config, tmp_path)
    assert not list(tmp_path.iterdir())


def test_images_are_a_regression_on_one_hot_classes(data_file: Path, tmp_path: Path) -> None:
    config = RffConfig(data=str(data_file), samples=40, test_samples=30, features=(10, 200), label_noise=0.5, threads=1)
    run = regress(config, tmp_path)
    rows = run.table("regress_rff")
    assert rows["outputs"].tolist() == [4, 4]
    assert rows["test_samples"].tolist() == [30, 30]
    assert len(run.facts["data_sha256"]) == 64
    train, test = classes_as_targets(config, load_dataset(str(data_file)))
    labels = load_dataset(str(data_file)).train.labels
    assert len(test) == 30
    assert train.targets.sum(1).tolist() == [1.0] * 40
    images = load_dataset(str(data_file)).train.images.flatten(1).float() / 255
    nearest = torch.cdist(train.inputs, images).argmin(1)
    assert (labels[nearest] != train.targets.argmax(1)).sum() == 20


def test_no_more_samples_than_there_are(data_file: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--samples 1000 is more than the 256 training images there are"):
        regress(RffConfig(data=str(data_file), samples=1000), tmp_path)

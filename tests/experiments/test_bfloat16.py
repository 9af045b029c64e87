"""What bf16 costs is said before the start, and refused where the processor emulates its products."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from geomgen import open_run
from geomgen.config.emc import EmcConfig
from geomgen.config.train import TrainConfig
from geomgen.config.volume import VolumeConfig
from geomgen.errors import UsageError
from geomgen.experiments.bfloat16 import bfloat16_refusal, bfloat16_remarks, require_bfloat16
from geomgen.experiments.train import train, work
from tests.conftest import Command

FLAGS = {"AVX2": {"avx2"}, "AVX-512": {"avx2", "avx512bw"}, "AVX-512 BF16": {"avx512_bf16"}, "AMX": {"amx_bf16"}}
NATIVE, EMULATED = ("AVX-512 BF16", "AMX", "unknown"), ("AVX2", "AVX-512", "NEON")
SMALL = ("--width", 4, "--epochs", 1)


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Make this processor one with an instruction set."""

    def choose(name: str) -> None:
        monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
        found = frozenset({**FLAGS, "unknown": set(), "NEON": {"asimd"}}[name])
        monkeypatch.setattr("geomgen.processor._flags", lambda: found)

    return choose


def test_nothing_is_said_without_bf16(on: Callable[[str], None]) -> None:
    on("AVX2")
    configs = [TrainConfig(), VolumeConfig(), EmcConfig()]
    assert bfloat16_remarks(configs) == []
    assert bfloat16_refusal(configs) is None


@pytest.mark.parametrize("name", EMULATED)
def test_emulated_products_are_refused_with_their_cost(
    on: Callable[[str], None], data_file: Path, tmp_path: Path, name: str
) -> None:
    on(name)
    config = TrainConfig(data=str(data_file), width=4, epochs=1, threads=1, precision="bf16")
    with pytest.raises(UsageError, match=rf"slower than fp32: this processor \({name}\) has no bfloat16 products"):
        require_bfloat16([config])
    with pytest.raises(UsageError, match=r"Choose --precision fp32, or add --force-precision"):
        train(config, tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_the_cost_is_that_of_the_widest_map(on: Callable[[str], None]) -> None:
    wide = ("AVX2", 8192, 30), ("AVX-512", 8192, 2.1), ("AVX-512 BF16", 8192, 0.75)
    for name, width, times in (*wide, ("AVX2", 64, 4)):
        on(name)
        config = TrainConfig(width=width, threads=2, precision="bf16", force_precision=True)
        (remark,) = bfloat16_remarks([config])
        assert f"this processor ({name}) has" in remark
        assert f"about {times:g} times as long as fp32" in remark
        both = (replace(config.filled(), precision=word) for word in ("bf16", "fp32"))
        at_bf16, at_fp32 = (work(one).seconds(2) or 0.0 for one in both)
        assert at_bf16 == pytest.approx(times * at_fp32)


def test_trainings_are_added_up(on: Callable[[str], None]) -> None:
    on("AVX2")
    one, two = (bfloat16_refusal([TrainConfig(width=8192, threads=2, precision="bf16")] * many) for many in (1, 2))
    assert "25 h" in str(one)
    assert "50 h" in str(two)


@pytest.mark.parametrize("name", NATIVE)
def test_nothing_is_refused_where_it_is_native_or_nothing_is_known(on: Callable[[str], None], name: str) -> None:
    on(name)
    configs = [TrainConfig(precision="bf16"), EmcConfig(precision="bf16")]
    require_bfloat16(configs)
    (remark,) = bfloat16_remarks(configs)
    assert f"({name})" in remark


def test_a_gpu_is_not_the_processor(on: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    on("AVX2")
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    for device in ("cuda", "auto"):
        assert bfloat16_refusal([TrainConfig(precision="bf16", device=device)]) is None
        assert bfloat16_remarks([TrainConfig(precision="bf16", device=device)]) == []


@pytest.mark.parametrize("words", [("train",), ("emc", "--draws", 2, "--max-samples", 40)])
def test_commands_refuse_it_and_tell_the_cost_of_what_is_forced(
    on: Callable[[str], None], geomgen: Command, data_file: Path, tmp_path: Path, words: tuple[object, ...]
) -> None:
    on("AVX2")
    asked = (*words, *SMALL, "--data", data_file, "--precision", "bf16", "--runs-dir", tmp_path / "runs")
    refused = geomgen(*asked)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.said.count("this processor (AVX2) has no bfloat16 products") == 1
    assert not (tmp_path / "runs").exists()
    forced = geomgen(*asked, "--force-precision")
    assert forced.returncode == 0, forced.stderr
    assert forced.stderr.startswith(
        "--precision bf16: this processor (AVX2) has no bfloat16 products. It takes about 4 "
    )
    run = open_run(forced.stdout.strip().splitlines()[-1])
    assert (run.config["force_precision"], run.environment["instruction_set"]) == (True, "AVX2")
    on("AVX-512 BF16")
    assert geomgen(*asked, "--reuse", "-q").stdout.strip() == str(run.path)


def test_resuming_tells_the_cost(on: Callable[[str], None], geomgen: Command, data_file: Path, tmp_path: Path) -> None:
    on("AVX-512 BF16")
    runs = ("--runs-dir", tmp_path)
    made = geomgen("train", *SMALL, "--data", data_file, "--precision", "bf16", "-q", *runs).stdout.strip()
    (Path(made) / "manifest.json").unlink()
    on("AVX2")
    resumed = geomgen("train", "--resume", made, *runs)
    assert resumed.returncode == 0, resumed.stderr
    assert "this processor (AVX2) has no bfloat16 products" in resumed.said


def test_a_sweep_knows_it_before_anything_starts(
    on: Callable[[str], None], geomgen: Command, data_file: Path, tmp_path: Path
) -> None:
    recipe, runs_dir = tmp_path / "two.toml", tmp_path / "runs"
    recipe.write_text(f'[set]\nwidth = 99\nepochs = 50\ndata = "{data_file}"\n[grid]\nprecision = ["fp32", "bf16"]\n')
    asked = ("sweep", recipe, "--runs-dir", runs_dir)
    on("AVX2")
    planned = geomgen(*asked, "--dry-run", "--format", "json")
    assert planned.returncode == 0, planned.stderr
    assert "has no bfloat16 products, and emulates them." in planned.said
    assert "--set force-precision=true" in planned.said
    refused = geomgen(*asked)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.said.count("has no bfloat16 products, and emulates them.") == 1
    assert not runs_dir.exists()
    on("AVX-512 BF16")
    native = geomgen(*asked, "--dry-run", "--format", "json")
    slow, fast = (
        {line["precision"]: line["time_s"] for line in json.loads(result.stdout)} for result in (planned, native)
    )
    assert slow["fp32"] == fast["fp32"]
    assert slow["bf16"] > fast["bf16"]
    elsewhere = geomgen(*asked, "--dry-run", "--on", "slurm")
    assert "bfloat16" not in elsewhere.said

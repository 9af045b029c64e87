"""The commands that compute, each made from the record of its experiment."""

import json
import sys
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import typer

from geomgen import open_run, runs
from geomgen.cli.experiments import command_of
from geomgen.cli.help import GroupedCommand
from geomgen.config.experiment import Experiment
from geomgen.config.measure import MeasureConfig
from geomgen.config.registry import EXPERIMENTS, MAKERS, MEASURES, NETWORKS
from geomgen.errors import UsageError
from geomgen.experiments.entry import function
from geomgen.fields import DATA_DIGEST, column, option
from geomgen.store.run import Run, create_run
from tests.conftest import Command


def test_linear_is_the_default_problem(geomgen: Command, tmp_path: Path) -> None:
    result = geomgen("regress", "--repetitions", 3, "--samples", 4, "--runs-dir", tmp_path)
    assert result.returncode == 0, result.stderr
    run = open_run(result.stdout.splitlines()[-1])
    assert run.experiment == "regress linear"
    assert "posterior" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["epochs", "--samples", 8, "--features-per-scale", 2, "--steps", "0,5", "--repetitions", 4],
        ["linear", "--repetitions", 10, "--seed", 3],
        ["ridgeless", "--samples", 40, "--features", "20,60,120", "--noise-variance", 0.25, "--repetitions", 4],
        ["polynomial", "--degrees", "0-20", "--repetitions", 4],
        ["rff", "--data", "synthetic", "--samples", 10, "--features", "5,10,20"],
        ["optimal-set", "--samples", 50, "--features", "60,100,400", "--repetitions", 3],
    ],
)
def test_a_problem_prints_its_run(geomgen: Command, tmp_path: Path, arguments: list[object]) -> None:
    result = geomgen("regress", *arguments, "--quiet", "--runs-dir", tmp_path)
    assert result.returncode == 0, result.stderr
    assert open_run(result.stdout.strip()).status == "complete"
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["lineer"], "There is no problem 'lineer'. Did you mean 'linear'?"),
        (["linear", "--samples", 0], "--samples 0 is too small. It must be at least 1."),
        (["ridgeless", "--features", "20,many"], "--features '20,many' is not a list of whole numbers."),
        (["ridgeless", "--features", "0"], "--features 0 is too small. It must be at least 1."),
        (["ridgeless", "--features", "9-3"], "--features 9-3 is not a valid range."),
        (["optimal-set", "--features", "100000000"], "GiB of memory"),
        (["polynomial", "--degrees", "0-400", "--interval", 10], "--degrees 400 overflows in the raw basis"),
        (["polynomial", "--degrees", "5000"], "--degrees 5000 is too large. It must be at most 1000."),
        (["rff", "--features", "100,100000000"], "--features 100000000 is too large. It must be at most 1e+06."),
        (["rff", "--samples", "60000", "--features", "100000"], "GiB of memory"),
        (["rff", "--samples", "0"], "--samples 0 is too small."),
        (["linear", "--degrees", "3"], "No such option: --degrees"),
        (["linear", "--device", "cuda"], "--device cuda does not apply to regress linear: it is solved by LAPACK."),
        (["rff", "--device", "cuda"], "--device cuda is not available here."),
    ],
)
def test_bad_input_is_one_panel(geomgen: Command, tmp_path: Path, arguments: list[object], words: str) -> None:
    result = geomgen("regress", *arguments, *([] if arguments == ["lineer"] else ["--runs-dir", tmp_path / "runs"]))
    assert result.returncode == 2
    assert words in result.said
    assert not (tmp_path / "runs").exists()


def test_problems_are_cells_of_a_sweep(geomgen: Command, tmp_path: Path) -> None:
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(
        'experiment = "regress optimal-set"\n[set]\nsamples = 4\nrepetitions = 2\n'
        '[grid]\nfeatures = ["5-7,9", 8]\n[report]\nnames = ["optimal-set"]\n'
    )
    result = geomgen("sweep", recipe, "--runs-dir", tmp_path / "runs")
    assert result.returncode == 0, result.stderr
    found = runs(tmp_path / "runs")
    assert {tuple(run.config["features"]) for run in found if run.experiment != "sweep"} == {(5, 6, 7, 9), (8,)}
    assert [run.status for run in found] == ["complete"] * 3


def test_modified_flow_shows_the_orders_and_is_made_again_bit_by_bit(geomgen: Command, tmp_path: Path) -> None:
    made = geomgen("modified-flow", "--halvings", 3, "--runs-dir", tmp_path)
    assert made.returncode == 0, made.stderr
    run = open_run(made.stdout.strip())
    assert run.status == "complete"
    assert run.table("modified_flow_orders")["order"].tolist() == pytest.approx([2, 2, 3, 2], abs=0.1)
    assert "modified_flow_orders" in made.stderr
    reused = geomgen("modified-flow", "--halvings", 3, "--runs-dir", tmp_path, "--reuse", "-q")
    assert reused.stdout == made.stdout
    again = open_run(geomgen("rerun", run.path, "--runs-dir", tmp_path, "-q").stdout.strip())
    for name in ("modified_flow", "modified_flow_orders"):
        assert again.table(name).drop(columns="run_id").equals(run.table(name).drop(columns="run_id"))


def test_a_step_that_is_too_large_or_too_small_is_refused(geomgen: Command, tmp_path: Path) -> None:
    small = geomgen("modified-flow", "--largest-step", 1e-9, "--runs-dir", tmp_path)
    assert (small.returncode, small.stdout) == (2, "")
    assert "Choose a larger --largest-step" in small.said
    large = geomgen("modified-flow", "--problem", "network", "--largest-step", 1e9, "--runs-dir", tmp_path)
    assert large.returncode == 2
    assert "Choose a smaller --largest-step" in large.said


def test_emc_says_what_it_found_and_what_is_out_of_reach(geomgen: Command, data_file: Path, tmp_path: Path) -> None:
    options = ("--data", data_file, "--width", 32, "--draws", 2, "--runs-dir", tmp_path, "--max-samples", 64)
    fitted = geomgen("emc", *options, "--epochs", 60, "--lr", 0.01, "--batch-size", 8)
    assert fitted.returncode == 0, fitted.stderr
    assert "All 64 images are fitted: raise --max-samples or --label-noise." in fitted.said
    assert open_run(fitted.stdout.strip()).table("emc")["emc"].tolist() == [64]
    missed = geomgen("emc", *options, "--epochs", 1, "--label-noise", 0.5)
    assert "Not even 32 images are fitted: raise --epochs or --width." in missed.said


@pytest.fixture
def float_file(tmp_path: Path, data_file: Path) -> Path:
    """Data of which two things are to be said: images as floats, and labels from 1."""
    with np.load(data_file) as arrays:
        images = {name: arrays[name] / 255 for name in ("x_train", "x_test")}
        labels = {name: arrays[name] + 1 for name in ("y_train", "y_test")}
    np.savez(tmp_path / "floats.npz", **images, **labels)
    return tmp_path / "floats.npz"


TAKEN, ONE_MORE = "they are taken as they are", "No training image has the label 0: there are 5 classes"


@pytest.mark.parametrize(
    "words",
    [
        ["train", "--width", 4, "--epochs", 1],
        ["emc", "--width", 4, "--epochs", 1, "--draws", 2, "--max-samples", 40],
        ["regress", "rff", "--samples", 20, "--features", "5,40"],
    ],
)
def test_what_is_odd_about_data_is_said_before_the_start_and_in_the_log(
    geomgen: Command, float_file: Path, tmp_path: Path, words: list[object]
) -> None:
    runs_dir = tmp_path / "runs"
    told = geomgen(*words, "--data", float_file, "--runs-dir", runs_dir)
    assert told.returncode == 0, told.stderr
    assert told.stderr.startswith(f"--data {float_file}: The images are floats")
    log = (Path(told.stdout.splitlines()[-1]) / "log.txt").read_text()
    for words_said in (TAKEN, ONE_MORE):
        assert words_said in told.said
        assert words_said in log
    assert str(float_file) not in log
    assert geomgen(*words, "--data", float_file, "--runs-dir", runs_dir, "-q").stderr == ""


def test_a_network_trained_on_floats_is_measured(geomgen: Command, float_file: Path, tmp_path: Path) -> None:
    on = ("--runs-dir", tmp_path / "runs", "-q")
    run = geomgen("train", "--data", float_file, "--width", 8, "--epochs", 1, *on).stdout.strip()
    for words in (
        ["volume"],
        ["probe-activations", "--statistics"],
        ["jacobian", "--samples", 4],
        ["tangent-kernel"],
        ["hessian"],
    ):
        measured = geomgen(words[0], run, *words[1:], *on)
        assert (measured.returncode, measured.stdout.strip()) == (0, run), measured.stderr


ZEROS = """
from torch import nn

def factory(input_shape, num_classes, bias=True):
    images = input_shape[0] * input_shape[1] * input_shape[2]
    maps = nn.Linear(images, 5, bias=bias), nn.Linear(5, 5, bias=bias), nn.Linear(5, num_classes, bias=bias)
    network = nn.Sequential(nn.Flatten(), maps[0], nn.Tanh(), maps[1], nn.Tanh(), maps[2])
    for parameter in network.parameters():
        nn.init.zeros_(parameter)
    return network

def unmoved(input_shape, num_classes):
    return factory(input_shape, num_classes, bias=False)
"""


@pytest.mark.parametrize("factory", ["factory", "unmoved"])
def test_a_network_of_zeros_is_trained_imported_and_measured(
    geomgen: Command, data_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, factory: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "zeros.py").write_text(ZEROS)
    network = ("--arch", f"zeros:{factory}", "--data", data_file, "--runs-dir", tmp_path / "runs", "-q")
    made = [
        geomgen("train", *network, "--epochs", 1, *tracked) for tracked in ([], ["--track=implicit-regularization"])
    ]
    states = Path(made[1].stdout.strip()) / "checkpoints"
    named = ("--initial", states / "initial.safetensors", "--steps", f"3={states / 'final.safetensors'}")
    made.append(geomgen("import", states / "final.safetensors", *named, *network))
    assert [result.returncode for result in made] == [0, 0, 0], [result.stderr for result in made]
    for result in made[1:]:  # the first ended with the same parameters as the second
        run = result.stdout.strip()
        for measure in MEASURES:
            extra: dict[str, list[object]] = {
                "critical-points": ["--points", 2, "--samples", 20, "--max-iterations", 10],
                "diffusion": ["--steps", 20, "--interval", 10],
                "hessian": ["--samples", 20],
                "probe-activations": ["--statistics"],
                "volume": ["--rule", "relative,floor,full,ledoit-wolf"],
                "volume --space parameters": ["--weighting", "none", "--samples", 20, "--directions", 10],
                "llc": ["--samples", 20, "--chains", 2, "--draws", 10],
            }
            measured = geomgen(*measure.split(), run, "--runs-dir", tmp_path / "runs", "-q", *extra.get(measure, []))
            if measured.returncode:  # a search starts at some distance from its state, relative to the parameters
                assert (measure, measured.returncode) == ("critical-points", 2), measured.stderr
                assert "are all 0, from where noise relative to them does not lead away" in measured.said
            else:
                assert measured.stdout.strip() == run
        moved = open_run(run).table("imported" if result is made[-1] else "training")
        assert moved["relative_distance"].isna().all()
    assert made[0].stdout != made[1].stdout


@dataclass(frozen=True)
class EitherConfig(MeasureConfig):
    """Options of an experiment that makes runs and measures them."""

    seed: int = option(0, "Seed.", "Either")


EITHER = Experiment(
    name="either",
    config=EitherConfig,
    about="Make a run, or measure those that are named.",
    tables=("either",),
    shown=("value",),
    make="made_up:make",
    measure="made_up:measure",
)


@dataclass(frozen=True)
class EitherRow:
    """A row of ``either.parquet``."""

    value: int = column("What was found.")


def test_an_experiment_that_does_both_makes_a_run_or_measures_those_that_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def make(config: EitherConfig, runs_dir: Path, *, reuse: bool, progress: object) -> Run:
        run = create_run(runs_dir, "either", "x", config.to_mapping(), {"reuse": reuse})
        run.add_rows("either", [EitherRow(config.seed)])
        run.finish("complete")
        return run

    def measure(run: Run, config: EitherConfig, *, reuse: bool, progress: object) -> list[EitherRow]:
        return [EitherRow(100 + config.seed)]

    monkeypatch.setitem(sys.modules, "geomgen.experiments.made_up", SimpleNamespace(make=make, measure=measure))
    app = typer.Typer()
    app.command(cls=GroupedCommand)(command_of(EITHER))
    app([f"--runs-dir={tmp_path}", "--seed=7", "--reuse"], standalone_mode=False)
    made = capsys.readouterr()
    run = open_run(made.out.strip())
    assert (run.config["seed"], run.facts) == (7, {"reuse": True})
    assert "7" in made.err
    app([str(run.path), "--seed=1"], standalone_mode=False)
    measured = capsys.readouterr()
    assert measured.out == made.out
    assert "101" in measured.err
    with pytest.raises(UsageError, match=r"--state is about a RUN, and none is named\."):
        app([f"--runs-dir={tmp_path}", "--state=final"], standalone_mode=False)
    (tmp_path / "options.toml").write_text('state = "final"')
    with pytest.raises(UsageError, match=r"--state is about a RUN, and none is named\."):
        app([f"--runs-dir={tmp_path}", f"--config={tmp_path}/options.toml"], standalone_mode=False)


NO_NETWORK = [*(name for name in MAKERS if name not in NETWORKS), "sweep"]


@pytest.fixture
def all_kinds(run_dir: Path, data_file: Path) -> dict[str, str]:
    """Beside a training, later runs that no measure can measure: the words of why, by run id."""
    root = run_dir.parent
    config = {"data": str(data_file), "arch": "mlp", "final": "final.safetensors"}
    told = {}
    for name in [*NO_NETWORK, *NETWORKS]:
        run = create_run(root, name, "x", config, {DATA_DIGEST: "0"})
        run.finish("complete")
        held = (
            "is an archive: it has no checkpoints"
            if name in NETWORKS
            else f"is a run of {name}, which holds no network"
        )
        told[run.id] = held
    for name, status in product(NETWORKS, ("failed", "interrupted", "unfinished")):
        run = create_run(root, name, "x", config, {DATA_DIGEST: "0"})
        run.save_state("final", {}, {})
        if status != "unfinished":
            run.finish(status, "made up")
        told[run.id] = "failed: made up" if status == "failed" else f"is {status}"
    return told


@pytest.mark.parametrize("measure", MEASURES)
def test_latest_is_what_a_measure_can_measure_and_any_other_run_is_refused_with_the_reason(
    geomgen: Command, run_dir: Path, all_kinds: dict[str, str], measure: str
) -> None:
    in_folder = ("--runs-dir", run_dir.parent, "-q")
    latest = geomgen(*measure.split(), "latest", *in_folder)
    if measure == "critical-points":
        assert f"The network of {run_dir.name} has kinks" in latest.said
    else:
        assert (latest.returncode, latest.stdout) == (0, f"{run_dir}\n"), latest.stderr
    for run_id, told in all_kinds.items():
        refused = geomgen(*measure.split(), run_id, *in_folder)
        assert (refused.returncode, refused.stdout) == (3, "")
        assert f"{run_id} {told}" in refused.said
        assert "A bug" not in refused.said


def test_an_archive_is_made_again_from_its_config_but_no_import_without_its_files(
    geomgen: Command, run_dir: Path, data_file: Path, tmp_path: Path
) -> None:
    to, final = tmp_path / "archives", run_dir / "checkpoints" / "final.safetensors"
    options = ("--arch", "mlp", "--width", 8, "--data", data_file, "--runs-dir", run_dir.parent, "-q")
    imported = geomgen("import", final, *options).stdout.strip()
    archived = geomgen("archive", run_dir, imported, "--to", to).stdout.split()
    again = geomgen("rerun", "latest", "--data", data_file, "--runs-dir", to, "-q")
    assert open_run(again.stdout.strip()).states == ["final", "initial"]
    refused = geomgen("rerun", archived[1])
    assert (refused.returncode, "is an archive: it has no checkpoints to import again" in refused.said) == (3, True)


def test_a_checkpoint_file_stands_for_its_run_and_state(
    geomgen: Command, run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ("--runs-dir", run_dir.parent, "-q", "--condition", "data", "--rule", "full")
    assert geomgen("volume", run_dir, *whole).returncode == 0
    wanted = open_run(run_dir).table("activation_volume").query("rule == 'full'").set_index("state")["log_det_nats"]
    final = run_dir / "checkpoints" / "final.safetensors"
    some = ("-q", "--condition", "data", "--rule", "floor", "--floor", "1e-300")
    measured = geomgen("volume", final, *some)
    assert (measured.returncode, measured.stdout) == (0, f"{run_dir}\n")
    rows = open_run(run_dir).table("activation_volume").query("rule == 'floor'").set_index("state")["log_det_nats"]
    assert rows.to_dict() == {"final": wanted["final"]}
    monkeypatch.chdir(final.parent)
    both = geomgen("volume", "-", *some, stdin=f"initial.safetensors\n{run_dir}/checkpoints/final.safetensors\n")
    assert (both.returncode, len(both.stdout.splitlines())) == (0, 2)
    for arguments, words in (
        (["volume", final, "--state", "initial"], "says which state to measure, and so does --state"),
        (["show", final], f"is the state 'final' of a run, not a whole run. Name the run: {run_dir}"),
    ):
        refused = geomgen(*arguments, COLUMNS="400")
        assert (refused.returncode, words in refused.said) == (2, True), refused.stderr


def test_import_makes_a_run_and_a_file_that_is_no_run_is_to_be_imported(
    geomgen: Command, run_dir: Path, data_file: Path, tmp_path: Path
) -> None:
    final, initial = (tmp_path / f"{name} state.safetensors" for name in ("final", "initial"))
    for path in (final, initial):
        path.write_bytes((run_dir / "checkpoints" / f"{path.name.split()[0]}.safetensors").read_bytes())
    options = ("--initial", initial, "--arch", "mlp", "--width", 8, "--data", data_file, "--runs-dir", tmp_path / "new")
    made = geomgen("import", final, *options)
    assert made.returncode == 0, made.stderr
    run = open_run(made.stdout.splitlines()[-1])
    assert (run.experiment, run.states, run.status) == ("import", ["final", "initial"], "complete")
    assert "imported test loss test relative state nats accuracy" in made.said
    assert geomgen("import", final, *options, "--reuse", "-q").stdout == f"{run.path}\n"
    refused = geomgen("volume", final, COLUMNS="400")
    assert refused.returncode == 2
    assert f"make a run of it with: geomgen import '{final}' --arch MODULE:FACTORY" in refused.said
    nothing = geomgen("import", *options)
    assert (nothing.returncode, "No file of trained parameters was named" in nothing.said) == (2, True)


def test_another_kind_of_run_is_neither_resumed_nor_a_teacher(geomgen: Command, run_dir: Path, data_file: Path) -> None:
    other = create_run(run_dir.parent, "regress rff", "x", {"data": str(data_file)}, {DATA_DIGEST: "0"})
    options = ("--runs-dir", run_dir.parent, "-q")
    resumed = geomgen("train", "--resume", other.id, *options)
    assert (resumed.returncode, "is a run of regress rff, which train cannot resume" in resumed.said) == (2, True)
    nothing = geomgen("train", "--resume", "latest", *options)
    assert (nothing.returncode, "none of its 2 runs is a run of train that can be resumed" in nothing.said) == (3, True)
    other.finish("complete")
    taught = geomgen("train", "--teacher", other.id, "--data", data_file, *options)
    assert (taught.returncode, "cannot be a teacher: it is a run of regress rff" in taught.said) == (3, True)
    student = ("--width", 4, "--epochs", 1, "--data", data_file)
    assert geomgen("train", "--teacher", "latest", *student, *options).returncode == 0


def test_every_function_that_a_record_names_is_there() -> None:
    for record in EXPERIMENTS.values():
        assert record.make or record.measure
        for path in filter(None, (record.make, record.measure, record.resume, record.cost, record.remarks)):
            assert callable(function(path))


@pytest.mark.parametrize("name", list(EXPERIMENTS))
def test_every_command_that_computes_takes_a_device_and_threads(geomgen: Command, name: str) -> None:
    told = geomgen(*name.split(), "--help").stdout
    assert "--device cpu|cuda|mps|auto" in told
    assert "--threads" in told


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_what_is_computed_on_a_gpu_is_what_is_computed_on_the_cpu(
    geomgen: Command, data_file: Path, tmp_path: Path
) -> None:
    found = {}
    for device in ("cpu", "cuda"):
        on = ("--device", device, "--runs-dir", tmp_path / device, "-q")
        run = geomgen("train", "--data", data_file, "--width", 8, "--epochs", 1, *on).stdout.strip()
        for measure in ("volume", "probe-activations", "jacobian", "tangent-kernel", "hessian"):
            assert geomgen(measure, run, *on, *(["--statistics"] if measure == "probe-activations" else [])).said == ""
        rff = geomgen("regress", "rff", "--data", "synthetic", "--samples", 20, "--features", "10,40", *on).stdout
        flow = geomgen("modified-flow", "--halvings", 3, *on).stdout
        made = [open_run(path.strip()) for path in (run, rff, flow)]
        frames = [one.table(name) for one in made for name in one.tables]
        found[device] = [frame.select_dtypes("number").drop(columns="wall_time_s", errors="ignore") for frame in frames]
    for left, right in zip(found["cpu"], found["cuda"], strict=True):
        assert left.to_numpy() == pytest.approx(right.to_numpy(), rel=1e-2, abs=1e-3, nan_ok=True)


OWN = """
import torch
from torch import nn
print("imported")

class Printing(nn.Module):
    def __init__(self, input_shape, num_classes):
        super().__init__()
        self.first, self.last = nn.Linear(36, 8), nn.Linear(8, num_classes)

    def forward(self, images):
        print("passing", len(images))
        return self.last(self.first(images.flatten(1)).relu())

class Failing(Printing):
    def forward(self, images):
        if len(images) == 16:
            raise ValueError("sixteen")
        return super().forward(images)

class Noisy(Printing):
    def forward(self, images):
        return super().forward(images) + self.training * torch.randn(())

class Leaving(Printing):
    def __init__(self, input_shape, num_classes):
        raise SystemExit

class Sequence(Printing):
    def forward(self, images):
        hidden = self.first(images.flatten(1)[None].transpose(0, 1).transpose(0, 1))
        return self.last(hidden[0])
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of user's networks, the current one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in ("networks_of_a_user", "leaving_package", "leaving_package.networks"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    (tmp_path / "networks_of_a_user.py").write_text(OWN)
    (tmp_path / "leaving_package").mkdir()
    (tmp_path / "leaving_package" / "__init__.py").write_text("import sys\nsys.exit()")
    (tmp_path / "leaving_package" / "networks.py").write_text(OWN)
    return tmp_path


def _words(command: str, arch: str, data_file: Path, folder: Path) -> list[object]:
    if command == "sweep":
        recipe = f'name = "own"\nexperiment = "train"\n[set]\narch = "{arch}"\ndata = "{data_file}"\nepochs = 1\n'
        (folder / "own.toml").write_text(recipe + "[grid]\nseed = [0]\n")
        return ["sweep", "own.toml", "--no-reports", "--runs-dir", folder / "runs"]
    words: list[object] = [command, "--arch", arch, "--data", data_file, "--epochs", 1, "--runs-dir", folder / "runs"]
    return words if command == "train" else [*words, "--max-samples", 40, "--draws", 2]


def test_what_a_users_network_prints_is_no_result(geomgen: Command, own: Path, data_file: Path) -> None:
    for words in (["-q"], []):
        made = geomgen(*_words("train", "networks_of_a_user:Printing", data_file, own), *words)
        assert made.returncode == 0, made.stderr
        assert len(made.stdout.splitlines()) == 1
        assert "passing 64" in made.stderr
        measured = geomgen("volume", "-", "-q", "--runs-dir", own / "runs", stdin=made.stdout)
        assert (measured.returncode, measured.stdout) == (0, made.stdout), measured.stderr
    again = geomgen("rerun", "latest", "--runs-dir", own / "runs")
    assert len(again.stdout.splitlines()) == 1
    plan = geomgen(*_words("sweep", "networks_of_a_user:Printing", data_file, own), "--dry-run", "--format", "json")
    assert json.loads(plan.stdout)


@pytest.mark.parametrize("command", ["train", "emc", "sweep"])
@pytest.mark.parametrize(
    ("arch", "told"),
    [
        ("networks_of_a_user:Leaving", "failed: SystemExit"),
        ("leaving_package.networks:Printing", "could not be imported: SystemExit"),
        ("networks_of_a_user:Noisy", "draws random numbers while it trains, outside --seed"),
        ("networks_of_a_user:Sequence", "with 2 images, the input or output of first has the shape (1, 2, 8)"),
    ],
)
def test_a_users_network_that_cannot_be_used_is_refused_before_anything_starts(
    geomgen: Command, own: Path, data_file: Path, command: str, arch: str, told: str
) -> None:
    ended = geomgen(*_words(command, arch, data_file, own))
    assert (ended.returncode, ended.stdout) == (2, ""), ended.stderr
    assert f"--arch {arch}" in ended.said
    assert told in ended.said
    assert not runs(own / "runs")


def test_a_users_network_that_fails_while_it_is_trained_leaves_a_run_that_says_so(
    geomgen: Command, own: Path, data_file: Path
) -> None:
    ended = geomgen(*_words("train", "networks_of_a_user:Failing", data_file, own), "--batch-size", 16)
    assert (ended.returncode, ended.stdout) == (2, "")
    (run,) = runs(own / "runs")
    assert run.status == "failed"
    assert "failed on (16, 1, 6, 6) images: ValueError: sixteen" in run.reason

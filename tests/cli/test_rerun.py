"""``geomgen rerun``: a new run beside the old one, told on standard output."""

from pathlib import Path

from geomgen import open_run
from geomgen.config.modified_flow import ModifiedFlowConfig
from geomgen.experiments.modified_flow import modified_flow
from geomgen.store.run import create_run
from tests.conftest import Command


def test_a_run_is_made_again_with_its_measures(geomgen: Command, run_dir: Path) -> None:
    result = geomgen("rerun", "latest", "--runs-dir", run_dir.parent)
    again, first = open_run(result.stdout.strip()), open_run(run_dir)
    assert result.returncode == 0, result.stderr
    assert result.stderr != ""
    assert (again.path.parent, again.path != first.path) == (run_dir.parent, True)
    assert again.config == first.config
    for name in ("training", "activation_volume"):
        old, new = (run.table(name).drop(columns=["run_id", "wall_time_s"], errors="ignore") for run in (first, again))
        assert new.equals(old)


def test_a_run_may_come_from_standard_input_and_the_new_one_goes_where_it_is_told(
    geomgen: Command, tmp_path: Path
) -> None:
    first = modified_flow(ModifiedFlowConfig(halvings=2, threads=1), tmp_path / "old")
    result = geomgen("rerun", "-", "--runs-dir", tmp_path / "new", "-q", stdin=f"{first.path}\n")
    assert (result.returncode, result.stderr) == (0, "")
    assert open_run(result.stdout.strip()).path.parent == tmp_path / "new"


def test_what_cannot_be_made_again_leaves_nothing(geomgen: Command, tmp_path: Path) -> None:
    unfinished = create_run(tmp_path, "train", "x", {}, {})
    for name, said in ((unfinished.id, unfinished.id), ("nothing", "'nothing'")):
        result = geomgen("rerun", name, "--runs-dir", tmp_path)
        assert (result.returncode, result.stdout) == (3, "")
        assert said in result.said
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")] == [unfinished.id]

"""Cells on Ray: two machines, one of which dies in the middle of a cell."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from geomgen import runs
from geomgen.errors import UsageError
from geomgen.sweep.cells import cells
from geomgen.sweep.job import Job
from geomgen.sweep.observer import Observer
from geomgen.sweep.ray import run_on_ray
from tests.all_tables import all_tables
from tests.sweep.made_up_recipe import recipe, unprepared

pytestmark = [
    pytest.mark.slow,
    # Ray leaves sockets and processes of its own to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]
SECONDS_OF_TRAINING = {"epochs": 1200, "batch_size": 16}


class NodeKiller(Observer):
    """Takes a machine away once the cells on all machines tell of progress.

    Args:
        cluster: The cluster.
        node: The machine.
    """

    def __init__(self, cluster: Any, node: Any) -> None:
        self._cluster, self._node = cluster, node
        self._training: set[int] = set()
        self.killed = False

    def said(self, number: int, line: str) -> None:
        """Take the machine away when it is time."""
        if "test accuracy" in line:
            self._training.add(number)
        if len(self._training) == 2 and not self.killed:
            self._cluster.remove_node(self._node, allow_graceful=False)
            self.killed = True


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A cluster whose head has no cores."""
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    yield made
    made.shutdown()  # type: ignore[no-untyped-call]


def test_a_cell_whose_machine_dies_is_taken_up_by_another(cluster: Any, data_file: Path, tmp_path: Path) -> None:
    doomed = cluster.add_node(num_cpus=1)
    cluster.add_node(num_cpus=1)
    made = recipe(data_file, set={"data": str(data_file), **SECONDS_OF_TRAINING}, grid={"width": [8, 12]}, then={})
    jobs = {
        number: Job.of(cell, tmp_path / "runs", threads=1, retries=1, anew=False, log=tmp_path / f"{number}.txt")
        for number, cell in enumerate(cells(made, unprepared))
    }
    resources, killer = dict.fromkeys(jobs, made.resources), NodeKiller(cluster, doomed)
    outcomes = run_on_ray(jobs, resources, killer, address=cluster.address)
    assert killer.killed
    assert [outcomes[number].status for number in jobs] == ["done", "done"], outcomes
    assert [(run.config["width"], run.status) for run in _by_width(tmp_path / "runs")] == [
        (8, "complete"), (12, "complete"),
    ]  # fmt: skip
    starts = [(tmp_path / f"{number}.txt").read_text().count("$ geomgen train") for number in jobs]
    assert sorted(starts) == [1, 2]


def test_all_tables_of_a_set_are_one_command_on_two_machines(cluster: Any, data_file: Path, tmp_path: Path) -> None:
    for _ in range(2):
        cluster.add_node(num_cpus=1)
    made, folder = tmp_path / "tiny.toml", tmp_path / "runs"
    made.write_text(f'[set]\nepochs = 1\ndata = "{data_file}"\n[grid]\nwidth = [8, 12]\n[then]\nvolume = {{}}\n')
    ended = all_tables(made, folder, ENGINE="ray", ADDRESS=cluster.address)
    assert ended.returncode == 0, ended.stdout
    assert [(run.config["width"], run.status) for run in _by_width(folder)] == [(8, "complete"), (12, "complete")]
    assert (folder / "all-tables" / "index.html").exists()


def test_a_cluster_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    job = Job("cell", (("train",),), 1, 0, str(tmp_path / "log.txt"))
    with pytest.raises(UsageError, match=r"--address 127\.0\.0\.1:1: .* refused"):
        run_on_ray({0: job}, {}, Observer(), address="127.0.0.1:1")


def _by_width(folder: Path) -> list[Any]:
    return sorted((run for run in runs(folder) if run.experiment == "train"), key=lambda run: int(run.config["width"]))

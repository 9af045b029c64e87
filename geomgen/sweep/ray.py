"""Cells as Ray tasks, on this machine or a cluster whose machines share the folder of runs."""

import logging
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from geomgen.config.sweep import ResourcesConfig
from geomgen.errors import UsageError
from geomgen.sweep.cells import FAILED
from geomgen.sweep.job import INTERRUPTED, Job, Outcome
from geomgen.sweep.local import any_failed
from geomgen.sweep.observer import Observer
from geomgen.sweep.process import Children, run_job

TICK_S, CONNECT_S = 0.5, 10.0


def run_on_ray(
    jobs: Mapping[int, Job],
    resources: Mapping[int, ResourcesConfig],
    observer: Observer,
    *,
    address: str | None = None,
    at_once: int | None = None,
    should_stop: Callable[[], object] = lambda: False,
    fail_fast: bool = False,
) -> dict[int, Outcome]:
    """Run jobs as Ray tasks; if a machine dies, its task moves to another.

    Args:
        jobs: By number, in the order in which they start.
        resources: What Ray reserves for each.
        observer: Notified of what happens.
        address: Cluster to join; without it Ray starts on this machine.
        at_once: Maximum number of tasks at a time; if not given, as many as there is room for.
        should_stop: Polled repeatedly; once true, processes are asked to save and exit.
        fail_fast: Whether to stop at the first failure.

    Returns:
        Outcomes by number; jobs that never started are not included.

    Raises:
        UsageError: If Ray is not installed, or the cluster cannot be joined.
    """
    with _joined(address) as ray:
        tasks = _Tasks(ray, jobs, resources, observer)
        while tasks.running or (tasks.waiting and not tasks.stopping):
            tasks.submit(at_once or len(jobs))
            tasks.collect()
            if not tasks.stopping and (should_stop() or (fail_fast and any_failed(tasks.outcomes))):
                tasks.stop()
    return tasks.outcomes


class _Tasks:
    """Which jobs are waiting, which are with Ray, and how the others ended."""

    def __init__(
        self, ray: Any, jobs: Mapping[int, Job], resources: Mapping[int, ResourcesConfig], observer: Observer
    ) -> None:
        self.waiting, self.stopping = list(jobs), False
        self.running: dict[Any, int] = {}
        self.outcomes: dict[int, Outcome] = {}
        self._ray, self._jobs, self._resources, self._observer = ray, jobs, resources, observer
        self._said = dict.fromkeys(jobs, 0)

    def submit(self, at_once: int) -> None:
        """Submit jobs to Ray, up to a number at a time."""
        while self.waiting and len(self.running) < at_once and not self.stopping:
            number = self.waiting.pop(0)
            job, given = self._jobs[number], self._resources[number]
            task = self._ray.remote(_run).options(
                num_cpus=given.num_cpus or job.threads,
                num_gpus=given.num_gpus,
                max_retries=job.retries,
                retry_exceptions=False,
            )
            self.running[task.remote(job.to_json())] = number

    def collect(self) -> None:
        """Wait a moment, pass on the cells' output, and record how cells ended."""
        done, _ = self._ray.wait(list(self.running), num_returns=1, timeout=TICK_S)
        for number in self.running.values():
            self._listen(number)
        for task in done:
            number = self.running.pop(task)
            self.outcomes[number] = self._outcome(task)
            self._observer.ended(number, self.outcomes[number])

    def stop(self) -> None:
        """Ask all tasks to save and exit, and submit no more."""
        self.stopping = True
        for task in self.running:
            self._ray.cancel(task)

    def _listen(self, number: int) -> None:
        """Report the last line that a cell has appended to its log; the first means that it has started."""
        log = Path(self._jobs[number].log)
        size = log.stat().st_size if log.exists() else 0
        if size > self._said[number]:
            if not self._said[number]:
                self._observer.started(number)
            self._said[number] = size
            self._observer.said(number, log.read_text(errors="replace").splitlines()[-1])

    def _outcome(self, task: Any) -> Outcome:
        try:
            return Outcome(**self._ray.get(task))
        except self._ray.exceptions.TaskCancelledError:
            return Outcome(INTERRUPTED)
        except self._ray.exceptions.RayError as error:
            return Outcome(FAILED, reason=f"{type(error).__name__}: {' '.join(str(error).split())[:200]}")


def _run(line: str) -> dict[str, Any]:
    """Run a job where Ray places it; its processes use the job's threads, whatever Ray has set."""
    return asdict(run_job(Job.from_json(line), Children(), {}, lambda _line: None))


def _reach(address: str) -> None:
    """Make sure that something listens at ``HOST:PORT``: Ray itself would try for minutes."""
    host, _, port = address.rpartition(":")
    if host and port.isdecimal() and "/" not in host:
        socket.create_connection((host, int(port)), CONNECT_S).close()


@contextmanager
def _joined(address: str | None) -> Iterator[Any]:
    """Join or start Ray, without its usage statistics and dashboard."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as error:
        raise UsageError("--on ray needs Ray.", "Install it with: pip install 'geomgen[ray]'") from error
    try:
        _reach(address or "local")
        ray.init(address or "local", include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, ValueError) as error:
        raise UsageError(f"--address {address}: {error}", "Start a cluster with: ray start --head") from error
    try:
        yield ray
    finally:
        ray.shutdown()

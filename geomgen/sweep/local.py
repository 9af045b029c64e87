"""Cells as processes on this machine, a limited number at a time."""

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial

from geomgen.sweep.cells import FAILED
from geomgen.sweep.job import Job, Outcome
from geomgen.sweep.observer import Observer
from geomgen.sweep.process import Children, run_job

TICK_S = 0.1
LOOK_S = 1.0
MayStart = Callable[[int, Collection[int]], bool]


def divided(gpus: Sequence[str], jobs: int) -> list[dict[str, str]]:
    """Return the environment of each worker: its share of the GPUs, or a shared one if there are too few."""
    if not gpus:
        return [{} for _ in range(jobs)]
    shares = [list(gpus[number::jobs]) or [gpus[number % len(gpus)]] for number in range(jobs)]
    return [{"CUDA_VISIBLE_DEVICES": ",".join(share)} for share in shares]


def run_local(
    jobs: Mapping[int, Job],
    places: Sequence[Mapping[str, str]],
    observer: Observer,
    *,
    may_start: MayStart = lambda _number, _running: True,
    should_stop: Callable[[], object] = lambda: False,
    fail_fast: bool = False,
) -> dict[int, Outcome]:
    """Run jobs, as many at a time as there are places.

    Args:
        jobs: By number, in the order in which they start.
        places: Environment of each worker.
        observer: Notified of what happens.
        may_start: Whether a job may start while others run; the first starts if nothing else can.
        should_stop: Polled repeatedly; once true, processes are asked to save and exit.
        fail_fast: Whether to stop at the first failure.

    Returns:
        Outcomes by number; jobs that never started are not included.
    """
    outcomes: dict[int, Outcome] = {}
    with ThreadPoolExecutor(len(places)) as threads:
        workers = _Workers(jobs, places, observer, threads)
        try:
            while workers.running or (workers.waiting and not workers.children.stopping):
                workers.start_all(may_start)
                outcomes |= workers.ended()
                if not workers.children.stopping and (should_stop() or (fail_fast and any_failed(outcomes))):
                    workers.children.stop()
        except BaseException:
            workers.children.stop()
            raise
    return outcomes


def any_failed(outcomes: Mapping[int, Outcome]) -> bool:
    """Return whether a cell has failed."""
    return any(outcome.status == FAILED for outcome in outcomes.values())


class _Workers:
    """Which jobs wait, which run, and which places are idle."""

    def __init__(
        self,
        jobs: Mapping[int, Job],
        places: Sequence[Mapping[str, str]],
        observer: Observer,
        threads: ThreadPoolExecutor,
    ) -> None:
        self.children, self.waiting = Children(), list(jobs)
        self.running: dict[Future[Outcome], tuple[int, Mapping[str, str]]] = {}
        self._jobs, self._idle, self._observer, self._threads = jobs, list(places), observer, threads

    def start_all(self, may_start: MayStart) -> None:
        """Start as many jobs as there are idle places, if they may start."""
        while self._idle and not self.children.stopping and (number := self._next(may_start)) is not None:
            self.waiting.remove(number)
            self._observer.started(number)
            place, say = self._idle.pop(), partial(self._observer.said, number)
            task = self._threads.submit(run_job, self._jobs[number], self.children, place, say)
            self.running[task] = number, place

    def ended(self) -> dict[int, Outcome]:
        """Wait a moment and return the jobs that have ended."""
        moment_s = LOOK_S if self._idle and self.waiting else TICK_S
        found = {}
        for task in wait(self.running, timeout=moment_s, return_when=FIRST_COMPLETED).done:
            number, place = self.running.pop(task)
            self._idle.append(place)
            found[number] = task.result()
            self._observer.ended(number, found[number])
        return found

    def _next(self, may_start: MayStart) -> int | None:
        """Return the first job that may start; if none may and nothing runs, the first of all."""
        busy = [number for number, _ in self.running.values()]
        fitting = (number for number in self.waiting if may_start(number, busy))
        return next(fitting, self.waiting[0] if self.waiting and not busy else None)

"""What this machine provides: cores, memory, a device, and requests to stop."""

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from geomgen.errors import UsageError

GIB = 2**30
BASE_BYTES = GIB // 2


def num_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def share_of_cores(workers: int) -> int:
    """Return each worker's number of cores: workers that compete for a core become very slow."""
    return max(1, num_cores() // workers)


def visible_gpus() -> list[str]:
    """Return the GPUs that this process may use, as ``CUDA_VISIBLE_DEVICES`` names them."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return [name.strip() for name in named.split(",") if name.strip()]
    import torch

    return [str(number) for number in range(torch.cuda.device_count())]


def chosen_device(name: str) -> str:
    """Return the device to compute on; ``auto`` is the first available of cuda, mps, cpu.

    Raises:
        UsageError: If the machine does not have it.
    """
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return next(device for device, is_there in there.items() if is_there)
    if not there[name]:
        raise UsageError(f"--device {name} is not available here.", "Choose --device cpu or auto.")
    return name


def float64_device(device: str) -> str:
    """Return a device, or the CPU in place of one that has no float64."""
    return "cpu" if device == "mps" else device


def cpu_device(device: str, experiment: str, why: str) -> str:
    """Return the CPU for an experiment that runs on nothing else.

    Raises:
        UsageError: If another device was asked for.
    """
    if device in {"cpu", "auto"}:
        return "cpu"
    raise UsageError(f"--device {device} does not apply to {experiment}: {why}.", "Choose --device cpu.")


def require_memory(needed_bytes: int, work: str, remedy: str) -> None:
    """Refuse work that would not fit in memory, before it starts.

    Args:
        needed_bytes: Estimated peak memory of the work.
        work: Description of the work, for the error.
        remedy: What to do about it.

    Raises:
        UsageError: If the estimate exceeds what is available.
    """
    available = available_bytes()
    if needed_bytes > available:
        raise UsageError(
            f"{work} needs about {needed_bytes / GIB:,.1f} GiB of memory; {available / GIB:,.1f} GiB are available.",
            remedy,
        )


def available_bytes() -> int:
    """Return how much memory this process can still use: the machine's, its container's or its limit's."""
    limits = [_meminfo("MemAvailable"), _cgroup_available(), _address_space_left()]
    return min(limit for limit in limits if limit is not None)


def _meminfo(name: str) -> int:
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        for line in meminfo.read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _cgroup_available() -> int | None:
    limit, used = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")
    if not limit.exists() or limit.read_text().strip() == "max":
        return None
    return int(limit.read_text()) - int(used.read_text())


def _address_space_left() -> int | None:
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft == resource.RLIM_INFINITY:
        return None
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else 0
    return soft - pages * resource.getpagesize()


class StopRequest:
    """Whether someone has asked the work to stop."""

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None

    def __bool__(self) -> bool:
        return self.signal is not None


@contextmanager
def stop_request() -> Iterator[StopRequest]:
    """Turn the first Ctrl-C, SIGTERM, SIGUSR1 or SIGHUP into a request to stop at the next safe point.

    The same signal again kills, except SIGHUP: when a terminal closes, both it and its shell send one. Other signals
    are ignored from then on: Slurm sends SIGTERM to every process of a task, and a sweep SIGUSR1 to its workers. A
    process that was told to ignore SIGHUP, as by ``nohup``, goes on ignoring it.

    Yields:
        Whether to stop.
    """
    request = StopRequest()
    before: dict[signal.Signals, object] = {}

    def wish(number: int, _frame: FrameType | None) -> None:
        request.signal = signal.Signals(number)
        for which, handler in before.items():
            kills = which == number != signal.SIGHUP
            signal.signal(which, handler if kills else signal.SIG_IGN)  # type: ignore[arg-type]

    ignored = {signal.SIGHUP} if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else set()
    for which in {signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP} - ignored:
        before[which] = signal.signal(which, wish)
    try:
        yield request
    finally:
        for which, handler in before.items():
            signal.signal(which, handler)  # type: ignore[arg-type]

"""A real Slurm of one node in a folder: its daemons run in the foreground, and end with it."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch")
TIMEOUT_S = 150.0
STEP_S = 0.05
CONFIG = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
MailProg=/bin/true
ReturnToService=2
KillWait=20
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmdParameters=config_overrides
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs=8 Gres=gpu:1
PartitionName=all Nodes={host} Default=YES
"""
GPUS = "Name=gpu File=/dev/null\n"


def reason_not_to_run() -> str:
    """Return why there can be no Slurm here; empty if there can."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        return f"no {', '.join(missing)} on this machine"
    return "" if os.getuid() == 0 else "only root can run the jobs of a Slurm of its own"


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition.

    Raises:
        TimeoutError: If it does not come true in `TIMEOUT_S`.
    """
    end = time.monotonic() + TIMEOUT_S
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {TIMEOUT_S:.0f} s until {what}")
        time.sleep(STEP_S)


class Slurm:
    """A running Slurm, which commands reach through the variable ``SLURM_CONF``.

    Args:
        config: Its slurm.conf.
    """

    def __init__(self, config: Path) -> None:
        self.environment = {**os.environ, "SLURM_CONF": str(config)}
        self.node, self._spool = socket.gethostname(), config.with_name("spool")
        self._on_node = ExitStack()

    def ask(self, *words: object) -> str:
        """Run one of Slurm's commands and return its output; empty if it fails."""
        done = subprocess.run([*map(str, words)], env=self.environment, capture_output=True, text=True, check=False)
        return "" if done.returncode else done.stdout

    def states(self, job: str) -> list[str]:
        """Wait until a job has ended and return the states of its tasks, sorted."""
        wait_until(lambda: not self.ask("squeue", "--noheader", f"--jobs={job}"), f"job {job} had ended")
        return sorted(self.ask("squeue", "--noheader", "--states=all", f"--jobs={job}", "--format=%T").split())

    def start_node(self) -> None:
        """Start the node's daemon."""
        self._on_node.enter_context(_daemon("slurmd", "-D", environment=self.environment))
        wait_until(lambda: self.ask("sinfo", "--noheader", "--format=%T") == "idle\n", "the node was idle")

    def end_node(self) -> None:
        """End the node's daemon."""
        self._on_node.close()

    def restart_node(self, job: str) -> None:
        """Bring back a node that is down, and start the job that ran there now; Slurm itself would wait two minutes."""
        wait_until(lambda: not any(self._spool.glob(f"*_{job}.*")), "the task had ended")
        self.end_node()
        self.start_node()
        asked = ["squeue", "--noheader", f"--jobs={job}", "--format=%r"]
        wait_until(lambda: self.ask(*asked) == "BeginTime\n", "the job waited for its second start")
        self.ask("scontrol", "update", f"jobid={job}", "starttime=now")

    def workers(self, job: str) -> list[int]:
        """Return the processes of a job, but for the first, which alone hears of the time limit."""
        lines = self.ask("scontrol", "listpids", job).splitlines()[1:]
        return [pid for pid in (int(line.split()[0]) for line in lines) if pid > 0 and not _is_cell(pid)]


def hold(pids: list[int]) -> None:
    """Stop processes until they are told to go on; Slurm does so before it ends them."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)


def release(pids: list[int]) -> None:
    """Tell processes to go on."""
    for pid in pids:
        os.kill(pid, signal.SIGCONT)


def is_told_to_save(pid: int) -> bool:
    """Return whether SIGUSR1 waits for a process to go on."""
    (pending,) = (line.split()[1] for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "ShdPnd" in line)
    return bool(int(pending, 16) & 1 << signal.SIGUSR1 - 1)


@contextmanager
def running(folder: Path) -> Iterator[Slurm]:
    """Start a Slurm, and end all that it started.

    Args:
        folder: An empty folder for its files.

    Yields:
        The Slurm, whose node is idle.
    """
    slurm = Slurm(_configured(folder))
    with ExitStack() as held:
        held.enter_context(_daemon("munged", *_munge_options(folder), environment=slurm.environment))
        wait_until((folder / "munge.socket").exists, "munged listened")
        held.enter_context(_daemon("slurmctld", "-D", environment=slurm.environment))
        held.callback(slurm.end_node)
        slurm.start_node()
        held.callback(_end_tasks, slurm)
        yield slurm


def _configured(folder: Path) -> Path:
    for name in ("state", "spool"):
        (folder / name).mkdir()
    key = folder / "munge.key"
    key.write_bytes(secrets.token_bytes(128))
    key.chmod(0o400)
    (folder / "gres.conf").write_text(GPUS)
    config = folder / "slurm.conf"
    config.write_text(CONFIG.format(host=socket.gethostname(), ports=_free_ports(), folder=folder))
    return config


def _free_ports() -> list[int]:
    with socket.socket() as first, socket.socket() as second:
        for one in (first, second):
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in (first, second)]


def _munge_options(folder: Path) -> list[str]:
    files = {"key-file": "key", "socket": "socket", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}
    # Of a folder that only root can read munged says that others cannot; there are none.
    return ["--foreground", "--force", *(f"--{name}={folder}/munge.{end}" for name, end in files.items())]


@contextmanager
def _daemon(*words: str, environment: dict[str, str]) -> Iterator[None]:
    output = Path(environment["SLURM_CONF"]).with_name(f"{words[0]}.txt")
    with output.open("a") as file, subprocess.Popen(words, stdout=file, stderr=file, env=environment) as process:
        yield
        process.terminate()


def _end_tasks(slurm: Slurm) -> None:
    for job in set(slurm.ask("squeue", "--noheader", "--format=%F").split()):
        slurm.ask("scancel", job)
        slurm.states(job)


def _is_cell(pid: int) -> bool:
    """Return whether a process is the first of its task: the command ``cell``."""
    return b"\0cell\0" in Path(f"/proc/{pid}/cmdline").read_bytes()

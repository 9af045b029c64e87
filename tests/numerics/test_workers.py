"""Threads that each compute on a core of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TASKS = Path("/proc/self/task")
PRODUCT = """
import os, torch
from geomgen.numerics.workers import workers
torch.set_num_threads(1)
one = torch.rand(48, 40, 128)
with workers(1) as pool:
    for work in (int, lambda: torch.bmm(one.mT, one)):
        pool.submit(work).result()
        print(len(os.listdir("/proc/self/task")))
"""


@pytest.mark.skipif(not TASKS.is_dir(), reason="the system does not list a process's threads")
def test_a_product_in_a_worker_starts_no_threads_of_its_own() -> None:
    found = subprocess.run(
        [sys.executable, "-c", PRODUCT], env={**os.environ, "OMP_NUM_THREADS": "3"}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    before, after = map(int, found.stdout.split())
    assert after == before

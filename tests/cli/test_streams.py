"""Commands go on when nobody reads what they say, on either stream, whatever it is."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from geomgen import runs
from geomgen.cli.streams import outlive_readers

SCRIPT = """
from geomgen.cli import app, console
console.PLAIN_INTERVAL_S = 0.0
app.main()
"""
TRAIN = ("train", "--width", "8", "--epochs", "3", "--threads", "1")


def _run(redirected: str, tmp_path: Path, data_file: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of bash, in which GEOMGEN is a training that tells its progress every step."""
    words = [*TRAIN, "--data", str(data_file), "--runs-dir", str(tmp_path / "runs")]
    line = f"set -o pipefail; {redirected.replace('GEOMGEN', shlex.join([sys.executable, '-c', SCRIPT, *words]))}"
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False, timeout=100)


@pytest.mark.parametrize(
    "words", ["GEOMGEN 2>&1 | true", "GEOMGEN | true", "GEOMGEN 2> >(true)", "GEOMGEN 2>&-", "GEOMGEN >&-"]
)
def test_a_training_is_finished_though_nobody_listens(tmp_path: Path, data_file: Path, words: str) -> None:
    ended = _run(words, tmp_path, data_file)
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr
    assert [run.status for run in runs(tmp_path / "runs")] == ["complete"]


def test_a_stream_becomes_the_null_device_when_its_reader_goes() -> None:
    script = (
        "import os, sys; from geomgen.cli.streams import outlive_readers; outlive_readers(); "
        "print('first', flush=True); sys.stdin.read(); "
        "[print('more' * 1000, flush=True) for _ in range(100)]; sys.stderr.write('done')"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdin
    assert process.stdout
    assert process.stderr
    assert process.stdout.readline() == "first\n"
    process.stdout.close()
    process.stdin.close()
    assert process.stderr.read() == "done"
    process.stderr.close()
    assert process.wait(60) == 0


def test_any_other_error_is_an_error() -> None:
    script = (
        "import sys; from geomgen.cli.streams import outlive_readers; outlive_readers()\n"
        "try:\n    print('x', flush=True)\nexcept OSError as error:\n    sys.stderr.write(error.strerror)"
    )
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-c", script], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert ended.stderr.startswith("No space left on device")


def test_streams_that_are_not_the_processs_own_are_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout, sys.stderr
    outlive_readers()
    assert (sys.stdout, sys.stderr) == before

"""Bad input of every kind: refused with exit code 2 or 3, never with a traceback, and never unpickled."""

import io
import json
import pickle
import string
import struct
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import torch

from geomgen.data.idx import idx_bytes
from geomgen.store.checkpoint import save_checkpoint
from geomgen.store.run import Run, create_run
from tests.conftest import Command, Finished, random_dataset
from tests.faults.conftest import Trials, damaged_files

CLAIM = "exit code 2 or 3, no traceback; nothing is unpickled"
TEXT = string.printable + "é\u202e\x00\ud800<|="
UNPICKLED: list[str] = []


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "pickle.find_class":
        UNPICKLED.append(str(arguments))


sys.addaudithook(_hear)


@pytest.fixture(autouse=True)
def _nothing_is_unpickled() -> Iterator[None]:
    UNPICKLED.clear()
    yield
    assert UNPICKLED == []


@pytest.fixture
def run(tmp_path: Path, trained: Run) -> Run:
    """An unfinished run of the tiny data set, with nothing but its config."""
    return create_run(tmp_path / "runs", "train", "x", trained.config, trained.facts)


def _until_refused(
    source: Random, make: Callable[[Random], bytes], path: Path, attempt: Callable[[], Finished]
) -> None:
    """Write one input after the other into a file, until one is bad; none may end in any other way."""
    while True:
        path.write_bytes(make(source))
        result = attempt()
        assert result.returncode in {0, 2, 3}, result.stderr
        assert "Traceback" not in result.stderr
        if result.returncode:
            return


def _mutated(content: bytes, source: Random) -> bytes:
    """Return content with some bytes changed, cut out, doubled, or made of something else."""
    changed = bytearray(content)
    for _ in range(source.choice([1, 1, 2, 5, 20])):
        start = source.randrange(len(changed) + 1)
        end = min(len(changed), start + source.choice([0, 1, 1, 4, 8, 40]))
        doubled = changed[start:end] * 2
        changed[start:end] = source.choice([b"", source.randbytes(end - start), doubled, b"\0" * 8, b"\xff" * 8])
    return bytes(changed)


def _word(source: Random) -> str:
    return "".join(source.choices(TEXT, k=source.randrange(8)))


def _value(source: Random, depth: int = 0) -> Any:
    """Return some JSON value."""
    kind = source.randrange(5 if depth > 2 else 7)
    if kind == 5:
        return [_value(source, depth + 1) for _ in range(source.randrange(4))]
    if kind == 6:
        return {_word(source): _value(source, depth + 1) for _ in range(source.randrange(4))}
    plain = [None, True, source.choice([0, -1, 512, 10**400]), source.choice([0.5, 1e300, float("nan")]), _word(source)]
    return plain[kind]


def _nested(source: Random) -> bytes:
    return source.choice([b"[", b'{"a":', b'{"config":{"a":']) * source.choice([10, 1000, 100_000])


def _bad_description(source: Random, text: bytes) -> bytes:
    """Return what a run's ``config.json`` could become: unsigned, as an earlier version wrote it, or with a digest."""
    kind = source.randrange(5)
    if kind == 0:
        return _nested(source)
    if kind == 1:
        return _mutated(text, source)
    content = {**json.loads(text), "schema": source.choice([1, 1, 1, 2, _value(source)])}
    if source.random() < 0.9:
        del content["sha256"]
    part = source.choice([content, content["config"], content["facts"]])
    name = source.choice([*part, "else"])
    if source.random() < 0.2:
        part.pop(name, None)
    else:
        part[name] = _value(source)
    return json.dumps(content).encode()


def test_config_json(trials: Trials, geomgen: Command, run: Run) -> None:
    path = run.path / "config.json"
    text = path.read_bytes()
    for source in trials("a bad `config.json` of a run", CLAIM, few=150, full=4000):
        reader = source.choice([["train", "--resume"], ["volume"], ["rerun"], ["show"]])
        _until_refused(source, partial(_bad_description, text=text), path, partial(geomgen, *reader, run.path))
        over_all = source.choice([["ls"], ["ls", "--where", "width > 3"], ["verify"], ["report", "training"]])
        assert geomgen(*over_all, "--runs-dir", run.path.parent).returncode in {0, 2, 3}


def _bad_option(source: Random) -> bytes:
    """Return a line that is no option, or no TOML."""
    name = source.choice(["width", "arch", "lr", "layer-norm", "data", "else", "epochs", _word(source)])
    odd = ["1979-05-27", "0x1F", "inf", "nan", "'''", "[[a]]", "1e400", "9" * 5000, "[" * 100_000, "{a={a=" * 1000]
    value = source.choice([json.dumps(_value(source)), _word(source), source.choice(odd)])
    line = f"{name} = {value}\n".encode(errors="replace")
    return _mutated(line, source) if source.random() < 0.3 else line


def test_option_files(trials: Trials, geomgen: Command, tmp_path: Path) -> None:
    path = tmp_path / "options.toml"
    words = ["train", "--config", path, "--data", tmp_path / "nothing", "--runs-dir", tmp_path / "runs"]
    for source in trials("a bad TOML file of options", CLAIM, few=150, full=2000):
        _until_refused(source, _bad_option, path, lambda: geomgen(*words))
    assert not (tmp_path / "runs").exists()


def _bad_idx(source: Random, content: bytes) -> bytes:
    """Return an IDX file with another header, or less of it."""
    magic = source.choice([0x801, 0x803, 0x804, 0x903, source.getrandbits(32)])
    sizes = [source.choice([0, 1, 3, 8, 2**31, 2**32 - 1]) for _ in range(3)]
    return source.choice([
        struct.pack(">4I", magic, *sizes) + content[16:],
        _mutated(content[:16], source) + content[16:],
        content[: source.randrange(len(content))],
    ])


def test_idx_files(trials: Trials, geomgen: Command, tmp_path: Path) -> None:
    data, folder = random_dataset(num_train=8, num_test=8, side=3), tmp_path / "idx"
    folder.mkdir()
    files = {
        f"{prefix}-{name}": content
        for prefix, split in (("train", data.train), ("t10k", data.test))
        for name, content in zip(("images-idx3-ubyte", "labels-idx1-ubyte"), idx_bytes(split), strict=True)
    }
    words = ["train", "--data", folder, "--width", 2, "--epochs", 1, "--runs-dir", tmp_path / "runs", "-q"]
    for source in trials("a bad IDX file: header or length", CLAIM, few=60, full=2000):
        for name, content in files.items():
            (folder / name).write_bytes(content)
        name = source.choice(list(files))
        content = files[name]
        path = folder / name
        if source.random() < 0.2:
            path = path.rename(folder / f"{name}.gz")
        _until_refused(source, partial(_bad_idx, content=content), path, lambda: geomgen(*words))
        path.unlink()


def _bad_checkpoint(source: Random, path: Path, good: bytes) -> None:
    """Write a checkpoint with another header, or one that is whole and holds something else."""
    size = struct.unpack("<Q", good[:8])[0]
    header, payload = json.loads(good[8 : 8 + size]), good[8 + size :]
    kind = source.randrange(6)
    if kind == 0:
        save_checkpoint(path, {source.choice("uvw"): torch.ones(3)}, {"step": _value(source)})
    elif kind == 1:
        path.write_bytes(struct.pack("<Q", source.getrandbits(source.choice([8, 32, 64]))) + good[8:])
    elif kind == 2:
        path.write_bytes(_mutated(good[: 8 + size], source) + payload)
    elif kind == 3:
        path.write_bytes(_with_header(_nested(source), b""))
    elif kind == 4:
        note = json.dumps({"about": _value(source), "sha256": "0"})
        header["__metadata__"] = source.choice([{"geomgen": note}, _value(source)])
        path.write_bytes(_with_header(json.dumps(header).encode(), payload))
    else:
        header[source.choice(list(header))] = {
            "dtype": source.choice(["F32", "F64", "F8_E5M2", "U64", "BOOL", "X", "BF16"]),
            "shape": source.choice([[3], [0], [2**62, 4], [-1], [1] * 70, "3", []]),
            "data_offsets": source.choice([[0, 12], [12, 0], [0, 2**63], [0], [-1, 5]]),
        }
        path.write_bytes(_with_header(json.dumps(header).encode(), payload))


def _with_header(header: bytes, payload: bytes) -> bytes:
    return struct.pack("<Q", len(header)) + header + payload


def test_checkpoints(trials: Trials, geomgen: Command, run: Run) -> None:
    path = run.path / "checkpoints" / "resume.safetensors"
    save_checkpoint(path, {"w": torch.ones(3), "v": torch.zeros(2, 2)}, {"step": 1})
    good = path.read_bytes()
    for source in trials("a bad checkpoint, most often its header", CLAIM, few=60, full=2000):
        _bad_checkpoint(source, path, good)
        result = geomgen("train", "--resume", run.path)
        assert result.returncode in {2, 3}, result.stderr
        assert "resume" in result.said
        assert "Traceback" not in result.stderr
        assert geomgen("verify", run.path).returncode in {0, 3}


class Trap:
    """Something that, once unpickled, has run code."""

    def __reduce__(self) -> tuple[Any, ...]:
        return print, ("unpickled",)


def _traps() -> list[bytes]:
    written = io.BytesIO()
    torch.save({"w": Trap()}, written)
    return [pickle.dumps(Trap()), written.getvalue()]


def _object_arrays(folder: Path) -> Iterator[Path]:
    data = random_dataset(num_train=8, num_test=8, side=3)
    good: dict[str, Any] = {
        "x_train": data.train.images[:, 0].numpy(), "y_train": data.train.labels.numpy(),
        "x_test": data.test.images[:, 0].numpy(), "y_test": data.test.labels.numpy(),
    }  # fmt: skip
    for name in good:
        np.savez(folder / f"{name}.npz", allow_pickle=True, **{**good, name: np.array([Trap()] * 8, dtype=object)})
        yield folder / f"{name}.npz"


def _pickled_data(folder: Path) -> Iterator[Path]:
    yield from _object_arrays(folder)
    for number, content in enumerate(_traps()):
        for suffix in (".npz", ".npy", ".pt", ".pkl"):
            path = folder / f"trap{number}{suffix}"
            path.write_bytes(content)
            yield path


def test_pickled_data(trials: Trials, geomgen: Command, tmp_path: Path) -> None:
    paths = list(_pickled_data(tmp_path))
    for path, _ in zip(paths, trials(
        "a pickle as data set, or as an object array in an `.npz` file", CLAIM, few=len(paths), full=len(paths)
    ), strict=True):  # fmt: skip
        result = geomgen("train", "--data", path)
        assert result.returncode == 3, result.stderr


def test_pickled_files_of_a_run(trials: Trials, geomgen: Command, run: Run) -> None:
    names = ("checkpoints/resume.safetensors", "tables/training.parquet", "config.json", "manifest.json")
    places = [(name, content) for name in names for content in _traps()]
    for (name, content), _ in zip(places, trials(
        "a pickle in place of a file of a run", CLAIM, few=len(places), full=len(places)
    ), strict=True):  # fmt: skip
        path = run.path / name
        before = path.read_bytes() if path.exists() else None
        path.write_bytes(content)
        assert name in damaged_files(run.path)
        assert geomgen("train", "--resume", run.path).returncode == 3
        path.unlink()
        if before is not None:
            path.write_bytes(before)

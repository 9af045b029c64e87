"""IDX folders: every accepted form reads back equal, and every damaged one is a DataError that says where."""

import gzip
import struct
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from geomgen.data.dataset import Dataset, Split
from geomgen.data.idx import idx_bytes, parse_idx, read_idx_folder
from geomgen.errors import DataError

NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
IMAGES, LABELS = NAMES[:2]


def make_split(n: int, shape: tuple[int, ...], seed: int = 0) -> Split:
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(256, (n, *shape), generator=generator).to(torch.uint8)
    return Split(images, torch.arange(n) % 5)


def idx_files(shape: tuple[int, ...] = (1, 3, 4)) -> dict[str, bytes]:
    contents = (*idx_bytes(make_split(10, shape)), *idx_bytes(make_split(6, shape, seed=1)))
    return dict(zip(NAMES, contents, strict=True))


def write_all(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def read_with(folder: Path, **changed: bytes) -> Dataset:
    return read_idx_folder(write_all(folder, idx_files() | changed))


@pytest.mark.parametrize("shape", [(1, 3, 4), (3, 5, 2)])
@pytest.mark.parametrize("dot", ["-", "."])
@pytest.mark.parametrize("compressed", [False, True])
def test_reads_what_was_written(tmp_path: Path, shape: tuple[int, ...], dot: str, compressed: bool) -> None:
    for name, content in idx_files(shape).items():
        suffix, data = (".gz", gzip.compress(content)) if compressed else ("", content)
        (tmp_path / (name.replace("-idx", f"{dot}idx") + suffix)).write_bytes(data)
    dataset = read_idx_folder(tmp_path)
    assert (dataset.name, dataset.input_shape, dataset.num_classes) == (str(tmp_path), shape, 5)
    for read, written in ((dataset.train, make_split(10, shape)), (dataset.test, make_split(6, shape, seed=1))):
        assert torch.equal(read.images, written.images)
        assert torch.equal(read.labels, written.labels)


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    files = idx_files()
    del files[name]
    with pytest.raises(DataError, match=rf"has no file {name}, with or without \.gz\. Give a folder"):
        read_idx_folder(write_all(tmp_path, files))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (IMAGES, b"", r"starts with 0x, but the magic number should be 0x00000803 or 0x00000804"),
        (IMAGES, idx_files()[LABELS], r"starts with 0x00000801, .* Give an IDX file of unsigned bytes"),
        (LABELS, struct.pack(">2I", 0x0D01, 1), r"starts with 0x00000d01, .* should be 0x00000801\."),
        (IMAGES, gzip.compress(idx_files()[IMAGES], mtime=0), r"starts with 0x1f8b0800, .* must end in \.gz"),
        (IMAGES, idx_files()[IMAGES][:9], r"ends after 9 bytes, within its header of 16\. Fetch"),
        (IMAGES, idx_files()[IMAGES][:-1], r"shape \(10, 3, 4\), 120 bytes of data, but 119 bytes follow"),
        (LABELS, idx_files()[LABELS] + b"\0", r"shape \(10,\), 10 bytes of data, but 11 bytes follow"),
        (IMAGES, struct.pack(">4I", 0x0803, *[2**32 - 1] * 3), r"shape \(4294967295, .* but 0 bytes follow"),
        (IMAGES, struct.pack(">4I", 0x0803, 2**32 - 1, 0, 28), r"shape \(4294967295, 0, 28\), 0 bytes"),
        (LABELS, struct.pack(">2I9x", 0x0801, 9), r"the train split has 10 images, but 9 labels"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        read_with(tmp_path, **{name: content})
    assert str(tmp_path) in caught.value.problem


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"starts with 0x,"),
        (b"not gzip", r"is not a whole gzip file of 8 bytes: Not a gzipped file .* remove \.gz from its name"),
        (
            gzip.compress(idx_files()[IMAGES], mtime=0)[:-20],
            r"is not a whole gzip file of \d+ bytes: Compressed file ended",
        ),
        (gzip.compress(b"x" * 50, mtime=0)[:-8] + bytes(8), r"is not a whole gzip file of \d+ bytes: CRC check failed"),
    ],
)
def test_a_damaged_gzip_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    files = idx_files()
    del files[IMAGES]
    with pytest.raises(DataError, match=rf"{IMAGES}\.gz {message}"):
        read_idx_folder(write_all(tmp_path, files | {f"{IMAGES}.gz": content}))


BESIDE = [("-idx3-ubyte", "-idx3-ubyte.gz"), ("-idx3-ubyte", ".idx3-ubyte"), (".idx3-ubyte.gz", "-idx4-ubyte")]


@pytest.mark.parametrize("endings", BESIDE)
def test_a_file_under_two_names_is_read_if_both_hold_the_same(tmp_path: Path, endings: tuple[str, str]) -> None:
    files = idx_files()
    content = files.pop(IMAGES)
    write_all(tmp_path, files)

    def write(ending: str, content: bytes) -> None:
        name = f"train-images{ending}"
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)

    for ending in endings:
        write(ending, content)
    assert torch.equal(read_idx_folder(tmp_path).train.images, make_split(10, (1, 3, 4)).images)
    write(endings[1], content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(DataError) as caught:
        read_idx_folder(tmp_path)
    assert all(f"train-images{ending}" in caught.value.problem for ending in endings)
    assert "hold different data" in caught.value.problem


def test_floats_cannot_be_written() -> None:
    with pytest.raises(DataError, match=r"Floats do not fit into an IDX file"):
        idx_bytes(Split(torch.zeros(1, 1, 2, 2), torch.tensor([0])))


def test_a_label_out_of_range_is_named(tmp_path: Path) -> None:
    labels = struct.pack(">2I6B", 0x0801, 6, 0, 1, 9, 0, 0, 0)
    with pytest.raises(DataError, match=r"the test split has the label 9, outside 0 to 4"):
        read_with(tmp_path, **{NAMES[3]: labels})


def test_a_label_that_is_no_byte_cannot_be_written() -> None:
    with pytest.raises(DataError, match=r"label 256 does not fit .* holds 0 to 255"):
        idx_bytes(Split(torch.zeros(1, 1, 2, 2, dtype=torch.uint8), torch.tensor([256])))


@given(data=st.binary(max_size=64) | st.binary(max_size=40).map(lambda tail: b"\0\0\x08\x03" + tail))
def test_any_bytes_parse_or_are_refused(data: bytes) -> None:
    try:
        parsed = parse_idx(data, "fuzz", (1, 3, 4))
    except DataError:
        return
    assert parsed.numel() < len(data)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(NAMES), st.booleans(), st.integers(0, 40), st.binary(max_size=8), st.integers(0, 200))
def test_a_mutated_folder_reads_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, name: str, compressed: bool, at: int, patch: bytes, size: int
) -> None:
    files = idx_files()
    content = files.pop(name)
    content = gzip.compress(content) if compressed else content
    content = (content[:at] + patch + content[at + len(patch) :])[:size]
    folder = write_all(tmp_path_factory.mktemp("fuzz"), files | {f"{name}{'.gz' * compressed}": content})
    try:
        dataset = read_idx_folder(folder)
    except DataError:
        return
    assert dataset.num_classes > int(dataset.train.labels.max())

"""The manifest says what every file must contain, through a change and a crash in the middle of it."""

from pathlib import Path

import pytest

from geomgen.errors import DataError
from geomgen.store.files import write_signed
from geomgen.store.manifest import Manifest, entry


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "a.parquet").write_bytes(b"one")
    (tmp_path / "tables" / ".a.parquet.partial").write_bytes(b"half")
    return tmp_path


def test_it_lists_the_files_that_are_whole_and_reads_back(folder: Path) -> None:
    manifest = Manifest.of(folder, "complete", "")
    manifest.write(folder)
    assert set(manifest.files) == {"tables/a.parquet"}
    assert Manifest.read(folder) == manifest
    assert set(Manifest.of(folder, "complete", "").files) == {"tables/a.parquet"}


def test_an_unfinished_run_has_none(tmp_path: Path) -> None:
    assert Manifest.read(tmp_path) is None


def test_old_and_new_content_are_sound_until_a_change_is_settled(folder: Path) -> None:
    path, name = folder / "tables" / "a.parquet", "tables/a.parquet"
    manifest = Manifest.of(folder, "complete", "")
    path.write_bytes(b"other")
    new = entry(path)
    announced = manifest.announcing(folder, name, new)
    assert announced.is_sound(folder, name)
    path.write_bytes(b"one")
    assert announced.is_sound(folder, name)
    path.write_bytes(b"two")
    assert not announced.is_sound(folder, name)
    assert announced.settled(None).files[name] == new
    assert announced.settled(None).pending == {}


def test_what_a_crash_left_pending_counts_if_it_arrived(folder: Path) -> None:
    first, second = folder / "tables" / "b.parquet", {"size": 1, "sha256": "0"}
    first.write_bytes(b"arrived")
    crashed = Manifest.of(folder, "complete", "").announcing(folder, "tables/b.parquet", entry(first))
    assert crashed.announcing(folder, "tables/c.parquet", second).files["tables/b.parquet"] == entry(first)
    first.unlink()
    lost = Manifest("complete").announcing(folder, "tables/b.parquet", second)
    assert "tables/b.parquet" not in lost.announcing(folder, "tables/c.parquet", second).files
    assert lost.is_sound(folder, "tables/b.parquet")


def test_a_measure_made_again_replaces_itself(folder: Path) -> None:
    measure, other = ({"experiment": "volume", "config": {"rule": rule}} for rule in ("full", "floor"))
    manifest = Manifest.of(folder, "complete", "")
    for one in (measure, other, measure):
        manifest = manifest.settled(one)
    assert [past["config"]["rule"] for past in manifest.measures] == ["floor", "full"]
    assert all({"commit", "dirty"} <= set(past) for past in manifest.measures)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"files": {"../a": {}}}, r"the file '\.\./a' is outside the run"),
        ({"pending": {"/a": {}}}, "the file '/a' is outside the run"),
        ({"measures": [{"experiment": "volume"}]}, "'config'"),
        ({"measures": [{"experiment": 3, "config": {}}]}, "a measure without experiment and config"),
        ({"status": "perhaps"}, "'perhaps' is not a status"),
        ({"colour": "red"}, "unexpected keyword argument 'colour'"),
    ],
)
def test_another_form_is_refused(tmp_path: Path, body: dict[str, object], message: str) -> None:
    write_signed(tmp_path / "manifest.json", {"status": "complete", "measures": [], **body})
    with pytest.raises(
        DataError, match=rf"has another format: .*{message}.*Use the version of geomgen that made this run"
    ):
        Manifest.read(tmp_path)

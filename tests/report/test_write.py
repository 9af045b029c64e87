"""All files of a report, equal byte for byte whenever the numbers are."""

from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest

from geomgen.errors import DiskError
from geomgen.report.collect import RunTables
from geomgen.report.reports import REPORTS
from geomgen.report.write import write_report
from geomgen.store.run import Run

FILES = [
    f"width-logdet{end}" for end in (".csv", ".json", ".md", ".tex", ".txt", ".pdf", ".svg", ".png", "-plotted.csv")
]


def test_all_files_twice_the_same(volume_runs: list[Run], tmp_path: Path) -> None:
    contents: list[list[bytes]] = []
    for folder in (tmp_path / "one" / "deep", tmp_path / "two"):
        with mpl.rc_context({"font.size": 20.0 + len(contents), "lines.linewidth": 9}):
            paths = write_report(REPORTS["width-logdet"].build(RunTables(volume_runs), compare="published"), folder)
        assert paths == [folder / name for name in FILES]
        assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
        contents.append([path.read_bytes() for path in paths])
    assert contents[0] == contents[1]


def test_what_is_plotted_stands_beside_the_figure(volume_runs: list[Run], tmp_path: Path) -> None:
    write_report(REPORTS["width-logdet"].build(RunTables(volume_runs), compare="published"), tmp_path)
    numbers = pd.read_csv(tmp_path / "width-logdet-plotted.csv")
    assert numbers["source"].value_counts().to_dict() == {"published": 9, "measured": 2}
    assert numbers.loc[numbers["source"] == "measured", "trained"].tolist() == pytest.approx([
        759 * 1.025,
        1171 * 1.025,
    ])


def test_a_folder_that_cannot_be_made(volume_runs: list[Run], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DiskError, match=r"file: File exists"):
        write_report(REPORTS["width-logdet"].build(RunTables(volume_runs)), tmp_path / "file")

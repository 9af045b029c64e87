"""All files of a report, and figures that are equal byte for byte."""

from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest

from geomgen.errors import DiskError
from geomgen.report.collect import RunTables
from geomgen.report.reports import REPORTS
from geomgen.report.width_logdet import CELLS, published_table
from geomgen.report.write import write_report
from geomgen.store.run import Run
from tests.report.made_up_runs import RunMaker

FILES = [
    f"width-logdet{end}" for end in (".csv", ".json", ".md", ".tex", ".txt", ".pdf", ".svg", ".png", "-plotted.csv")
]


@pytest.fixture
def make_run(tmp_path: Path) -> RunMaker:
    return RunMaker(tmp_path / "runs")


@pytest.fixture
def runs(make_run: RunMaker) -> list[Run]:
    """Two seeds of two published widths, a little off."""
    rows = published_table().set_index("hidden").loc[[128, 256]].iterrows()
    return [
        make_run(
            {key: row[name] * (1.02 + 0.01 * seed) for name, key in CELLS.items()}, width=int(str(width)), seed=seed
        )
        for width, row in rows
        for seed in range(2)
    ]


def test_all_files_twice_the_same(runs: list[Run], tmp_path: Path) -> None:
    contents: list[list[bytes]] = []
    for folder in (tmp_path / "one" / "deep", tmp_path / "two"):
        with mpl.rc_context({"font.size": 20.0 + len(contents), "lines.linewidth": 9}):
            paths = write_report(REPORTS["width-logdet"].build(RunTables(runs), compare="published"), folder)
        assert paths == [folder / name for name in FILES]
        assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
        contents.append([path.read_bytes() for path in paths])
    assert contents[0] == contents[1]


def test_figure_files_carry_no_date_and_embed_fonts(runs: list[Run], tmp_path: Path) -> None:
    *_, pdf, svg, png, _ = write_report(REPORTS["width-logdet"].build(RunTables(runs)), tmp_path)
    assert b"CreationDate" not in pdf.read_bytes()
    assert b"/FontFile2" in pdf.read_bytes()
    assert b"<dc:date>" not in svg.read_bytes()
    assert b"<text" not in svg.read_bytes()
    assert b"Software" not in png.read_bytes()


def test_axes_have_labels_with_units(runs: list[Run]) -> None:
    (ax,) = REPORTS["width-logdet"].build(RunTables(runs)).figures[0].draw().axes
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Width (units in each hidden layer)", "Log determinant (nats)")
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["128", "256"]


def test_one_panel_an_experiment(runs: list[Run], make_run: RunMaker) -> None:
    other = make_run(dict.fromkeys(CELLS.values(), -5.0), width=128, epochs=1)
    figure = REPORTS["width-logdet"].build(RunTables([*runs, other])).figures[0].draw()
    assert [ax.get_title() for ax in figure.axes] == ["epochs 1", "epochs 10"]
    assert {ax.get_yscale() for ax in figure.axes} == {"linear"}


def test_what_is_plotted_stands_beside_the_figure(runs: list[Run], tmp_path: Path) -> None:
    write_report(REPORTS["width-logdet"].build(RunTables(runs), compare="published"), tmp_path)
    numbers = pd.read_csv(tmp_path / "width-logdet-plotted.csv")
    assert numbers["source"].value_counts().to_dict() == {"published": 9, "measured": 2}
    assert numbers.loc[numbers["source"] == "measured", "trained"].tolist() == pytest.approx([
        759 * 1.025,
        1171 * 1.025,
    ])


def test_a_folder_that_cannot_be_made(runs: list[Run], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DiskError, match=r"file: File exists"):
        write_report(REPORTS["width-logdet"].build(RunTables(runs)), tmp_path / "file")


def test_training_draws_loss_and_accuracy(make_run: RunMaker, tmp_path: Path) -> None:
    made = REPORTS["training"].build(RunTables([make_run(epochs_done=2, seed=seed) for seed in range(3)]))
    assert [ax.get_ylabel() for ax in made.figures[0].draw().axes] == ["Test loss (nats)", "Test accuracy (fraction)"]
    assert (tmp_path / "training.png") in write_report(made, tmp_path)

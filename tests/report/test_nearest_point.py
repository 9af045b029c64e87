"""Report ``nearest-point``: distances by width, and laws beside each other."""

from pathlib import Path

import pytest

from geomgen.config.nearest_point import NearestPointConfig
from geomgen.experiments.nearest_point import nearest_point
from geomgen.report.collect import RunTables
from geomgen.report.nearest_point import REPORT
from geomgen.store.run import Run, create_run
from tests.report.made_up_surfaces import SUMMARY, surface_run


def test_means_over_seeds_by_width_and_law(tmp_path: Path) -> None:
    runs = [
        surface_run(tmp_path, width, seed, distance_ratio=1 + 1 / width + 0.1 * seed)
        for width in (4, 8)
        for seed in (0, 1)
    ]
    made = REPORT.build(RunTables(runs))
    distances, laws = (table.frame for table in made.tables)
    assert distances["distance_ratio"].tolist() == pytest.approx([1.3, 1.175])
    assert distances["seeds"].tolist() == [2, 2]
    assert set(zip(laws["width"], laws["law"], strict=True)) == {
        (width, law) for width in (4, 8) for law in ("prior", "conditioned")
    }
    assert [figure.name for figure in made.figures] == ["nearest-point", "surface-laws"]
    (note,) = [note for note in made.notes if "Chains of 4 rows have not mixed" in note]
    assert note.endswith(": conditioned at width 4, conditioned at width 8.")
    for figure in made.figures:
        figure.draw()


def test_a_product_is_a_row_of_its_own(tmp_path: Path) -> None:
    product: Run = nearest_point(NearestPointConfig(problem="product", threads=1), tmp_path)
    made = REPORT.build(RunTables([product]))
    assert made.main.frame["distance_ratio"].item() == pytest.approx(2.8708 / 2.6252, abs=1e-3)
    both = REPORT.build(RunTables([product, surface_run(tmp_path, 4, 0)]))
    assert both.main.frame["width"].isna().sum() == 1
    assert len(both.main.frame) == 2
    assert set(both.figures[0].numbers["width"]) == {4}
    both.figures[0].draw()


def test_seeds_of_the_product_are_one(tmp_path: Path) -> None:
    config = NearestPointConfig(problem="product", threads=1).to_mapping()
    runs = []
    for seed in (0, 1):
        run = create_run(tmp_path, "nearest-point", f"s{seed}", config | {"seed": seed}, {})
        run.add_rows("nearest_point_summary", [SUMMARY])
        run.finish("complete")
        runs.append(run)
    frame = REPORT.build(RunTables(runs)).main.frame
    assert frame["distance_ratio"].tolist() == [SUMMARY.distance_ratio]
    assert "distance_ratio_std" not in frame or frame["distance_ratio_std"].isna().all()
    assert frame["seeds"].tolist() == [1]

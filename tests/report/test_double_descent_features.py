"""Random features: which seeds share a mean, where the error peaks, and how curves are named."""

from pathlib import Path

from geomgen.config.regress import RffConfig
from geomgen.experiments.regress import regress
from geomgen.store.catalog import runs
from tests.report.reading import report


def test_seeds_are_averaged_and_problems_kept_apart(regressions: Path) -> None:
    found = report("double-descent", runs(regressions))
    frame = found.table("double-descent-features").frame
    assert frame.groupby(["problem", "ridge"])["seeds"].first().to_dict() == {
        ("noise variance 0", 0.0): 2,
        ("noise variance 0.1", 0.0): 1,
        ("noise variance 0.1", 0.1): 1,
    }
    peaks = found.table("double-descent-features-peaks").frame
    ridgeless = peaks[peaks["ridge"] == 0]
    assert ridgeless["peak_at_samples"].all()
    assert len(ridgeless) == 3


def test_curves_of_several_sample_sizes_are_named_by_them_once(tmp_path: Path) -> None:
    for samples in (100, 20):
        options = {"data": "synthetic", "samples": samples, "test_samples": 50, "features": (5, 30, 200)}
        regress(RffConfig(**options, threads=1), tmp_path)  # type: ignore[arg-type]
    (figure,) = report("double-descent", runs(tmp_path)).figures
    (legend,) = figure.draw().legends
    assert [words.get_text() for words in legend.get_texts()] == ["20 samples", "100 samples"]

"""A row per noise, and their paths."""

from tests.report.made_up_diffusions import memorised
from tests.report.made_up_runs import RunMaker
from tests.report.reading import report


def test_a_row_and_a_line_for_each_noise(make_run: RunMaker) -> None:
    made = report("diffusion", memorised(make_run, (0.99, 500.0)))
    frame = made.main.frame.set_index("n_beta")
    assert frame["test_accuracy"].round(6).to_dict() == {2e4: 0.99, float("inf"): 0.25}
    assert frame["seeds"].tolist() == [5, 5]
    (figure,) = made.figures
    assert set(figure.numbers["series"]) == {"n beta 20000", "no noise"}
    assert len(figure.draw().axes) == 4

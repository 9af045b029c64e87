"""Distance, path and bits per step against width and steps."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from geomgen.report.content import records
from geomgen.training.tracking import ImplicitRegularizationRow, PointRow
from tests.report.made_up_runs import RunMaker, training_row
from tests.report.reading import claim, report


def gradient_row(epoch: int, e_corr: float, weight: float | None, bits: float = 0.3) -> ImplicitRegularizationRow:
    return ImplicitRegularizationRow(
        epoch=epoch, step=10 * epoch, loss_nats=0.1, gradient_square=1000 * e_corr, e_corr=e_corr,
        implicit_lambda=weight,
        correction_nats=None if weight is None else weight * e_corr, gradient_noise=1.0, gradient_snr=0.5,
        gradient_snr_stderr=0.1, bits_per_step=bits, bits_per_step_stderr=0.05, num_batches=16, num_images=1024,
        num_parameters=1000,
    )  # fmt: skip


@pytest.mark.parametrize(("power", "verdict"), [(-0.5, "holds"), (0.3, "does not hold")])
def test_distance_against_width_and_steps(make_run: RunMaker, power: float, verdict: str) -> None:
    runs = []
    for width in (64, 128, 256, 512):
        for seed in range(2):
            moved = width**power * (1 + 0.01 * seed)
            points = [PointRow(step, step**0.5, 0.1, 2.0 * step, 0.5) for step in (1, 2, 4, 8)]
            tables: dict[str, Sequence[Any]] = {
                "training": [replace(training_row(1), relative_distance=moved)],
                "trajectory": points,
                "implicit_regularization": [gradient_row(0, 1.0, 1.0, bits=5.0), gradient_row(1, 1.0, 1.0, bits=0.25)],
            }
            runs.append(make_run(tables=tables, width=width, seed=seed, optimizer="sgd", weight_decay=0.0, epochs=1))
    made = report("trajectory", runs)
    assert made.main.frame["exponent"].tolist() == pytest.approx([0.5] * 4)
    assert made.main.frame["bits_per_step"].tolist() == pytest.approx([0.25] * 4)
    (fit,) = records(made.table("trajectory-exponents").frame)
    assert fit["distance_against_width"] == pytest.approx(power, abs=0.01)
    assert fit["distance_against_width_low"] < power < fit["distance_against_width_high"]
    assert claim(runs, "T4.2")["verdict"] == verdict
    assert [len(figure.draw().axes) for figure in made.figures] == [1, 1, 1]


def test_the_figure_of_widths_draws_what_has_three_and_says_what_is_unusual(make_run: RunMaker) -> None:
    runs = [make_run(epochs_done=1, width=width, optimizer="sgd") for width in (64, 128, 256)]
    runs += [make_run(epochs_done=1, width=width) for width in (64, 128, 256, 512)]
    runs += [make_run(epochs_done=1, width=64, lr=lr) for lr in (0.1, 0.2)]
    numbers = report("trajectory", runs).figures[0].numbers
    assert list(dict.fromkeys(numbers["series"])) == ["mlp", "mlp, optimizer sgd"]
    assert len(numbers) == 7


def test_bits_a_step_of_the_published_protocol(make_run: RunMaker) -> None:
    runs = [
        make_run(
            tables={"implicit_regularization": [gradient_row(1, 0.1, None, bits=0.3 + 0.01 * seed)]},
            width=512,
            seed=seed,
        )
        for seed in range(3)
    ]
    found = claim(runs, "T1.16b")
    assert (found["verdict"], found["value"]) == ("holds", pytest.approx(0.31))

"""Verdicts on the fifth text's claims on networks: made-up runs that say each claim, and runs that do not."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from geomgen.store.run import Run
from tests.report.claims.judging import judgement, value, verdict
from tests.report.made_up_complexities import complexities
from tests.report.made_up_flows import flow_run
from tests.report.made_up_gradients import runs_over_rates
from tests.report.made_up_runs import RunMaker
from tests.report.noisy_runs import EPOCHS, SIZES, WIDTHS, noisy_run


def over_widths(
    make_run: RunMaker, errors: Mapping[int, float], num_seeds: int = 3, train_size: int = 200
) -> list[Run]:
    return [
        noisy_run(make_run, {9: error}, seed, width=width, train_size=train_size)
        for width, error in errors.items()
        for seed in range(num_seeds)
    ]


def test_a_peak_along_width_is_at_the_threshold(make_run: RunMaker) -> None:
    runs = over_widths(make_run, WIDTHS)
    assert verdict(runs, "T5.4") == "holds"
    found = judgement(runs, "T5.3b")
    assert found.verdict == "holds"
    assert "mlp, train size 200: 1 parameters per output, 0.5 to 2 within one grid step" in found.evidence
    assert found.shown is not None
    assert found.shown.estimate.value == found.shown.estimate.low == 1


def test_a_peak_away_from_the_threshold_fails_it(make_run: RunMaker) -> None:
    assert verdict(over_widths(make_run, WIDTHS, train_size=20), "T5.3b") == "does not hold"


@pytest.mark.parametrize(("error", "said"), [(0.05, "holds"), (0.003, "does not hold"), (0.4, "does not hold")])
def test_the_peak_is_where_the_training_error_is_close_to_zero(make_run: RunMaker, error: float, said: str) -> None:
    runs = [
        noisy_run(make_run, {9: height}, seed, width=width, train_size=200, train_error=error * 8 / width)
        for width, height in WIDTHS.items()
        for seed in range(3)
    ]
    found = judgement(runs, "T5.3c")
    assert found.verdict == said
    assert "before each clear peak along width, mlp, train size 200, peak at width 8: " in found.evidence


def test_errors_that_only_fall_have_no_peak(make_run: RunMaker) -> None:
    runs = over_widths(make_run, {width: 1 / width for width in WIDTHS})
    assert verdict(runs, "T5.4") == "does not hold"
    assert verdict(runs, "T5.3b") == verdict(runs, "T5.3c") == "undecided"


def test_one_series_with_a_peak_is_enough(make_run: RunMaker) -> None:
    falling = over_widths(make_run, {width: 1 / width for width in WIDTHS}, train_size=400)
    found = judgement([*falling, *over_widths(make_run, WIDTHS)], "T5.4")
    assert found.verdict == "holds"
    assert found.shown is not None
    assert "train size 200" in found.shown.words


def test_a_rise_in_one_series_and_a_fall_in_another_are_no_peak(make_run: RunMaker) -> None:
    rising = over_widths(make_run, {width: 0.1 + width / 100 for width in WIDTHS}, train_size=400)
    falling = over_widths(make_run, {width: 1 / width for width in WIDTHS})
    assert verdict([*rising, *falling], "T5.4") == "does not hold"


def test_one_seed_is_no_series(make_run: RunMaker) -> None:
    found = judgement(over_widths(make_run, WIDTHS, num_seeds=1), "T5.4")
    assert found.verdict == "not yet measured"
    assert found.evidence.startswith("No networks with label noise")


def test_a_run_of_another_setting_joins_no_series(make_run: RunMaker) -> None:
    runs = over_widths(make_run, WIDTHS)
    before = judgement(runs, "T5.4")
    runs.append(noisy_run(make_run, {9: 0.0}, 0, width=8, train_size=200, lr=0.5))
    after = judgement(runs, "T5.4")
    assert (after.verdict, after.evidence) == (before.verdict, before.evidence)


def over_sizes(make_run: RunMaker, errors: Mapping[int, float], fitted: int = 200) -> list[Run]:
    return [
        noisy_run(
            make_run, {9: error}, seed, width=8, train_size=size, train_error=0.0 if size <= fitted else size / 1000
        )
        for size, error in errors.items()
        for seed in range(3)
    ]


def test_more_data_up_to_the_threshold(make_run: RunMaker) -> None:
    runs = over_sizes(make_run, SIZES | {100: 0.35})
    found = judgement(runs, "T5.6")
    assert found.verdict == "holds"
    assert value(runs, "T5.6") == pytest.approx(0.05 * 1.01)
    assert "100 to 400 images" in found.evidence
    assert verdict(over_sizes(make_run, {size: 100 / size for size in SIZES}), "T5.6") == "does not hold"


@pytest.mark.parametrize("fitted", [10, 10_000])
def test_without_a_threshold_no_rise_up_to_it(make_run: RunMaker, fitted: int) -> None:
    assert verdict(over_sizes(make_run, SIZES, fitted), "T5.6") == "not yet measured"


def test_errors_that_fall_twice_over_the_epochs(make_run: RunMaker) -> None:
    epochs = [noisy_run(make_run, EPOCHS, seed, width=8, train_size=300) for seed in range(3)]
    assert verdict(epochs, "T5.5") == "holds"


def test_jumps_in_a_few_epochs_are_no_peak(make_run: RunMaker) -> None:
    rising = {epoch: 0.2 + epoch / 1000 for epoch in range(1, 65)}
    jumps = rising | dict.fromkeys((23, 30, 31, 44), 0.8)
    runs = [noisy_run(make_run, jumps, seed, width=8, train_size=300) for seed in range(3)]
    assert verdict(runs, "T5.5") == "does not hold"


@pytest.mark.parametrize(("power", "said"), [(0.5, "holds"), (-0.5, "does not hold")])
def test_complexity_grows_with_epochs(tmp_path: Path, power: float, said: str) -> None:
    found = judgement(complexities(tmp_path, power), "T5.7")
    assert found.verdict == said
    assert "9 procedures, of which 1 have a bound only" in found.evidence


@pytest.mark.parametrize(
    ("orders", "said"),
    [
        ({0.0: 2.0, 1.0: 3.0}, "holds"),
        ({0.0: 2.0, 1.0: 2.0}, "does not hold"),
        ({0.0: 3.0, 1.0: 3.0}, "does not hold"),
        ({1.0: 3.0}, "undecided"),
    ],
)
def test_the_orders_of_flows(tmp_path: Path, orders: dict[float, float], said: str) -> None:
    assert verdict([flow_run(tmp_path, orders, seed) for seed in range(2)], "T5.8") == said


def test_all_runs_of_flows_count(tmp_path: Path) -> None:
    wrong = flow_run(tmp_path, {0.0: 2.0, 1.0: 2.0}, seed=0, width=4)
    assert verdict([wrong, *(flow_run(tmp_path, {0.0: 2.0, 1.0: 3.0}, seed) for seed in range(2))], "T5.8") != "holds"


@pytest.mark.parametrize(("sign", "said"), [(1, "holds"), (-1, "does not hold")])
def test_larger_rates_and_penalties_end_flatter(make_run: RunMaker, sign: int, said: str) -> None:
    assert verdict(runs_over_rates(make_run, sign), "T5.9") == said


def test_rates_that_only_train_further_say_nothing(make_run: RunMaker) -> None:
    assert verdict(runs_over_rates(make_run, 0), "T5.9") in {"undecided", "does not hold"}


def test_one_seed_of_rates_decides_nothing(make_run: RunMaker) -> None:
    assert verdict(runs_over_rates(make_run, 1, num_seeds=1), "T5.9") == "undecided"


def test_a_run_of_other_options_is_not_compared(make_run: RunMaker) -> None:
    runs = runs_over_rates(make_run, 1)
    before = judgement(runs, "T5.9").evidence
    others = runs_over_rates(lambda **made: make_run(**made | {"batch_size": 8}), -1, num_seeds=1)  # type: ignore[arg-type]
    assert judgement([*runs, *others], "T5.9").evidence == before

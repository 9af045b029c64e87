"""Statistics of numbers per width and seed: what they give, what they need, and how they are called."""

import math
from collections.abc import Callable

import pandas as pd
import pytest

from geomgen.errors import NoDataError
from geomgen.numerics.estimate import Estimate
from geomgen.report.statistic import (
    Statistic,
    at_width,
    bend,
    between,
    each_width,
    exponent,
    gain,
    groups,
    largest_width,
    per_doubling,
    phrase,
    ranked,
    repeated_widths,
    sign_change,
    turn_back,
)

WIDTHS = (128, 256, 512, 1024)


def numbers(law: Callable[[float], float], widths: tuple[int, ...] = WIDTHS, seeds: int = 3) -> pd.Series:
    """Return numbers that follow a law of the width; seeds differ by a part in a thousand."""
    offsets = {seed: 1 + 0.001 * (seed - (seeds - 1) / 2) for seed in range(seeds)}
    found = {(width, seed): law(width) * offset for width in widths for seed, offset in offsets.items()}
    return pd.Series(found).rename_axis(["width", "seed"])


def only(statistic: Statistic, values: pd.Series) -> Estimate:
    ((_, found),) = statistic.find(values)
    return found


@pytest.mark.parametrize(
    ("statistic", "words"),
    [
        (at_width(8), "X at width 8"),
        (at_width(8, 16), "X at widths 8 and 16"),
        (each_width(), "X at each width with two seeds"),
        (largest_width(), "X at the largest width measured"),
        (largest_width(64), "X at the largest width measured (64 or more)"),
        (between(8, 16), "change of the X from width 8 to 16"),
        (between(), "change of the X from the smallest to the largest width"),
        (exponent(), "exponent of the X against width"),
        (exponent(8, 64), "exponent of the X against width from 8 to 64"),
        (per_doubling(), "change of the X per doubling of width, by seed"),
        (bend(), "exponent of the X over the upper half of the widths minus that over the lower half"),
        (gain(1, 2, 3), "gain of the X from width 2 to 3 over its gain from 1 to 2"),
        (sign_change(), "width at which the X changes sign"),
        (turn_back(rising=True), "extent to which the X turns back from above 0 to below with width (if it does)"),
        (turn_back(rising=False), "extent to which the X turns back from below 0 to above with width (if it does)"),
        (ranked(), "rank correlation of the X with width"),
    ],
)
def test_what_a_statistic_makes_of_a_quantity(statistic: Statistic, words: str) -> None:
    assert phrase(statistic.words, "X") == words


def test_a_phrase_without_a_place_for_its_subject_follows_it() -> None:
    assert phrase("7 runs", "X") == "X, 7 runs"
    assert phrase("", "X") == "X"


def test_values_are_grouped_by_width_and_a_width_that_is_needed_must_be_there() -> None:
    values = numbers(float, (8, 16), 2)
    assert groups(values) == groups(values, (8, 16))
    assert list(groups(values, (16,))) == [16]
    with pytest.raises(NoDataError, match=r"Not measured yet at width 32, 64\."):
        groups(values, (8, 32, 64))


def test_means_at_widths() -> None:
    values = numbers(float)
    words, found = zip(*at_width(128, 512).find(values), strict=True)
    assert words == ("{} at width 128", "{} at width 512")
    assert [it.value for it in found] == pytest.approx([128, 512])
    one_seed_at_the_end = pd.concat([values, numbers(float, (4096,), 1)])
    names = [name for name, _ in each_width().find(one_seed_at_the_end)]
    assert names == [f"{{}} at width {width}" for width in WIDTHS]
    ((name, largest),) = largest_width().find(one_seed_at_the_end)
    assert name == "{} at width 4096, the largest measured"
    assert not largest.is_known
    with pytest.raises(NoDataError, match="No width has been measured with two seeds"):
        list(each_width().find(numbers(float, WIDTHS, 1)))
    with pytest.raises(NoDataError, match=r"only up to width 1024, not yet at width 4096 or more"):
        list(largest_width(4096).find(values))


def test_differences_between_widths() -> None:
    values = numbers(float)
    assert only(between(128, 512), values).value == pytest.approx(384)
    ((words, found),) = between().find(values)
    assert words == "change of the {} from width 128 to 1024"
    assert found.value == pytest.approx(896)
    with pytest.raises(NoDataError, match="at no other width than 128"):
        list(between().find(numbers(float, (128,))))
    assert only(gain(128, 256, 1024), values).value == pytest.approx(768 / 128)


def test_a_power_law_has_its_exponent_and_no_bend() -> None:
    values = numbers(lambda width: width**0.7)
    assert only(exponent(), values).value == pytest.approx(0.7)
    ((words, found),) = bend().find(values)
    assert found.value == pytest.approx(0, abs=1e-12)
    assert words.endswith("lower half, F-test of a straight line p = 1")
    bent = only(bend(), numbers(lambda width: width**0.7 if width < 300 else 300**0.4 * width**0.3))
    assert bent.value < -0.1
    assert bent.high < 0
    ((words, _),) = exponent().find(pd.concat([values, numbers(float, (2048,), 1)]))
    assert words == "exponent of the {} against width, 1 width of one seed left out"


@pytest.mark.parametrize("statistic", [exponent(), bend(), ranked()])
def test_a_line_takes_three_widths(statistic: Statistic) -> None:
    with pytest.raises(NoDataError, match="Fewer than 3 widths"):
        list(statistic.find(numbers(float, (8, 16))))


@pytest.mark.parametrize("statistic", [exponent(128, 8192), bend(128, 8192), sign_change(128, 8192)])
def test_ends_are_needed(statistic: Statistic) -> None:
    with pytest.raises(NoDataError, match="Not measured yet at width 8192"):
        list(statistic.find(numbers(float)))


def test_widths_beyond_the_ends_do_not_count() -> None:
    values = pd.concat([numbers(float, (4, 8, 8192)), numbers(lambda width: width**0.5, WIDTHS)])
    assert only(exponent(128, 1024), values).value == pytest.approx(0.5)
    assert only(sign_change(128, 1024), pd.concat([numbers(lambda _: -1.0, (4,)), values - 20])).value > 128


def test_the_one_crossing() -> None:
    ((words, found),) = sign_change().find(numbers(lambda width: 1.0 if width < 300 else -1.0))
    assert words == "width at which the {} changes sign, between 256 and 512"
    assert found.value == pytest.approx(math.sqrt(256 * 512))
    for law, times in ((lambda width: 1.0, 0), (lambda width: 1.0 if width in {128, 512} else -1.0, 3)):
        with pytest.raises(NoDataError, match=f"changes {times} times between widths 128 and 1024"):
            list(sign_change().find(numbers(law)))


@pytest.mark.parametrize("means", [(-3, -1, 2, 4), (-3, 1, -2, 4)])
def test_how_far_the_sign_turns_back_if_it_does(means: tuple[float, ...]) -> None:
    values = numbers(lambda width: means[WIDTHS.index(int(width))])
    for rising, seen in ((True, values), (False, -values)):
        told = list(turn_back(rising=rising).find(pd.concat([seen, numbers(lambda _: 0.0, (64,), 1)])))
        assert bool(told) == (means[2] < 0)
        for words, found in told:
            assert words.endswith("with width, 256 to 512")
            assert found.value == pytest.approx(1)
            assert found.low > 0
    with pytest.raises(NoDataError, match="Fewer than two widths have been measured with two seeds"):
        list(turn_back(rising=True).find(numbers(float, seeds=1)))


def test_over_all_runs() -> None:
    values = numbers(float)
    assert only(ranked(), values).value == pytest.approx(0.97, abs=0.03)
    assert only(ranked(), -values).high < 0


@pytest.mark.parametrize(
    ("statistic", "words"),
    [
        (at_width(128, 64, 8192), "X at widths 64 and 2048"),
        (at_width(300), "X at width 512"),
        (largest_width(4096), "X at the largest width measured"),
        (between(512, 8192), "change of the X from the smallest to the largest width"),
        (exponent(128, 8192), "exponent of the X against width"),
        (bend(128, 8192), "exponent of the X over the upper half of the widths minus that over the lower half"),
        (gain(128, 4096, 8192), "gain of the X from width 512 to 2048 over its gain from 16 to 512"),
        (sign_change(128, 8192), "width at which the X changes sign"),
        (each_width(), "X at each width with two seeds"),
    ],
)
def test_elsewhere_the_nearest_widths_take_the_place_of_those_named(statistic: Statistic, words: str) -> None:
    assert phrase(statistic.near([16, 64, 512, 2048]).words, "X") == words


def test_a_gain_needs_three_widths() -> None:
    with pytest.raises(NoDataError, match="Fewer than 3 widths"):
        gain(128, 4096, 8192).near([64, 512])


def test_widths_with_two_seeds_or_else_all() -> None:
    values = pd.concat([numbers(float, (512, 128)), numbers(float, (64,), seeds=1)])
    assert repeated_widths(values) == [128, 512]
    assert repeated_widths(numbers(float, (64, 32), seeds=1)) == [32, 64]


def test_the_slope_against_doublings_is_found_for_each_seed() -> None:
    """Seeds that are far from each other at every width do not widen the interval."""
    values = numbers(lambda width: -0.2 * math.log2(width))
    values += 5.0 * values.index.get_level_values("seed").to_numpy(float)
    found = only(per_doubling(), values)
    assert found.value == pytest.approx(-0.2)
    assert found.stderr < 0.001
    with pytest.raises(NoDataError, match="Fewer than 3 widths"):
        only(per_doubling(), numbers(lambda _: 1.0, widths=(8, 16)))


def test_runs_of_another_width_or_seed_undo_no_slope_by_seed() -> None:
    values = numbers(lambda width: -0.2 * math.log2(width))
    (words, found), *_ = per_doubling().find(values)
    assert words == "change of the {} per doubling of width, by seed, over 4 widths each"
    for more in (numbers(lambda _: 9.0, (16,), 1), numbers(lambda _: 9.0, (16,), 5).drop([0, 1, 2], level="seed")):
        assert list(per_doubling().find(pd.concat([values, more]))) == [(words, found)]
    (words, longer), *_ = per_doubling().find(pd.concat([values, numbers(lambda _: -0.2 * 6, (64,), 2)]))
    assert words.endswith("by seed, over 4 to 5 widths each")
    assert longer.count == 3
    assert longer.value == pytest.approx(found.value, abs=1e-3)
    with pytest.raises(NoDataError, match="No seed has been measured at 3 widths"):
        only(per_doubling(), numbers(float, (8, 16, 32)).drop([(8, 0), (16, 1), (32, 2)]))


def test_what_is_not_positive_has_no_exponent() -> None:
    with pytest.raises(NoDataError, match="not positive in every run"):
        only(exponent(), numbers(lambda width: width - 200))

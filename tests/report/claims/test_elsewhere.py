"""Claims in other protocols: which are judged there, by which runs and at which widths, and what they are beside."""

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from geomgen.errors import UsageError
from geomgen.report.claims.claim import ELSEWHERE
from geomgen.report.claims.elsewhere import Elsewhere, claims_of, find_protocol, judged_elsewhere
from geomgen.report.collect import RunTables
from geomgen.report.protocol import OTHERS, PUBLISHED, Protocol
from geomgen.store.run import Run
from tests.report.claims.judging import BY_ID
from tests.report.made_up_runs import FACTS, RunMaker, summary_row
from tests.report.noisy_runs import WIDTHS, noisy_run

BY_NAME = {protocol.name: protocol for protocol in OTHERS}
NOT_ASKED = {
    "site-post": {"T1.15", "T1.16a", "T1.16b", "T1.17", "T5.3b", "T5.4", "T5.5", "T5.6", "T5.7"},
    "no-weight-decay": {"T1.1", "T1.2", "T1.5", "T1.13a", "T1.13b", "T1.20"},
    "sgd": {"T1.1", "T1.2", "T1.5", "T1.13b", "T1.20"},
    "layer-norm": {"T1.7", "T1.8", "T1.14"},
    "digits": {"T1.13c"},
}
"""Claims that compare what a protocol sets, or that its networks or activations are nothing else for."""
ASKED = ("1", "3a", "6", "7", "8", "9", "13b", "13c", "14", "16a", "18")
SOME = {*(f"T1.{number}" for number in ASKED), "T5.4", "T5.7"}
each_protocol = pytest.mark.parametrize("protocol", OTHERS, ids=lambda one: one.name)


def trained(make_run: RunMaker, changes: Mapping[int, float], site: str = "pre", **options: Any) -> list[Run]:
    """Return two seeds of each width, whose mean cosine is .5 before training and changes by so much."""

    def rows(change: float) -> list[Any]:
        ends = {"initial": (0.5, 0.1), "final": (0.5 + change, 0.11 + abs(change) / 1000)}
        return [summary_row(state, "data", *moments, site=site) for state, moments in ends.items()]

    return [
        make_run(
            tables={"activation_similarity_summary": rows(change * (1 + 0.01 * seed))},
            width=width,
            seed=seed,
            **options,
        )
        for width, change in changes.items()
        for seed in range(2)
    ]


def found(runs: Iterable[Run], claim: str, protocol: str) -> Elsewhere:
    (one,) = [
        it for it in judged_elsewhere(RunTables(runs))
        if (it.there.claim.id, it.protocol.name) == (claim, protocol)
    ]  # fmt: skip
    return one


@each_protocol
def test_claims_on_networks_are_judged_unless_they_compare_what_is_set(protocol: Protocol) -> None:
    asked = {there.id for there, _ in claims_of(protocol)}
    assert not asked & NOT_ASKED[protocol.name]
    assert SOME - NOT_ASKED[protocol.name] <= asked
    assert all(claim.startswith(("T1.", "T5.")) for claim in asked)
    assert not asked & {"T5.1", "T5.2", "T5.8"}


@each_protocol
def test_the_rule_is_the_same_and_says_which_widths_it_is_of(protocol: Protocol) -> None:
    for there, here in claims_of(protocol):
        published = BY_ID[there.id]
        assert [part.rule for part in there.parts] == [part.rule for part in published.parts]
        assert [part.words for part in here.parts] == [part.words for part in published.parts]
        assert there.rule.endswith(ELSEWHERE)
        assert not there.published
        assert not there.revised
        assert all(f"the {part.words} is {part.limits}" in there.rule for part in there.parts)


def test_runs_of_the_protocol_decide_beside_published_ones_of_the_same_widths(make_run: RunMaker) -> None:
    runs = [
        *trained(make_run, {64: 0.1, 256: 0.1}, weight_decay=0.0),
        *trained(make_run, {256: -0.2, 512: 0.2}),
        *trained(make_run, {512: 0.3}, weight_decay=0.5),
    ]
    one = found(runs, "T1.3a", "no-weight-decay")
    assert (one.there.verdict, one.here.verdict, one.differs) == ("does not hold", "holds", True)
    assert one.there.shown
    assert one.there.shown.words.endswith("(trained minus before training, weight decay 0) at width 256")
    assert one.published
    assert one.published.estimate.value == pytest.approx(-0.2 * 1.005)


def test_widths_with_one_seed_do_not_count(make_run: RunMaker) -> None:
    runs = trained(make_run, {64: -0.1, 512: 0.1}, weight_decay=0.0)
    one = found(runs[:-1], "T1.3a", "no-weight-decay")
    assert one.there.shown
    assert one.there.shown.words.endswith("at width 64")
    assert (one.there.verdict, one.here.verdict, one.differs) == ("holds", "not yet measured", False)
    assert one.published is None


def test_activations_of_another_site(make_run: RunMaker) -> None:
    one = found(trained(make_run, {512: -0.1}, "post"), "T1.3a", "site-post")
    assert (one.there.verdict, one.here.verdict) == ("holds", "not yet measured")
    assert one.there.claim.commands == [
        "geomgen train --width WIDTH --seed SEED",
        "geomgen probe-activations RUN --site post",
    ]


def test_a_gain_is_of_the_last_doubling_of_the_widths_that_there_are(make_run: RunMaker) -> None:
    volumes = {64: 1.0, 128: 2.0, 256: 3.0, 512: 3.01}
    runs = [
        make_run(
            {(state, "data"): volume * (1 + 0.0001 * seed) for state in ("initial", "final")},
            width=width, seed=seed, layer_norm=True,
        )
        for width, volume in volumes.items() for seed in range(3)
    ]  # fmt: skip
    one = found(runs, "T1.10", "layer-norm")
    assert one.there.verdict == "holds"
    assert "from width 256 to 512 over its gain from 64 to 256" in one.there.evidence
    few = found(runs[:6], "T1.10", "layer-norm")
    assert few.there.evidence == "Fewer than 3 widths have been measured."


def test_double_descent_is_of_the_same_data_as_published(make_run: RunMaker) -> None:
    published = [noisy_run(make_run, {9: error}, seed, width=width, train_size=200)
                 for width, error in WIDTHS.items() for seed in range(3)]  # fmt: skip
    normed = [noisy_run(make_run, {9: 1 / width}, seed, width=width, train_size=200, layer_norm=True)
              for width in WIDTHS for seed in range(3)]  # fmt: skip
    one = found([*published, *normed], "T5.4", "layer-norm")
    assert one.here.verdict == "holds"
    assert one.there.verdict != "holds"
    assert one.there.claim.commands == ["geomgen sweep full/double-descent-width --set layer_norm=true"]
    alone = found(normed, "T5.4", "layer-norm")
    assert (alone.there.evidence, alone.here.verdict) == (one.there.evidence, "not yet measured")


def test_data_of_the_users_own_are_a_protocol_of_their_name(make_run: RunMaker) -> None:
    own, others = (FACTS | {"data_sha256": digit * 16} for digit in "89")
    runs = trained(make_run, {512: -0.1}, data="/my/fashion.npz", facts=own, epochs_done=1)
    other = make_run(epochs_done=1, data="other.npz", lr=0.5, facts=others)
    tables = RunTables([*runs, other])
    assert find_protocol("fashion.npz", tables).options == {"data": "fashion.npz"}
    assert found(tables.runs, "T1.3a", "fashion.npz").there.verdict == "holds"
    with pytest.raises(UsageError, match=r"no protocol 'other.npz', nor data of that name\. There are: published, "):
        find_protocol("other.npz", tables)


def test_protocols_without_runs_are_left_out(make_run: RunMaker) -> None:
    assert judged_elsewhere(RunTables(trained(make_run, {512: -0.1}))) == []
    assert find_protocol("published", RunTables([])) is PUBLISHED
    with pytest.raises(UsageError, match=r"no protocol 'sdg', nor data of that name\. Did you mean 'sgd'\?"):
        find_protocol("sdg", RunTables([]))

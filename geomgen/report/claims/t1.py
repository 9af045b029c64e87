"""Claims of the first text: the geometry of activations."""

from typing import Any

from geomgen.config.architecture import DEFAULT_WIDTH
from geomgen.report.claims.claim import Answers, Claim, Revised
from geomgen.report.claims.part import Part, measured
from geomgen.report.claims.rule import Rule, Verdict, above, below, within
from geomgen.report.claims.t1_similarity import REASON_CLAIMS, SEVERAL_TURNS, TURNS_BACK, untrained
from geomgen.report.claims.t1_way_back import WAY_BACK_CLAIMS
from geomgen.report.quantities.layers import LEAST_GROWTH
from geomgen.report.quantities.similarity import (
    CONTROLS,
    COSINE_AFTER_NORM,
    COSINE_OVERLAP,
    COSINE_SPREAD,
    GAUSSIAN,
    L2_OVERLAP,
    L2_SPREAD,
    MEAN_COSINE,
    SEPARATION,
)
from geomgen.report.quantities.training import BITS_PER_STEP, EXPONENT, LOG_RELATIVE_DISTANCE, RELATIVE_DISTANCE
from geomgen.report.quantities.volume import EXPLAINED, LOG_DET, UNEXPLAINED
from geomgen.report.quantity import Expression, Quantity, Selected, log_ratio
from geomgen.report.statistic import (
    at_width,
    bend,
    between,
    each_width,
    exponent,
    gain,
    largest_width,
    ranked,
    sign_change,
    turn_back,
)

SMALLEST, SMALL, MIDDLE, LARGE = 128, 512, 4096, 8192
LENET, TRANSFORMER = DEFAULT_WIDTH["lenet5"], DEFAULT_WIDTH["transformer"]
PERMUTED = "permuted-pixels"
NO_ASYMPTOTE = "The largest width measured was 512, which says nothing about an asymptote."
THIRD_SEED = "Two seeds at width 4096 left it undecided, as an interval of two is wide; a third was added."
NEAR = "At a relative distance of 1, the origin is as near to the initial parameters as the trained ones are."
ALONE = "As now, in runs of the published protocol alone."
ANY_TRAINING = "Networks before training are the same in every protocol that draws them alike, and now all count."
OWN_SPREAD = "A verdict on one seed borrowed the spread of other widths; each width now has its own."


def _before(quantity: Quantity, condition: str = "data", **changed: Any) -> Selected:
    return quantity.of(state="initial", condition=condition).among(**changed)


def _trained(quantity: Quantity, condition: str = "data", **changed: Any) -> Selected:
    return quantity.of(state="final", condition=condition).among(**changed)


def _change(quantity: Quantity, condition: str = "data", **changed: Any) -> Expression:
    """Return trained minus before training, in runs of the published protocol with some options changed."""
    return _trained(quantity, condition, **changed) - _before(quantity, condition, **changed)


def _spreads_at(width: int, **changed: Any) -> tuple[Part, ...]:
    """Return the parts of the claim that training lowers similarities and spreads them."""
    return (
        measured(_change(MEAN_COSINE, **changed), at_width(width), below(0)),
        measured(_change(COSINE_SPREAD, **changed), at_width(width), above(0)),
    )


def _asymptote(rule: Rule, **option: tuple[Any, Any]) -> tuple[Part, ...]:
    """Return the parts of a claim on what more of an option does to the asymptote of the trained log determinant."""
    less, more = (_trained(LOG_DET, **{name: ends[end] for name, ends in option.items()}) for end in (0, 1))
    return tuple(measured(more - less, statistic, rule) for statistic in (largest_width(MIDDLE), each_width()))


LOG_DET_RATIO = log_ratio(_trained(LOG_DET), _before(LOG_DET))
CLAIMS = (
    Claim(
        "T1.1", "Before training, activations of different inputs are far more alike than either control.",
        tuple(
            measured(SEPARATION.of(condition=control).untrained(), at_width(SMALL, LARGE), above(5))
            for control in CONTROLS
        ),
        "similarity",
        revised=Revised(
            f"The spread over pairs of one network says nothing about other networks. {ANY_TRAINING}",
            "Mean cosine minus each control's is above 5 pooled standard deviations of the pairs at widths 512 and "
            "8192; one seed decides.", Verdict.HOLDS,
        ),
    ),
    Claim(
        "T1.2", "Before training, similarity hardly depends on the order of the pixels.", (
            measured(untrained(MEAN_COSINE, PERMUTED) - untrained(MEAN_COSINE), at_width(SMALL), within(-0.02, 0.02)),
            measured(COSINE_OVERLAP.of().untrained(), at_width(SMALL), above(0.9)),
        ), "similarity",
        revised=Revised(
            f"{ANY_TRAINING} Twenty seeds left it undecided; then eighty more were added, as many as had been fixed "
            "before they were run.", ALONE, Verdict.UNDECIDED,
        ),
    ),
    Claim(
        "T1.3a", "Training spreads the similarities of activations and lowers them.", _spreads_at(SMALL), "similarity",
    ),
    Claim(
        "T1.3b", "In the wide network, training expands the differences just as it does in the small one.",
        _spreads_at(LARGE), "similarity",
        revised=Revised(OWN_SPREAD, "As T1.3a at width 8192, the spread over seeds pooled over widths.", Verdict.FAILS),
    ),
    Claim(
        "T1.4", "Training makes inputs from outside the training distribution (permuted pixels) more alike.",
        (measured(_change(MEAN_COSINE, PERMUTED), at_width(SMALL), above(0)),), "similarity",
    ),
    Claim(
        "T1.5", "Wider networks have narrower controls, and the same distribution of initial similarities.", (
            *(measured(untrained(COSINE_SPREAD, control), exponent(), within(-0.55, -0.45)) for control in CONTROLS),
            measured(untrained(MEAN_COSINE), between(SMALL, LARGE), within(-0.03, 0.03)),
        ), "similarity", revised=Revised(ANY_TRAINING, ALONE, Verdict.FAILS),
    ),
    Claim(
        "T1.6", "Everything that holds for cosine similarity also holds for normalised L2 distance.", (
            measured(_change(L2_SPREAD), at_width(SMALL), above(0)),
            *(
                measured(_before(L2_SPREAD) / _before(L2_SPREAD, control), at_width(SMALL), above(1))
                for control in CONTROLS
            ),
            measured(L2_OVERLAP.of(), at_width(SMALL), above(0.9)),
            measured(_before(L2_SPREAD, GAUSSIAN), exponent(), within(-0.55, -0.45)),
        ), "similarity",
        details="Distances are divided by the root mean square of all of them, so that their means say nothing: of the "
        "claims on cosine similarity, those on spreads and on permuted pixels are asked.",
        revised=Revised(
            "Control 1 permutes the units of each input and so keeps its norm; the norms of different inputs differ "
            "at any width, so that the spread of its distances cannot narrow. Only control 2 can.",
            "As now, but the spread of both controls has an exponent within -0.55 to -0.45.", Verdict.FAILS,
        ),
    ),
    Claim(
        "T1.7", "The initial activations of LeNet-5 are clustered even more tightly than the MLP's.", (
            measured(_before(MEAN_COSINE, arch="lenet5") - _before(MEAN_COSINE), at_width(LENET), above(0)),
            measured(_before(COSINE_SPREAD, arch="lenet5") - _before(COSINE_SPREAD), at_width(LENET), below(0)),
        ), "architectures",
        revised=Revised(
            "The two differed in width, which alone changes the similarities; both now have 84 units.",
            "LeNet-5 with 84 units minus the MLP with 512: the difference in mean cosine is above 0, that in standard "
            "deviation below 0.", Verdict.HOLDS,
        ),
    ),
    Claim(
        "T1.8",
        "Open: does a transformer also start undifferentiated, and does training also spread its activations?", (
            *_spreads_at(TRANSFORMER, arch="transformer"),
            *(
                measured(SEPARATION.of(condition=control).among(arch="transformer"), at_width(TRANSFORMER), above(5))
                for control in CONTROLS
            ),
        ), "architectures",
        answers=Answers(
            "It does: its activations are far more alike than those of the controls, and training spreads them.",
            "It does not, in one respect or more.",
        ),
    ),
    Claim(
        "T1.9", "The log determinant of initial activations rises log-linearly with width.", (
            measured(_before(LOG_DET), bend(SMALLEST, LARGE), within(-0.1, 0.1)),
            measured(_before(LOG_DET), exponent(SMALLEST, LARGE), above(0)),
        ), "width-logdet",
        revised=Revised(
            "R^2 is above 0.99 for many curves that are not straight, of this range and this few widths.",
            "R^2 of a line on log-log axes through the means at 128 to 8192 is above 0.99.", Verdict.HOLDS,
        ),
    ),
    Claim(
        "T1.10", "The log determinant of trained activations saturates with width.",
        (measured(_trained(LOG_DET), gain(SMALLEST, MIDDLE, LARGE), below(0.05)),), "width-logdet", "0.024",
        revised=Revised(OWN_SPREAD, "The same, the relative spread pooled over widths.", Verdict.UNDECIDED),
    ),
    Claim(
        "T1.11", "In large networks, training lowers the log determinant.", (
            measured(LOG_DET_RATIO, sign_change(SMALLEST, LARGE), within(SMALLEST, LARGE)),
            measured(LOG_DET_RATIO, at_width(SMALLEST), above(0)),
            measured(LOG_DET_RATIO, at_width(LARGE), below(0)),
            measured(LOG_DET_RATIO, turn_back(SMALLEST, LARGE, rising=False), below(0)),
        ), "width-logdet", "between 2048 and 3072", details=TURNS_BACK,
        revised=Revised(
            f"{SEVERAL_TURNS} Earlier, the spread was pooled over widths, and it held too. {OWN_SPREAD}",
            "As now, but for turning back.", Verdict.HOLDS,
        ),
    ),
    Claim(
        "T1.12", "The control of trained activations keeps rising with width.",
        (measured(_trained(LOG_DET, "control-features"), gain(SMALLEST, MIDDLE, LARGE), above(0.2)),),
        "width-logdet", "0.66", details="Proportional growth would give 1.03.",
        revised=Revised(OWN_SPREAD, "The same, the relative spread pooled over widths.", Verdict.HOLDS),
    ),
    Claim(
        "T1.13a", "Training lowers the log determinant of large networks without regularisation too.",
        (measured(_change(LOG_DET, weight_decay=0.0), largest_width(MIDDLE), below(0)),), "regularisation",
        revised=Revised(THIRD_SEED, "The same, of two seeds at width 4096.", Verdict.UNDECIDED),
    ),
    Claim(
        "T1.13b", "Weight decay lowers the asymptote of the trained log determinant.",
        _asymptote(below(0), weight_decay=(0.0, 0.1)), "regularisation",
        revised=Revised(
            f"{NO_ASYMPTOTE} {THIRD_SEED}",
            "Weight decay 0.1 minus 0 at the largest width measured with both, same seeds: below 0.", Verdict.HOLDS,
        ),
    ),
    Claim(
        "T1.13c", "More epochs raise the asymptote of the trained log determinant.",
        _asymptote(above(0), epochs=(1, 30)), "regularisation",
        revised=Revised(
            NO_ASYMPTOTE, "Most epochs minus fewest at the largest width measured with both, same seeds: above 0.",
            Verdict.HOLDS,
        ),
    ),
    Claim(
        "T1.14", "LayerNorm makes initial activations look even more alike.",
        tuple(
            measured(_before(cosine, layer_norm=True) - _before(cosine), at_width(SMALL), above(0))
            for cosine in (MEAN_COSINE, COSINE_AFTER_NORM)
        ), "similarity",
        revised=Revised(
            "The norm of the layer that is looked at comes after the site that was looked at; both sites now count.",
            "Mean initial cosine with LayerNorm minus without, before the layer's norm: above 0.", Verdict.FAILS,
        ),
    ),
    Claim(
        "T1.15", "Activations almost always grow in magnitude with training.",
        (measured(LEAST_GROWTH.of(), each_width(), above(0)),), "unit-variance",
        revised=Revised(
            "Layers of one network are not independent, so that a share of all layers has no interval; the layer that "
            "grows least in each network has.", "More than 90 % of all layers of all runs grow.", Verdict.HOLDS,
        ),
    ),
    Claim(
        "T1.16a", "The steps of training look a bit Brownian.",
        (measured(EXPONENT.of(), each_width(), within(0.4, 0.6)),), "trajectory",
        revised=Revised("The claim is not about one width.", "The same at width 512 alone.", Verdict.HOLDS),
    ),
    Claim(
        "T1.16b", "Each evaluation of the loss carries few bits about where to go.",
        (measured(BITS_PER_STEP.of(), at_width(SMALL), below(1)),), "trajectory",
    ),
    Claim(
        "T1.17", "The network stays close to its initialisation, and closer the larger it is.",
        (
            measured(RELATIVE_DISTANCE.of(), largest_width(), below(1)),
            *(measured(LOG_RELATIVE_DISTANCE.of(), statistic, below(0)) for statistic in (between(), ranked())),
        ), "trajectory", details=NEAR,
        revised=Revised(
            "A distance that falls can be large at every width; before, an exponent was asked for, but relative "
            "distance against width is no power law.",
            "As now, but for the limit on the distance itself.", Verdict.HOLDS,
        ),
    ),
    Claim(
        "T1.18", "Open (note 6): is the change in volume more than a change in magnitude?",
        (measured(UNEXPLAINED.of() / EXPLAINED.of(), at_width(SMALL), above(0.1)),), "width-logdet",
        answers=Answers("It is more.", "It is little more than that."),
        revised=Revised(
            "That a number differs from 0 can never be refuted.",
            "The change that magnitudes do not explain differs from 0 at width 512.", Verdict.HOLDS,
        ),
    ),
    *WAY_BACK_CLAIMS,
    *REASON_CLAIMS,
)  # fmt: skip

"""Claims of the fifth text: double descent and implicit regularisation."""

import numpy as np

from geomgen.report.claims.claim import Claim, Revised
from geomgen.report.claims.part import Find, Pair, Part
from geomgen.report.claims.rule import Rule, Verdict, above, below, exactly, within
from geomgen.report.claims.t5_networks import (
    FEWER,
    FITTED,
    FITTED_BELOW,
    NOISY,
    FindIn,
    are_at_threshold,
    complexity_grows,
    errors_beside_peak,
    heights,
    more_data_hurts,
    order_of_flow,
    ranked_at_equal_loss,
)
from geomgen.report.claims.t5_regression import (
    against_degree,
    are_at_thresholds,
    is_at_threshold,
    is_lowest_inside,
    past_peak,
    second_less_first,
)
from geomgen.report.error_peaks import SMALLEST_HEIGHT
from geomgen.report.protocol import Protocol
from geomgen.report.quantities.emc import EMC, FACTORS
from geomgen.report.quantities.flow import FLOW_ERROR
from geomgen.report.quantities.implicit_regularization import (
    ACCURACY,
    BY_PENALTY,
    BY_RATE,
    E_CORR,
    by_penalty,
    by_rate,
)
from geomgen.report.quantities.noisy_labels import TEST_ERROR
from geomgen.report.quantities.regression import (
    BIAS_SQUARED,
    FEATURES_ERROR,
    POLYNOMIAL_ERROR,
    SOLUTION_NORM,
    VARIANCE,
)
from geomgen.report.quantity import Quantity
from geomgen.report.setting import Setting

TOLERANCE = 0.1
CLOSE_TO_ZERO = (FITTED_BELOW, 0.1)
WEAK = 0.2
"""A rank correlation closer to 0 is no trend."""
HEIGHTS = {"rise": "rise of the test error to its peak", "fall": "fall of the test error beyond its peak"}
OTHER_RUNS = "Runs of another bandwidth, other test images or other data joined the curves."
CHOSEN = (
    "A series is of networks that differ in this and in two or more seeds. The peak and the lowest errors on its sides "
    "are chosen on all seeds but one and measured on that one. A smaller change than one test image in a hundred is "
    "none."
)
IN_EVERY = (
    "A peak was asked for in every series, also of networks too wide or narrow, or data too few, to have one; and "
    "without a smallest height none could be found absent."
)
SEARCHED = (
    "Where to look was searched for with one seed each (recipe full/double-descent-epochs-search): AdamW with weight "
    "decay 0.1, 1 and 3, initial weights four times as large, digits, and LeNet-5 on 1,000 and 2,000 images. No error "
    "fell by 0.01 after its peak; LeNet-5's on 2,000 images came closest, with 0.009. AdamW with weight decay 1, where "
    "the error of an MLP began to fall at the end, was repeated as a series."
)
BEFORE = "Rise and fall are above 0 in every series; before that, the same with intervals that were too narrow."


def _part(words: str, find: Find, rule: Rule, quantity: Quantity, command: str = "", unit: str = "") -> Part:
    return Part(words, find, rule, (quantity,), (command or f"geomgen {quantity.maker.name}",), unit)


def _of_networks(
    words: str, find: FindIn, rule: Rule, quantity: Quantity, setting: Setting,
    *command: str,
) -> Part:  # fmt: skip
    """Return a part about networks of a setting; elsewhere, about those of them that have a protocol's options."""

    def elsewhere(protocol: Protocol) -> Pair:
        changes = [f"--set {change}" for change in protocol.settings]
        there = _of_networks(words, find, rule, quantity, setting.under(protocol), *command, *changes)
        return Pair(there, _of_networks(words, find, rule, quantity, setting, *command))

    return Part(
        words, lambda tables: find(tables, setting), rule, (quantity,), (" ".join(("geomgen sweep", *command)),),
        elsewhere=elsewhere,
    )  # fmt: skip


def _of_features(words: str, find: Find, rule: Rule, quantity: Quantity = FEATURES_ERROR) -> Part:
    return _part(words, find, rule, quantity, "geomgen sweep full/double-descent-features")


def _peak(axis: str, along: str, command: str) -> tuple[Part, Part]:
    """Return the parts of double descent: the test error rises to a peak and falls beyond it."""
    rise, fall = (
        _of_networks(
            f"{height} along {along}", heights(axis, name), above(SMALLEST_HEIGHT), TEST_ERROR, NOISY,
            f"full/double-descent-{command}",
        )
        for name, height in HEIGHTS.items()
    )  # fmt: skip
    return rise, fall


def _order(correction: float, flow: str, theory: float) -> Part:
    words = f"order in h of a step's distance from {flow}"
    rule = within(theory - TOLERANCE, theory + TOLERANCE)
    return _part(words, order_of_flow(correction), rule, FLOW_ERROR, "geomgen sweep full/modified-flow")


def _ranked(words: str, find: Find, rule: Rule, quantity: Quantity) -> Part:
    return _part(
        f"rank correlation {words}",
        find, rule, quantity, "geomgen sweep full/implicit-regularization",
    )  # fmt: skip


CLAIMS = (
    Claim(
        "T5.1", "Classically, bias falls and variance rises with complexity, and the test error is lowest in between.",
        (
            _part(
                "slope of the squared bias against the degree",
                against_degree(BIAS_SQUARED, lambda curve: curve), below(0), BIAS_SQUARED,
            ),
            _part(
                "slope of the logarithm of the variance against the degree",
                against_degree(VARIANCE, np.log), above(0), VARIANCE,
            ),
            _part(
                "fraction of seeds whose test error is lowest at neither end of the degrees",
                is_lowest_inside, exactly(1), POLYNOMIAL_ERROR,
            ),
        ), "bias-variance",
        details="Of polynomials with at most half as many parameters as points.",
        revised=Revised(
            "Only the last run counted.",
            "In the last run, squared bias falls and ln variance rises with intervals that exclude 0, and the lowest "
            "error is at neither end.", Verdict.HOLDS,
        ),
    ),
    Claim(
        "T5.2",
        "With random Fourier features, test error peaks at the interpolation threshold, then falls below the classical "
        "minimum.", (
            _of_features(
                "lowest test error beyond the peak less that before it",
                second_less_first, below(0),
            ),
            _of_features(
                "fraction of seeds whose test error peaks within one grid step of features = samples",
                is_at_threshold, exactly(1),
            ),
        ), "double-descent",
        details="At the number of samples with the most seeds.",
        revised=Revised(
            OTHER_RUNS,
            "In all ridgeless fits of MNIST without label noise, the peak is within one grid step of features = "
            "samples and the interval of second minimum minus first is below 0.", Verdict.HOLDS,
        ),
    ),
    Claim(
        "T5.3a",
        "With random features, the threshold is where there are as many parameters as samples (times classes).", (
            _of_features(
                "fraction of seeds whose test error peaks within one grid step of features = samples",
                are_at_thresholds, exactly(1),
            ),
        ), "double-descent",
        details="At three or more numbers of samples. Each output has weights of its own, so that features = samples "
        "means parameters = samples x classes.",
        revised=Revised(
            f"The rule named two thresholds but one was judged. {OTHER_RUNS}",
            "The position of the peak over n, or over n times classes, contains 1 within a grid step at three or more "
            "values of n.", Verdict.HOLDS,
        ),
    ),
    Claim(
        "T5.3b", "With networks, the threshold is where there are as many parameters as samples (times classes).", (
            _of_networks(
                "fraction of clear peaks along width that are within one grid step of the threshold",
                are_at_threshold, exactly(1), TEST_ERROR, NOISY, "full/double-descent-width",
            ),
        ), "double-descent",
        details=f"A peak is clear if its rise and fall are above {SMALLEST_HEIGHT:g}, each at 95 %. The threshold is "
        "parameters = images for all of them, or else images x classes, whichever fits more.",
        revised=Revised(
            "Grid steps were shown as if they were a 95 % interval, and the value was a mean that was not judged.",
            "Parameters at the peak along width, over n or over n times classes, contain 1 within a grid step of all "
            "seeds' peaks, in every series whose peak is above noise.", Verdict.FAILS,
        ),
    ),
    Claim(
        "T5.3c", "With networks, the threshold is where the effective model complexity equals the number of images.", (
            _of_networks(
                "training error one grid step before each clear peak along width",
                errors_beside_peak(-1), above(CLOSE_TO_ZERO[0]), TEST_ERROR, NOISY, "full/double-descent-width",
            ),
            _of_networks(
                "training error one grid step beyond each clear peak along width",
                errors_beside_peak(1), below(CLOSE_TO_ZERO[1]), TEST_ERROR, NOISY, "full/double-descent-width",
            ),
        ), "double-descent",
        details="The complexity equals the number of images where their mean training error equals its threshold "
        f"epsilon, which is close to zero: {CLOSE_TO_ZERO[0]:g} to {CLOSE_TO_ZERO[1]:g}. The error falls with width, "
        "so that it passes this range within one grid step of the peak, which is known no better. Peaks are clear as "
        "in T5.3b and chosen as in T5.4, and errors measured on the seed left out.",
        revised=Revised(
            "From one width to the next the training error falls through most of the range, so that it can be outside "
            "of it at the width nearest to the threshold.",
            f"The training error at each clear peak is within {CLOSE_TO_ZERO[0]:g} to {CLOSE_TO_ZERO[1]:g}.",
            Verdict.UNDECIDED,
        ),
    ),
    Claim(
        "T5.4", "Networks show double descent in width.",
        _peak("width", "width", "width"), "double-descent",
        details=CHOSEN, one_of="series",
        revised=Revised(IN_EVERY, BEFORE, Verdict.UNDECIDED),
    ),
    Claim(
        "T5.5", "Networks show double descent in epochs.",
        _peak("epoch", "the epochs of one training", "epochs"), "double-descent",
        details=f"{CHOSEN} Each point is the median over an interval of a factor sqrt 2 of epochs. {SEARCHED}",
        one_of="series",
        revised=Revised(
            f"{IN_EVERY} Each point was one epoch, in which Adam's loss may jump.", BEFORE, Verdict.UNDECIDED
        ),
    ),
    Claim(
        "T5.6", "Near the threshold, more data can raise the test error.", (
            _of_networks(
                "rise of a network's test error with more images up to the threshold",
                more_data_hurts, above(0), TEST_ERROR, NOISY, "full/double-descent-samples",
            ),
        ), "double-descent",
        details="The threshold is the smallest number of images with a mean training error of "
        f"{FITTED_BELOW:g} or more; the rise is from the number nearest to 1/{FEWER} of it, with its interval over "
        "seeds. A series is of networks that differ in their number of images and in two or more seeds.",
        one_of="series",
        revised=Revised(
            "The rise was between any two numbers of images, far from the threshold too, and the choice among them "
            "cost a wide interval. Networks of other widths and label noise joined.",
            "The largest rise is above 0 in the series with the most runs; before that, the same with an interval "
            "that was too narrow, by which it held.", Verdict.UNDECIDED,
        ),
    ),
    Claim(
        "T5.7", "Effective model complexity grows with training time and with width.",
        tuple(
            _of_networks(
                f"exponent of effective model complexity against {words}",
                complexity_grows(factor), above(0), EMC, FITTED, "full/emc",
            )
            for factor, words in FACTORS.items()
        ), "emc",
        details="Over all procedures that differ in width and epochs only; one that fits the largest training set "
        "tried, or not the smallest, counts with that bound.",
        revised=Revised(
            "Procedures that fitted all or none of the training sets tried were left out.",
            "The slopes of log complexity against log epochs and log width, over the complexities found, are above 0.",
            Verdict.HOLDS,
        ),
    ),
    Claim(
        "T5.8", "Gradient descent with step h follows the flow of E + lambda E_corr, lambda = h m/4.",
        (_order(1.0, "the flow of E + lambda E_corr", 3), _order(0.0, "gradient flow", 2)), "implicit-regularization",
        details="Over the four smallest h of each problem.",
        revised=Revised(
            "Only the last run of each problem counted, and large steps, where higher orders matter, bent the line.",
            "In the last run, the error of one step has order 2 in h for the plain flow and 3 for the corrected one, "
            "within 0.1, over all h.", Verdict.HOLDS,
        ),
    ),
    Claim(
        "T5.9", "A larger lambda leads to a smaller E_corr and better test accuracy.", (
            _ranked(
                "of E_corr with the learning rate",
                ranked_at_equal_loss(by_rate, BY_RATE, "e_corr"), below(-WEAK), E_CORR,
            ),
            _ranked(
                "of E_corr with an explicit penalty mu",
                ranked_at_equal_loss(by_penalty, BY_PENALTY, "e_corr"), below(-WEAK), E_CORR,
            ),
            _ranked(
                "of test accuracy with the learning rate",
                ranked_at_equal_loss(by_rate, BY_RATE, "test_accuracy"), above(WEAK), ACCURACY,
            ),
        ), "implicit-regularization",
        details="At equal training loss: the mean over losses that four or more learning rates or penalties reach "
        "after their first recorded epoch, then over seeds. Runs without penalty at the same rate have mu = 0. A "
        f"correlation closer to 0 than {WEAK:g} is no trend.",
        revised=Revised(
            "No number of seeds can tell that two things are not correlated at all.",
            "The rank correlations are below or above 0; before that, they were taken at each run's epoch of best "
            "test accuracy, where a run of a larger learning rate has a training loss up to 400 times smaller, and "
            "with it a smaller E_corr, whatever lambda does, so that it held.", Verdict.UNDECIDED,
        ),
    ),
    Claim(
        "T5.10",
        "Past the threshold, the simplest interpolator is the one with the smallest norm: norm and test error fall "
        "together.", (
            _of_features(
                "log-log slope of the solution's norm against features past the peak", past_peak("norm"), below(0),
                SOLUTION_NORM,
            ),
            _of_features(
                "log-log slope of the test error against features past the peak", past_peak("error"), below(0)
            ),
        ), "double-descent",
        details="At the number of samples with the most seeds.",
        revised=Revised(
            OTHER_RUNS,
            "In all ridgeless fits of MNIST without label noise, the log-log slopes of norm and test error against "
            "features past the peak have intervals below 0.", Verdict.HOLDS,
        ),
    ),
)  # fmt: skip

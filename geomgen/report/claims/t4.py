"""Claims of the fourth text: over-parameterised models as samples of a posterior."""

import math
from collections.abc import Iterator

from geomgen.config.nearest_point import NearestPointConfig
from geomgen.config.regress import LinearConfig
from geomgen.config.train import TrainConfig
from geomgen.errors import NoDataError
from geomgen.numerics.estimate import Estimate
from geomgen.report.claims.claim import Answers, Claim, Revised
from geomgen.report.claims.part import Part, measured, never_deviates
from geomgen.report.claims.rule import Verdict, above, below, within
from geomgen.report.collect import RunTables
from geomgen.report.quantities.jacobian import MANIFOLD_DEVIATION
from geomgen.report.quantities.regression import DIMENSION_DEVIATION, MEAN_Z, VARIANCE_Z
from geomgen.report.quantities.surface import CURVATURE_RANGE, DISTANCE_RATIO, PRIOR_SLOPE
from geomgen.report.quantities.tangent_kernel import ALIGNMENT, CONDITION
from geomgen.report.quantities.training import RELATIVE_DISTANCE
from geomgen.report.quantity import VALUE, Quantity
from geomgen.report.statistic import HINT, Named, each_width, exponent, largest_width

MOST_Z, FEWEST_DRAWS = 3.0, 1000
FORMS = {"slight": "slightly over-parameterised", "very": "very over-parameterised"}
WIDE = 64
PLAIN_SGD = TrainConfig(optimizer="sgd", lr=0.1, weight_decay=0.0, train_size=10_000)


def _of_draws(quantity: Quantity, form: str) -> Part:
    """Return the part on the deviation of all draws together, z = sum_i sqrt(n_i) z_i / sqrt(sum_i n_i).

    Of several runs with one seed, so with the same points, the one with the most draws counts.
    """

    def find(tables: RunTables) -> Iterator[Named]:
        rows = quantity.of(model=form).among(LinearConfig(), "repetitions").rows(tables)
        runs = rows.sort_values("repetitions", kind="stable").drop_duplicates("seed", keep="last")
        total = int(runs["repetitions"].sum())
        if total < FEWEST_DRAWS:
            raise NoDataError(f"There are only {total} draws, not {FEWEST_DRAWS}.", HINT)
        z = float((runs["repetitions"] ** 0.5 * runs[VALUE]).sum()) / math.sqrt(total)
        yield f"{total} draws, {len(runs)} seed{'s' * (len(runs) > 1)}", Estimate(z, 0.0, math.inf, total)

    words, command = f"{quantity.title} ({FORMS[form]})", "geomgen regress linear --repetitions 10000 --seed SEED"
    return Part(words, find, within(-MOST_Z, MOST_Z), (quantity,), (command,), quantity.unit)


CLAIMS = (
    Claim(
        "T4.1",
        "The parameters that predict all N points (of d outputs) perfectly form a surface of dimension k - N d.", (
            never_deviates(DIMENSION_DEVIATION, "feature counts", "geomgen regress optimal-set"),
            never_deviates(MANIFOLD_DEVIATION, "network states", "geomgen train", "geomgen jacobian RUN"),
        ), "optimal-set", "0",
        details="At every number of features above N, and at every state of a network with k > N d of which rounding "
        "does not hide the rank.",
        revised=Revised(
            "It could hold without any network, and a rank that rounding hides counted as an exception.",
            "k minus the rank of the Jacobian is k - N d for regressions and networks at every k > N d; one exception "
            "fails it.", Verdict.HOLDS,
        ),
    ),
    Claim(
        "T4.2", "Training changes the parameters of a large network only a little.",
        tuple(
            measured(RELATIVE_DISTANCE.of().among(PLAIN_SGD), statistic, rule)
            for statistic, rule in ((largest_width(), below(0.5)), (exponent(), below(0)))
        ), "trajectory",
        details="In units of the norm of the initial parameters.",
        revised=Revised(
            "A distance that falls can be large at every width. Earlier, the published protocol's runs, which claim "
            "T1.17 is about, counted too.",
            "The log-log slope of the relative distance against width is below 0.", Verdict.HOLDS,
        ),
    ),
    Claim(
        "T4.3", "Gradient descent ends at the point of the perfect-prediction surface nearest to its initialisation.",
        (measured(DISTANCE_RATIO.of().among(NearestPointConfig()), largest_width(WIDE), within(0, 1.05)),),
        "nearest-point", "1",
        details="Of gradient flow; the ratio cannot be below 1 unless searches miss the nearest point.",
    ),
    Claim(
        "T4.4", "Unchecked in the text: the surface's curvature is roughly constant.",
        (measured(CURVATURE_RANGE.of().among(NearestPointConfig()), each_width(), below(1)),),
        "nearest-point", details="At the points where gradient flow ends, along random tangent directions.",
        answers=Answers("It is constant to within a factor of ten.", "It differs more than tenfold."),
    ),
    Claim(
        "T4.5",
        "Unchecked in the text: on that surface, the density of trained parameters is proportional to the prior's.",
        (measured(PRIOR_SLOPE.of().among(NearestPointConfig()), each_width(), within(0.75, 1.25)),),
        "nearest-point", "1",
        details="Relative to the surface's own measure. The report has the same slope beside the prior conditioned on "
        "the surface, and beside nearest points of draws from the prior.",
        answers=Answers(
            "It is, to within a quarter of the exponent.", "It is not: its exponent is another, at one width or more."
        ),
    ),
    Claim(
        "T4.6",
        "Training the slightly and the very over-parameterised form of a linear regression samples the posterior of "
        "its slope.",
        tuple(_of_draws(quantity, form) for form in FORMS for quantity in (MEAN_Z, VARIANCE_Z)),
        "posterior-regression", "slopes 1.010, 1.046 and 1.031 on one data set",
        details="In standard errors of all draws of all seeds together, of which there have to be 1,000.",
        revised=Revised(
            "Only the run with the most draws counted; now all draws of all runs do, taken together so that more runs "
            "make no deviation by chance more likely, and there have to be 1,000.",
            "Mean and variance of the trained slope agree with the exact posterior within |z| < 3 for both forms, in "
            "the run with the most draws.", Verdict.HOLDS,
        ),
    ),
    Claim(
        "T4.7",
        "Ours: the wider the network, the better conditioned the map from its parameters to its predictions, so that a "
        "small change of the parameters suffices to fit.", (
            measured(CONDITION.of(state="initial"), exponent(), below(0)),
            measured(ALIGNMENT.of(state="final") - ALIGNMENT.of(state="initial"), each_width(), above(0)),
        ), "tangent-kernel",
        details="Of the tangent kernel of the training images, whose condition number is the square of the Jacobian's; "
        "training aligns it with the labels.",
    ),
)  # fmt: skip

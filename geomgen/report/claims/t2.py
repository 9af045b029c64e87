"""Claims of the second text: the optimal set, and a posterior close to the prior."""

from typing import Any

from geomgen.config.nearest_point import NearestPointConfig
from geomgen.config.posterior import ORTHANT, PosteriorConfig
from geomgen.config.prior_mass import INFINITE_WIDTH, RAO_BLACKWELL, PriorMassConfig
from geomgen.config.sample import SampleConfig
from geomgen.report.claims.claim import Answers, Claim
from geomgen.report.claims.part import Part, measured, never_deviates
from geomgen.report.claims.rule import above, below, within
from geomgen.report.claims.statistic import between, exponent, largest_width, over_seeds
from geomgen.report.quantities.functions import BEYOND_PERMUTATIONS, COMPLEXITY_SLOPE, SENSITIVITY_RATIO
from geomgen.report.quantities.posterior import POSTERIOR_RANKS, POSTERIOR_SLOPE
from geomgen.report.quantities.prior_mass import DIVERGENCE, LIMIT
from geomgen.report.quantities.regression import FRACTION_DEVIATION
from geomgen.report.quantities.surface import FITTED_DISTANCE
from geomgen.report.quantity import Combined


def _close_to_posterior(optimizer: str, hidden: str) -> tuple[Part, ...]:
    """Return the parts that training finds functions about as often as the posterior has them."""
    config = PosteriorConfig(
        inputs=4, train_size=8, sigma_b=0.3, networks=500, samples=1500, sampler=ORTHANT, optimizer=optimizer,
        hidden=hidden,
    )  # fmt: skip
    return (
        measured(POSTERIOR_RANKS.of().among(config), over_seeds(), above(0.5)),
        measured(POSTERIOR_SLOPE.of().among(config), over_seeds(), within(0.5, 1.5)),
    )


MASSES: dict[str, Any] = {"inputs": 7, "sigma_b": 0.3, "train_size": 16, "route": (RAO_BLACKWELL, INFINITE_WIDTH)}
TARGETS = ("majority", "random")


def _excess(target: str) -> Combined:
    """Return the divergence from the prior of networks of a width less that of infinitely wide ones."""
    config = PriorMassConfig(target=target, **MASSES)
    return DIVERGENCE.of().among(config, "hidden") - LIMIT.of().among(config, "hidden")


def _gain(target: str) -> Combined:
    """Return ln P(S) of networks of a width less that of infinitely wide ones."""
    config = PriorMassConfig(target=target, **MASSES)
    return LIMIT.of().among(config, "hidden") - DIVERGENCE.of().among(config, "hidden")


CLAIMS = (
    Claim(
        "T2.1", "Random networks compute smooth, simple functions.",
        (
            measured(COMPLEXITY_SLOPE.of().among(SampleConfig()), over_seeds(), below(0)),
            measured(BEYOND_PERMUTATIONS.of().among(SampleConfig()), over_seeds(), below(0)),
            measured(SENSITIVITY_RATIO.of().among(SampleConfig()), over_seeds(), below(1)),
        ), "simplicity",
        details="Random functions are those with their values shuffled among the inputs: as many ones.",
    ),
    Claim(
        "T2.2", "Training finds functions with about the probability that the prior assigns to them given the data.",
        _close_to_posterior("sgd", "40,40"), "posterior-vs-prior",
        details="Training that is blind to the prior has a slope and a correlation of 0.",
    ),
    Claim(
        "T2.3a", "The divergence of the posterior from the prior, -ln P(S), falls as over-parameterisation grows.", (
            *(measured(_excess(target), between(), below(0)) for target in TARGETS),
            *(measured(_excess(target), largest_width(640), within(-0.5, 0.5)) for target in TARGETS),
        ), "optimal-set-volume",
        details="The divergence is compared with the infinitely wide network's for the same training set, to which it "
        "should come down. The text's step to this from (P - N)/P is what is tested: a divergence that is level at the "
        "infinite-width value, or rises to it, fails.",
    ),
    Claim(
        "T2.3b",
        "The divergence of what training finds from the posterior, KL(P_SGD || P_B), falls as over-parameterisation "
        "grows.",
        planned="Slope of KL(P_SGD || P_B) against log2 width at a fixed training set, less what a finite number of "
        "samples of the same law gives (two halves of the posterior's samples): holds if its interval over seeds is "
        "below 0 and the value at the largest width is nearer to that of the tangent kernel's Gaussian process than "
        "the one at the smallest; fails if either is not so.",
        quantity="slope of the divergence, nats per doubling of width",
    ),
    Claim(
        "T2.4", "In the linear case, the optimal set takes up the fraction (P - N)/P of the dimensions.",
        (never_deviates(FRACTION_DEVIATION, "runs", "geomgen regress optimal-set"),), "optimal-set", "(P - N)/P",
    ),
    Claim(
        "T2.5",
        "Open: how large is the optimal set compared with all of parameter space, and how does over-parameterisation "
        "change it?",
        tuple(measured(_gain(target), between(), above(0)) for target in TARGETS), "optimal-set-volume",
        details="ln P(S), P(S) the prior's mass of parameters that fit, less that of infinite width for the same "
        "training set.",
        answers=Answers("The wider the network, the more of parameter space fits.",
        "Over-parameterisation does not enlarge it, or not for every target: its size is that of infinite width."),
    ),
    Claim(
        "T2.6",
        "Open: how far is the optimal set from a random initialisation, and how does over-parameterisation change "
        "that?",
        (measured(FITTED_DISTANCE.of().among(NearestPointConfig()), exponent(), below(0)),), "nearest-point",
        details="Along gradient flow of the squared error, until it fits exactly; linear and kernel theory predict "
        "-1/2.",
        answers=Answers("The wider the network, the nearer it is.", "Width does not bring it nearer."),
    ),
    Claim(
        "T2.7", "Open: do regions of the optimal set become more alike as the number of parameters grows?",
        planned="Spread over seeds of test error, curvature and volume on the optimal set, against width: the answer "
        "is 'yes' (holds) if the log-log slopes of all three have intervals below 0.",
        quantity="exponent of the spread of test error against width",
    ),
    Claim(
        "T2.8",
        "Average-case bounds on generalisation tighten with over-parameterisation; worst-case ones are vacuous.",
        planned="Holds if the PAC-Bayes marginal-likelihood bound is below 1 and its gap to the true error has a slope "
        "against log width whose interval is below 0, while the count of VC theory stays above 1.",
        quantity="PAC-Bayes bound minus true error at the largest width",
    ),
    Claim(
        "T2.9", "All of this is true for any optimizer and architecture.",
        tuple(
            part
            for optimizer in ("sgd", "adam", "full-batch")
            for hidden in ("40,40", "100")
            for part in _close_to_posterior(optimizer, hidden)
        ), "posterior-vs-prior",
        details="As of T2.2, for three optimizers and two architectures.",
    ),
)  # fmt: skip

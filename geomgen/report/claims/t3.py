"""Claims of the third text: trainability, flat minima and volume."""

from typing import Any

from geomgen.report.claims.claim import Claim, Revised
from geomgen.report.claims.part import measured
from geomgen.report.claims.rule import Verdict, below, within
from geomgen.report.claims.statistic import each_width, largest_width
from geomgen.report.claims.t3_diffusion import DIFFUSION_TO_FLAT_MINIMA
from geomgen.report.claims.t3_flatness import FLATTER_GENERALISES, FLATTER_IS_LARGER
from geomgen.report.claims.t3_saddles import ALMOST_ALL_SADDLES, HIGHER_INDEX
from geomgen.report.quantities.curvature import NAMES, NEAR_ZERO
from geomgen.report.quantities.layers import DISTANCE_FROM_UNIT_VARIANCE

DISTANCE = DISTANCE_FROM_UNIT_VARIANCE.of()
DEVICES = (
    DISTANCE.among(init="he") - DISTANCE,
    DISTANCE.among(layer_norm=True) - DISTANCE,
    DISTANCE.among(batch_norm=True) - DISTANCE,
    DISTANCE - DISTANCE.among(weight_decay=0.0),
    DISTANCE - DISTANCE.among(optimizer="sgd", lr=0.1),
)
SHARE_NEAR_ZERO = NEAR_ZERO.of(state="final", threshold=NAMES[1e-4])
SMALL: dict[str, Any] = {"optimizer": "sgd", "lr": 0.1, "weight_decay": 0.0, "epochs": 40, "train_size": 1500}
SHARES_NEAR_ZERO = (
    SHARE_NEAR_ZERO.among(**SMALL, data="digits"),
    SHARE_NEAR_ZERO.among(**SMALL, data="digits", activation="tanh"),
    SHARE_NEAR_ZERO.among(**SMALL, pool=2, arch="lenet5"),
    SHARE_NEAR_ZERO.among(**SMALL, pool=2, arch="transformer", depth=1, heads=2),
)
CLAIMS = (
    Claim(
        "T3.1",
        "Scaling of the initial weights by width, normalisation, weight decay and Adam each keep the network at unit "
        "variance.",
        tuple(measured(device, largest_width(), below(0)) for device in DEVICES),
        report="unit-variance",
        details="Clipping, scaling by depth and residual connections are not implemented yet.",
        revised=Revised(
            "Adam was compared with SGD at a learning rate of 0.001, at which SGD hardly trains; now at 0.1.",
            "As now, with SGD at Adam's learning rate, and the spread over seeds pooled over widths.",
            Verdict.UNDECIDED,
        ),
    ),
    Claim(
        "T3.2",
        "Almost all critical points are saddles, and the chance of a minimum falls exponentially with the dimension.",
        ALMOST_ALL_SADDLES,
        report="saddles",
        details="Null models lose their minima without any loss function: in random symmetric matrices half of the "
        "eigenvalues are negative, and their chance of a minimum is exp(-(ln 3 / 4) D^2); with independent signs it is "
        "p^D. In both the index has nothing to do with the loss, so that the last ratio is 1 and the claim fails. "
        "Whether the fall is exponential is not decided: among n points no share below 1/n is seen. The shares take "
        "the points of all runs of a width as independent.",
        revised=Revised(
            "Two neighbouring dimensions without a minimum among some dozens of points cannot be compared; now the "
            "smallest and the largest are. The null models are told from networks by their index at low losses.",
            "The fraction of saddles is above 0.9, the slope of ln P(minimum) against the dimension is below 0 at each "
            "step of it, and P(minimum) differs from p^D and exp(-(ln 3 / 4) D^2).",
            Verdict.UNDECIDED,
        ),
    ),
    Claim(
        "T3.3",
        "The higher the loss at a critical point, the higher its index.",
        HIGHER_INDEX,
        report="saddles",
        details="The points of one run are not independent: each run counts as one number.",
    ),
    Claim(
        "T3.4",
        "Flatter minima take up more volume.",
        FLATTER_IS_LARGER,
        report="flatness",
        details="Volumes of small networks under a prior of standard deviation 1. Rank correlations are within one "
        "learning rate, batch size and weight decay, over seeds. The volume along random directions knows nothing of "
        "second derivatives.",
        revised=Revised(
            "Along directions in which units rescale, regions are curved, which second derivatives do not see: the two "
            "volumes differ by some nats around every minimum. Now their ranks must agree.",
            "Rank correlation of log volume and trace of the Hessian over trained networks: holds if its interval is "
            "below 0, provided the ellipsoid's volume and the Monte-Carlo one agree within their errors.",
            Verdict.UNDECIDED,
        ),
    ),
    Claim(
        "T3.5",
        "Ratios of volumes are exponential in the dimension, log-normal, and a few minima hold most of the volume.",
        planned="Over 300 seeds at each of three dimensions D: holds if the exponent of the standard deviation of "
        "ln V against D is within 0.4 to 1.1 (1/2 for independent directions, 1 for a common scale), log volumes do "
        "not fail a normality test at 5 %, and the share of the largest tenth of the minima is above what log-normal "
        "volumes of a standard deviation of 1 would hold and within the interval of what those of the measured "
        "standard deviation hold; fails if one of these is not so. Synthetic volumes of equal minima must fail it.",
        quantity="exponent of the standard deviation of ln V against the dimension",
    ),
    Claim(
        "T3.6",
        "Flatter minima generalise better.",
        FLATTER_GENERALISES,
        report="flatness",
        details="Of the networks of T3.4. Balanced parameters have the same function, and volumes and traces that no "
        "rescaling of units changes.",
    ),
    Claim(
        "T3.7",
        "Langevin dynamics converges to the Boltzmann distribution: the time it spends in a basin is proportional to "
        "its volume.",
        published="1",
        planned="Ratio of the times in two quadratic basins of equal depth, over prod sqrt(b/a): holds if its interval "
        "contains 1 and is no wider than +- 10 %.",
        quantity="ratio to the exact occupancy",
    ),
    Claim(
        "T3.8",
        "After convergence, noise lets the parameters diffuse on the manifold of minima, mostly in its flat regions.",
        DIFFUSION_TO_FLAT_MINIMA,
        report="diffusion",
        details="Modular addition without weight decay; each network goes on from the same converged state with and "
        "without noise. The last number starts from networks that weight decay has made generalise. That accuracy "
        "rises with time, or the trace falls, does not count where it also does without noise.",
        revised=Revised(
            "With noise, the trace of the Hessian was compared only with that without, which rises: a trace that stays "
            "would have counted as one that falls. Now it must also be below its start.",
            "As now, without the change of the trace from its start.",
            Verdict.HOLDS,
        ),
    ),
    Claim(
        "T3.9",
        "About 90 % of a trained network's Hessian eigenvalues are zero (from the comments).",
        tuple(measured(share, each_width(), within(0.85, 0.95)) for share in SHARES_NEAR_ZERO),
        report="spectrum",
        published="0.9",
        details="Of networks whose eigenvalues are all known. The answer depends on what counts as zero: the report "
        "shows the shares from 1e-2 to 1e-6 of the largest.",
    ),
    Claim(
        "T3.10",
        "The way volume scales with the loss tolerance gives the learning coefficient (from the comments).",
        planned="d ln V / d ln eps minus the Langevin estimate: holds if the interval contains 0 and is no wider than "
        "20 % of the coefficient.",
        quantity="difference of the two estimates",
    ),
)

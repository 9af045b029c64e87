"""Claims of the third text: trainability, flat minima and volume."""

from typing import Any

from geomgen.report.claims.claim import Claim, Revised
from geomgen.report.claims.part import measured
from geomgen.report.claims.rule import Verdict, within
from geomgen.report.claims.t3_diffusion import DIFFUSION_TO_FLAT_MINIMA
from geomgen.report.claims.t3_flatness import FLATTER_GENERALISES, FLATTER_IS_LARGER
from geomgen.report.claims.t3_learning import OCCUPANCY_FOLLOWS_VOLUME, SCALING_IS_THE_COEFFICIENT
from geomgen.report.claims.t3_saddles import ALMOST_ALL_SADDLES, HIGHER_INDEX
from geomgen.report.claims.t3_trainability import DEVICE_CLAIMS
from geomgen.report.claims.t3_volumes import FEW_HOLD_MOST
from geomgen.report.quantities.curvature import NAMES, NEAR_ZERO
from geomgen.report.statistic import each_width

SHARE_NEAR_ZERO = NEAR_ZERO.of(state="final", threshold=NAMES[1e-4])
SMALL: dict[str, Any] = {"optimizer": "sgd", "lr": 0.1, "weight_decay": 0.0, "epochs": 40, "train_size": 1500}
SHARES_NEAR_ZERO = (
    SHARE_NEAR_ZERO.among(**SMALL, data="digits"),
    SHARE_NEAR_ZERO.among(**SMALL, data="digits", activation="tanh"),
    SHARE_NEAR_ZERO.among(**SMALL, pool=2, arch="lenet5"),
    SHARE_NEAR_ZERO.among(**SMALL, pool=2, arch="transformer", depth=1, heads=2),
)
CLAIMS = (
    *DEVICE_CLAIMS,
    Claim(
        "T3.2",
        "Almost all critical points are saddles, and the larger the dimension, the fewer of them are minima.",
        ALMOST_ALL_SADDLES,
        report="saddles",
        details="Null models lose their minima without any loss function: in random symmetric matrices half of the "
        "eigenvalues are negative, and their chance of a minimum is exp(-(ln 3 / 4) D^2); with independent signs it is "
        "p^D. In both the index has nothing to do with the loss, so that the last ratio is 1 and the claim fails. "
        "That the chance of a minimum falls exponentially, as the text says, is not decided: among n points no share "
        "below 1/n is seen. The shares take the points of all runs of a width as independent.",
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
        details="Of networks that predict all training images right, under a prior of standard deviation 1. Volumes "
        "are those of the region to second order, which was found to be no good picture of the true one around any "
        "of them: the report counts them. Rank correlations are within one learning rate, batch size and weight decay, "
        "over seeds. The learning coefficient comes from chains, which know nothing of second derivatives. Where "
        "settings have the same seeds, whose runs share images and initial parameters, the interval leaves out each "
        "seed in turn (jackknife); that of independent runs, used before, covered 54 to 80 % in simulations.",
        revised=Revised(
            "Random directions resolve no volume around networks that fit all images: their lower bounds say nothing. "
            "Volumes that they do resolve belong to networks too small to reach a minimum.",
            "Within a setting the rank correlation of the volume along random directions with that of second "
            "derivatives is above 0.5, and with the trace below 0.",
            Verdict.UNDECIDED,
        ),
    ),
    Claim(
        "T3.5",
        "Ratios of volumes are exponential in the dimension, log-normal, and a few minima hold most of the volume.",
        FEW_HOLD_MOST,
        report="minima",
        details="Over 300 networks that fit the same values exactly, V the prior's mass of parameters with a mean "
        "squared error of at most 0.01. The spread of ln V would grow with the exponent 1/2 for independent directions "
        "and 1 for a common scale. The shares are those at the most parameters. Volumes whose spread does not depend "
        "on the number of parameters fail, and so do equal ones, of which a tenth holds a tenth.",
        revised=Revised(
            "First numbers of one seed showed that it matters whether data grow with the network, which the rule left "
            "open; that a tenth holds more than at a spread of 1 is not that it holds most; and that a test of "
            "normality finds skewness that hardly changes the share.",
            "The exponent is within 0.4 to 1.1, log volumes do not fail a normality test at 5 %, and the share of the "
            "largest tenth is above that of log-normal volumes with a standard deviation of 1, and within the interval "
            "of that of the measured one.",
            Verdict.FAILS,
        ),
    ),
    Claim(
        "T3.6",
        "Flatter minima generalise better.",
        FLATTER_GENERALISES,
        report="flatness",
        details="Of the networks of T3.4, whose seeds also choose their training images, with its intervals. Balanced "
        "parameters have the same function, and volumes and traces that no rescaling of units changes.",
    ),
    Claim(
        "T3.7",
        "Langevin dynamics converges to the Boltzmann distribution: the time it spends in a basin is proportional to "
        "its volume.",
        OCCUPANCY_FOLLOWS_VOLUME,
        report="learning-coefficient",
        published="1",
        details="Basins of four pairs of curvatures, in two to ten dimensions. The last four numbers are of basins of "
        "different depth: n beta times the difference outweighs a volume that is 6 times larger in one case, and does "
        "not in the other. Chains that follow depth alone, or nothing, fail.",
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
        SCALING_IS_THE_COEFFICIENT,
        report="learning-coefficient",
        details="V is the mass of the loss's second-order region under the Gaussian that keeps the chains near the "
        "parameters, at the chains' mean excess loss. Without a weight any quadratic scales by D/2, whatever its "
        "volume: the last number keeps that from passing.",
    ),
)

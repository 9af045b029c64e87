"""Claims of the third text: trainability, flat minima and volume."""

from geomgen.report.claims import t3_layers
from geomgen.report.claims.claim import Claim

CLAIMS = (
    Claim(
        "T3.1",
        "Scaling of the initial weights by width, normalisation, weight decay and Adam each keep the network at unit "
        "variance.",
        "Mean over hidden layers of |ln(q / (1/2))| after training, q the mean square of a layer's output, with each "
        "device on and off, same seeds: a device helps if the interval of the change is below 0; the claim holds if "
        "all help, fails if one does the opposite. Clipping, scaling by depth and residual connections are not "
        "implemented yet.",
        quantity="largest change of the distance from unit variance",
        commands=(
            "geomgen train --init he --seed SEED",
            "geomgen train --layer-norm --seed SEED",
            "geomgen train --batch-norm --seed SEED",
            "geomgen train --weight-decay 0 --seed SEED",
            "geomgen train --optimizer sgd --seed SEED",
            "geomgen probe-activations RUN --statistics",
        ),
        tables=(t3_layers.TABLE,),
        judge=t3_layers.keeps_unit_variance,
        report="unit-variance",
    ),
    Claim(
        "T3.2",
        "Almost all critical points are saddles, and the chance of a minimum falls exponentially with the dimension.",
        "Fraction of converged critical points with index above 0: holds if its interval is above 0.9 and "
        "the slope of ln P(minimum) against the dimension has an interval below 0.",
        quantity="fraction of saddles",
    ),
    Claim(
        "T3.3",
        "The higher the loss at a critical point, the higher its index.",
        "Rank correlation of loss and index: holds if its interval is above 0, fails if below.",
        quantity="rank correlation",
    ),
    Claim(
        "T3.4",
        "Flatter minima take up more volume.",
        "Rank correlation of log volume and trace of the Hessian over trained networks: holds if its interval is below "
        "0, provided the ellipsoid's volume and the Monte-Carlo one agree within their errors.",
        quantity="rank correlation",
    ),
    Claim(
        "T3.5",
        "Ratios of volumes are exponential in the dimension, log-normal, and a few minima hold most of the volume.",
        "Over many seeds: holds if log volumes pass a normality test at 5 % and the largest tenth of the minima holds "
        "more than half of all volume; fails if normality is rejected or it holds less.",
        quantity="fraction of volume in the largest tenth",
    ),
    Claim(
        "T3.6",
        "Flatter minima generalise better.",
        "Rank correlation of log volume and test error, and of a measure of sharpness that rescaling does not change: "
        "holds if both intervals are on the side that the claim says, fails if one is on the other.",
        quantity="rank correlation of log volume and test error",
    ),
    Claim(
        "T3.7",
        "Langevin dynamics converges to the Boltzmann distribution: the time it spends in a basin is proportional to "
        "its volume.",
        "Ratio of the times in two quadratic basins of equal depth, over prod sqrt(b/a): holds if its interval "
        "contains 1 and is no wider than +- 10 %.",
        quantity="ratio to the exact occupancy",
        published="1",
    ),
    Claim(
        "T3.8",
        "After convergence, noise lets the parameters diffuse on the manifold of minima, mostly in its flat regions.",
        "Slope against time of test error and trace of the Hessian at zero training error: holds if both intervals "
        "over seeds are below 0.",
        quantity="slope of test error against ln steps",
    ),
    Claim(
        "T3.9",
        "About 90 % of a trained network's Hessian eigenvalues are zero (from the comments).",
        "Fraction of eigenvalues below 1e-4 of the largest: holds if its interval over seeds overlaps 0.85 to 0.95; "
        "the fractions at 1e-2 to 1e-6 are the evidence, since the answer depends on what counts as zero.",
        quantity="fraction of eigenvalues below 1e-4 of the largest",
        published="0.9",
    ),
    Claim(
        "T3.10",
        "The way volume scales with the loss tolerance gives the learning coefficient (from the comments).",
        "d ln V / d ln eps minus the Langevin estimate: holds if the interval contains 0 and is no wider than 20 % of "
        "the coefficient.",
        quantity="difference of the two estimates",
    ),
)

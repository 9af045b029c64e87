"""Claims of the fourth text: over-parameterised models as samples of a posterior."""

from geomgen.report import trajectory
from geomgen.report.claims import regression, t5_implicit
from geomgen.report.claims.claim import Claim

CLAIMS = (
    Claim(
        "T4.1",
        "The parameters that predict all N points (of d outputs) perfectly form a surface of dimension k - N d.",
        "An equality: holds if k minus the rank of the Jacobian is k - N d for regressions and networks at every k > "
        "N d; one exception fails it.",
        quantity="largest deviation from k - N d",
        published="k - N d",
        commands=("geomgen regress optimal-set", "geomgen train", "geomgen jacobian RUN"),
        tables=(regression.OPTIMAL_SET, regression.JACOBIAN),
        judge=regression.has_dimension_k_minus_nd,
        report="optimal-set",
    ),
    Claim(
        "T4.2",
        "Training changes the parameters of a large network only a little.",
        "Log-log slope of the relative distance from initialisation against width, for plain SGD and the published "
        "protocol: holds if the intervals of those that were measured are below 0, fails if one is above. How far the "
        "widest network moves is the evidence.",
        quantity="exponent of relative distance against width",
        commands=("geomgen sweep full/trajectory",),
        tables=(trajectory.TRAINING,),
        judge=t5_implicit.moves_little,
        report="trajectory",
    ),
    Claim(
        "T4.3",
        "Gradient descent ends at the point of the perfect-prediction surface nearest to its initialisation.",
        "Distance travelled over the distance to the nearest point found: holds if its interval over seeds is within 1 "
        "to 1.05 at the largest width; exact for linear models.",
        quantity="distance travelled over shortest distance",
        published="1",
    ),
    Claim(
        "T4.4",
        "Unchecked in the text: the surface's curvature is roughly constant.",
        "Spread over the surface of the log curvature: holds if its 95 % range is below one order of magnitude, fails "
        "if its interval is above.",
        quantity="range of log10 curvature",
    ),
    Claim(
        "T4.5",
        "Unchecked in the text: on that surface, the density of trained parameters is proportional to the prior's.",
        "Regression of the log density of trained parameters on the prior's: holds if the slope's interval contains 1 "
        "and is no wider than +- 0.25.",
        quantity="slope of log densities",
        published="1",
    ),
    Claim(
        "T4.6",
        "Training the slightly and the very over-parameterised form of a linear regression samples the posterior of "
        "its slope.",
        "Mean and variance of the trained slope over draws from the prior: holds if both agree with the exact "
        "posterior within |z| < 3 for both forms.",
        quantity="largest |z|",
        published="slopes 1.010, 1.046 and 1.031 on one data set",
        commands=("geomgen regress linear --repetitions 10000",),
        tables=(regression.LINEAR,),
        judge=regression.samples_the_posterior,
        report="posterior-regression",
    ),
)

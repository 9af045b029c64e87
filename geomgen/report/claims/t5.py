"""Claims of the fifth text: double descent and implicit regularisation."""

from geomgen.report import double_descent_networks, emc, implicit_regularization, modified_flow
from geomgen.report.claims import regression, t5_implicit, t5_networks
from geomgen.report.claims.claim import Claim

CLAIMS = (
    Claim(
        "T5.1",
        "Classically, bias falls and variance rises with complexity, and the test error is lowest in between.",
        "Polynomial regression, degrees with at most half as many parameters as points: holds if squared bias falls "
        "and ln variance rises with intervals excluding 0, and the lowest error is at neither end.",
        quantity="degree of the lowest test error",
        commands=("geomgen regress polynomial",),
        tables=(regression.POLYNOMIAL,),
        judge=regression.has_a_classical_u,
        report="bias-variance",
    ),
    Claim(
        "T5.2",
        "With random Fourier features, test error peaks at the interpolation threshold, then falls below the classical "
        "minimum.",
        "Holds if the peak is within one grid step of features = samples and the interval of (second minimum minus "
        "first) is below 0; fails if either is excluded.",
        quantity="second minimum minus first",
        commands=("geomgen regress rff --seed SEED",),
        tables=(regression.RFF,),
        judge=regression.peaks_and_descends_again,
        report="double-descent",
    ),
    Claim(
        "T5.3a",
        "With random features, the threshold is where there are as many parameters as samples (times classes).",
        "Position of the peak over n, and over n times classes: holds if one of the two contains 1 within a grid step "
        "at three or more values of n.",
        quantity="parameters at the peak over n x classes",
        published="1",
        commands=("geomgen regress rff --samples N",),
        tables=(regression.RFF,),
        judge=regression.has_its_threshold_at_the_samples,
        report="double-descent",
    ),
    Claim(
        "T5.3b",
        "With networks, the threshold is where there are as many parameters as samples (times classes).",
        "Parameters at the peak along width, over n and over n times classes: holds if one of the two "
        "contains 1 within a grid step of all seeds' peaks, in every series whose peak is above noise; fails if not.",
        quantity="parameters at the peak over n x classes",
        published="1",
        commands=("geomgen sweep full/double-descent-width",),
        tables=(double_descent_networks.TABLE,),
        judge=t5_networks.peaks_at_threshold,
        report="double-descent",
    ),
    Claim(
        "T5.4",
        "Networks show double descent in width.",
        "The peak, the lowest error before it and the lowest beyond it are chosen on all seeds but one and measured on "
        "that one: holds if rise and fall have intervals over seeds above 0 in every series, fails if one is below.",
        quantity="smallest rise to the peak",
        commands=("geomgen sweep full/double-descent-width",),
        tables=(double_descent_networks.TABLE,),
        judge=t5_networks.has_peak("width"),
        report="double-descent",
    ),
    Claim(
        "T5.5",
        "Networks show double descent in epochs.",
        "As T5.4, along the epochs of one training.",
        quantity="smallest rise to the peak",
        commands=("geomgen sweep full/double-descent-epochs",),
        tables=(double_descent_networks.TABLE,),
        judge=t5_networks.has_peak("epoch"),
        report="double-descent",
    ),
    Claim(
        "T5.6",
        "Near the threshold, more data can raise the test error.",
        "Test error with more data minus with less, at one model size, for the two numbers of images between which it "
        "rises most on all seeds but one, measured on that one: holds if its interval is above 0, fails if below.",
        quantity="largest rise in test error with more data",
        commands=("geomgen sweep full/double-descent-samples",),
        tables=(double_descent_networks.TABLE,),
        judge=t5_networks.more_data_hurts,
        report="double-descent",
    ),
    Claim(
        "T5.7",
        "Effective model complexity grows with training time and with width.",
        "Slopes of log complexity against log epochs and log width: holds if both intervals are above 0.",
        quantity="exponent against training time",
        commands=("geomgen sweep full/emc",),
        tables=(emc.TABLE,),
        judge=t5_networks.complexity_grows,
        report="emc",
    ),
    Claim(
        "T5.8",
        "Gradient descent with step h follows the flow of E + lambda E_corr, lambda = h m/4.",
        "Order in h: holds if the error of one step has order 2 for the plain flow and 3 for the corrected one, within "
        "0.1.",
        quantity="order of the corrected flow's error",
        published="3",
        commands=("geomgen sweep full/modified-flow",),
        tables=(modified_flow.ORDERS,),
        judge=t5_implicit.follows_modified_flow,
        report="implicit-regularization",
    ),
    Claim(
        "T5.9",
        "A larger lambda leads to a smaller E_corr and better test accuracy.",
        "Rank correlations over learning rates at each run's epoch of best test accuracy: holds if both intervals over "
        "seeds are on the side that the claim says, fails if one is on the other.",
        quantity="rank correlation of lambda and test accuracy",
        commands=("geomgen sweep full/implicit-regularization",),
        tables=(
            implicit_regularization.GRADIENTS,
            implicit_regularization.TRAINING,
        ),
        judge=t5_implicit.is_ranked_by_lambda,
        report="implicit-regularization",
    ),
    Claim(
        "T5.10",
        "Past the threshold, the simplest interpolator is the one with the smallest norm: norm and test error fall "
        "together.",
        "Log-log slopes of norm and of test error against features past the peak: holds if both intervals over seeds "
        "are below 0.",
        quantity="slope of ln norm against ln features",
        commands=("geomgen regress rff --seed SEED",),
        tables=(regression.RFF,),
        judge=regression.norm_and_error_fall_together,
        report="double-descent",
    ),
)

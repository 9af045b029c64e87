"""Tables of the learning coefficient."""

from dataclasses import dataclass

from geomgen.fields import column

STATE = "Parameters: initial, final, or a checkpoint's name; the name of a potential."


@dataclass(frozen=True)
class ChainsRow:
    """Which law was sampled, and by which chains."""

    state: str = column(STATE, key=True)
    sampler: str = column("sgld, mala or hmc.", key=True)
    n_beta: float = column("n beta: weight of the loss in the stationary law.", key=True)
    localization: float = column("gamma: precision of the Gaussian around the parameters.", key=True)
    num_samples: int | None = column("n: images whose loss this is; null for a potential.", key=True)
    minibatch_size: int | None = column("Images per gradient; n for mala and hmc, null for a potential.", key=True)
    halve_step: bool | None = column("Whether sgld also ran at half the step; null for mala and hmc.", key=True)
    leapfrog_steps: int | None = column("Leapfrog steps of hmc per draw; null for sgld and mala.", key=True)
    num_chains: int = column("Chains.", key=True)
    num_draws: int = column("Draws per chain after burn-in.", key=True)
    burn_in: int = column("Draws dropped per chain.", key=True)
    chain_seed: int = column("Seed of the chains' noise.", key=True)
    requested_chain_step: float | None = column(
        "--step; null if none was given, and in rows of an earlier version.", key=True
    )
    step_size: float = column("Step size e: as given, or as it was chosen or tuned.")


@dataclass(frozen=True)
class LlcRow(ChainsRow):
    """The learning coefficient at one state: a row of ``llc.parquet``."""

    dense_limit: int | None = column(
        "--dense-limit; null for a potential, and in rows of an earlier version.", key=True
    )
    llc: float | None = column(
        "lambda = n beta (E[L] - L(w*)), of sgld without the bias of its step; null if all chains diverged."
    )
    stderr: float | None = column("Monte-Carlo standard error of llc, from the chains' effective sample size.")
    llc_theory: float | None = column("Its exact value, or limit at large n beta, for a potential; null if unknown.")
    llc_at_step: float | None = column("lambda of the chains with the step itself.")
    step_bias: float | None = column("llc_at_step - llc: sgld's bias, found at half the step; null if not asked for.")
    reference_loss: float = column("L(w*), of all n images: nats, or squared error summed over outputs.")
    gradient_norm: float = column("|grad L(w*)|, of all n images.")
    energy_descent: float = column(
        "(n beta |grad L(w*)|)^2 / 2 (n beta lambda_max + gamma): the energy falls by at least as much near w*, to "
        "second order."
    )
    mean_loss: float | None = column("Mean loss of the chains.")
    num_parameters: int = column("D.")
    hessian_rank: int | None = column(
        "Eigenvalues of the loss's Hessian at w* that are not rounding; null if they are unknown: more parameters than "
        "--dense-limit."
    )
    llc_second_order: float | None = column(
        "lambda of the loss to second order, 1/2 sum n beta h / (n beta h + gamma) over the Hessian's eigenvalues h "
        "above 0: half their number where gamma is 0. A lower bound of lambda at large n beta."
    )
    is_within_bounds: bool | None = column(
        "Whether llc is neither below llc_second_order nor above D/2, by more than two standard errors; null if "
        "llc_second_order is unknown, w* is no minimum, or there are two. It is below where the loss grows faster than "
        "to second order within the chains' reach."
    )
    d_log_volume_d_log_tolerance: float | None = column(
        "d ln V / d ln epsilon at epsilon = mean_loss - reference_loss: V the mass of losses up to L(w*) + epsilon, to "
        "second order, under the Gaussian of precision gamma around w*; null if unknown, or gamma is 0."
    )
    num_diverged: int = column("Chains whose loss is not finite; they are left out.")
    acceptance: float | None = column("Mean acceptance of mala and hmc; null for sgld.")
    r_hat: float | None = column("Rank-normalised split R-hat of the loss; near 1 if the chains agree.")
    ess: float | None = column("Effective sample size of the mean loss, of all chains together.")
    occupancy_ratio: float | None = column(
        "Time in the first basin over time in the second; null if there are not two."
    )
    occupancy_ratio_stderr: float | None = column("Monte-Carlo standard error of occupancy_ratio.")
    occupancy_ratio_theory: float | None = column("prod sqrt(b_i / a_i) exp(-n beta x difference of depth).")
    converged: bool = column("Whether verdict is converged.")
    verdict: str = column(
        "converged; or why not: diverged, some diverged (the other chains are a selected few), not at a minimum "
        "(energy_descent above 1/2, or lambda above D/2), not mixed (R-hat above 1.05 or fewer than 100 effective "
        "draws), negative (by more than two standard errors)."
    )


@dataclass(frozen=True)
class LlcTraceRow(ChainsRow):
    """The loss of one chain at one draw: a row of ``llc_trace.parquet``."""

    chain: int = column("Number of the chain, from 0.", key=True)
    draw: int = column("Number of the draw after burn-in, from 0.", key=True)
    chain_loss: float = column(
        "Loss at the draw: nats, or squared error. For sgld its minibatch's, less what that loses at w* above the mean."
    )


TABLES = {"llc": LlcRow, "llc_trace": LlcTraceRow}

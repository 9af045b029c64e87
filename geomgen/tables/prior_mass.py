"""Table of the prior mass of zero error."""

from dataclasses import dataclass

from geomgen.fields import column


@dataclass(frozen=True)
class PriorMassRow:
    """ln P(S) by one route: a row of ``prior_mass.parquet``.

    P(S) is the probability that a network drawn from the initialisation has the target's value at every known input.
    """

    route: str = column(
        "sampling, rao-blackwell or splitting, which estimate the same number; or infinite-width: its limit.", key=True
    )
    last_width: int | None = column("Units of the last hidden layer; null for infinite width.", key=True)
    log_mass_nats: float | None = column("ln P(S); null if the route did not reach it.", "nats")
    log_mass_nats_low: float | None = column("Lower end of its 95 % interval; null if it has none.", "nats")
    log_mass_nats_high: float | None = column("Upper end of it.", "nats")
    stderr: float | None = column("Standard error of log_mass_nats.", "nats")
    difference_nats: float | None = column(
        "log_mass_nats less that of the other route to the same number whose standard error is least; null if none.",
        "nats",
    )
    allowed_nats: float | None = column(
        "Largest difference that counts as agreement: 0.05 or 3 standard errors, whichever is more.", "nats"
    )
    agrees: bool | None = column("Whether it is within that; null if there is no other route.")
    verdict: str = column(
        "resolved; or why not: no hits, heavy tail (Pareto k above 0.7), few draws (effective number below 10), few "
        "particles (replicates spread by more than 1 nat; null beyond 3), not mixed (more moves still change it), few "
        "points (of infinite width, with a standard error above 0.3: one replicate decides), "
        "expectation propagation (too low for simple functions, by an unknown amount), or the error that stopped it."
    )
    num_draws: int = column("Networks, hidden layers or replicates drawn; 1 for infinite width.")
    num_hits: int | None = column("Networks drawn that fit; null but for sampling.")
    ess: float | None = column("Effective number of hidden layers; null but for rao-blackwell.")
    pareto_k: float | None = column("Shape of the law of their largest masses; null if too few or equal.")
    num_levels: int | None = column("Levels of splitting, the most of all replicates; null but for splitting.")
    num_moves: int | None = column("Moves of each particle per level, after all doublings.")
    num_ancestors: int | None = column("First particles with descendants among the last, the fewest of all replicates.")


TABLES = {"prior_mass": PriorMassRow}

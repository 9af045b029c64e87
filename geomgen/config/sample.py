"""Options of ``geomgen sample``."""

from dataclasses import dataclass

from geomgen.config.experiment import Experiment
from geomgen.config.random_networks import RandomNetworkConfig
from geomgen.fields import option

FEWEST_LISTED = 100


@dataclass(frozen=True)
class SampleConfig(RandomNetworkConfig):
    """How many networks are drawn, and how many of their functions are listed."""

    draws: int = option(100_000, "Number of networks drawn.", "Draws", minimum=1, maximum=10**12)
    top: int = option(
        10**6,
        "Most functions listed in function_frequencies, the most frequent first.",
        "Draws",
        minimum=FEWEST_LISTED,
        maximum=10**8,
    )
    memory: float = option(
        1.0,
        "Memory for counting functions, in GiB. If they do not fit, all networks are drawn again for each part of the "
        "functions that does; the counts stay exact.",
        "Machine",
        minimum=0,
        exclusive=True,
        maximum=2**20,
        environmental=True,
    )


SAMPLE = Experiment(
    name="sample",
    config=SampleConfig,
    about="""Draw networks from their initialisation and count the functions that they compute.

    The function of a network is the sign of its one output (1 if above 0) at each of the task's inputs.
    Writes tables/function_summary.parquet, one row, function_frequencies.parquet, one row per function, and
    function_growth.parquet, one row per number of draws.
    """,
    tables=("function_summary", "function_frequencies", "function_growth"),
    shown=(
        *("num_draws", "num_inputs", "num_functions", "unseen_mass", "top_10_mass", "rank_slope", "complexity_slope"),
        *("complexity_p_value", "complexity_mean", "complexity_shuffled", "sensitivity", "sensitivity_shuffled"),
        "num_passes",
    ),
    make="sample:sample",
    cost="sample:work",
)

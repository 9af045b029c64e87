"""Table of the prior mass: the contract of its columns."""

from geomgen.tables.prior_mass import PriorMassRow
from geomgen.tables.registry import columns


def test_each_estimate_has_its_interval_and_its_agreement() -> None:
    names = list(columns(PriorMassRow))
    assert names[:9] == [
        "route", "last_width", "log_mass_nats", "log_mass_nats_low", "log_mass_nats_high", "stderr", "difference_nats",
        "allowed_nats", "agrees",
    ]  # fmt: skip

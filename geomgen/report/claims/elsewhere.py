"""Claims in other protocols than the published one: their verdicts, beside published runs of the same widths."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from geomgen.config.train import TrainConfig
from geomgen.errors import UsageError, suggestion
from geomgen.report.claims.claim import Claim, Finding, Judgement, judged
from geomgen.report.claims.ledger import CLAIMS
from geomgen.report.claims.rule import Verdict
from geomgen.report.collect import RunTables
from geomgen.report.protocol import OTHERS, PUBLISHED, Protocol, of_data
from geomgen.report.quantities.training import TEST_ACCURACY
from geomgen.report.setting import Setting

TEXTS = ("T1", "T5")
"""Texts whose claims on activations, trajectories and double descent are about networks of a protocol."""


@dataclass(frozen=True)
class Elsewhere:
    """A claim in another protocol.

    Attributes:
        protocol: The protocol.
        there: What its runs say.
        here: What published runs of the same widths say.
    """

    protocol: Protocol
    there: Judgement
    here: Judgement

    @property
    def is_measured(self) -> bool:
        """Whether any run of the protocol bears on the claim."""
        return self.there.verdict is not Verdict.UNMEASURED

    @property
    def differs(self) -> bool:
        """Whether both are decided, one way here and the other there."""
        return {self.there.verdict, self.here.verdict} == {Verdict.HOLDS, Verdict.FAILS}

    @property
    def published(self) -> Finding | None:
        """The number on published runs that stands beside the one that is shown: of the same part and width."""
        shown = self.there.shown
        if shown is None:
            return None
        part = self.here.claim.parts[self.there.claim.parts.index(shown.part)]
        alike = (one for one in self.here.findings if one.part is part and one.width == shown.width)
        return next(alike, None)


def claims_of(protocol: Protocol) -> Iterator[tuple[Claim, Claim]]:
    """Yield each claim that can be judged in a protocol, and the same of published runs of the same widths."""
    for claim in CLAIMS:
        if claim.id.partition(".")[0] in TEXTS and (pair := claim.elsewhere(protocol)):
            yield pair


def judged_elsewhere(tables: RunTables) -> list[Elsewhere]:
    """Return every claim in every protocol that the runs say something about.

    Args:
        tables: Tables of the runs.
    """
    return [one for protocol in known_protocols(tables) for one in _judged(protocol, tables)]


def _judged(protocol: Protocol, tables: RunTables) -> list[Elsewhere]:
    """Return the claims in a protocol; none if no run of it bears on any."""
    found = [Elsewhere(protocol, judged(there, tables), judged(here, tables)) for there, here in claims_of(protocol)]
    return found if any(one.is_measured for one in found) else []


def known_protocols(tables: RunTables) -> Sequence[Protocol]:
    """Return the declared protocols but the published one, and one for each other data set of published options."""
    taken = {TrainConfig().data, PUBLISHED.name, *(one.name for one in OTHERS)}
    return (*OTHERS, *(of_data(name) for name in _data(tables) if name not in taken))


def _data(tables: RunTables) -> list[str]:
    """Return the names of the data that networks were trained on by the published options."""
    if not tables.has(TEST_ACCURACY.table):
        return []
    rows = tables.collect(TEST_ACCURACY.table, TEST_ACCURACY.remedy).latest.frame
    return sorted(rows["data"][Setting(TrainConfig(), ("data",)).fits(rows)].unique())


def find_protocol(name: str, tables: RunTables) -> Protocol:
    """Return a protocol by its name.

    Raises:
        UsageError: If none has it.
    """
    known = {protocol.name: protocol for protocol in (PUBLISHED, *known_protocols(tables))}
    if name not in known:
        hint = suggestion(name, list(known), "There are")
        raise UsageError(f"There is no protocol '{name}', nor data of that name.", hint)
    return known[name]

"""The first text's claims on why activations start alike, and on what training does to that by width."""

from typing import Any

from geomgen.report.claims.claim import Answers, Claim, Revised
from geomgen.report.claims.part import measured
from geomgen.report.claims.rule import Verdict, above, below, within
from geomgen.report.quantities.similarity import CENTRED_SPREAD, COMMON_MODE, DEVIATION, MEAN_COSINE, PREDICTED
from geomgen.report.quantity import Expression, Quantity, Selected
from geomgen.report.statistic import at_width, exponent, sign_change, turn_back

SMALLEST, SMALL, WIDE, LARGE = 128, 512, 2048, 8192
TURNS_BACK = (
    "It turns back if the means have crossed 0 at one width and are on the first side again at a larger one; of all "
    "such pairs of widths with two seeds, the surest counts, and by how much it is so at the less sure of its two."
)
SEVERAL_TURNS = "Several changes of sign were no number, so that they could not fail it."


def untrained(quantity: Quantity, condition: str = "data", **changed: Any) -> Selected:
    """Return a number before training, in the published architecture with some options changed."""
    return quantity.of(state="initial", condition=condition).untrained(**changed)


def _change(quantity: Quantity) -> Expression:
    """Return trained minus before training, in runs of the published protocol."""
    trained, before = (quantity.of(state=state, condition="data") for state in ("final", "initial"))
    return trained - before


REASON_CLAIMS = (
    Claim(
        "T1.20", "Initial activations are alike because inputs are: wide networks map the cosine of two inputs to one "
        "that depends on nothing else, and differ from it by the inverse square root of their width.", (
            measured(
                untrained(MEAN_COSINE) - untrained(MEAN_COSINE, PREDICTED), at_width(LARGE), within(-0.01, 0.01)
            ),
            measured(untrained(DEVIATION, bias=False), exponent(SMALLEST, WIDE), within(-0.55, -0.45)),
        ), "similarity-by-width",
        revised=Revised(
            "Default biases, whose variance falls as 1/width, change the predicted cosines with width; without them "
            "only the deviation changes.", "As now, but the exponent is that of networks with biases.", Verdict.FAILS,
        ),
    ),
    Claim(
        "T1.21", "Open: does training spread the activations of narrow networks, and gather those of wide ones?", (
            measured(_change(MEAN_COSINE), sign_change(SMALLEST, LARGE), within(SMALLEST, LARGE)),
            measured(_change(MEAN_COSINE), at_width(SMALLEST), below(0)),
            measured(_change(MEAN_COSINE), at_width(LARGE), above(0)),
            measured(_change(MEAN_COSINE), turn_back(SMALLEST, LARGE, rising=True), below(0)),
        ), "similarity-by-width",
        details=f"{TURNS_BACK} T1.11 has the width at which training turns from raising the log determinant to "
        "lowering it.",
        revised=Revised(SEVERAL_TURNS, "As now, but for turning back.", Verdict.HOLDS),
        answers=Answers(
            "It spreads them where the network is narrow and gathers them where it is wide, unlike in the text's "
            "second figure.", "It does the same at every width, or turns more than once.",
        ),
    ),
    Claim(
        "T1.22", "Open: is it their mean that gathers activations, while what differs between them spreads?",
        (
            measured(_change(COMMON_MODE) - _change(MEAN_COSINE), at_width(SMALL, LARGE), within(-0.05, 0.05)),
            measured(_change(CENTRED_SPREAD), at_width(SMALL, LARGE), above(0)),
        ), "similarity-by-width",
        answers=Answers(
            "It is: the mean cosine changes as the share of the mean activation does, and without the mean training "
            "spreads activations at both widths.", "The mean alone does not explain it.",
        ),
    ),
)  # fmt: skip

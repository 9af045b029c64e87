"""Claims of the first text about ways back to the null model: distillation and regularisation."""

from collections.abc import Iterator

import pandas as pd

from geomgen.config.import_run import FINAL
from geomgen.config.train import TrainConfig
from geomgen.errors import NoDataError
from geomgen.numerics.statistics import mean
from geomgen.report.claims.claim import Answers, Claim, Revised
from geomgen.report.claims.part import Part
from geomgen.report.claims.rule import Rule, Verdict, above, below, within
from geomgen.report.collect import RunTables, made_as
from geomgen.report.gone_on import SOURCES, gone_on
from geomgen.report.quantities.similarity import MEAN_COSINE
from geomgen.report.quantities.training import TEST_ACCURACY
from geomgen.report.quantities.volume import LOG_DET, TOTAL_CORRELATION
from geomgen.report.quantity import Quantity
from geomgen.report.statistic import HINT, Named

EPOCHS = 3
DECAY = TrainConfig(weight_decay=1.0, epochs=EPOCHS)
WAYS = {
    "weight decay": DECAY,
    "relabelling": TrainConfig(label_noise=0.5, epochs=EPOCHS),
    "a small subset": TrainConfig(train_size=1000, epochs=60),
}
STUDENT = TrainConfig()
COMMANDS = ("geomgen sweep full/way-back",)


def _ended(tables: RunTables, of: Quantity, config: TrainConfig, state: str) -> pd.DataFrame:
    """Return the rows of a quantity in runs of a config that went on from trained runs of the published protocol.

    Args:
        tables: Tables of the runs.
        of: The quantity.
        config: How they went on, but for width and seed.
        state: The state that they went on from; empty for those that learned from the run alone.

    Raises:
        NoDataError: If there are none.
    """
    sources = LOG_DET.of(state="final", condition="data").of_all(tables, latest=False)
    published = sources["run_id"][made_as(sources, TrainConfig())]
    rows = gone_on(tables)
    rows = rows[made_as(rows, config, SOURCES) & (rows["state"] == state) & (rows["learns"] == (state == ""))]
    rows = rows[(rows["quantity"] == of.title) & rows["source"].isin(published)]
    if rows.empty:
        raise NoDataError("No trained network of the published protocol has gone on so.", HINT)
    return rows


def _by_width(rows: pd.DataFrame, values: pd.Series) -> Iterator[Named]:
    """Yield the mean over the networks that were gone on from, at each width with two of them."""
    of_each = values.groupby([rows["width"], rows["source"]]).mean().dropna()
    found = {width: part for width, part in of_each.groupby(level="width") if len(part) > 1}
    if not found:
        raise NoDataError("No width has two trained networks that have gone on so.", HINT)
    return ((f"{{}} at width {int(str(width))}", mean(part.to_numpy(float))) for width, part in found.items())


def _share_back(of: Quantity, rule: Rule) -> Part:
    """Return the part on the share of the way back to initialisation that weight decay leads a trained network."""

    def find(tables: RunTables) -> Iterator[Named]:
        rows = _ended(tables, of, DECAY, FINAL)
        return _by_width(rows, rows["back"])

    words = f"share of the way back, by weight decay 1, of the {of.title}"
    return Part(words, find, rule, (of,), COMMANDS)


def _kept_accuracy() -> Part:
    def find(tables: RunTables) -> Iterator[Named]:
        rows = _ended(tables, TEST_ACCURACY, DECAY, FINAL)
        return _by_width(rows, rows["value"] - rows["trained"])

    words = f"change of the {TEST_ACCURACY.title} with weight decay 1"
    return Part(words, find, above(-0.02), (TEST_ACCURACY,), COMMANDS)


def _distance_kept(name: str, config: TrainConfig) -> Part:
    """Return the part on how much farther a way ends than the same training from the start, as a share of the way."""

    def find(tables: RunTables) -> Iterator[Named]:
        rows = _ended(tables, LOG_DET, config, FINAL)
        return _by_width(rows, (rows["value"] - rows["from_start"]) / (rows["trained"] - rows["before"]))

    words = f"{LOG_DET.title} after going on with {name}, minus that of the same from the start, as a share of the way"
    return Part(words, find, above(0.1), (LOG_DET,), COMMANDS)


def _student_minus_teacher(of: Quantity, rule: Rule) -> Part:
    """Return the part on a student's number minus its teacher's, mean over the teachers of any width."""

    def find(tables: RunTables) -> Iterator[Named]:
        rows = _ended(tables, of, STUDENT, "")
        change = (rows["value"] - rows["trained"]) / (1 if of is TEST_ACCURACY else rows["trained"] - rows["before"])
        yield "", mean(change.groupby(rows["source"]).mean().dropna().to_numpy(float))

    relative = "" if of is TEST_ACCURACY else ", over the teacher's change with training"
    words = f"{of.title} of a student minus its teacher's{relative}, mean over teachers"
    return Part(words, find, rule, (of,), COMMANDS)


WAY_BACK_CLAIMS = (
    Claim(
        "T1.19a", "Distillation into a new network leads back towards the null model.", (
            _student_minus_teacher(LOG_DET, below(0)),
            _student_minus_teacher(TEST_ACCURACY, within(-0.005, 0.005)),
        ), "way-back",
        revised=Revised(
            "Students of one teacher are not independent, and a difference in nats is not the same at every width.",
            "The log determinant of a student minus its teacher's, mean over pairs, is below 0 nats, and the test "
            "accuracy differs by less than 0.005.", Verdict.UNDECIDED,
        ),
    ),
    Claim(
        "T1.19b", "Open: does regularisation lead a trained network back to the null model?", (
            *(_share_back(of, above(0.5)) for of in (LOG_DET, MEAN_COSINE, TOTAL_CORRELATION)),
            _kept_accuracy(),
        ), "way-back",
        answers=Answers(
            "It does: volume, similarity and correlation of its activations go back more than half of the way.",
            "It does not in every respect: volume, similarity, correlation or test accuracy does not return.",
        ),
    ),
    Claim(
        "T1.19c", "Once away from the null model, it is hard to go back: what was learned stays.",
        tuple(_distance_kept(name, config) for name, config in WAYS.items()), "way-back",
    ),
)  # fmt: skip

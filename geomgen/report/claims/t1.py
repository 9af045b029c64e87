"""Claims of the first text: the geometry of activations."""

from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import Any

from geomgen.config.architecture import DEFAULT_WIDTH
from geomgen.config.train import TrainConfig
from geomgen.errors import NoDataError
from geomgen.numerics.statistics import mean
from geomgen.report.claims.claim import Bespoke, Claim, Judged, Part, Revised
from geomgen.report.claims.rule import Rule, Verdict, above, below, within
from geomgen.report.claims.statistic import (
    HINT,
    Bend,
    Between,
    Crossing,
    EachWidth,
    Exponent,
    Gain,
    LargestWidth,
    Named,
    Ranked,
    at_width,
)
from geomgen.report.collect import RunTables, made_as
from geomgen.report.quantities.layers import LEAST_GROWTH
from geomgen.report.quantities.similarity import (
    CONTROLS,
    COSINE_AFTER_NORM,
    COSINE_OVERLAP,
    COSINE_SPREAD,
    GAUSSIAN,
    L2_OVERLAP,
    L2_SPREAD,
    MEAN_COSINE,
    SEPARATION,
)
from geomgen.report.quantities.training import BITS_PER_STEP, EXPONENT, LOG_RELATIVE_DISTANCE, TEST_ACCURACY
from geomgen.report.quantities.volume import EXPLAINED, LOG_DET, UNEXPLAINED
from geomgen.report.quantity import VALUE, Expression, Quantity, Selected, log_ratio

SMALLEST, SMALL, MIDDLE, LARGE = 128, 512, 4096, 8192
LENET, TRANSFORMER = DEFAULT_WIDTH["lenet5"], DEFAULT_WIDTH["transformer"]
NO_ASYMPTOTE = "The largest width measured was 512, which says nothing about an asymptote."
OWN_SPREAD = "A verdict on one seed borrowed the spread of other widths; each width now has its own."


def _before(quantity: Quantity, condition: str = "data", **changed: Any) -> Selected:
    return quantity.of(state="initial", condition=condition).among(**changed)


def _trained(quantity: Quantity, condition: str = "data", **changed: Any) -> Selected:
    return quantity.of(state="final", condition=condition).among(**changed)


def _change(quantity: Quantity, condition: str = "data", **changed: Any) -> Expression:
    """Return trained minus before training, in runs of the published protocol with some options changed."""
    return _trained(quantity, condition, **changed) - _before(quantity, condition, **changed)


def _spreads_at(width: int) -> tuple[Part, ...]:
    """Return the parts of the claim that training lowers similarities and spreads them."""
    return (
        Judged(_change(MEAN_COSINE), at_width(width), below(0)),
        Judged(_change(COSINE_SPREAD), at_width(width), above(0)),
    )


def _more_of(option: str, low: Any, high: Any) -> Expression:
    """Return the effect of more of an option on the trained log determinant."""
    trained = _trained(LOG_DET)
    return trained.among(**{option: high}) - trained.among(**{option: low})


def _asymptote(effect: Expression, rule: Rule) -> tuple[Part, ...]:
    """Return the parts of a claim on the asymptote of the log determinant."""
    return Judged(effect, LargestWidth(MIDDLE), rule), Judged(effect, EachWidth(), rule)


def _beside_teachers(of: Selected) -> Callable[[RunTables], Iterator[Named]]:
    """Return what finds the mean over students of a number of the student minus that of its teacher."""

    def find(tables: RunTables) -> Iterator[Named]:
        rows, every = of.of_all(tables), of.of_all(tables, latest=False)
        values = every.set_index("run_id")[VALUE].astype(float)
        teachers = rows["teacher"].map(lambda path: PurePath(path).name, "ignore")
        is_student = made_as(rows, TrainConfig(), ("teacher",)) & teachers.isin(values.index)
        if not is_student.any():
            raise NoDataError("No student has been measured together with its teacher.", HINT)
        yield "", mean(rows[VALUE][is_student].to_numpy(float) - values[teachers[is_student]].to_numpy())

    return find


def _student_minus_teacher(of: Selected, rule: Rule) -> Part:
    quantity = of.quantity
    words = f"{quantity.title} of a student minus its teacher's, mean over pairs"
    commands = quantity.commands("--teacher RUN --seed SEED")
    return Bespoke(words, _beside_teachers(of), rule, (quantity,), tuple(commands), quantity.unit)


LOG_DET_RATIO = log_ratio(_trained(LOG_DET), _before(LOG_DET))
CLAIMS = (
    Claim(
        "T1.1",
        "Before training, activations of different inputs are far more alike than either control.",
        tuple(Judged(SEPARATION.of(condition=control), at_width(SMALL, LARGE), above(5)) for control in CONTROLS),
        report="similarity",
        revised=Revised(
            "The spread over pairs of one network says nothing about other networks.",
            "Mean cosine minus each control's is above 5 pooled standard deviations of the pairs at widths 512 and "
            "8192; one seed decides.",
            Verdict.HOLDS,
        ),
    ),
    Claim(
        "T1.2",
        "Before training, similarity hardly depends on the order of the pixels.",
        (
            Judged(
                _before(MEAN_COSINE, "permuted-pixels") - _before(MEAN_COSINE), at_width(SMALL), within(-0.02, 0.02)
            ),
            Judged(COSINE_OVERLAP.of(), at_width(SMALL), above(0.9)),
        ),
        report="similarity",
    ),
    Claim(
        "T1.3a",
        "Training spreads the similarities of activations and lowers them.",
        _spreads_at(SMALL),
        report="similarity",
    ),
    Claim(
        "T1.3b",
        "In the wide network, training expands the differences just as it does in the small one.",
        _spreads_at(LARGE),
        report="similarity",
        revised=Revised(OWN_SPREAD, "As T1.3a at width 8192, the spread over seeds pooled over widths.", Verdict.FAILS),
    ),
    Claim(
        "T1.4",
        "Training makes inputs from outside the training distribution (permuted pixels) more alike.",
        (Judged(_change(MEAN_COSINE, "permuted-pixels"), at_width(SMALL), above(0)),),
        report="similarity",
    ),
    Claim(
        "T1.5",
        "Wider networks have narrower controls, and the same distribution of initial similarities.",
        (
            *(Judged(_before(COSINE_SPREAD, control), Exponent(), within(-0.55, -0.45)) for control in CONTROLS),
            Judged(_before(MEAN_COSINE), Between(SMALL, LARGE), within(-0.03, 0.03)),
        ),
        report="similarity",
        published="-0.5",
    ),
    Claim(
        "T1.6",
        "Everything that holds for cosine similarity also holds for normalised L2 distance.",
        (
            Judged(_change(L2_SPREAD), at_width(SMALL), above(0)),
            *(
                Judged(_before(L2_SPREAD) / _before(L2_SPREAD, control), at_width(SMALL), above(1))
                for control in CONTROLS
            ),
            Judged(L2_OVERLAP.of(), at_width(SMALL), above(0.9)),
            Judged(_before(L2_SPREAD, GAUSSIAN), Exponent(), within(-0.55, -0.45)),
        ),
        report="similarity",
        revised=Revised(
            "Control 1 permutes the units of each input and so keeps its norm; the norms of different inputs differ "
            "at any width, so that the spread of its distances cannot narrow. Only control 2 can.",
            "As now, but the spread of both controls has an exponent within -0.55 to -0.45.",
            Verdict.FAILS,
        ),
    ),
    Claim(
        "T1.7",
        "The initial activations of LeNet-5 are clustered even more tightly than the MLP's.",
        (
            Judged(_before(MEAN_COSINE, arch="lenet5") - _before(MEAN_COSINE), at_width(LENET), above(0)),
            Judged(_before(COSINE_SPREAD, arch="lenet5") - _before(COSINE_SPREAD), at_width(LENET), below(0)),
        ),
        report="architectures",
        revised=Revised(
            "The two differed in width, which alone changes the similarities; both now have 84 units.",
            "LeNet-5 with 84 units minus the MLP with 512: the difference in mean cosine is above 0, that in standard "
            "deviation below 0.",
            Verdict.HOLDS,
        ),
    ),
    Claim(
        "T1.8",
        "Open: does a transformer also start undifferentiated, and does training also spread its activations?",
        (
            Judged(_change(MEAN_COSINE, arch="transformer"), at_width(TRANSFORMER), below(0)),
            Judged(_change(COSINE_SPREAD, arch="transformer"), at_width(TRANSFORMER), above(0)),
            *(
                Judged(SEPARATION.of(condition=control).among(arch="transformer"), at_width(TRANSFORMER), above(5))
                for control in CONTROLS
            ),
        ),
        report="architectures",
    ),
    Claim(
        "T1.9",
        "The log determinant of initial activations rises log-linearly with width.",
        (
            Judged(_before(LOG_DET), Bend((SMALLEST, LARGE)), within(-0.1, 0.1)),
            Judged(_before(LOG_DET), Exponent((SMALLEST, LARGE)), above(0)),
        ),
        report="width-logdet",
        revised=Revised(
            "R^2 is above 0.99 for many curves that are not straight, of this range and this few widths.",
            "R^2 of a line on log-log axes through the means at 128 to 8192 is above 0.99.",
            Verdict.HOLDS,
        ),
    ),
    Claim(
        "T1.10",
        "The log determinant of trained activations saturates with width.",
        (Judged(_trained(LOG_DET), Gain(SMALLEST, MIDDLE, LARGE), below(0.05)),),
        report="width-logdet",
        published="0.024",
        revised=Revised(OWN_SPREAD, "The same, the relative spread pooled over widths.", Verdict.UNDECIDED),
    ),
    Claim(
        "T1.11",
        "In large networks, training lowers the log determinant.",
        (
            Judged(LOG_DET_RATIO, Crossing((SMALLEST, LARGE)), within(SMALLEST, LARGE)),
            Judged(LOG_DET_RATIO, at_width(SMALLEST), above(0)),
            Judged(LOG_DET_RATIO, at_width(LARGE), below(0)),
        ),
        report="width-logdet",
        published="between 2048 and 3072",
        revised=Revised(
            OWN_SPREAD,
            "The sign changes once, from positive at width 128 to negative at 8192, the spread pooled over widths.",
            Verdict.HOLDS,
        ),
    ),
    Claim(
        "T1.12",
        "The control of trained activations keeps rising with width.",
        (Judged(_trained(LOG_DET, "control-features"), Gain(SMALLEST, MIDDLE, LARGE), above(0.2)),),
        report="width-logdet",
        published="0.66",
        revised=Revised(OWN_SPREAD, "The same, the relative spread pooled over widths.", Verdict.HOLDS),
        details="Proportional growth would give 1.03.",
    ),
    Claim(
        "T1.13a",
        "The log determinant's saturation does not need regularisation.",
        (Judged(_change(LOG_DET, weight_decay=0.0), LargestWidth(MIDDLE), below(0)),),
        report="regularisation",
    ),
    Claim(
        "T1.13b",
        "Weight decay lowers the asymptote of the trained log determinant.",
        _asymptote(_more_of("weight_decay", 0.0, 0.1), below(0)),
        report="regularisation",
        revised=Revised(
            NO_ASYMPTOTE,
            "Weight decay 0.1 minus 0 at the largest width measured with both, same seeds: below 0.",
            Verdict.HOLDS,
        ),
    ),
    Claim(
        "T1.13c",
        "More epochs raise the asymptote of the trained log determinant.",
        _asymptote(_more_of("epochs", 1, 30), above(0)),
        report="regularisation",
        revised=Revised(
            NO_ASYMPTOTE,
            "Most epochs minus fewest at the largest width measured with both, same seeds: above 0.",
            Verdict.HOLDS,
        ),
    ),
    Claim(
        "T1.14",
        "LayerNorm makes initial activations look even more alike.",
        tuple(
            Judged(_before(cosine, layer_norm=True) - _before(cosine), at_width(SMALL), above(0))
            for cosine in (MEAN_COSINE, COSINE_AFTER_NORM)
        ),
        report="similarity",
        revised=Revised(
            "The norm of the layer that is looked at comes after the site that was looked at; both sites now count.",
            "Mean initial cosine with LayerNorm minus without, before the layer's norm: above 0.",
            Verdict.FAILS,
        ),
    ),
    Claim(
        "T1.15",
        "Activations almost always grow in magnitude with training.",
        (Judged(LEAST_GROWTH.of(), EachWidth(), above(0)),),
        report="unit-variance",
        revised=Revised(
            "Layers of one network are not independent, so that a share of all layers has no interval; the layer that "
            "grows least in each network has.",
            "More than 90 % of all layers of all runs grow.",
            Verdict.HOLDS,
        ),
    ),
    Claim(
        "T1.16a",
        "The steps of training look a bit Brownian.",
        (Judged(EXPONENT.of(), EachWidth(), within(0.4, 0.6)),),
        report="trajectory",
        published="0.5",
        revised=Revised("The claim is not about one width.", "The same at width 512 alone.", Verdict.HOLDS),
    ),
    Claim(
        "T1.16b",
        "Each evaluation of the loss carries few bits about where to go.",
        (Judged(BITS_PER_STEP.of(), at_width(SMALL), below(1)),),
        report="trajectory",
    ),
    Claim(
        "T1.17",
        "The network stays close to its initialisation, and closer the larger it is.",
        (
            Judged(LOG_RELATIVE_DISTANCE.of(), Between(), below(0)),
            Judged(LOG_RELATIVE_DISTANCE.of(), Ranked(), below(0)),
        ),
        report="trajectory",
        revised=Revised(
            "Relative distance against width is no power law, so that an exponent says nothing.",
            "The exponent of relative distance against width is below 0.",
            Verdict.UNDECIDED,
        ),
    ),
    Claim(
        "T1.18",
        "Open (note 6): is the change in volume more than a change in magnitude?",
        (Judged(UNEXPLAINED.of() / EXPLAINED.of(), at_width(SMALL), above(0.1)),),
        report="width-logdet",
        revised=Revised(
            "That a number differs from 0 can never be refuted.",
            "The change that magnitudes do not explain differs from 0 at width 512.",
            Verdict.HOLDS,
        ),
    ),
    Claim(
        "T1.19",
        "Once away from the null model it is hard to go back; distillation may help.",
        (
            _student_minus_teacher(_trained(LOG_DET), below(0)),
            _student_minus_teacher(TEST_ACCURACY.of(), within(-0.005, 0.005)),
        ),
        report="width-logdet",
    ),
)

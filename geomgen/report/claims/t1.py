"""Claims of the first text: the geometry of activations."""

from geomgen.report import trajectory
from geomgen.report.claims import t1_distillation, t1_similarity, t1_training, t1_volume, t5_implicit
from geomgen.report.claims.claim import Claim

TRAIN = "geomgen train --width WIDTH --seed SEED"
VOLUME = "geomgen volume RUN"
PROBE = "geomgen probe-activations RUN"

CLAIMS = (
    Claim(
        "T1.1",
        "Before training, activations of different inputs are far more alike than either control.",
        "Mean cosine minus each control's, over the pooled standard deviation of the pairs: holds if above 5 for both "
        "controls at widths 512 and 8192, fails if below for one. The spread is over pairs; the evidence names the "
        "seeds.",
        quantity="smallest separation from a control",
        unit="standard deviations",
        commands=(TRAIN, PROBE),
        tables=(t1_similarity.SUMMARY,),
        judge=t1_similarity.exceeds_controls,
        report="similarity",
    ),
    Claim(
        "T1.2",
        "Before training, similarity hardly depends on the order of the pixels.",
        "Holds if at width 512 the mean cosine with permuted pixels differs by less than 0.02 (its interval over seeds "
        "is within +- 0.02) and the histograms overlap by more than 0.9; fails if either is excluded.",
        quantity="difference in mean cosine",
        commands=(TRAIN, PROBE),
        tables=(t1_similarity.SUMMARY, t1_similarity.HISTOGRAM),
        judge=t1_similarity.ignores_pixel_order,
        report="similarity",
    ),
    Claim(
        "T1.3a",
        "Training spreads the similarities of activations and lowers them.",
        "Same seeds at width 512, final minus initial: holds if the interval of the change in mean cosine is below 0 "
        "and that of the change in standard deviation is above 0; fails if either is on the other side.",
        quantity="change in mean cosine",
        commands=(TRAIN, PROBE),
        tables=(t1_similarity.SUMMARY,),
        judge=t1_similarity.spread_by_training(t1_similarity.SMALL),
        report="similarity",
    ),
    Claim(
        "T1.3b",
        "In the wide network, training expands the differences just as it does in the small one.",
        "As T1.3a at width 8192. If it has one seed, the spread over seeds is pooled over all widths.",
        quantity="change in mean cosine",
        commands=(TRAIN, PROBE),
        tables=(t1_similarity.SUMMARY,),
        judge=t1_similarity.spread_by_training(t1_similarity.LARGE),
        report="similarity",
    ),
    Claim(
        "T1.4",
        "Training makes inputs from outside the training distribution (permuted pixels) more alike.",
        "Same seeds at width 512, final minus initial mean cosine of permuted pixels: holds if its interval is above "
        "0, fails if below.",
        quantity="change in mean cosine",
        commands=(TRAIN, PROBE),
        tables=(t1_similarity.SUMMARY,),
        judge=t1_similarity.gathers_foreign_inputs,
        report="similarity",
    ),
    Claim(
        "T1.5",
        "Wider networks have narrower controls, and the same distribution of initial similarities.",
        "Holds if the log-log slope of each control's standard deviation against width is within -1/2 +- 0.05 and the "
        "initial mean cosine at 512 and 8192 differs by less than 0.03; fails if one is outside.",
        quantity="exponent of the controls' standard deviation",
        published="-0.5",
        commands=(TRAIN, PROBE),
        tables=(t1_similarity.SUMMARY,),
        judge=t1_similarity.is_the_same_when_wider,
        report="similarity",
    ),
    Claim(
        "T1.6",
        "Everything that holds for cosine similarity also holds for normalised L2 distance.",
        "Distances are divided by their root mean square, so only the shape of their distribution can be judged: holds "
        "if before training the data spread more than both controls, permuted pixels overlap with data by more than "
        "0.9, the controls' spread has exponent -1/2 +- 0.05, and training widens the spread of the data.",
        quantity="change in standard deviation with training",
        commands=(TRAIN, PROBE),
        tables=(t1_similarity.SUMMARY, t1_similarity.HISTOGRAM),
        judge=t1_similarity.holds_for_distance,
        report="similarity",
    ),
    Claim(
        "T1.7",
        "The initial activations of LeNet-5 are clustered even more tightly than the MLP's.",
        "LeNet-5 (84 units) minus MLP (512), initial: holds if the interval over seeds of the difference in mean "
        "cosine is above 0 and that of the difference in standard deviation is below 0.",
        quantity="difference in mean cosine",
        commands=("geomgen train --arch lenet5 --seed SEED", PROBE),
        tables=(t1_similarity.SUMMARY,),
        judge=t1_similarity.lenet_is_tighter,
        report="architectures",
    ),
    Claim(
        "T1.8",
        "Open: does a transformer also start undifferentiated, and does training also spread its activations?",
        "T1.1 and T1.3a for a small vision transformer at its default size: the answer is yes (holds) if both hold.",
        quantity="change in mean cosine",
        commands=("geomgen train --arch transformer --seed SEED", PROBE),
        tables=(t1_similarity.SUMMARY,),
        judge=t1_similarity.transformer_does_the_same,
        report="architectures",
    ),
    Claim(
        "T1.9",
        "The log determinant of initial activations rises log-linearly with width.",
        "Least squares on log-log axes over widths from 128 to 8192: holds if R² > 0.99, fails if not. The evidence "
        "gives the exponents over the lower and upper half of the widths, which show how straight the line is.",
        quantity="R² of the line",
        commands=(TRAIN, VOLUME),
        tables=(t1_volume.TABLE,),
        judge=t1_volume.is_log_linear,
        report="width-logdet",
    ),
    Claim(
        "T1.10",
        "The log determinant of trained activations saturates with width.",
        "Gain from width 4096 to 8192 over gain from 128 to 4096: holds if its interval is below 0.05, fails if above.",
        quantity="late gain over early gain",
        published="0.024",
        commands=(TRAIN, VOLUME),
        tables=(t1_volume.TABLE,),
        judge=t1_volume.late_gain("trained", 0.05, want_below=True),
        report="width-logdet",
    ),
    Claim(
        "T1.11",
        "In large networks, training lowers the log determinant.",
        "Width at which trained minus initial changes sign, between neighbouring widths on a log scale: holds if it is "
        "positive below and negative above one crossing, with the intervals at the smallest and the largest width "
        "excluding 0.",
        quantity="width of the crossing",
        unit="units",
        published="between 2048 and 3072",
        commands=(TRAIN, VOLUME),
        tables=(t1_volume.TABLE,),
        judge=t1_volume.lowers_volume,
        report="width-logdet",
    ),
    Claim(
        "T1.12",
        "The control of trained activations keeps rising with width.",
        "Gain of its log determinant from width 4096 to 8192 over gain from 128 to 4096: holds if its interval is "
        "above 0.2, fails if below; proportional growth would give 1.03.",
        quantity="late gain over early gain",
        published="0.66",
        commands=(TRAIN, VOLUME),
        tables=(t1_volume.TABLE,),
        judge=t1_volume.late_gain("trained_control", 0.2, want_below=False),
        report="width-logdet",
    ),
    Claim(
        "T1.13a",
        "The log determinant's saturation does not need regularisation.",
        "T1.11's sign without weight decay: holds if at the largest width measured, trained minus initial has an "
        "interval below 0.",
        quantity="trained minus initial without weight decay",
        unit="nats",
        commands=("geomgen train --weight-decay 0 --width WIDTH --seed SEED", VOLUME),
        tables=(t1_volume.TABLE,),
        judge=t1_volume.lowers_without_decay,
        report="regularisation",
    ),
    Claim(
        "T1.13b",
        "Weight decay lowers the asymptote of the trained log determinant.",
        "Same seeds, weight decay 0.1 minus 0, at the largest width measured with both: holds if the interval is below "
        "0, fails if above.",
        quantity="change in log determinant",
        unit="nats",
        commands=("geomgen train --weight-decay 0,0.1 (one run each) --width WIDTH --seed SEED", VOLUME),
        tables=(t1_volume.TABLE,),
        judge=t1_volume.effect_of("weight_decay", want_below=True, low=0.0, high=0.1),
        report="regularisation",
    ),
    Claim(
        "T1.13c",
        "More epochs raise the asymptote of the trained log determinant.",
        "Same seeds, most epochs minus fewest, at the largest width measured with both: holds if the interval is above "
        "0, fails if below.",
        quantity="change in log determinant",
        unit="nats",
        commands=("geomgen train --epochs EPOCHS --width WIDTH --seed SEED", VOLUME),
        tables=(t1_volume.TABLE,),
        judge=t1_volume.effect_of("epochs", want_below=False),
        report="regularisation",
    ),
    Claim(
        "T1.14",
        "LayerNorm makes initial activations look even more alike.",
        "Same seeds and width, mean initial cosine with LayerNorm minus without: holds if its interval is above 0, "
        "fails if below.",
        quantity="difference in mean cosine",
        commands=("geomgen train --layer-norm --seed SEED", PROBE),
        tables=(t1_similarity.SUMMARY,),
        judge=t1_similarity.layer_norm_gathers,
        report="similarity",
    ),
    Claim(
        "T1.15",
        "Activations almost always grow in magnitude with training.",
        "Final over initial root mean square of each layer's pre-activations: holds if it is above 1 in more than 90 % "
        "of all layers of all runs of the published protocol, fails if in fewer.",
        quantity="fraction of layers that grow",
        commands=(TRAIN, "geomgen probe-activations RUN --statistics"),
        tables=(t1_similarity.STATISTICS,),
        judge=t1_similarity.grows,
        report="unit-variance",
    ),
    Claim(
        "T1.16a",
        "The steps of training look a bit Brownian.",
        "Exponent of distance from initialisation against steps at width 512, over epochs: Brownian is 1/2. Holds if "
        "the interval over seeds is within 0.4 to 0.6, fails if it is outside.",
        quantity="exponent of distance against steps",
        published="0.5",
        commands=(TRAIN,),
        tables=(t1_training.TABLE,),
        judge=t1_training.is_brownian,
        report="trajectory",
    ),
    Claim(
        "T1.16b",
        "Each evaluation of the loss carries few bits about where to go.",
        "From the signal-to-noise ratio of a mini-batch's gradient at width 512, mean over epochs after "
        "initialisation, log2(1 + SNR)/2 bits per step: holds if the interval over seeds is below 1, fails if above.",
        quantity="bits per step",
        unit="bits",
        commands=(f"{TRAIN} --track implicit-regularization",),
        tables=(trajectory.GRADIENTS,),
        judge=t5_implicit.carries_few_bits,
        report="trajectory",
    ),
    Claim(
        "T1.17",
        "The network stays close to its initialisation, and closer the larger it is.",
        "Log-log slope of the final relative distance of the parameters against width: holds if its interval is below "
        "0, fails if above.",
        quantity="exponent of relative distance against width",
        commands=(TRAIN,),
        tables=(t1_training.TABLE,),
        judge=t1_training.stays_close,
        report="trajectory",
    ),
    Claim(
        "T1.18",
        "Open (note 6): is the change in volume more than a change in magnitude?",
        "Change in ln det covariance minus change in the sum of ln variances with training, which is minus twice the "
        "change in total correlation: the answer is yes (holds) if its interval over seeds at width 512 excludes 0.",
        quantity="change not explained by magnitudes",
        unit="nats",
        commands=(TRAIN, "geomgen volume RUN --rule ledoit-wolf"),
        tables=(t1_volume.TABLE,),
        judge=t1_volume.is_more_than_magnitude,
        report="width-logdet",
    ),
    Claim(
        "T1.19",
        "Once away from the null model it is hard to go back; distillation may help.",
        "Log determinant of a student of the published protocol that learns its teacher's probabilities, minus the "
        "teacher's, over pairs: holds if its interval is below 0 and that of the difference in test accuracy is within "
        "0.005 of 0, fails if either is excluded.",
        quantity="change in log determinant",
        unit="nats",
        commands=("geomgen train --teacher RUN --seed SEED", VOLUME, PROBE),
        tables=(t1_volume.TABLE, t1_similarity.SUMMARY, t1_training.TABLE),
        judge=t1_distillation.brings_back,
        report="width-logdet",
    ),
)

"""The benchmarks: what is run on each side, how often, and what ratio, time or memory is aimed at."""

import statistics
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from .measure import Job, Outcome, interleaved, median_seconds, peak_mib, run_geomgen, run_job
from .rows import BenchmarkRow

TOLERANCE = 1e-6
MIB_PER_GB = 1e9 / 2**20


@dataclass(frozen=True)
class Sizes:
    """How large the benchmarks are and how often they are repeated."""

    wide: int = 8192
    narrow: int = 128
    num_images: int = 10_000
    num_train: int = 60_000
    num_epochs: int = 2
    num_steps: int = 20
    square: int = 4096
    pairs: int = 3
    starts: int = 10


QUICK = Sizes(512, 128, num_images=2000, num_train=2000, num_epochs=1, num_steps=10, square=512, pairs=1, starts=3)


class Measurement(NamedTuple):
    """Outcomes of both sides, what else was found, and whether the sides agree."""

    geomgen: Sequence[Outcome] = ()
    usual: Sequence[Outcome] = ()
    note: str = ""
    agree: bool = True


@dataclass(frozen=True)
class Case:
    """A benchmark and its target, in the units of `BenchmarkRow`."""

    name: str
    measure: Callable[[], Measurement]
    target: float | None = None
    target_unit: str = ""

    def row(self) -> BenchmarkRow:
        """Measure; an error is told in the row's note."""
        try:
            found = self.measure()
        except Exception as error:  # whatever it is, the other benchmarks go on
            found = Measurement(note=f"failed: {type(error).__name__}: {error}")
        usual_s, geomgen_s = median_seconds(found.usual), median_seconds(found.geomgen)
        geomgen_mib = peak_mib(found.geomgen)
        ratio = usual_s / geomgen_s if usual_s and geomgen_s else None
        return BenchmarkRow(
            benchmark=self.name,
            usual_s=usual_s,
            geomgen_s=geomgen_s,
            ratio=ratio,
            target=self.target,
            target_unit=self.target_unit,
            met=self._is_met({"x": ratio, "s": geomgen_s, "GB": geomgen_mib}.get(self.target_unit), found.agree),
            usual_peak_mib=peak_mib(found.usual),
            geomgen_peak_mib=geomgen_mib,
            repeats=len(found.geomgen),
            note=found.note,
        )

    def _is_met(self, value: float | None, agree: bool) -> bool | None:
        if value is None or self.target is None:
            return None
        limit = self.target * MIB_PER_GB if self.target_unit == "GB" else self.target
        return agree and (value >= limit if self.target_unit == "x" else value < limit)


def cases(sizes: Sizes) -> list[Case]:
    """Return all benchmarks."""
    wide, narrow = sizes.wide, sizes.narrow
    epochs = {"width": narrow, "num_epochs": sizes.num_epochs, "num_train": sizes.num_train}
    return [
        Case(f"train-step-{wide}-fp32", partial(train_step, sizes, "fp32"), 2.7, "x"),
        Case(f"train-step-{wide}-bf16", partial(train_step, sizes, "bf16"), 4, "x"),
        Case(f"train-{narrow}", partial(beside_usual, sizes.pairs, "train_epochs", epochs), 6, "x"),
        Case(f"log-determinant-{wide}", partial(log_determinant, sizes), 8, "x"),
        Case("help", partial(start, sizes, "--help"), 0.2, "s"),
        Case("train-help", partial(start, sizes, "train", "--help"), 0.2, "s"),
        Case("load-mnist", partial(load_mnist, sizes), 0.5, "s"),
        Case(f"peak-memory-train-{wide}", partial(memory_of_train, sizes), 3, "GB"),
        Case(f"peak-memory-volume-{wide}", partial(memory_of_volume, sizes), 4, "GB"),
        Case(f"limits-{wide}-fp32", partial(limits, sizes)),
    ]


def beside_usual(pairs: int, function: str, arguments: dict[str, Any], **only_ours: Any) -> Measurement:
    """Run one function of both sides in turn; some arguments may be geomgen's alone."""
    usual, ours = interleaved(pairs, Job("usual", function, arguments), Job("ours", function, arguments | only_ours))
    ratios = sorted(before.seconds / after.seconds for before, after in zip(usual, ours, strict=True))
    others = sorted(ours[-1].values.keys() - {"seconds"})
    notes = [f"{name} {usual[-1].values[name]:.6g} usual, {ours[-1].values[name]:.6g} geomgen" for name in others]
    spread = [f"ratios of pairs {ratios[0]:.2f} to {ratios[-1]:.2f}"] if pairs > 1 else []
    return Measurement(ours, usual, "; ".join([*spread, *notes]))


def train_step(sizes: Sizes, precision: str) -> Measurement:
    """Train for a few steps: geomgen at a precision, the usual loop in float32."""
    arguments = {"width": sizes.wide, "num_steps": sizes.num_steps}
    return beside_usual(sizes.pairs, "train_steps", arguments, precision=precision)


def log_determinant(sizes: Sizes) -> Measurement:
    """Take the log determinant of the same activations once on both sides."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "activations.npy")
        run_job(Job("ours", "save_activations", {"path": path, "width": sizes.wide, "num_images": sizes.num_images}))
        found = beside_usual(1, "log_determinant", {"path": path})
    exact, value = (outcomes[0].values["log_det_nats"] for outcomes in (found.usual, found.geomgen))
    difference = abs(value - exact) / abs(exact)
    note = f"relative difference {difference:.1e} (at most {TOLERANCE:g}); {found.note}"
    return found._replace(note=note, agree=difference <= TOLERANCE)


def start(sizes: Sizes, *arguments: str) -> Measurement:
    """Start the command line."""
    return Measurement([run_geomgen(*arguments) for _ in range(sizes.starts)])


def load_mnist(sizes: Sizes) -> Measurement:
    """Load the bundled data set, its checksum included."""
    (loads,) = interleaved(sizes.pairs, Job("ours", "load_mnist", {}))
    return Measurement(loads)


def memory_of_train(sizes: Sizes) -> Measurement:
    """Train ten steps from the command line."""
    with tempfile.TemporaryDirectory() as folder:
        return Measurement([_train(sizes, folder)])


def memory_of_volume(sizes: Sizes) -> Measurement:
    """Measure one matrix of activations from the command line."""
    with tempfile.TemporaryDirectory() as folder:
        run = _train(sizes, folder).output.splitlines()[-1]
        return Measurement([run_geomgen("volume", run, "--condition", "data", "--state", "initial")])


def _train(sizes: Sizes, folder: str) -> Outcome:
    return run_geomgen("train", "--width", sizes.wide, "--train-size", 640, "--epochs", 1, "--runs-dir", folder, "-q")


def limits(sizes: Sizes) -> Measurement:
    """Hold geomgen's float32 step against what the machine's products and memory would allow."""
    rates, steps = interleaved(
        sizes.pairs,
        Job("limits", "rates", {"width": sizes.wide, "side": sizes.square}),
        Job("ours", "train_steps", {"width": sizes.wide, "num_steps": sizes.num_steps}),
    )
    best = {name: max(outcome.values[name] for outcome in rates) for name in rates[0].values}
    bound_s = min(outcome.seconds for outcome in rates)
    note = (
        f"products {best['gflops']:.0f} GFLOP/s at {sizes.square}^3, {best['gflops_step']:.0f} at 64 x {sizes.wide}^2; "
        f"copy {best['gb_per_s']:.1f} GB/s; so a step takes at least {bound_s:.3g} s, "
        f"and geomgen's is at {bound_s / statistics.median(outcome.seconds for outcome in steps):.0%} of that limit"
    )
    return Measurement(steps, note=note)

"""The benchmarks: what is run on each side, how often, and what ratio, time or memory is aimed at."""

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from geomgen.processor import instruction_set, multiplies_bfloat16

from .measure import Job, Outcome, interleaved, median_seconds, peak_mib, run_geomgen, run_job
from .rows import BenchmarkRow

MIB_PER_GB = 1e9 / 2**20
LEFT_OUT = "left out"
SAME_NORM, SMALLEST_SHARE_OF_LIMIT = 1e-4, 0.75
SAME_COEFFICIENT = 0.25
"""What ten chains find varies by 7 % from seed to seed, so that two programs rarely differ by more."""
NETWORKS_PER_S = 40_000
TINY = {"epochs": 1, "train-size": 640}
TINY_WIDTHS = range(8, 72, 8)


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
    num_networks: int = 200_000
    num_trained: int = 10_000
    rff_samples: int = 1000
    rff_counts: tuple[int, ...] = (
        *(10, 20, 50, *range(100, 1300, 100)),
        *(1500, 2000, 3000, 5000, 10_000),
    )


QUICK = Sizes(
    512, 128, num_images=2000, num_train=2000, num_epochs=1, num_steps=10, square=512, pairs=1, starts=3,
    num_networks=10_000, num_trained=100, rff_samples=100, rff_counts=tuple(range(10, 210, 10)),
)  # fmt: skip


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
        Case(f"track-{narrow}", partial(tracking, sizes, epochs), 1 / 1.1, "x"),
        Case(f"log-determinant-{wide}", partial(of_activations, sizes, "log_determinant", 1e-6), 8, "x"),
        Case(f"similarity-{wide}", partial(of_activations, sizes, "similarity", 1e-4), 3, "x"),
        Case("rff-20-counts", partial(rff_sweep, sizes), 5, "x"),
        Case("sample-7-40-40-1", partial(random_functions, sizes), 8, "x"),
        Case("train-networks-7-40-40-1", partial(trained_networks, sizes), 60, "s"),
        Case("sweep-two-at-a-time", partial(sweep, sizes), 1.7, "x"),
        Case("sweep-tiny-cells", partial(tiny_cells, sizes), 7, "s"),
        Case("help", partial(start, sizes, "--help"), 0.2, "s"),
        Case("train-help", partial(start, sizes, "train", "--help"), 0.2, "s"),
        Case("load-mnist", partial(load_mnist, sizes), 0.5, "s"),
        Case(f"peak-memory-train-{wide}", partial(memory_of_train, sizes), 3, "GB"),
        Case(f"peak-memory-volume-{wide}", partial(memory_of_measure, sizes, "volume", "data"), 4, "GB"),
        Case(
            f"peak-memory-similarity-{wide}",
            partial(memory_of_measure, sizes, "probe-activations", "data,control-units,permuted-pixels"),
            1.5,
            "GB",
        ),
        Case("hessian-products", partial(curvature_products, sizes, "float32"), 1, "x"),
        Case("hessian-products-float64", partial(curvature_products, sizes, "float64"), 1, "x"),
        Case("hessian-density", partial(curvature_density, sizes), 2, "x"),
        Case("llc-784-64-10", partial(chain_steps, sizes), 5, "x"),
        Case("local-volume-4810", local_volume, 60, "s"),
        Case("peak-memory-hessian-1e6", partial(memory_of_hessian, sizes), 2, "GB"),
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
    """Train for a few steps: geomgen at a precision, the usual loop in float32.

    Not at bf16 where the processor emulates it: a step would take half a minute.
    """
    if precision == "bf16" and multiplies_bfloat16(instruction_set()) is False:
        return Measurement(note=f"{LEFT_OUT}: this processor ({instruction_set()}) has no bfloat16 products")
    arguments = {"width": sizes.wide, "num_steps": sizes.num_steps}
    return beside_usual(sizes.pairs, "train_steps", arguments, precision=precision)


def tracking(sizes: Sizes, epochs: dict[str, Any]) -> Measurement:
    """Train with and without the records of implicit regularisation; the usual way here is without."""
    tracked = epochs | {"track": "implicit-regularization"}
    without, with_ = interleaved(sizes.pairs, Job("ours", "train_epochs", epochs), Job("ours", "train_epochs", tracked))
    return Measurement(with_, without, "without and with --track implicit-regularization")


def of_activations(sizes: Sizes, function: str, tolerance: float) -> Measurement:
    """Measure the same activations once on both sides, which agree if all they find does, to the tolerance."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "activations.npy")
        run_job(Job("ours", "save_activations", {"path": path, "width": sizes.wide, "num_images": sizes.num_images}))
        found = beside_usual(1, function, {"path": path})
    usual, ours = (outcomes[0].values for outcomes in (found.usual, found.geomgen))
    difference = max(abs(ours[name] - usual[name]) / abs(usual[name]) for name in usual.keys() - {"seconds"})
    note = f"relative difference {difference:.1e} (at most {tolerance:g}); {found.note}"
    return found._replace(note=note, agree=difference <= tolerance)


def rff_sweep(sizes: Sizes) -> Measurement:
    """Fit random Fourier features of MNIST at 20 counts: geomgen at once, scikit-learn at each count."""
    arguments = {"num_samples": sizes.rff_samples, "counts": sizes.rff_counts, "num_test": sizes.num_images}
    return beside_usual(sizes.pairs, "rff_sweep", arguments)


def random_functions(sizes: Sizes) -> Measurement:
    """Count the functions of random networks of 7 bits: geomgen in blocks, torch's modules one by one; per network."""
    arguments = {"num_networks": sizes.num_networks}
    found = beside_usual(sizes.pairs, "random_functions", arguments)
    (alone,) = interleaved(sizes.pairs, Job("limits", "random_functions", arguments))
    per_s, limit_per_s = 1 / (median_seconds(found.geomgen) or 1), 1 / min(outcome.seconds for outcome in alone)
    numbers, products = (max(one.values[name] for one in alone) for name in ("numbers_per_s", "products_per_s"))
    note = (
        f"{per_s:,.0f} networks per second (at least {NETWORKS_PER_S:,} wanted on two cores), tables included; random "
        f"numbers alone {numbers:,.0f}, products alone {products:,.0f}, both {limit_per_s:,.0f}: "
        f"{per_s / limit_per_s:.0%} of that limit; {found.note}"
    )
    return found._replace(note=note, agree=per_s >= NETWORKS_PER_S)


def trained_networks(sizes: Sizes) -> Measurement:
    """Train networks of 7 bits by Adam until each fits 32 values."""
    (trained,) = interleaved(1, Job("ours", "train_networks", {"num_networks": sizes.num_trained}))
    return Measurement(trained, note=f"{trained[0].values['fitted']:,.0f} of {sizes.num_trained:,} fit")


def sweep(sizes: Sizes) -> Measurement:
    """Train eight narrow networks from the command line: two at a time beside one after the other."""
    options = {"epochs": sizes.num_epochs, "train-size": sizes.num_train, "width": sizes.narrow}
    sides: dict[int, list[Outcome]] = {1: [], 2: []}
    for _ in range(sizes.pairs):
        for jobs, outcomes in sides.items():
            with tempfile.TemporaryDirectory() as folder:
                recipe = Path(folder) / "eight.toml"
                recipe.write_text("\n".join(f"set.{name} = {value}" for name, value in options.items()))
                arguments = ["--grid", "seed=0,1,2,3,4,5,6,7", "--runs-dir", folder, "-j", jobs, "-q"]
                outcomes.append(run_geomgen("sweep", recipe, *arguments))
    return Measurement(sides[2], sides[1], "usual: -j 1; geomgen: -j 2")


def tiny_cells(sizes: Sizes) -> Measurement:
    """Train tiny networks and measure their volumes, two at a time: a process for each command beside a sweep."""
    usual, ours = [], []
    for _ in range(sizes.pairs):
        usual.append(_streams([partial(_train_and_measure, width) for width in TINY_WIDTHS]))
        with tempfile.TemporaryDirectory() as folder:
            recipe, widths = Path(folder) / "tiny.toml", ",".join(map(str, TINY_WIDTHS))
            settings = [f"set.{name} = {value}" for name, value in TINY.items()]
            recipe.write_text("\n".join([*settings, "then.volume = {}"]))
            ours.append(run_geomgen("sweep", recipe, "--grid", f"width={widths}", "--runs-dir", folder, "-j", 2, "-q"))
    return Measurement(ours, usual, f"{len(TINY_WIDTHS)} cells; usual: two streams of commands; geomgen: sweep -j 2")


def _streams(tasks: Sequence[Callable[[], Outcome]]) -> Outcome:
    """Do tasks two at a time, and return the time of all."""
    began = time.perf_counter()
    with ThreadPoolExecutor(2) as threads:
        outcomes = list(threads.map(lambda task: task(), tasks))
    return Outcome(time.perf_counter() - began, max(outcome.peak_mib for outcome in outcomes), "", {})


def _train_and_measure(width: int) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        options = [f"--{name}={value}" for name, value in TINY.items()]
        common = ["--threads", 1, "--runs-dir", folder, "-q"]
        run_geomgen("train", "--width", width, *options, *common)
        return run_geomgen("volume", "latest", *common)


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


def memory_of_measure(sizes: Sizes, command: str, conditions: str) -> Measurement:
    """Measure the activations of one state from the command line."""
    with tempfile.TemporaryDirectory() as folder:
        run = _train(sizes, folder).output.splitlines()[-1]
        return Measurement([run_geomgen(command, run, "--condition", conditions, "--state", "initial")])


def _train(sizes: Sizes, folder: str) -> Outcome:
    return run_geomgen("train", "--width", sizes.wide, "--train-size", 640, "--epochs", 1, "--runs-dir", folder, "-q")


def curvature_products(sizes: Sizes, dtype: str) -> Measurement:
    """Multiply a block of 16 vectors with a Hessian: geomgen and the fastest route of curvlinops and pyhessian."""
    found = _of_curvature(sizes, "products", dtype, {"block": 16, "repeats": 5})
    usual, ours = (outcomes[-1].values for outcomes in (found.usual, found.geomgen))
    note = (
        f"ms per vector: curvlinops {usual['curvlinops_ms']:.3g}, pyhessian {usual['pyhessian_ms']:.3g}, "
        f"geomgen {1e3 * ours['seconds']:.3g}, its products alone {ours['limit_ms']:.3g} "
        f"({ours['share_of_limit']:.0%} of the product rate, at least 75 % wanted)"
    )
    agree = abs(ours["norm"] / usual["norm"] - 1) <= SAME_NORM
    return found._replace(note=note, agree=agree and ours["share_of_limit"] >= SMALLEST_SHARE_OF_LIMIT)


def curvature_density(sizes: Sizes) -> Measurement:
    """Find a density by 60 steps from 4 probes: geomgen and curvlinops, in float64."""
    found = _of_curvature(sizes, "spectrum", "float64", {"steps": 60, "probes": 4})
    copies = [int(outcomes[-1].values["copies_of_largest"]) for outcomes in (found.usual, found.geomgen)]
    note = f"Ritz values within 1e-3 of the largest: curvlinops {copies[0]}, geomgen {copies[1]}"
    return found._replace(note=note, agree=copies[1] == 1)


def _of_curvature(sizes: Sizes, function: str, dtype: str, arguments: dict[str, Any]) -> Measurement:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "network.npz")
        problem = {"path": path, "width": sizes.narrow, "num_images": min(2000, sizes.num_train), "dtype": dtype}
        run_job(Job("curvature", "save_problem", problem))
        options = {"path": path, **arguments}
        usual, ours = interleaved(sizes.pairs, Job("peers", function, options), Job("curvature", function, options))
    return Measurement(ours, usual)


def chain_steps(sizes: Sizes) -> Measurement:
    """Step 10 Langevin chains of 784-64-10, each with minibatches of 512 of its own: geomgen and devinterp."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "network.npz")
        problem = {"path": path, "width": 64, "depth": 1, "num_images": sizes.num_images, "dtype": "float32"}
        run_job(Job("curvature", "save_problem", problem))
        options = {"path": path, "num_chains": 10, "batch_size": 512, "num_draws": 5 * sizes.num_steps, "step": 1e-5}
        usual, ours = interleaved(
            sizes.pairs, Job("peers", "chain_steps", options), Job("chains", "chain_steps", options)
        )
    of_usual, of_ours = usual[-1].values, ours[-1].values
    note = (
        f"{1 / (median_seconds(ours) or 1):,.0f} chain steps per second; usual: devinterp with torch's loader, which "
        f"takes image by image; {of_usual['by_batch_s'] / of_ours['seconds']:.2f} x one that takes whole batches; "
        f"coefficient so far {of_usual['llc']:.4g} usual, {of_ours['llc']:.4g} geomgen"
    )
    return Measurement(ours, usual, note, agree=abs(of_ours["llc"] / of_usual["llc"] - 1) <= SAME_COEFFICIENT)


def local_volume() -> Measurement:
    """Measure the volume around 64-64-10, of 4,810 parameters, along 100 directions from the command line."""
    with tempfile.TemporaryDirectory() as folder:
        on = ("--runs-dir", folder, "-q")
        run_geomgen("train", "--data", "digits", "--width", 64, "--depth", 1, "--epochs", 5, *on)
        options = ("--method", "monte-carlo", "--directions", 100, "--state", "final")
        return Measurement([run_geomgen("volume", "latest", "--space", "parameters", *options, *on)])


def memory_of_hessian(sizes: Sizes) -> Measurement:
    """Find the spectrum of a network of a million parameters by 60 steps from the command line."""
    width = 700 if sizes.wide > QUICK.wide else 64
    with tempfile.TemporaryDirectory() as folder:
        on = ("--runs-dir", folder, "-q")
        run_geomgen("train", "--width", width, "--train-size", 640, "--epochs", 1, *on)
        options = ("--method", "lanczos", "--samples", 500, "--state", "final")
        return Measurement([run_geomgen("hessian", "latest", *options, *on)])


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

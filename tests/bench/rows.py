"""The table of results: what it is keyed by, a row, and how a row reads."""

from dataclasses import dataclass

from geomgen.fields import column

from .measure import MACHINE, THREADS

HEADERS = ("benchmark", "usual", "geomgen", "ratio", "target", "met", "usual MiB", "geomgen MiB")


@dataclass(frozen=True)
class Machine:
    """The columns that every row begins with."""

    quick: bool = column("Whether at sizes that only show that the benchmark runs.", key=True)
    threads: int = column("Threads of both sides.", key=True)
    torch_version: str = column("Version of torch.", key=True)
    processor: str = column("Processor.", key=True)
    instruction_set: str | None = column("Its instruction set; None in rows of an earlier version.", key=True)
    commit: str | None = column("Git commit that geomgen was run from; None outside a checkout.")
    dirty: bool | None = column("Whether its code differed from that commit.")


@dataclass(frozen=True)
class BenchmarkRow:
    """One benchmark: a row of ``benchmarks.parquet``."""

    benchmark: str = column("Name.", key=True)
    usual_s: float | None = column("Median time of the usual way.", "s")
    geomgen_s: float | None = column("Median time of geomgen.", "s")
    ratio: float | None = column("usual_s / geomgen_s.")
    target: float | None = column("What ratio must reach, or what time or memory must stay below.")
    target_unit: str = column("x: of the ratio; s: of geomgen_s; GB (10^9 bytes): of geomgen_peak_mib.")
    met: bool | None = column("Whether the target is met; None without a target, or if the benchmark failed.")
    usual_peak_mib: float | None = column("Largest resident set of the usual way's processes.", "MiB")
    geomgen_peak_mib: float | None = column("Largest resident set of geomgen's processes.", "MiB")
    repeats: int = column("Processes a side; 0 if the benchmark failed or was left out.")
    note: str = column("What else was found, or the error.")


def this_machine(*, quick: bool) -> Machine:
    """Return the columns of this run."""
    return Machine(
        quick,
        THREADS,
        MACHINE["packages"]["torch"],
        MACHINE["processor"],
        MACHINE["instruction_set"],
        MACHINE["commit"],
        MACHINE["dirty"],
    )


def cells(row: BenchmarkRow) -> list[str]:
    """Return a row as words, one a header."""
    sign = "≥" if row.target_unit == "x" else "<"
    return [
        row.benchmark,
        _words(row.usual_s, ".3g", " s"),
        _words(row.geomgen_s, ".3g", " s"),
        _words(row.ratio, ".2f", " x"),
        "" if row.target is None else f"{sign} {row.target:g} {row.target_unit}",
        {True: "yes", False: "no", None: ""}[row.met],
        _words(row.usual_peak_mib, ".0f"),
        _words(row.geomgen_peak_mib, ".0f"),
    ]


def _words(value: float | None, form: str, unit: str = "") -> str:
    return "" if value is None else f"{value:{form}}{unit}"

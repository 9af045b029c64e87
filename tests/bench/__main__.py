"""Run the benchmarks, print one table and keep it as Parquet.

Exit code 1 if a benchmark failed; whether a target is met does not matter to it.
"""

import argparse
import sys
from pathlib import Path

from tabulate import tabulate

from geomgen.store.table import read_table, replaced_rows, to_table, write_table

from .cases import LEFT_OUT, QUICK, Sizes, cases
from .rows import HEADERS, BenchmarkRow, Machine, cells, this_machine

FILE = "benchmarks.parquet"


def main() -> int:
    """Run what the command line asks for and return the exit code."""
    parser = _parser()
    options = parser.parse_args()
    known = cases(QUICK if options.quick else Sizes())
    chosen = [case for case in known if not options.only or any(name in case.name for name in options.only)]
    if not chosen:
        parser.error(f"no benchmark has such a name; there are: {', '.join(case.name for case in known)}")
    machine, rows = this_machine(quick=options.quick), []
    options.out.mkdir(parents=True, exist_ok=True)
    for number, case in enumerate(chosen, 1):
        sys.stderr.write(f"{number}/{len(chosen)} {case.name}\n")
        rows.append(case.row())
        _keep(options.out / FILE, machine, rows[-1])
    sys.stdout.write(_text(rows))
    return int(any(row.repeats == 0 and not row.note.startswith(LEFT_OUT) for row in rows))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--only", action="append", metavar="NAME", help="only benchmarks whose name contains this; repeatable"
    )
    parser.add_argument("--quick", action="store_true", help="small sizes: shows that it runs, not how fast")
    parser.add_argument("--out", type=Path, default=Path("runs/bench"), help="folder for the table (%(default)s)")
    return parser


def _keep(path: Path, machine: Machine, row: BenchmarkRow) -> None:
    """Write a row; earlier ones of other benchmarks, sizes or machines stay."""
    table = to_table(machine, [row])
    write_table(path, replaced_rows(path.stem, read_table(path), table) if path.exists() else table)


def _text(rows: list[BenchmarkRow]) -> str:
    table = tabulate([cells(row) for row in rows], HEADERS, disable_numparse=True)
    notes = [f"{row.benchmark}: {row.note}" for row in rows if row.note]
    return "\n".join([table, "", *notes, ""])


if __name__ == "__main__":
    sys.exit(main())

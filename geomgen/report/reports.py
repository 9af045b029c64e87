"""All reports and quantities: those of every module of this room but the page, and the modules that draw."""

from importlib import import_module
from pkgutil import iter_modules

import pandas as pd

from geomgen import report
from geomgen.report import claims, quantities
from geomgen.report.content import Printable
from geomgen.report.quantity import Quantity
from geomgen.report.report import Report

FIRST = ("claims", "width-logdet", "similarity")
"""What people see first; the others follow by name."""
DRAWING = ("figure", "figures", "write")
"""Modules of these names import matplotlib, which takes longer than all others together."""


def _found() -> list[object]:
    modules = [
        f"{package.__name__}.{module.name}"
        for package in (report, quantities, claims)
        for module in iter_modules(package.__path__)
        if not module.ispkg and not module.name.endswith(DRAWING)
    ]
    return [value for name in modules if name != __name__ for value in vars(import_module(name)).values()]


def _reports(found: list[object]) -> dict[str, Report]:
    reports = {value.name: value for value in found if isinstance(value, Report)}
    return {name: reports[name] for name in dict.fromkeys((*FIRST, *sorted(reports)))}


_VALUES = _found()
REPORTS = _reports(_VALUES)
QUANTITIES = tuple(dict.fromkeys(value for value in _VALUES if isinstance(value, Quantity)))


def listed_reports() -> Printable:
    """Return every report's name and the question that it answers."""
    frame = pd.DataFrame({"report": list(REPORTS), "question": [report.question for report in REPORTS.values()]})
    return Printable.of("Reports", frame)

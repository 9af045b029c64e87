"""One report by its name: the other thirty modules are not imported for it."""

from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules

from geomgen import report
from geomgen.errors import UsageError, suggestion
from geomgen.report.report import Report


def find_report(name: str) -> Report:
    """Return the report of that name, from the module of the same name, or from ``report`` in the package.

    Raises:
        UsageError: If there is none.
    """
    for module in _modules(name):
        for value in vars(import_module(module)).values():
            if isinstance(value, Report) and value.name == name:
                return value
    from geomgen.report.reports import REPORTS

    raise UsageError(f"There is no report '{name}'.", suggestion(name, REPORTS, "Known reports"))


def _modules(name: str) -> list[str]:
    """Return the module in which a report of that name would be, if it is there."""
    path = f"{report.__name__}.{name.replace('-', '_')}"
    there = [one for one in iter_modules(report.__path__, f"{report.__name__}.") if one.name == path]
    modules = [f"{path}.report" if one.ispkg else path for one in there]
    return [module for module in modules if find_spec(module)]

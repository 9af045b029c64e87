"""All quantities: those of every module of this package."""

from importlib import import_module
from pkgutil import iter_modules

from geomgen.report import quantities
from geomgen.report.quantity import Quantity


def _quantities() -> tuple[Quantity, ...]:
    names = [f"{__package__}.{module.name}" for module in iter_modules(quantities.__path__)]
    values = [value for name in names if name != __name__ for value in vars(import_module(name)).values()]
    return tuple(dict.fromkeys(value for value in values if isinstance(value, Quantity)))


QUANTITIES = _quantities()

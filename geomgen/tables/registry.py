"""All tables: the row of every module of this package, by the table's name."""

from dataclasses import fields
from importlib import import_module
from pkgutil import iter_modules

from geomgen import tables
from geomgen.fields import ColumnDoc

MODULES = [module.name for module in iter_modules(tables.__path__) if f"{__package__}.{module.name}" != __name__]
ROWS: dict[str, type] = {
    name: row for module in MODULES for name, row in import_module(f"{__package__}.{module}").TABLES.items()
}


def columns(row: type) -> dict[str, ColumnDoc]:
    """Return the documentation of a row's columns, in their order."""
    return {field.name: field.metadata["column"] for field in fields(row)}


def meaning(row: type) -> str:
    """Return what a row is, in words: its docstring without the name of the table."""
    return (row.__doc__ or "").partition(": ")[0]

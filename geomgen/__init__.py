"""Experiments on the geometry of generalisation in over-parameterised networks.

Read in Python what the command line wrote:

    from geomgen import open_run, runs
    open_run("runs/...").table("activation_volume")     # a pandas data frame, units in frame.attrs["columns"]
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geomgen.store.catalog import open_run, runs

__all__ = ["open_run", "runs"]


def __getattr__(name: str) -> Any:
    """Import these functions on first use, so that ``--help`` need not wait for pandas."""
    if name in __all__:
        from geomgen.store import catalog

        return getattr(catalog, name)
    raise AttributeError(f"module 'geomgen' has no attribute {name!r}")

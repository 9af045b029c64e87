"""A recipe of tiny cells, as its TOML says it."""

from pathlib import Path
from typing import Any

from geomgen.config.base import Config
from geomgen.sweep.recipe import Recipe


def mapping(data_file: Path, **changes: Any) -> dict[str, Any]:
    """Return two widths and two seeds on a tiny data set, with a volume and a report, with some keys changed."""
    return {
        "name": "tiny",
        "experiment": "train",
        "set": {"epochs": 1, "batch_size": 64, "data": str(data_file)},
        "grid": {"width": [8, 12], "seed": [0, 1]},
        "then": {"volume": {"condition": ["data"]}},
        "report": {"names": ["training"]},
        **changes,
    }


def recipe(data_file: Path, **changes: Any) -> Recipe:
    """Return the same as a recipe."""
    return Recipe.from_mapping(mapping(data_file, **changes), "tiny")


def unprepared(config: Config) -> tuple[Config, dict[str, Any]]:
    """Return a config as it is, with no digests."""
    return config, {}

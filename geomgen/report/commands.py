"""The command lines that made and measured a run, ready to be typed again."""

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from geomgen.config.base import Config, option_docs, option_flag, switch
from geomgen.config.registry import EXPERIMENTS
from geomgen.config.train import TrainConfig
from geomgen.report.about_runs import default_training

if TYPE_CHECKING:
    from geomgen.store.run import Run

ALWAYS = ("width", "seed")


def commands_of(run: "Run", name: str = "RUN") -> list[str]:
    """Return the command that made a run, then those that measured it; default options are left out.

    Args:
        run: A run of an experiment.
        name: What measures call the run.
    """
    made = _command(run.experiment, run.config)
    measured = [_command(measure["experiment"], measure["config"], name) for measure in run.measures]
    return [made, *dict.fromkeys(measured)]


def _command(experiment: str, options: Mapping[str, Any], *arguments: str) -> str:
    config = EXPERIMENTS[experiment].config if experiment in EXPERIMENTS else None
    docs, usual = (option_docs(config), _defaults(config, options)) if config else ({}, {})
    named = [
        word
        for name, value in options.items()
        if name in docs and not docs[name].environmental and (value != usual[name] or name in ALWAYS)
        for word in ([value] if docs[name].argument else _words(name, value))
    ]
    return shlex.join(["geomgen", *experiment.split(), *arguments, *named])


def _defaults(config: type[Config], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the defaults; for a training, those of its architecture."""
    if config is TrainConfig:
        return default_training(options.get("arch", TrainConfig.arch)) | {"arch": TrainConfig.arch}
    return config().to_mapping()


def _words(name: str, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [switch(name, value)]
    return [option_flag(name), ",".join(map(str, value)) if isinstance(value, list) else str(value)]

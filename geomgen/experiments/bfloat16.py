"""What training in bfloat16 costs on this processor, before it starts."""

from collections.abc import Iterable
from dataclasses import replace

from geomgen.config.base import Config
from geomgen.config.procedure import ProcedureConfig
from geomgen.config.registry import record_of
from geomgen.errors import UsageError
from geomgen.experiments.entry import cost
from geomgen.experiments.machine import chosen_device, num_cores
from geomgen.experiments.work import duration
from geomgen.processor import instruction_set, multiplies_bfloat16


def bfloat16_remarks(configs: Iterable[Config]) -> list[str]:
    """Return a sentence on what the trainings at bf16 among configs cost on this processor; none if there are none."""
    trainings = _trainings(configs)
    return [f"--precision bf16: {_what_it_has()}. {_cost(trainings)}".rstrip()] if trainings else []


def bfloat16_refusal(configs: Iterable[Config]) -> UsageError | None:
    """Return why trainings at bf16 are refused: this processor emulates its products, and is faster at fp32.

    None if it does not, or if they are forced.
    """
    refused = [config for config in _trainings(configs) if not config.force_precision]
    if not refused or multiplies_bfloat16(instruction_set()) is not False:
        return None
    return UsageError(
        f"--precision bf16 is slower than fp32: {_what_it_has()}, and emulates them. {_cost(refused)}".rstrip(),
        "Choose --precision fp32, or add --force-precision (to a sweep: --set force-precision=true).",
    )


def require_bfloat16(configs: Iterable[Config]) -> None:
    """Refuse trainings at bf16 where they are slower than at fp32.

    Raises:
        UsageError: If there is one that is not forced.
    """
    refusal = bfloat16_refusal(configs)
    if refusal is not None:
        raise refusal


def _trainings(configs: Iterable[Config]) -> list[ProcedureConfig]:
    """Return the trainings that this processor would do at bf16."""
    at_bf16 = [config for config in configs if isinstance(config, ProcedureConfig) and config.precision == "bf16"]
    return [config for config in at_bf16 if chosen_device(config.device) == "cpu"]


def _what_it_has() -> str:
    name = instruction_set()
    has = {True: "has", False: "has no", None: "may or may not have"}[multiplies_bfloat16(name)]
    return f"this processor ({name}) {has} bfloat16 products"


def _cost(trainings: Iterable[ProcedureConfig]) -> str:
    """Return in words how long trainings take, beside fp32; empty if it is not known."""
    both = [(_seconds(config), _seconds(replace(config, precision="fp32"))) for config in trainings]
    if any(seconds is None for pair in both for seconds in pair):
        return ""
    at_bf16, at_fp32 = (sum(seconds or 0.0 for seconds in one) for one in zip(*both, strict=True))
    if at_bf16 == at_fp32:
        return ""
    times = f": about {duration(at_bf16)} in place of {duration(at_fp32)}" if at_bf16 >= 1 else ""
    return f"It takes about {at_bf16 / at_fp32:.2g} times as long as fp32{times}."


def _seconds(config: ProcedureConfig) -> float | None:
    model = cost(record_of(config))
    return None if model is None else model(config.filled()).seconds(config.threads or num_cores())

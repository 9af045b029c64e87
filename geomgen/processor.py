"""The processor's instruction set, and what it makes of products in bfloat16."""

import os
from collections.abc import Set
from functools import cache
from pathlib import Path
from typing import NamedTuple

CPUINFO = Path("/proc/cpuinfo")
UNKNOWN = "unknown"
FLAGS = {
    "AMX": "amx_bf16",
    "AVX-512 BF16": "avx512_bf16",
    "AVX-512": "avx512bw",
    "AVX2": "avx2",
    "NEON BF16": "bf16",
    "NEON": "asimd",
}
"""The instruction sets that products are written for, best first, and the flag by which Linux reports each."""

LIMITS = {
    "AVX2": ("AVX2", "AVX2_VNNI", "AVX2_VNNI_2"),
    "AVX-512": ("AVX512_CORE", "AVX512_CORE_VNNI"),
    "AVX-512 BF16": ("AVX512_CORE_BF16", "AVX512_CORE_FP16", "AVX10_1_512"),
}
"""The best instruction set that torch's products may use under a value of ONEDNN_MAX_CPU_ISA."""

MULTIPLY_BFLOAT16 = ("AMX", "AVX-512 BF16", "NEON BF16")
BFLOAT16_TIMES = {
    "AVX-512 BF16": {0: 1.1, 2**20: 0.75},
    "AVX-512": {0: 2.1},
    "AVX2": {0: 4.0, 2**20: 11.0, 2**22: 30.0},
}
"""Time of a training step at bf16 over that at fp32, by the least number of weights of the largest map
for which it holds: batch 64, torch 2.13, one core of an AMD EPYC of 2023 that was limited to the instruction set."""


class Products(NamedTuple):
    """How float32 products are computed.

    Attributes:
        by_onednn: Whether by oneDNN, which torch calls 'medium', and not by torch's default.
        transposed: Whether a wide map of a batch is computed as W X^T, and not as X W^T.
    """

    by_onednn: bool
    transposed: bool


PRODUCTS = {"AMX": Products(False, False), "AVX2": Products(False, True)}
"""The fastest by instruction set; `USUAL_PRODUCTS` for any other. The rates are in `geomgen.training.precision`."""
USUAL_PRODUCTS = Products(True, False)


def instruction_set() -> str:
    """Return the best instruction set that products use here: a key of `FLAGS`, or ``unknown``."""
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA") or os.environ.get("DNNL_MAX_CPU_ISA") or ""
    return best_of(_flags(), limit)


def products() -> Products:
    """Return how float32 products are computed here; the instruction set alone decides, so that reruns agree."""
    return PRODUCTS.get(instruction_set(), USUAL_PRODUCTS)


def best_of(flags: Set[str], limit: str = "") -> str:
    """Return the best instruction set among the flags of a processor that a limit of oneDNN allows."""
    ranks = list(FLAGS)
    best = next((name for name, words in LIMITS.items() if limit.upper() in words), ranks[0])
    return next((name for name in ranks[ranks.index(best) :] if FLAGS[name] in flags), UNKNOWN)


def multiplies_bfloat16(name: str) -> bool | None:
    """Return whether an instruction set has products of bfloat16; None if that is not known."""
    return None if name == UNKNOWN else name in MULTIPLY_BFLOAT16


def bfloat16_time(name: str, num_weights: int) -> float | None:
    """Return how long a step at bf16 takes, in steps at fp32, for a largest map of so many weights; None if unknown."""
    return next((time for least, time in reversed(BFLOAT16_TIMES.get(name, {}).items()) if num_weights >= least), None)


@cache
def _flags() -> frozenset[str]:
    """Return the flags that Linux reports of the first core; none on another system."""
    lines = CPUINFO.read_text(errors="replace").splitlines() if CPUINFO.exists() else []
    listed = (line.partition(":")[2] for line in lines if line.startswith(("flags", "Features")))
    return frozenset(next(listed, "").split())

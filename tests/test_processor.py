"""The instruction set by a processor's flags, and what bfloat16 costs with it."""

from pathlib import Path

import pytest

from geomgen import processor
from geomgen.processor import FLAGS, UNKNOWN, best_of, bfloat16_time, instruction_set, multiplies_bfloat16

ZEN4 = {"avx2", "avx512f", "avx512bw", "avx512_vnni", "avx512_bf16"}
SAPPHIRE_RAPIDS = ZEN4 | {"amx_bf16", "amx_tile"}


@pytest.mark.parametrize(
    ("flags", "name", "multiplies"),
    [
        ({"avx", "avx2", "fma"}, "AVX2", False),
        ({"avx2", "avx512f", "avx512bw", "avx512_vnni"}, "AVX-512", False),
        (ZEN4, "AVX-512 BF16", True),
        (SAPPHIRE_RAPIDS, "AMX", True),
        ({"fp", "asimd"}, "NEON", False),
        ({"fp", "asimd", "bf16", "i8mm"}, "NEON BF16", True),
        ({"sse2"}, UNKNOWN, None),
        (set(), UNKNOWN, None),
    ],
)
def test_the_best_instruction_set_of_a_processor(flags: set[str], name: str, multiplies: bool | None) -> None:
    assert best_of(flags) == name
    assert multiplies_bfloat16(name) is multiplies


@pytest.mark.parametrize(
    ("limit", "name"),
    [
        ("AVX2", "AVX2"), ("avx2_vnni", "AVX2"), ("AVX512_CORE", "AVX-512"), ("AVX512_CORE_BF16", "AVX-512 BF16"),
        ("AVX512_CORE_AMX", "AMX"), ("DEFAULT", "AMX"), ("", "AMX"),
    ],
)  # fmt: skip
def test_products_may_be_limited_to_less(limit: str, name: str) -> None:
    assert best_of(SAPPHIRE_RAPIDS, limit) == name


def test_a_limit_gives_a_processor_nothing() -> None:
    assert best_of({"avx2"}, "AVX512_CORE") == "AVX2"


def test_flags_are_read_once_and_limits_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor : 0\nflags\t\t: {' '.join(ZEN4)}\n\nprocessor : 1\nflags\t\t: none\n")
    monkeypatch.setattr(processor, "CPUINFO", tmp_path / "cpuinfo")
    for name in ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"):
        monkeypatch.delenv(name, raising=False)
    processor._flags.cache_clear()
    try:
        assert instruction_set() == "AVX-512 BF16"
        (tmp_path / "cpuinfo").unlink()
        monkeypatch.setenv("DNNL_MAX_CPU_ISA", "AVX512_CORE")
        assert instruction_set() == "AVX-512"
        monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
        assert instruction_set() == "AVX2"
        processor._flags.cache_clear()
        assert instruction_set() == UNKNOWN
    finally:
        processor._flags.cache_clear()


def test_only_emulated_products_are_slower_where_it_matters() -> None:
    for name in FLAGS:
        times = [bfloat16_time(name, weights) for weights in (0, 2**10, 2**20, 2**26)]
        if multiplies_bfloat16(name):
            assert times[-1] is None or times[-1] < 1
        else:
            assert all(time is None or time > 2 for time in times)
    assert bfloat16_time("AVX2", 2**22 - 1) == 11
    assert bfloat16_time("AVX2", 2**22) == 30
    assert bfloat16_time(UNKNOWN, 1) is None

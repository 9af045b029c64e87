"""What the machine can give, and word that it is time to stop."""

import os
import resource
import signal

import pytest

from geomgen.errors import UsageError
from geomgen.experiments.machine import GIB, available_bytes, chosen_device, require_memory, stop_request


def test_memory_that_is_there_is_granted_and_more_is_refused() -> None:
    assert 0 < available_bytes() < 2**50
    require_memory(1, "Nothing", "Do nothing.")
    with pytest.raises(UsageError, match=r"Everything needs about [\d,]+\.0 GiB of memory; [\d.]+ GiB"):
        require_memory(2**60, "Everything", "Less.")


def test_a_limit_on_the_process_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert available_bytes() > GIB
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (GIB, GIB))
    assert available_bytes() <= GIB


def test_auto_is_a_device_that_is_there() -> None:
    assert chosen_device("auto") in {"cuda", "mps", "cpu"}
    assert chosen_device("cpu") == "cpu"


def test_a_closing_terminal_may_say_so_twice_and_nohup_counts() -> None:
    before = signal.getsignal(signal.SIGHUP)
    with stop_request() as stop:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGHUP)
        assert stop.signal is signal.SIGHUP
    assert signal.getsignal(signal.SIGHUP) is before
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stop_request() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not stop
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1])
def test_the_first_signal_is_a_request_and_handlers_come_back(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with stop_request() as stop:
        assert not stop
        os.kill(os.getpid(), number)
        assert stop
        assert signal.getsignal(number) is before
    assert signal.getsignal(number) is before


def test_a_second_signal_of_another_kind_asks_for_nothing_new() -> None:
    kinds = (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT, signal.SIGHUP)
    before = [signal.getsignal(kind) for kind in kinds]
    with stop_request() as stop:
        for kind in kinds:
            os.kill(os.getpid(), kind)
        assert stop.signal is signal.SIGTERM
    assert [signal.getsignal(kind) for kind in kinds] == before

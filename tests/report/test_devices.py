"""Devices: what trainings with and without each differ in."""

import pytest

from geomgen.report.devices import DEVICES, Device


@pytest.mark.parametrize("device", DEVICES, ids=lambda device: device.name)
def test_trainings_differ_in_the_device_alone(device: Device) -> None:
    without, with_it = (device.config(8, has_it=has_it).to_mapping() for has_it in (False, True))
    assert {name for name in with_it if with_it[name] != without[name]} == {*device.own}
    assert with_it["depth"] == 8


def test_letters_are_those_of_the_text() -> None:
    assert sorted({device.letter for device in DEVICES}) == list("abcdefg")

"""Progress may be told to nobody."""

import pytest

from geomgen.progress import OnProgress, silent


def test_silence_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    on_progress: OnProgress = silent
    on_progress(1, 2, "half")
    assert capsys.readouterr() == ("", "")

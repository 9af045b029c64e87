"""Options of one training that only make sense together, or not at all."""

import pytest

from geomgen.config.train import TrainConfig
from geomgen.errors import UsageError


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"teacher": "run", "label_noise": 0.1}, "--label-noise concerns labels, which --teacher replaces"),
        (
            {"teacher": "run", "track": ("implicit-regularization",)},
            "--track concerns labels, which --teacher replaces",
        ),
        ({"checkpoint_every": 3, "record_every": 2}, "--checkpoint-every 3 is not a multiple of --record-every 2"),
        ({"track_images": 0}, "--track-images 0 is too small"),
    ],
)
def test_what_has_no_meaning_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        TrainConfig.from_mapping(options, "test")


def test_checkpoints_are_kept_of_recorded_epochs() -> None:
    assert TrainConfig(checkpoint_every=4, record_every=2).checkpoint_every == 4
    assert TrainConfig(checkpoint_every=0, record_every=7).checkpoint_every == 0

"""Options of what is learnt."""

import pytest

from geomgen.config.target import TargetConfig
from geomgen.errors import UsageError


def test_each_task_has_a_target_and_half_of_its_values() -> None:
    bits, images = TargetConfig(inputs=4).filled(), TargetConfig(task="mnist", images=31).filled()
    assert (bits.target, bits.train_size) == ("majority", 8)
    assert (images.target, images.train_size) == ("labels", 15)
    assert TargetConfig(inputs=1).filled().train_size == 1


@pytest.mark.parametrize(("task", "target"), [("boolean", "labels"), ("mnist", "parity")])
def test_a_target_belongs_to_its_task(task: str, target: str) -> None:
    with pytest.raises(UsageError, match=f"--target {target} does not apply to --task {task}. Choose one of: "):
        TargetConfig(task=task, target=target)


def test_no_more_values_are_known_than_there_are() -> None:
    assert TargetConfig(inputs=3, train_size=8).filled().train_size == 8
    with pytest.raises(UsageError, match=r"--train-size is 9, but --task boolean has 8 inputs\. Give 1 to 8"):
        TargetConfig(inputs=3, train_size=9).filled()

"""A command of a cell is known by its options and the content of what they name."""

from dataclasses import replace

from geomgen.config.train import TrainConfig
from geomgen.sweep.step import Step


def test_a_step_is_another_with_other_options_or_content_but_not_on_another_machine() -> None:
    step = Step("train", TrainConfig(width=8), {"data_sha256": "a"})
    others = [
        replace(step, config=TrainConfig(width=8, threads=2)),
        replace(step, config=TrainConfig(width=9)),
        replace(step, content={"data_sha256": "b"}),
        replace(step, content={"data_sha256": "a", "start_sha256": "c"}),
    ]
    assert [one.identity == step.identity for one in others] == [True, False, False, False]
    assert len({one.identity for one in others}) == 4

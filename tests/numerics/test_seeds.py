"""Streams of random numbers are reproducible, distinct, and nobody else's."""

import torch

from geomgen.numerics.seeds import generator


def test_streams_are_the_same_for_the_same_purpose_and_differ_otherwise() -> None:
    def draw(*key: object) -> torch.Tensor:
        return torch.rand(4, generator=generator(*key))  # type: ignore[arg-type]

    assert torch.equal(draw(0, "a"), draw(0, "a", 0))
    streams = [draw(0, "a"), draw(1, "a"), draw(0, "b"), draw(0, "a", 1)]
    assert len({tuple(stream.tolist()) for stream in streams}) == 4


def test_the_stream_is_pinned() -> None:
    assert torch.randint(0, 1000, (3,), generator=generator(7, "initial-parameters")).tolist() == [371, 841, 995]

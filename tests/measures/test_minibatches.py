"""Minibatches of many chains: each image once per shuffle, in views of one copy."""

import pytest
import torch

from geomgen.measures.minibatches import Minibatches


def test_every_chain_has_its_own_images_and_sees_all_before_any_comes_again() -> None:
    images, labels = torch.arange(25.0)[:, None], torch.arange(25)
    batches = Minibatches((images, labels), 3, 4, torch.Generator().manual_seed(0))
    one_pass, storages = list[tuple[torch.Tensor, torch.Tensor]](), set[int]()
    for _ in range(7):  # the last of which overwrites the others
        drawn, wanted = batches.draw()
        storages.add(drawn.untyped_storage().data_ptr())
        one_pass.append((drawn.clone(), wanted.clone()))
    *one_pass, after = one_pass
    for drawn, wanted in one_pass:
        assert (drawn.shape, wanted.shape) == ((3, 4, 1), (3, 4))
        assert torch.equal(drawn.squeeze(-1).long(), wanted)
        assert len({*wanted.flatten().tolist()}) == 12
    for chain in range(3):
        assert len({image for _, wanted in one_pass for image in wanted[chain].tolist()}) == 24
    assert len(storages) == 1
    assert storages != {images.untyped_storage().data_ptr()}
    assert not torch.equal(after[1], one_pass[0][1])


def test_more_chains_than_there_are_batches_take_several_shuffles() -> None:
    batches = Minibatches((torch.arange(11),), 5, 4, torch.Generator().manual_seed(0))
    drawn = batches.draw()[0].clone()
    assert drawn.shape == (5, 4)
    assert all(len({*batch}) == 4 for batch in drawn.tolist())
    (again,) = batches.draw()
    assert not torch.equal(drawn, again)


def test_too_few_images_are_refused() -> None:
    with pytest.raises(ValueError, match="a batch of 12 is more than 11 images"):
        Minibatches((torch.zeros(11, 1),), 3, 12, torch.Generator())

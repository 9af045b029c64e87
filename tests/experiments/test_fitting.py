"""A file's tensors become a network's state, or it is said what does not fit."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from geomgen.config.architecture import NetworkConfig
from geomgen.errors import DataError
from geomgen.experiments.fitting import fitting
from geomgen.models.build import skeleton
from geomgen.models.layers import Network

SOURCE = """
from torch import nn

def factory(input_shape, num_classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, num_classes))
"""


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Network:
    (tmp_path / "fitted_networks.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    return skeleton(NetworkConfig(arch="fitted_networks:factory"), (1, 2, 2), 4)


@pytest.fixture
def state(model: Network) -> dict[str, Tensor]:
    """What the user's module has, under its own names."""
    return {name.removeprefix("own.module."): tensor + 1 for name, tensor in model.state_dict().items()}


@pytest.mark.parametrize("before", ["", "module.", "_orig_mod.module.", "own.module.", "own."])
def test_names_may_have_words_before_them(
    model: Network, state: dict[str, Tensor], tmp_path: Path, before: str
) -> None:
    save_file({before + name: tensor for name, tensor in state.items()}, tmp_path / "final.safetensors")
    found = fitting(tmp_path / "final.safetensors", model)
    assert found.keys() == model.state_dict().keys()
    assert all(torch.equal(found[f"own.module.{name}"], tensor) for name, tensor in state.items())


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16])
def test_narrow_numbers_are_widened(
    model: Network, state: dict[str, Tensor], tmp_path: Path, kind: torch.dtype
) -> None:
    narrow = {name: tensor.to(kind) if tensor.is_floating_point() else tensor for name, tensor in state.items()}
    save_file(narrow, tmp_path / "final.safetensors")
    found = fitting(tmp_path / "final.safetensors", model)
    assert all(torch.equal(found[f"own.module.{name}"].to(tensor.dtype), tensor) for name, tensor in narrow.items())
    assert found["own.module.1.weight"].dtype == torch.float32


def _changed(state: dict[str, Tensor], how: str) -> dict[str, Tensor]:
    name = "4.weight"
    match how:
        case "missing":
            return {key: tensor for key, tensor in state.items() if key != name}
        case "more":
            return {**state, "5.weight": torch.ones(2)}
        case "shape":
            return {**state, name: state[name][:, :-1].contiguous()}
        case "type":
            return {**state, name: state[name].double()}
        case "infinite":
            return {**state, name: state[name] * torch.inf}
    return {}


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("missing", r"does not hold the parameters of this --arch: it lacks 4\.weight\. Name the module"),
        ("more", r"does not hold the parameters of this --arch: it has 5\.weight\."),
        ("shape", r"4\.weight has the shape \(4, 5\), but in this --arch \(4, 6\)"),
        ("type", r"4\.weight is torch\.float64, but geomgen measures torch\.float32"),
        ("infinite", r"4\.weight has entries that are not finite numbers"),
        ("empty", r"it lacks 1\.bias, 1\.weight, 2\.bias \.\.\."),
    ],
)
def test_what_is_not_the_networks_is_refused(
    model: Network, state: dict[str, Tensor], tmp_path: Path, how: str, words: str
) -> None:
    save_file(_changed(state, how), tmp_path / "final.safetensors")
    with pytest.raises(DataError, match=words):
        fitting(tmp_path / "final.safetensors", model)

"""A pickled state_dict becomes a safetensors file; whatever else a pickle holds is refused, and none of it is run."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from geomgen.store.unpickle import convert, main

STATE = {"a.weight": torch.arange(6.0).reshape(2, 3).T, "b": torch.tensor(3)}


class Hostile:
    """Its pickle calls a function that makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("inside", [None, "state_dict", "model_state_dict", "model"])
def test_the_parameters_are_found_where_scripts_put_them(tmp_path: Path, inside: str | None) -> None:
    saved = STATE if inside is None else {"epoch": 3, inside: STATE, "optimizer": {"lr": 0.1}}
    torch.save(saved, tmp_path / "saved.pt")
    convert(str(tmp_path / "saved.pt"), str(tmp_path / "tensors.safetensors"))
    found = load_file(tmp_path / "tensors.safetensors")
    assert found.keys() == STATE.keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in STATE.items())


def test_tensors_that_share_memory_are_written_each(tmp_path: Path) -> None:
    torch.save({"a": STATE["b"], "b": STATE["b"]}, tmp_path / "saved.pt")
    assert main(str(tmp_path / "saved.pt"), str(tmp_path / "tensors.safetensors")) == 0
    assert load_file(tmp_path / "tensors.safetensors")["a"] == 3


def test_nothing_of_a_pickle_is_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save({"state_dict": STATE, "more": Hostile(tmp_path / "made")}, tmp_path / "saved.pt")
    assert main(str(tmp_path / "saved.pt"), str(tmp_path / "tensors.safetensors")) == 1
    assert not (tmp_path / "made").exists()
    assert not (tmp_path / "tensors.safetensors").exists()
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("saved", [{}, [1], {"a": 1}, torch.ones(2)])
def test_what_holds_no_state_is_refused(tmp_path: Path, saved: object) -> None:
    torch.save(saved, tmp_path / "saved.pt")
    with pytest.raises(ValueError, match="it holds no state_dict"):
        convert(str(tmp_path / "saved.pt"), str(tmp_path / "tensors.safetensors"))

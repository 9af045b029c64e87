"""Potentials of users' files: what chains find on them, and what is refused."""

import hashlib
import sys
from pathlib import Path

import pytest
import torch

from geomgen.errors import UsageError
from geomgen.measures.potential_file import own_potential, potential_sha256

BOWL = """
import torch

from steepness_of_my_bowl import STEEPNESS

centre = [1.0, -2.0]

def loss(points):
    return STEEPNESS * (points - torch.tensor(centre, dtype=torch.float64)).square().sum(-1)
"""
HEADER = "import torch\ncentre = torch.zeros(2)\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in ("my_bowl", "steepness_of_my_bowl"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "steepness_of_my_bowl.py").write_text("STEEPNESS = 3.0")
    return tmp_path


def _own(folder: Path, content: str) -> str:
    path = folder / "elsewhere" / "my_bowl.py"
    path.write_text(content)
    return str(path.relative_to(folder))


def test_a_file_defines_a_loss_and_its_minimum(folder: Path) -> None:
    path = _own(folder, BOWL)
    potential = own_potential(path)
    assert potential.centre.tolist() == [1, -2]
    losses, gradients = potential.loss_and_gradient(potential.centre + torch.eye(2, dtype=torch.float64))
    assert losses.tolist() == [3, 3]
    assert gradients.tolist() == [[6, 0], [0, 6]]
    assert potential.curvatures().tolist() == pytest.approx([6, 6])


def test_it_is_identified_by_the_content_of_all_its_files(folder: Path) -> None:
    digests = potential_sha256(_own(folder, BOWL))
    assert digests == {
        "my_bowl.py": hashlib.sha256(BOWL.encode()).hexdigest(),
        "steepness_of_my_bowl.py": hashlib.sha256(b"STEEPNESS = 3.0").hexdigest(),
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1 / 0", "could not be imported: ZeroDivisionError: division by zero"),
        ("centre = [0.0]", "has no function loss. Define loss"),
        ("def loss(points): return points", "has no centre of numbers: AttributeError"),
        ("centre = 'a'\ndef loss(points): return points", "has no centre of numbers: TypeError"),
        ("centre = 1.0\ndef loss(points): return points", r"centre is not a vector of .* its shape is \(\)"),
        ("centre = [float('nan')]\ndef loss(points): return points", r"centre is not a vector of .* finite numbers"),
        (
            HEADER + "def loss(points): return points.square().sum()",
            r"loss gave shape \(\) of torch.float64 for points",
        ),
        (HEADER + "def loss(points): return points.float().sum(-1)", r"loss gave shape \(1,\) of torch.float32"),
        (HEADER + "def loss(points): return 1.0", "loss gave float for points of shape"),
        (
            HEADER + "def loss(points): return points @ torch.ones(3)",
            r"failed on points of shape \(1, 2\): RuntimeError",
        ),
        (HEADER + "def loss(points): return points.sum(-1) / 0 * 0", "the loss at the centre is nan"),
        (
            HEADER + "def loss(points): return points.sum(-1) + torch.rand(1).double()",
            "the loss of a point is another each time",
        ),
        (HEADER + "def loss(points): return points.detach().sum(-1)", "cannot be differentiated twice: RuntimeError"),
    ],
)
def test_files_that_define_no_potential_are_refused_with_the_reason(folder: Path, content: str, message: str) -> None:
    with pytest.raises(UsageError, match=f"--potential elsewhere/my_bowl.py:? {message}"):
        own_potential(_own(folder, content))


def test_a_file_that_is_missing_or_has_the_name_of_another_module_is_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.py: there is no such file"):
        own_potential("nowhere.py")
    (folder / "json.py").write_text(BOWL)
    with pytest.raises(UsageError, match=r"json\.py cannot be imported as json: .* has that name\. Rename the file"):
        own_potential("json.py")

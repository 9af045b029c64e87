"""What comes from runs stays text: in a terminal, a spreadsheet, Markdown, LaTeX and HTML; and names stay inside."""

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from geomgen.errors import DataError, GeomgenError
from geomgen.report.formats import FORMULA_STARTS
from geomgen.store.catalog import find_run
from geomgen.store.run import Run, create_run
from tests.conftest import Command
from tests.faults.conftest import Trials
from tests.report.made_up_runs import FACTS, RunMaker, training_row

NASTY = (
    "<script>alert(1)</script>", "a|b|c", "=cmd()|'/C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "a\r\n=1",
    "\x1b[2J\x1b]0;owned\x07", "$\\input{/etc/passwd}$", "50% & #1_{2}^~", "[x](javascript:alert(1))", "`x`", "\"'><b>",
    "<img src=x onerror=alert(1)>", "\u202egnp.exe", "\x9b31m", "a\x00b", "{{ 7 * 7 }}", "${7*7}", "%s%n",
)  # fmt: skip
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


class Elements(HTMLParser):
    """Collects what a browser would run."""

    def __init__(self) -> None:
        super().__init__()
        self.dangerous: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note attributes that are scripts, and elements that no page of ours has."""
        self.dangerous += [name for name, _ in attrs if name.startswith("on")]
        self.dangerous += [value for _, value in attrs if value and value.lower().startswith("javascript:")]
        self.dangerous += [tag] * (tag == "img" and dict(attrs).get("src") == "x")


def _hostile_run(root: Path, text: str) -> Run:
    """Make a run as a stranger could have made it: whole, and with a text in each option and fact."""
    config = RunMaker(root / "elsewhere")(width=4).config
    options = {**config, "arch": text, "data": text, "optimizer": text, "precision": text, text: text}
    run = create_run(root / "runs", "train", "x", options, {**FACTS, "layers": [text, text], text: text})
    run.add_rows("training", [training_row(1)])
    run.finish("failed" if "\x1b" in text else "complete", text)
    return run


def _assert_csv_is_safe(text: str) -> None:
    for row in csv.reader(io.StringIO(text, newline="")):
        for cell in row:
            if cell.startswith(FORMULA_STARTS):
                float(cell)


def _assert_markdown_is_safe(text: str) -> None:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", line.replace("\\\\", ""))) for line in lines}) <= 1
    assert "<" not in text.replace("&lt;", "")
    assert "](" not in text.replace("\\[x](", "")


def _assert_latex_is_safe(text: str) -> None:
    body = text.replace("$\\pm$", "").replace(" & ", "").replace("\\\\", "")
    assert "\\input" not in body
    assert not re.search(r"(?<!\\)[%$#_&]", body), body


def _assert_safe(text: str, table_format: str) -> None:
    assert not CONTROL.search(text), repr(text)
    match table_format:
        case "csv":
            _assert_csv_is_safe(text)
        case "json":
            json.loads(text)
        case "markdown":
            _assert_markdown_is_safe(text)
        case "latex":
            _assert_latex_is_safe(text)


FORMATS = ("table", "csv", "json", "markdown", "latex")


def _listings(folder: Path, run: Run, other: Run) -> list[list[object]]:
    over_all = (["ls"], ["ls", "--where", "data != 'x'"], ["report", "training"])
    return [*([*words, "--runs-dir", folder] for words in over_all), ["compare", run.path, other.path, "-q"]]


def test_what_is_printed_of_runs(trials: Trials, geomgen: Command, tmp_path: Path) -> None:
    other = RunMaker(tmp_path / "other")(epochs_done=1, width=4)
    for number, _ in enumerate(trials(
        f"{len(NASTY)} hostile texts in a run's options, facts and reason, in each format of `ls`, `compare`, `report`",
        "no script, formula, control character, extra column or LaTeX command gets through",
        few=len(NASTY), full=len(NASTY) * len(FORMATS),
    )):  # fmt: skip
        text, table_format = NASTY[number % len(NASTY)], FORMATS[(number + number // len(NASTY)) % len(FORMATS)]
        folder = tmp_path / str(number)
        run = _hostile_run(folder, text)
        for words in _listings(folder / "runs", run, other):
            result = geomgen(*words, "--format", table_format)
            assert result.returncode == (3 if run.status == "failed" and words[0] == "report" else 0), result.stderr
            if result.returncode == 0:
                _assert_safe(result.stdout, table_format)
            assert not CONTROL.search(result.stderr)
        for command in ("show", "verify"):
            assert not CONTROL.search(geomgen(command, run.path).stdout)


def test_the_page_of_reports(trials: Trials, geomgen: Command, tmp_path: Path) -> None:
    for text in NASTY:
        _hostile_run(tmp_path, text)
    result = geomgen("report", "all", "--runs-dir", tmp_path / "runs", "--out", tmp_path / "out", "-q")
    assert result.returncode == 0, result.stderr
    page = Elements()
    page.feed(Path(result.stdout.splitlines()[-1]).read_text())
    content = Path(result.stdout.splitlines()[-1]).read_text()
    for text, _ in zip(NASTY, trials(
        "the same texts on the HTML page of all reports", "nothing that a browser would run",
        few=len(NASTY), full=len(NASTY),
    ), strict=True):  # fmt: skip
        assert page.dangerous == []
        assert "<" not in text or text not in content


OUTSIDE = (
    "..",
    "../outside",
    "../../etc",
    "/etc",
    ".",
    "./",
    "a/../..",
    "\0",
    "a\0/b",
    "*",
    "~",
    "",
    " ",
    "-x",
    "x" * 300,
)


def test_names_stay_in_their_folder(trials: Trials, geomgen: Command, trained: Run, tmp_path: Path) -> None:
    inside = RunMaker(tmp_path / "runs")(epochs_done=1)
    create_run(tmp_path, "train", "outside", inside.config, {})
    plain = [name for name in OUTSIDE if not name.startswith("-")]
    asks: list[tuple[object, ...]] = []
    asks += [("show", name) for name in plain] + [("sweep", name, "--dry-run") for name in plain]
    asks += [("show", inside.path, f"--table={name}") for name in OUTSIDE]
    asks += [("volume", trained.path, f"--state={name}") for name in OUTSIDE]
    for words, _ in zip(asks, trials(
        "a RUN, table, state or recipe named `..`, `../x`, `/etc`, NUL, `*`, nothing ...", "exit code 2 to 4",
        few=len(asks), full=len(asks),
    ), strict=True):  # fmt: skip
        result = geomgen(*words, "--runs-dir", tmp_path / "runs")
        assert result.returncode in {2, 3, 4}, (words, result.stderr)
        assert "Traceback" not in result.stderr


@pytest.mark.parametrize("name", ["..", "../runs2", "2", ""])
def test_the_beginning_of_an_id_never_leads_out(tmp_path: Path, name: str) -> None:
    outside = create_run(tmp_path, "train", "x", {"arch": "mlp", "width": 4, "seed": 0}, {})
    (tmp_path / "runs").mkdir()
    with pytest.raises((DataError, GeomgenError)):
        assert find_run(name, tmp_path / "runs").path != outside.path

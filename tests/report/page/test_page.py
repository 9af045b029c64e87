"""The page of all reports: what is on it, what is not let in or out, and how a browser sees it."""

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from geomgen.report.page.page import Page, write_page
from geomgen.report.quantities.similarity import HISTOGRAM, SUMMARY
from geomgen.report.similarity import SERIES
from geomgen.report.width_logdet import CELLS
from geomgen.store.run import Run
from tests.report.made_up_runs import FACTS, RunMaker, histogram_rows, layer_row, summary_row
from tests.report.made_up_surfaces import surface_run

EVIL = "<script>alert(1)</script>\"'&{{ 7 * 7 }}"

MAX_BYTES = 10 * 2**20

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

PROBE = """<script>
const all = [...document.querySelectorAll('body *')].filter(it => !it.closest('.box, details:not([open])'));
const wide = all.filter(it => it.getBoundingClientRect().right > innerWidth + 1);
const plots = [...document.querySelectorAll('svg.plot')].map(it => it.getBoundingClientRect().height);
document.title = JSON.stringify([innerWidth, document.documentElement.scrollWidth, wide.map(it => it.outerHTML),
  plots.every(height => height > 100), performance.getEntriesByType('resource').length]);
</script>"""

in_browser = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")


class Elements(HTMLParser):
    """All elements of a page with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in an element."""
        self.found.append((tag, dict(attrs)))

    def values(self, name: str) -> list[str]:
        """Return every element's value of an attribute."""
        return [str(attributes[name]) for _, attributes in self.found if name in attributes]


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """A page with every report: two widths, with two values of weight decay."""
    folder = tmp_path_factory.mktemp("full")
    make_run = RunMaker(folder / "runs")
    runs = [full_run(make_run, width=width, weight_decay=decay) for width in (64, 8192) for decay in (0.01, 0.1)]
    return written(runs, folder / "page")[0]


def full_run(make_run: RunMaker, **options: Any) -> Run:
    """Return a run that every report can be made from."""
    tables: dict[str, list[Any]] = {
        SUMMARY: [summary_row(*key, 0.5, 0.1) for key in SERIES],
        HISTOGRAM: [row for key in SERIES for row in histogram_rows(*key, (0.2, 0.8))],
        "layer_statistics": [layer_row("hidden1", state, 1.0) for state in ("initial", "final")],
    }
    return make_run(dict.fromkeys(CELLS.values(), 100.0), tables=tables, epochs_done=2, **options)


def written(runs: list[Run], folder: Path) -> tuple[Page, str]:
    shares: list[float] = []
    page = write_page(runs, "--runs-dir runs", folder, lambda done, total, _: shares.append(done / total))
    assert shares == sorted(shares)
    assert shares[-1] == 1
    return page, page.path.read_text(encoding="utf-8")


def test_every_report_with_data_is_on_it_and_the_others_say_why_not(
    full: Page, make_run: RunMaker, tmp_path: Path
) -> None:
    content = full.path.read_text()
    ids = Elements(content).values("id")
    sections = ["claims", "width-logdet", "similarity", "architectures", "regularisation", "training", "unit-variance"]
    assert [name for name in ids if name in sections] == sections
    assert not set(full.left_out) & set(sections)
    assert all(f"<dt>{name}</dt><dd>" in content for name in full.left_out)
    assert "geomgen train --width 8192 --weight-decay 0.1 --seed 0" in content
    few, content = written([make_run(epochs_done=1)], tmp_path / "few")
    assert {"width-logdet", "similarity", "architectures"} <= set(few.left_out)
    assert "No complete run, of 1 in all, has a table &#39;activation_volume&#39;." in content


def test_claims_say_how_their_rules_changed_and_what_chance_may_have_decided(full: Page) -> None:
    content = full.path.read_text()
    assert "<b>Changed after its number was seen.</b> R^2 is above 0.99 for many curves" in content
    assert re.search(r"verdicts? (was|were) decided by 95 % intervals\.", content)
    assert "rules were changed after their number was seen" in content


def test_what_was_found_about_open_questions_stands_first(tmp_path: Path) -> None:
    runs = [
        surface_run(tmp_path / "runs", width, seed, log10_curvature_range=0.3 + seed / 100)
        for width in (8, 16)
        for seed in range(3)
    ]
    html = written(runs, tmp_path / "page")[1]
    found = html[html.index('<section id="found">') : html.index('<section id="claims">')]
    assert "is roughly constant.</b> It is constant to within a factor of ten. Range of log10" in found
    assert "T2.8" not in found


def test_it_is_whole_and_fetches_nothing(full: Page) -> None:
    content = full.path.read_text()
    elements = Elements(content)
    ids, links = elements.values("id"), elements.values("href") + elements.values("xlink:href")
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
    files = [link for link in links if not link.startswith(("#", "data:"))]
    assert any(link.endswith("tables/activation_volume.parquet") for link in files)
    assert all((full.path.parent / link).is_file() for link in files)
    assert not {tag for tag, _ in elements.found} & {"script", "img", "iframe", "object", "embed", "audio", "video"}
    assert set(re.findall(r"https?://[^\s\"'<]+", content)) == {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert {url.split("-")[0] for url in re.findall(r"url\((.)", content)} <= {"#"}
    assert len(content.encode()) < MAX_BYTES


def test_text_from_runs_is_text(make_run: RunMaker, tmp_path: Path) -> None:
    runs = [make_run(epochs_done=1, data=name, facts=FACTS | {"data_sha256": name}) for name in (EVIL, "mnist")]
    _, content = written(runs, tmp_path / "page")
    assert "<script" not in content
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34;" in content
    assert "{{ 7 * 7 }}" in content
    assert "script" not in {tag for tag, _ in Elements(content).found}


def test_the_same_bytes_twice(make_run: RunMaker, tmp_path: Path) -> None:
    runs = [make_run(epochs_done=1)]
    first, again = (written(runs, tmp_path / name)[1] for name in ("one", "two"))
    assert first.replace("--out " + str(tmp_path / "one"), "") == again.replace("--out " + str(tmp_path / "two"), "")


def browser(page: Path, width: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Open a page; the browser can reach nothing but files."""
    command = [
        str(CHROMIUM), "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
        "--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr", f"--window-size={width},2000",
        f"--user-data-dir={page.parent / 'profile'}", *arguments, page.as_uri(),
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)


@in_browser
@pytest.mark.parametrize("width", [1200, 500])
def test_nothing_sticks_out(full: Page, width: int) -> None:
    policy = re.compile(r"<meta http-equiv=\"Content-Security-Policy\".*?>")
    probed = full.path.with_name("probed.html")
    probed.write_text(policy.sub("", full.path.read_text()).replace("</body>", f"{PROBE}</body>"))
    title = re.search(r"<title>(.*?)</title>", browser(probed, width, "--dump-dom").stdout)
    assert title
    assert title[1] == f"[{width},{width},[],true,0]"


@in_browser
def test_it_is_drawn_and_nothing_breaks_its_own_policy(full: Page, tmp_path: Path) -> None:
    picture = tmp_path / "page.png"
    said = browser(full.path, 1200, f"--screenshot={picture}")
    assert "CONSOLE" not in said.stderr
    assert picture.stat().st_size > 50_000

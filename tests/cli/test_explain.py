"""``geomgen explain``: one name, all names, formats, and what is not known."""

import json

from tests.conftest import Command


def test_a_name_is_explained_in_lines(geomgen: Command) -> None:
    result = geomgen("explain", "tangent_kernel.condition_number", COLUMNS="200")
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == "column condition_number"
    assert lines[1] == "  meaning     Largest over smallest eigenvalue; null if the smallest is rounding."
    assert "  command     geomgen tangent-kernel RUN" in lines


def test_long_facts_are_wrapped_under_each_other(geomgen: Command) -> None:
    lines = geomgen("explain", "T1.1", COLUMNS="60").stdout.splitlines()
    assert max(map(len, lines)) <= 60
    start = lines[1].index("Before training")
    assert all(line[:start].isspace() == (not line[2:3].strip()) for line in lines[1:])


def test_words_of_an_experiment_need_no_quotes(geomgen: Command) -> None:
    assert geomgen("explain", "regress", "rff").stdout.startswith("experiment regress rff\n")


def test_all_names_are_listed_by_kind(geomgen: Command) -> None:
    listed = geomgen("explain", COLUMNS="10000").stdout.splitlines()
    kinds = [line.split()[0] for line in listed]
    assert kinds == ["experiment", "option", "table", "column", "quantity", "claim", "report"]
    assert "T1.9" in listed[5]


def test_programs_get_one_object_per_meaning(geomgen: Command) -> None:
    found = json.loads(geomgen("explain", "tangent-kernel", "--format", "json").stdout)
    assert [entry["kind"] for entry in found] == ["experiment", "table", "report"]
    assert found[2]["command"] == "geomgen report tangent-kernel"
    assert geomgen("explain", "seed", "--format", "markdown").stdout.startswith("| kind")


def test_an_unknown_name_is_a_usage_error(geomgen: Command) -> None:
    result = geomgen("explain", "widht")
    assert (result.returncode, result.stdout) == (2, "")
    assert "Did you mean 'width'?" in result.said
    assert geomgen("explain", "width", "--format", "xml").returncode == 2

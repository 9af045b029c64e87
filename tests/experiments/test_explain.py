"""Every name of every kind has a meaning and the command that makes it, read from where it is defined."""

from collections.abc import Callable, Iterable

import pytest

from geomgen.config.base import option_docs
from geomgen.config.registry import EXPERIMENTS
from geomgen.errors import UsageError
from geomgen.experiments.explain import Entry, entries, explained
from geomgen.report.claims.ledger import CLAIMS
from geomgen.report.reports import QUANTITIES, REPORTS
from geomgen.tables.registry import ROWS, columns

NAMES: dict[str, Callable[[], Iterable[str]]] = {
    "experiment": lambda: EXPERIMENTS,
    "option": lambda: (name for record in EXPERIMENTS.values() for name in option_docs(record.config)),
    "table": lambda: ROWS,
    "column": lambda: ("run_id", *(name for row in ROWS.values() for name in columns(row))),
    "quantity": lambda: (quantity.name for quantity in QUANTITIES),
    "claim": lambda: (claim.id for claim in CLAIMS),
    "report": lambda: REPORTS,
}


def _only(kind: str, name: str) -> Entry:
    (found,) = [entry for entry in explained(name) if entry.kind == kind]
    return found


@pytest.mark.parametrize("kind", NAMES)
def test_every_name_has_a_meaning_and_a_command(kind: str) -> None:
    for name in NAMES[kind]():
        found = [entry for entry in explained(name) if entry.kind == kind]
        assert found, name
        assert all(entry.facts["meaning"] and entry.facts["command"] for entry in found), name


@pytest.mark.parametrize("table", ROWS)
def test_every_column_of_every_table_is_explained_by_its_own_words(table: str) -> None:
    for name, doc in columns(ROWS[table]).items():
        facts = _only("column", f"{table}.{name}").facts
        assert (facts["meaning"], facts.get("unit")) == (doc.doc, doc.unit)
        assert table in facts["tables"].split(", ")
        assert name in _only("table", table).facts["columns"].split(", ")


def test_every_quantity_has_a_formula_and_the_unit_of_its_column() -> None:
    for quantity in QUANTITIES:
        facts = _only("quantity", quantity.name).facts
        assert facts["formula"]
        assert quantity.table in ROWS
        if isinstance(quantity.read, str):
            unit = columns(ROWS[quantity.table])[quantity.read].unit
            assert unit in {None, quantity.unit}, quantity.name


def test_claims_and_quantities_name_each_other() -> None:
    for claim in CLAIMS:
        for quantity in {quantity.name for part in claim.parts for quantity in part.quantities}:
            assert quantity in _only("claim", claim.id).facts["quantities"].split(", ")
            assert claim.id in _only("quantity", quantity).facts["claims"].split(", ")


def test_a_claim_is_explained_by_its_rule_and_a_changed_rule_by_the_one_before() -> None:
    changed = next(claim for claim in CLAIMS if claim.revised)
    facts = _only("claim", changed.id).facts
    assert facts["rule"] == changed.rule
    assert changed.revised is not None
    assert changed.revised.before in facts["revised"]


def test_a_name_may_have_several_meanings_and_spellings() -> None:
    kinds = ["experiment", "table", "report"]
    assert [entry.kind for entry in explained("tangent-kernel")] == kinds
    assert explained("Tangent_Kernel") == explained("tangent kernel") == explained("tangent-kernel")
    assert explained("label-noise") == explained("label_noise")
    found = {"function_posterior", "minima", "optimal_set_points", "regress_polynomial", "regress_rff"}
    assert {entry.facts.get("tables") for entry in explained("test_error")} == found


def test_tables_begin_with_the_columns_of_their_runs() -> None:
    begins = {"jacobian_rank": "run_id, seed, arch", "modified_flow": "run_id, seed, problem", "sweep": "run_id, cell"}
    assert all(_only("table", name).facts["columns"].startswith(first) for name, first in begins.items())


def test_options_that_mean_the_same_in_several_experiments_are_one() -> None:
    found = explained("label-noise")
    assert [entry.facts["command"].count("--label-noise") for entry in found] == [3]
    assert found[0].facts["allowed"] == "at least 0, at most 1"
    assert len([entry for entry in explained("width") if entry.kind == "option"]) == 3


def test_an_unknown_name_gets_a_suggestion() -> None:
    with pytest.raises(UsageError, match=r"Nothing is called 'widht'\. Did you mean 'width'\?"):
        explained("widht")
    with pytest.raises(UsageError, match=r"Nothing is called '%'\. List all names with: geomgen explain"):
        explained("%")


def test_facts_are_never_empty() -> None:
    assert all(text for entry in entries() for text in entry.facts.values())

"""What a run was asked to do: its ``config.json``, written before the work starts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geomgen.errors import DataError
from geomgen.fields import CODE_DIGEST
from geomgen.store.files import read_signed, write_signed
from geomgen.store.layout import is_id

SCHEMA_VERSION = 3
SCHEMA_WITHOUT_ID, SCHEMA_UNSIGNED = 2, 1
OLD_CODE_DIGEST = "arch_sha256"
FORM = {"experiment": str, "config": dict, "facts": dict}


def write_description(
    path: Path, run_id: str, experiment: str, config: Mapping[str, Any], facts: Mapping[str, Any]
) -> None:
    """Write a run's id, experiment, options and facts, with a digest over them.

    Raises:
        DiskError: If the disk refuses.
    """
    about = {"experiment": experiment, "config": dict(config), "facts": dict(facts)}
    write_signed(path, {"schema": SCHEMA_VERSION, "id": run_id, **about})


def read_description(path: Path) -> dict[str, Any]:
    """Return the content of a run's ``config.json``: experiment, config, facts and, since schema 3, its id.

    Raises:
        DataError: If it is damaged, or has another format.
    """
    content = read_signed(path, exempt=lambda body: body.get("schema") == SCHEMA_UNSIGNED)
    if set(content) - {"id"} != {"schema", *FORM} or not _is_described(content):
        raise DataError(
            f"{path} does not describe a run of schema {SCHEMA_VERSION}.",
            "Use the version of geomgen that made this run.",
        )
    return {**content, "facts": _migrated(content["facts"], content["config"])}


def _migrated(facts: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    """Return facts in their current form: an earlier version recorded only one file's digest of a user's own code."""
    digest = facts.get(OLD_CODE_DIGEST)
    if digest is None:
        return facts
    module = str(config["arch"]).partition(":")[0]
    kept = {name: value for name, value in facts.items() if name != OLD_CODE_DIGEST}
    return {**kept, CODE_DIGEST: {f"{module.replace('.', '/')}.py": digest}}


def _is_described(content: dict[str, Any]) -> bool:
    is_known = content["schema"] in (SCHEMA_UNSIGNED, SCHEMA_WITHOUT_ID, SCHEMA_VERSION)
    has_id = isinstance(content.get("id"), str) and is_id(content["id"])
    is_identified = has_id if content["schema"] == SCHEMA_VERSION else "id" not in content
    return is_known and is_identified and all(isinstance(content[name], kind) for name, kind in FORM.items())

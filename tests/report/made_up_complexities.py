"""Runs of ``emc`` that were never searched for: complexities that grow with width and by a power of the epochs."""

from pathlib import Path

from geomgen.config.emc import EmcConfig
from geomgen.store.run import Run, create_run
from geomgen.tables.complexity import EmcRow


def complexities(tmp_path: Path, power: float) -> list[Run]:
    runs = []
    for width in (4, 8, 16):
        for epochs in (10, 20, 40):
            config = EmcConfig(width=width, epochs=epochs).resolved(device="cpu", threads=1)
            run = create_run(
                tmp_path / "runs", "emc", f"w{width}", config.to_mapping(), {"num_parameters": 100 * width}
            )
            emc = round(10 * width * epochs**power)
            is_found = width < 16 or epochs < 40
            row = EmcRow(
                epochs=epochs, threshold=0.1, emc=emc, emc_low=0.9 * emc if is_found else None,
                emc_high=1.1 * emc if is_found else None, outcome="found" if is_found else "at-least",
                largest_fitted=emc, smallest_not_fitted=emc + 1, draws=4, num_probes=6, num_parameters=100 * width,
            )  # fmt: skip
            run.add_rows("emc", [row])
            run.finish("complete")
            runs.append(run)
    return runs

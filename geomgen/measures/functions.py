"""Functions that random networks compute: drawn in blocks, and counted."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np

from geomgen.config.sample import SampleConfig
from geomgen.fields import Columns
from geomgen.measures.function_tables import Found, frequencies, growth_rows, summary_row
from geomgen.models.random_networks import RandomNetworks
from geomgen.numerics.distinct import Counts, capacity_of, counted, exact_counts
from geomgen.numerics.packed_bits import Bits, packed
from geomgen.numerics.seeds import generator
from geomgen.numerics.workers import workers
from geomgen.progress import OnProgress

CHUNK, CHUNK_VALUES, AHEAD, GIB = 2000, 2**24, 2, 2**30
Made = TypeVar("Made")


@dataclass(frozen=True)
class Drawing:
    """The networks of a run, drawn in chunks of whole blocks.

    Attributes:
        networks: The networks.
        draws: How many.
        seed: Seed of all of them.
    """

    networks: RandomNetworks
    draws: int
    seed: int

    @property
    def blocks(self) -> int:
        """Blocks per chunk."""
        most = min(CHUNK, CHUNK_VALUES // len(self.networks.inputs))
        return max(1, most // self.networks.block)

    @property
    def starts(self) -> range:
        """The first draw of each chunk."""
        return range(0, self.draws, self.blocks * self.networks.block)

    def functions(self, start: int) -> Bits:
        """Return the functions of a chunk: whether the output is above 0, ``(networks, inputs)``."""
        first = start // self.networks.block
        sources = [generator(self.seed, "random-networks", first + place) for place in range(self.blocks)]
        found = [self.networks.outputs(source).gt(0).numpy() for source in sources]
        return np.concatenate(found)[: self.draws - start]

    def counted(self, start: int) -> Counts:
        """Return the counts of a chunk's functions."""
        return counted(packed(self.functions(start)), start)


def functions(networks: RandomNetworks, config: SampleConfig, progress: OnProgress) -> dict[str, list[Any] | Columns]:
    """Return the rows of each table of the functions of random networks.

    Args:
        networks: The networks.
        config: How many are drawn; resolved.
        progress: Called after every chunk.
    """
    drawing, ahead = Drawing(networks, config.draws, config.seed), AHEAD * (config.threads or 1)
    with workers(config.threads) as pool:
        chunks = partial(in_order, pool, drawing.counted, drawing.starts, ahead)
        found = _found(drawing, config, chunks, progress)
        progress(config.draws, config.draws, f"{found.num_functions} functions; complexities")
        listed = frequencies(found, len(networks.inputs), pool.map)
    summary = summary_row(found, listed, drawing.functions(0), config)
    return {"function_summary": [summary], "function_frequencies": listed, "function_growth": growth_rows(found)}


def _found(
    drawing: Drawing, config: SampleConfig, chunks: Callable[[], Iterator[Counts]], progress: OnProgress
) -> Found:
    """Count all functions, in as many passes over the same networks as memory asks for."""
    passes = 0

    def stream() -> Iterator[Counts]:
        nonlocal passes
        passes += 1
        again = f", pass {passes} for more functions than --memory holds" * (passes > 1)
        for start, chunk in zip(drawing.starts, chunks(), strict=True):
            progress(start, drawing.draws, f"networks drawn{again}")
            yield chunk

    row_bytes = -(-len(drawing.networks.inputs) // 8)
    found = Found.nothing(config.draws, row_bytes)
    for part in exact_counts(stream, capacity_of(config.memory * GIB, row_bytes)):
        found = found.with_part(part, config.top)
    return found.after(passes)


def in_order(
    pool: ThreadPoolExecutor, function: Callable[[int], Made], starts: Iterable[int], ahead: int
) -> Iterator[Made]:
    """Yield a function of each start in order, computed by all workers, and at most so many ahead."""
    waiting: deque[Future[Made]] = deque()
    for start in starts:
        waiting.append(pool.submit(function, start))
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()

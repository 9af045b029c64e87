"""Threads that each compute on a core of their own."""

from concurrent.futures import ThreadPoolExecutor

import torch


def workers(count: int | None) -> ThreadPoolExecutor:
    """Return a pool of threads, in each of which torch uses as many threads as in the one that calls this.

    A new thread takes torch's setting only when it first asks for it, which some products do not: until then each of
    these would occupy all cores.

    Args:
        count: Number of threads; None for one.
    """
    return ThreadPoolExecutor(count or 1, initializer=torch.get_num_threads)

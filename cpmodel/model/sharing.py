"""Blocks of draws shared out among threads."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Part = TypeVar("Part")


def threads_for(blocks: int, threads: int | None = None) -> int:
    """Return how many threads work on so many blocks. threads    at most; default: all cores"""
    return max(1, min(threads or os.cpu_count() or 1, blocks))


def parts_of(blocks: int, threads: int) -> list[tuple[int, int]]:
    """Share out blocks in parts that grow smaller, so that calls are few and threads end together: (first, last)."""
    ends = [0]
    while ends[-1] < blocks:
        ends.append(ends[-1] + max(1, (blocks - ends[-1]) // (2 * threads)))
    return list(itertools.pairwise(ends))


def share_out(work: Callable[[Iterator[Part]], None], parts: Iterable[Part], threads: int) -> None:
    """Call `work` on so many threads, with one iterator for all: whoever is free takes the next part."""
    waiting = iter(list(parts))
    with ThreadPoolExecutor(threads) as pool:
        others = [pool.submit(work, waiting) for _ in range(threads - 1)]
        work(waiting)  # who asks is one of them: to start a thread takes as long as a few blocks
        for other in others:
            other.result()

"""Common random numbers: one stream per uncertain input.

A stream's numbers depend only on the seed and the stream's name, so adding a parameter or a lever moves no other
draw, two scenarios with the same seed meet the same worlds, and the first draws of a longer run are the same.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

import numpy as np

Stream = Callable[[str], np.ndarray]  # name of a stream → its numbers in (0, 1), shape (draws,)


def uniforms(seed: int, stream: str, draws: int) -> np.ndarray:
    """Return numbers in (0, 1) of one stream, shape (draws,).

    Philox (Salmon et al. 2011, doi 10.1145/2063384.2063405), keyed by the seed and the CRC of the stream's name.
    """
    bits = np.random.Philox(key=[seed, zlib.crc32(stream.encode())])
    return np.clip(np.random.Generator(bits).random(draws), 1e-12, 1 - 1e-12)


def all_uniforms(seed: int, streams: tuple[str, ...], draws: int) -> dict[str, np.ndarray]:
    """Return stream name → numbers in (0, 1), shape (draws,)."""
    return {stream: uniforms(seed, stream, draws) for stream in streams}


def streams_of(seed: int, draws: int) -> Stream:
    """Return what gives every stream its numbers under a seed."""
    return lambda name: uniforms(seed, name, draws)

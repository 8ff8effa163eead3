"""Compiled, one block of draws: who sees whom, and what is accepted, at a stage of a step.

The same order as `simulate.all_rates`. Every loop over draws is short and plain, so that it compiles to vector
instructions.
"""

import numpy as np
from numba import njit

from cpmodel.model import awareness, elementary, population
from cpmodel.model import state as s
from cpmodel.model.compiled import INNER, compiled
from cpmodel.model.work import (
    BLOCK,
    DATABASE_GAIN,
    ENTRY,
    LIVING,
    MARKET,
    NUMBER,
    NUMBER_AWARE,
    OUTREACH_GAIN,
    OWN,
    REACH,
    SCHEME,
    SEEN,
    SEEN_SECTOR,
    TOTAL_UNITS,
)

_entry_rate = compiled(population.entry_rate)
_outreach_response = compiled(awareness.outreach_response)
_multiplier = compiled(awareness.demonstration_multiplier)
_seen = compiled(awareness.visible_adopters)


@njit(**INNER)
def look_around(now, growth, size_at_start, nation, starts, near, money, p, work):
    """Count the living and the aware by size, and what is visible of adopters by place and by sector."""
    work.size[:2], work.total[TOTAL_UNITS] = 0.0, 0.0
    for j in range(work.sector.shape[1]):
        for b in range(BLOCK):
            work.sector[LIVING, j, b] = elementary.exp(size_at_start[j, b] + growth[j, b] * now)
        for b in range(BLOCK):
            work.sector[ENTRY, j, b] = _entry_rate(p.exit_rate[b], growth[j, b])
        for z in range(4):
            for b in range(BLOCK):
                work.size[NUMBER, z, b] += starts.size[j, z] * work.sector[LIVING, j, b]
            for b in range(BLOCK):
                work.size[NUMBER_AWARE, z, b] += work.aware[j, z, b] * work.sector[LIVING, j, b]
        for b in range(BLOCK):
            work.total[TOTAL_UNITS, b] += work.units[j, b] * work.sector[LIVING, j, b]
    _show(nation, starts, near, money, p, work)


@njit(**INNER)
def _show(nation, starts, near, money, p, work):
    """What is visible of adopters: own place, its neighbours, the sector in the country."""
    sectors = work.sector.shape[1]
    regions = work.adopters.shape[0] // sectors
    shown = np.empty(BLOCK)
    for b in range(BLOCK):
        share = p.visibility[b] * (1.0 + (p.certificate_visibility[b] - 1.0) * money.certificates)
        shown[b] = np.minimum(share, 1.0) * _multiplier(
            nation[s.DEMONSTRATIONS, b], p.demonstration_effect[b], p.demonstration_half[b]
        )
    for j in range(sectors):
        adopters, total = np.zeros(BLOCK), 0.0
        for r in range(regions):
            place = r * sectors + j
            total += starts.place[place]
            part = 1.0 / np.maximum(starts.place[place], 1e-300)
            for b in range(BLOCK):
                adopters[b] += work.adopters[place, b]
                work.place[OWN, place, b] = shown[b] * work.adopters[place, b] * part
        for b in range(BLOCK):
            work.sector[SEEN_SECTOR, j, b] = shown[b] * adopters[b] / np.maximum(total, 1e-300)
    _see_neighbours(near, p, work)


@njit(**INNER)
def _see_neighbours(near, p, work):
    sectors = work.sector.shape[1]
    neighbour_start, neighbours = near
    around = np.empty(BLOCK)
    for r in range(work.adopters.shape[0] // sectors):
        first, last = neighbour_start[r], neighbour_start[r + 1]
        part = 1.0 / max(last - first, 1)
        for j in range(sectors):
            place = r * sectors + j
            around[:] = 0.0
            if first == last:
                around[:] = work.place[OWN, place]
            for e in range(first, last):
                for b in range(BLOCK):
                    around[b] += work.place[OWN, neighbours[e] * sectors + j, b]
            for b in range(BLOCK):
                work.place[SEEN, place, b] = _seen(
                    work.place[OWN, place, b], around[b] * part, p.neighbour_weight[b]
                )


@njit(**INNER)
def load_tables(d, regime, offers, work):
    """Bring the tables of the offers that are now open close: the value at the first node, and the slopes."""
    for z in range(4):
        for part in range(5):
            offer = regime.market[z] if part == MARKET or regime.scheme[z] < 0 else regime.scheme[z]
            if part > SCHEME and regime.scheme[z] < 0:
                break  # without an offer nothing reads who uses it
            table = offers.accept[max(part - 1, 0), offer]
            for k in range(3):
                for b in range(BLOCK):
                    work.lines[part, z, k, 0, b] = table[0, k, d + b]
                for v in range(offers.nodes.shape[0] - 1):
                    width = offers.nodes[v + 1] - offers.nodes[v]
                    for b in range(BLOCK):
                        rise = table[v + 1, k, d + b] - table[v, k, d + b]
                        work.lines[part, z, k, v + 1, b] = rise / width


@njit(**INNER)
def read_tables(regime, nation, nodes, p, work):
    """Interpolate the acceptance tables at what each sector sees; reach of the scheme by size."""
    for z in range(4):
        for b in range(BLOCK):
            work.size[REACH, z, b] = p.reach[z, b] * nation[s.READINESS, b] if regime.scheme[z] >= 0 else 0.0
    for j in range(work.sector.shape[1]):
        for v in range(nodes.shape[0] - 1):
            width = nodes[v + 1] - nodes[v]
            for b in range(BLOCK):
                beyond = work.sector[SEEN_SECTOR, j, b] - nodes[v]
                work.along[v + 1, b] = np.minimum(np.maximum(beyond, 0.0), width)
        for z in range(4):
            for part in range(5 if regime.scheme[z] >= 0 else 2):
                for k in range(3):
                    _along_lines(part, j, z, k, nodes.shape[0], work)


@njit(**INNER)
def _along_lines(part, j, z, k, nodes, work):
    for b in range(BLOCK):
        work.tables[part, j, z, k, b] = work.lines[part, z, k, 0, b]
    for v in range(1, nodes):
        for b in range(BLOCK):
            work.tables[part, j, z, k, b] += work.lines[part, z, k, v, b] * work.along[v, b]


@njit(**INNER)
def discover(outreach, nation, p, work):
    """Discovery rate apart from offices and word of mouth, by size."""
    for z in range(4):
        for b in range(BLOCK):
            response = _outreach_response(
                outreach[z, b], p.outreach_half_saturation[b], p.outreach_exponent[b]
            )
            work.size[OUTREACH_GAIN, z, b] = p.outreach_strength[b] * response
    for b in range(BLOCK):
        work.total[DATABASE_GAIN, b] = p.database_strength[b] * nation[s.DATABASE, b]

"""Compiled, one block of draws: who sees whom, and what is accepted, at a stage of a step.

The same order as `simulate.all_rates`; a value is one number of every draw (`lanes`).
"""

from numba import njit

from cpmodel.model import awareness, population
from cpmodel.model import state as s
from cpmodel.model.compiled import compiled
from cpmodel.model.elementary import exp, maximum, minimum
from cpmodel.model.inlining import INNER
from cpmodel.model.lanes import same, some
from cpmodel.model.rows import rows_at
from cpmodel.model.work import (
    DATABASE_GAIN,
    ENTRY,
    LENT,
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
    units = same(0.0)
    for z in range(4):
        work.size[NUMBER, z], work.size[NUMBER_AWARE, z] = 0.0, 0.0
    for j in range(growth.shape[0]):
        living = exp(size_at_start[j] + growth[j] * now)
        work.sector[LIVING, j], work.sector[ENTRY, j] = living, _entry_rate(p.exit_rate, growth[j])
        units += work.units[j] * living
        for z in range(4):
            work.size[NUMBER, z] += starts.size[j, z] * living
            work.size[NUMBER_AWARE, z] += work.aware[j, z] * living
    work.total[TOTAL_UNITS] = units
    _show(nation, starts, near, money, p, work)


@njit(**INNER)
def _show(nation, starts, near, money, p, work):
    """What is visible of adopters: own place, its neighbours, the sector in the country."""
    sectors = len(work.units)
    regions = len(work.adopters) // sectors
    share = minimum(1.0, p.visibility * (1.0 + (p.certificate_visibility - 1.0) * money.certificates))
    shown = share * _multiplier(nation[s.DEMONSTRATIONS], p.demonstration_effect, p.demonstration_half)
    for j in range(sectors):
        adopters, total = same(0.0), 0.0
        for r in range(regions):
            place = r * sectors + j
            total += starts.place[place]
            adopters += work.adopters[place]
            work.place[OWN, place] = shown * work.adopters[place] * (1.0 / max(starts.place[place], 1e-300))
        work.sector[SEEN_SECTOR, j] = shown * adopters / max(total, 1e-300)
    first_of, neighbours = near
    for r in range(regions):
        first, last = first_of[r], first_of[r + 1]
        part = 1.0 / max(last - first, 1)
        for j in range(sectors):
            place = r * sectors + j
            around = same(0.0)
            for e in range(first, last):
                around += work.place[OWN, neighbours[e] * sectors + j]
            if first == last:
                around = work.place[OWN, place]
            work.place[SEEN, place] = _seen(work.place[OWN, place], around * part, p.neighbour_weight)


@njit(**INNER)
def set_reach(regime, nation, p, work):
    """Reach of the scheme by size."""
    for z in range(4):
        if regime.scheme[z] >= 0:
            work.size[REACH, z] = p.reach[z] * nation[s.READINESS]
        else:
            work.size[REACH, z] = 0.0


@njit(**INNER)
def look_along(nodes, work):
    """Find how far along each slope of the acceptance tables the sectors have come; return how many slopes any has met."""
    met = 0
    for j in range(len(work.units)):
        for v in range(len(nodes) - 1):
            beyond = maximum(0.0, work.sector[SEEN_SECTOR, j] - nodes[v])
            work.along[j, v + 1] = minimum(nodes[v + 1] - nodes[v], beyond)
        met = max(met, _slopes_met(work.along[j]))
    return met


@njit(**INNER)
def _slopes_met(along):
    """Return how many slopes any draw of the block has come to: what lies beyond adds nothing."""
    met = len(along) - 1
    while met > 1 and not some(along[met] > 0.0):
        met -= 1
    return met


@njit(**INNER)
def load_terms(d, regime, offers, work):
    """Bring the terms of the offers now open close."""
    for z in range(4):
        if regime.scheme[z] >= 0:
            terms = rows_at(offers.terms, d)[regime.scheme[z]]
            for i in range(len(terms)):
                work.terms[z, i] = terms[i]


@njit(**INNER)
def load_tables(d, first, last, regime, offers, work):
    """Bring the tables of the offers now open close: from row `first` to `last`, their value at the first node is row 0."""
    for z in range(4):
        for part in range(LENT + 1 if regime.scheme[z] >= 0 else SCHEME):
            offer = regime.scheme[z] if part > MARKET else regime.market[z]
            table = rows_at(offers.tables[max(part - 1, 0)], d)
            for v in range(first, last + 1):
                for k in range(3):
                    value = table[offer, v, k]
                    if v > 0:
                        over = 1.0 / (offers.nodes[v] - offers.nodes[v - 1])
                        value = (value - table[offer, v - 1, k]) * over
                    work.lines[v, part, z, k] = value


@njit(**INNER)
def read_tables(regime, slopes, work):
    """Interpolate the acceptance tables at what each sector sees, over as many slopes as any has met."""
    if slopes == 1:  # a number that the compiler knows spares a loop for every value
        _interpolate(regime, 1, work)
    elif slopes == 2:
        _interpolate(regime, 2, work)
    elif slopes == 3:
        _interpolate(regime, 3, work)
    else:
        _interpolate(regime, slopes, work)


@njit(**INNER)
def _interpolate(regime, slopes, work):
    for z in range(4):
        parts = LENT + 1 if regime.scheme[z] >= 0 else SCHEME
        for j in range(len(work.units)):
            for part in range(parts):
                for k in range(3):
                    work.tables[j, part, z, k] = _along_line(work.lines, part, z, k, work.along[j], slopes)
            if parts == SCHEME:
                for k in range(3):
                    work.tables[j, SCHEME, z, k] = work.tables[j, MARKET, z, k]


@njit(**INNER)
def _along_line(lines, part, z, k, along, slopes):
    """Interpolate: the value at the first node, and as far along each slope as the sector has come."""
    value = lines[0, part, z, k]
    for v in range(1, slopes + 1):
        value += lines[v, part, z, k] * along[v]
    return value


@njit(**INNER)
def discover(outreach, nation, p, work):
    """Discovery rate apart from offices and word of mouth, by size."""
    for z in range(4):
        response = _outreach_response(outreach[z], p.outreach_half_saturation, p.outreach_exponent)
        work.size[OUTREACH_GAIN, z] = p.outreach_strength * response
    work.total[DATABASE_GAIN] = p.database_strength * nation[s.DATABASE]

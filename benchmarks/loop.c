/* The model without a scheme, written by hand: the yardstick of the engine. Draws lie innermost, in blocks.
   `run` takes the same arrays as the engine and returns the sums of adopters and of the assessed at the end. */
#include <math.h>
#include <string.h>
#define B 16
#define Z 4
#define K 3
typedef double row[B];
typedef struct { row exit_rate, background, strength, exponent, half, contact, decay, database_strength, database_cost,
  database_build, database_decay, office_strength, word, neighbour, visibility, forgetting, demo_cost, demo_decay,
  demo_effect, demo_half, response, self, guide, ceiling, share_ceiling, grant, per_fte, inhouse, per_training,
  per_network, provider_ceiling, provider_build, provider_loss, unit_protection, office_rate, office_time, office_loss,
  unit0, unit_aware, unit_office, unit_loss; row base[Z], fee[Z], reach[Z], uptake[K], lapse[K]; } params;
typedef struct { double outreach, training, providers, database, support, open, network; } money;
static const double W[3] = {1. / 3, 15. / 16, 8. / 15}, A[3] = {0, -5. / 9, -153. / 128}, C[3] = {0, 1. / 3, .75};
#define EACH for (int b = 0; b < B; b++)
#define MOVE(x, d, rate) { double r_ = (rate); (d) = a * (d) + h * r_; (x) += w * (d); }

void block(int cells, int regions, int sectors, int steps, const int *restrict region, const int *restrict sector,
           const int *restrict size, const double *restrict n0, const int *restrict first, const int *restrict near,
           const double *restrict place0, const double *restrict kind0, const double *restrict step,
           const double *restrict now0, const int *restrict year, const int *restrict regime, const money *restrict spend,
           const params *restrict p, const row *restrict growth, const row *restrict start, const row *restrict accept,
           row *restrict x, row *restrict d, row *restrict shared, row *restrict work, row *restrict out)
{
  /* shared: outreach Z, offices R, nation 3 and their changes; work: adopters, own, seen (R J each), aware J Z, units J */
  int places = regions * sectors;
  row *G = shared, *T = G + Z, *N = T + regions, *dG = N + 3, *dT = dG + Z, *dN = dT + regions;
  row *adopters = work, *own = adopters + places, *seen = own + places, *aware = seen + places, *units = aware + sectors * Z;
  for (int counted = 0, i = 0; i < steps; i++) for (int stage = 0; stage < 3; stage++) {
    double h = step[i], w = W[stage], a = A[stage], now = now0[i] + C[stage] * h;
    const money m = spend[year[i]];
    row living[8], entry[8], number[Z], knowing[Z], hazard[Z], gain[Z], all, part, alone, shown, reached, dbgain;
    if (!counted) {
      memset(adopters, 0, sizeof(row) * (3 * places + sectors * Z + sectors));
      for (int c = 0; c < cells; c++) { row *s = x + 7 * c; double n = n0[c];
        EACH { double e = s[2][b], q = 1 / fmax(e, 1e-300);
          adopters[region[c] * sectors + sector[c]][b] += n * e * (1 - (1 - s[3][b] * q) * (1 - s[4][b] * q) * (1 - s[5][b] * q));
          aware[sector[c] * Z + size[c]][b] += n * s[1][b]; units[sector[c]][b] += size[c] >= 2 ? n * s[6][b] : 0; } }
      counted = 1; }
    EACH all[b] = 0;
    for (int z = 0; z < Z; z++) EACH number[z][b] = knowing[z][b] = 0;
    for (int j = 0; j < sectors; j++) { const double *g = growth[year[i] * sectors + j], *s = start[year[i] * sectors + j];
      EACH { living[j][b] = exp(s[b] + g[b] * now); entry[j][b] = fmax(p->exit_rate[b] + g[b], 0.0); all[b] += units[j][b] * living[j][b]; }
      for (int z = 0; z < Z; z++) EACH { number[z][b] += kind0[j * Z + z] * living[j][b]; knowing[z][b] += aware[j * Z + z][b] * living[j][b]; } }
    EACH shown[b] = fmin(1, p->visibility[b]) * (1 + p->demo_effect[b] * N[1][b] / (p->demo_half[b] + N[1][b]));
    for (int k = 0; k < places; k++) { double q = 1 / fmax(place0[k], 1e-300); EACH own[k][b] = shown[b] * adopters[k][b] * q; }
    for (int r = 0; r < regions; r++) for (int j = 0; j < sectors; j++) { row around; int k = r * sectors + j, l = first[r + 1] - first[r];
      EACH around[b] = l ? 0 : own[k][b];
      for (int e = first[r]; e < first[r + 1]; e++) EACH around[b] += own[near[e] * sectors + j][b];
      double q = 1. / (l > 1 ? l : 1);
      EACH seen[k][b] = (1 - p->neighbour[b]) * own[k][b] + p->neighbour[b] * around[b] * q; }
    row demand, cost, wanted; EACH demand[b] = cost[b] = wanted[b] = 0;
    row with[Z], without[Z];
    for (int z = 0; z < Z; z++) EACH { double odds = p->base[z][b] / (1 - p->base[z][b]), f = fmin(p->share_ceiling[b], p->ceiling[b] / p->fee[z][b]);
      with[z][b] = log(1 + odds * exp(p->response[b] * f)); without[z][b] = log(1 + odds);
      cost[b] += knowing[z][b] * with[z][b] * f * p->fee[z][b]; }
    for (int z = 0; z < Z; z++) EACH { double f = fmin(1, m.support * m.open * p->grant[b] / fmax(cost[b], 1e-12));
      hazard[z][b] = f * with[z][b] + (1 - f) * without[z][b]; demand[b] += knowing[z][b] * hazard[z][b]; }
    EACH { double cap = fmax(N[2][b] * p->per_fte[b] + all[b] * p->inhouse[b], 1e-12);
      part[b] = -cap * expm1(-demand[b] / cap) / fmax(demand[b], 1e-300);
      alone[b] = p->self[b] * (1 + p->guide[b] * N[0][b]); dbgain[b] = p->database_strength[b] * N[0][b]; reached[b] = 0; }
    for (int z = 0; z < Z; z++) EACH { hazard[z][b] = part[b] * hazard[z][b] + alone[b];
      gain[z][b] = p->strength[b] / (1 + exp(p->exponent[b] * log(p->half[b] / fmax(G[z][b], 1e-60))));
      reached[b] += p->reach[z][b] * number[z][b]; }
    memset(adopters, 0, sizeof(row) * places); memset(aware, 0, sizeof(row) * (sectors * Z + sectors));
    for (int c = 0; c < cells; c++) { row *restrict s = x + 7 * c, *restrict v = d + 7 * c;
      int r = region[c], j = sector[c], z = size[c], k = r * sectors + j; double n = n0[c];
      const row *restrict t = accept + (regime[i] * Z + z) * K;
      EACH { double u = s[0][b], q = s[1][b], e = s[2][b], en = entry[j][b];
        double rate = p->background[b] + gain[z][b] + dbgain[b] + p->office_strength[b] * T[r][b] + p->word[b] * seen[k][b];
        double learned = rate * u - p->forgetting[b] * q, done = hazard[z][b] * q, un = s[6][b], ue = 0;
        if (z >= 2) ue = (p->unit0[b] + p->unit_aware[b] * (q + e) + p->unit_office[b] * T[r][b]) * (1 - un) - p->unit_loss[b] * un - en * un;
        double y1 = s[3][b], y2 = s[4][b], y3 = s[5][b];
        double r1 = p->uptake[0][b] * fmax(0, e * t[0][b] - y1) - p->lapse[0][b] * (1 - p->unit_protection[b] * un) * y1 - en * y1;
        double r2 = p->uptake[1][b] * fmax(0, e * t[1][b] - y2) - p->lapse[1][b] * y2 - en * y2;
        double r3 = p->uptake[2][b] * fmax(0, e * t[2][b] - y3) - p->lapse[2][b] * y3 - en * y3;
        MOVE(s[0][b], v[0][b], -learned - en * (u - 1)) MOVE(s[1][b], v[1][b], learned - done - en * q)
        MOVE(s[2][b], v[2][b], done - en * e) MOVE(s[3][b], v[3][b], r1) MOVE(s[4][b], v[4][b], r2) MOVE(s[5][b], v[5][b], r3)
        MOVE(s[6][b], v[6][b], ue)
        double E = s[2][b], i1 = 1 / fmax(E, 1e-300);
        adopters[k][b] += n * E * (1 - (1 - s[3][b] * i1) * (1 - s[4][b] * i1) * (1 - s[5][b] * i1));
        aware[j * Z + z][b] += n * s[1][b]; units[j][b] += z >= 2 ? n * s[6][b] : 0; } }
    for (int z = 0; z < Z; z++) EACH MOVE(G[z][b], dG[z][b], m.outreach * p->reach[z][b] / (p->contact[b] * reached[b]) - p->decay[b] * G[z][b])
    for (int r = 0; r < regions; r++) EACH MOVE(T[r][b], dT[r][b], fmin(p->office_rate[b] * m.training, 1 / p->office_time[b]) * (1 - T[r][b]) - p->office_loss[b] * T[r][b])
    EACH { double models = m.support * (1 - m.open * p->grant[b]);
      double g = fmin(p->per_training[b] * m.providers + p->per_network[b] * m.network, p->provider_ceiling[b] / p->provider_build[b]);
      MOVE(N[0][b], dN[0][b], fmin(m.database / p->database_cost[b], 1 / p->database_build[b]) * (1 - N[0][b]) - p->database_decay[b] * N[0][b])
      MOVE(N[1][b], dN[1][b], models / p->demo_cost[b] - p->demo_decay[b] * N[1][b])
      MOVE(N[2][b], dN[2][b], g * (1 - N[2][b] / p->provider_ceiling[b]) - p->provider_loss[b] * N[2][b]) }
  }
  EACH out[0][b] = out[1][b] = out[2][b] = 0;
  for (int c = 0; c < cells; c++) EACH { row *s = x + 7 * c; out[0][b] += n0[c] * (s[1][b] + s[2][b]); out[1][b] += n0[c] * s[2][b]; out[2][b] += n0[c] * s[3][b]; }
}

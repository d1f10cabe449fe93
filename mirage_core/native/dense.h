/* Every readout of a tile, symbol by symbol: where most are in doubt, or remembered. Part of body.h. */

#define SOON 2 /* multipliers after which numbers are needed that are asked for */

/* Sums of every streamed mantissa at every multiplier, of BATCH rows from `row` on, in grid steps of
 * log amplitudes and phase: (J, X, 3, rows). What is in front of the digits goes with the first. */
static __attribute__((noinline)) void NAME(build_sums)(const NAME(Tile) *t, int64_t row, int32_t *sums) {
    const Arrays *a = t->arrays;
    const int64_t J = a->length, X = a->mantissas;
    const int64_t rows = t->lanes - row < BATCH ? t->lanes - row : BATCH;
    int32_t of_code[1 << (MIRAGE_SLOTS - 1)][3 * BATCH] ALIGNED;
    int32_t of_digit[MIRAGE_SLOTS][3 * BATCH] ALIGNED;
    memset(of_digit, 0, sizeof of_digit);
    for (int64_t j = 0; j < J; j++) {
        for (int64_t r = 0; r < rows && j + SOON < J; r++) {
            const int64_t soon = t->entry[(row + r) * J + j + SOON];
            __builtin_prefetch(a->amplitude + soon * 2 * MIRAGE_SLOTS, 0, 3);
            __builtin_prefetch(a->hot + soon, 0, 3);
        }
        for (int64_t r = 0; r < rows; r++) {
            const int64_t i = (row + r) * J + j;
            const int32_t *each = a->amplitude + (int64_t)t->entry[i] * 2 * MIRAGE_SLOTS;
            for (int d = 0; d < MIRAGE_SLOTS; d++) {
                for (int q = 0; q < 2; q++) of_digit[d][q * BATCH + r] = each[q * MIRAGE_SLOTS + d];
                of_digit[d][2 * BATCH + r] = a->hot[t->entry[i]].phase[d];
            }
            const int32_t *warmed = t->warmed + i * 2 * MIRAGE_SLOTS;
            for (int d = 0; d < MIRAGE_SLOTS && t->warms; d++)
                for (int q = 0; q < 2; q++)
                    of_digit[d][q * BATCH + r] += warmed[q * MIRAGE_SLOTS + d];
            for (int d = 0; d < MIRAGE_SLOTS && t->turns; d++)
                of_digit[d][2 * BATCH + r] += t->turned[i * MIRAGE_SLOTS + d];
        }
        for (int64_t r = 0; r < rows && j == 0; r++)
            for (int q = 0; q < 3; q++) of_digit[0][q * BATCH + r] += t->input[row + r][q];
        memcpy(of_code[0], of_digit[0], sizeof of_code[0]);
        for (int64_t i = 0; i < a->chain_count; i++) {
            const int32_t code = a->chain[3 * i], added = a->chain[3 * i + 1];
            if (!code) continue;
            const int32_t *before = of_code[code & ~(1 << added)], *more = of_digit[1 + added];
            int32_t *to = of_code[code];
            for (int k = 0; k < 3 * BATCH; k++) to[k] = before[k] + more[k];
        }
        for (int64_t x = 0; x < X; x++)
            memcpy(sums + (j * X + x) * 3 * BATCH, of_code[a->code[x]], sizeof of_code[0]);
    }
}

/* Symbols' noise of laser and clock, BATCH of them from number `from` of a run on. */
static void NAME(draw_shared)(const NAME(Tile) *t, const Product *p, int64_t from,
                              double shared[3][BATCH]) {
    uint32_t vector[BATCH] ALIGNED, tile[BATCH] ALIGNED;
    double unused[BATCH];
    for (int64_t s = 0; s < BATCH; s++) {
        /* Before the first symbol the receiver has settled on it. */
        vector[s] = (uint32_t)(p->row_offset + (from + s > 0 ? from + s : 0));
        tile[s] = (uint32_t)t->number;
    }
    NAME(symbol_normals)(vector, tile, t->keys[2], shared[0], shared[1]);
    if (t->arrays->depth && t->arrays->jitter_s > 0.0)
        NAME(symbol_normals)(vector, tile, t->keys[3], shared[2], unused);
    else memset(shared[2], 0, sizeof shared[2]);
}

/* Currents at the sampling instant from those of the present symbol and the ones before. */
static inline void NAME(sample)(const Arrays *a, double past[MIRAGE_DEPTH][2][BATCH], int64_t now,
                                double jitter, double current_a[2][BATCH]) {
    const int64_t kept = a->depth + 1;
    if (!a->depth) return;
    for (int q = 0; q < 2; q++) {
        double level[BATCH] = {0}, slope[BATCH] = {0};
        for (int64_t n = 0; n < kept; n++) {
            const double *each = past[(now + kept - n) % kept][q];
            const double tap = a->taps[n], rise = a->slopes[n];
            for (int s = 0; s < BATCH; s++) level[s] += tap * each[s], slope[s] += rise * each[s];
        }
        for (int s = 0; s < BATCH; s++)
            current_a[q][s] = level[s] + a->jitter_s * slope[s] * jitter;
    }
}

/* What BATCH rows multiply by, to be multiplied by a symbol's mantissas, four at a time. */
typedef struct {
    int64_t quads;
    int8_t of[(MIRAGE_LONGEST + 3) / 4][4 * BATCH] ALIGNED;
    int32_t start[BATCH] ALIGNED; /* dot products with -128 */
} NAME(Columns);

static void NAME(take_columns)(const NAME(Tile) *t, const Product *p, int64_t row, NAME(Columns) *c) {
    const int64_t J = t->arrays->length;
    c->quads = (J + 3) / 4;
    memset(c->of, 0, (size_t)c->quads * sizeof c->of[0]), memset(c->start, 0, sizeof c->start);
    for (int64_t s = 0; s < BATCH && row + s < t->lanes; s++) {
        const int8_t *w = p->w + (t->group * p->stationary + t->first + row + s) * J;
        for (int64_t j = 0; j < J; j++) c->of[j / 4][4 * s + j % 4] = w[j], c->start[s] -= 128 * w[j];
    }
}

/* Dot products of a symbol with BATCH rows. */
static inline void NAME(dots)(const NAME(Columns) *c, const int8_t *x, int64_t J, int32_t *dot) {
#if defined(MIRAGE_AVX512)
    __m512i sum = _mm512_load_si512(c->start);
#else
    memset(dot, 0, BATCH * sizeof *dot);
#endif
    for (int64_t q = 0; q < c->quads; q++) {
        int8_t four[4] = {0};
        if (4 * q + 4 <= J) memcpy(four, x + 4 * q, 4);
        else memcpy(four, x + 4 * q, (size_t)(J - 4 * q));
#if defined(MIRAGE_AVX512)
        uint32_t word;
        memcpy(&word, four, 4);
        /* 128 more than the mantissas have no sign. */
        sum = _mm512_dpbusd_epi32(sum, _mm512_set1_epi32((int32_t)(word ^ 0x80808080u)),
                                  _mm512_load_si512(c->of[q]));
#else
        for (int s = 0; s < BATCH; s++)
            for (int i = 0; i < 4; i++) dot[s] += four[i] * c->of[q][4 * s + i];
#endif
    }
#if defined(MIRAGE_AVX512)
    _mm512_store_si512(dot, sum);
#endif
}

/* BATCH rows of a tile: sums of their mantissas, and what is multiplied. */
typedef struct {
    int64_t row, count;
    const int32_t *sums;
    NAME(Columns) columns;
} NAME(Rows);

typedef int32_t NAME(lanes) __attribute__((vector_size(4 * BATCH), may_alias));

/* Log amplitudes and phase in grid steps of a symbol in all rows, and dot products. */
static inline void NAME(add_up)(const NAME(Tile) *t, const NAME(Rows) *k, const int8_t *x,
                                int32_t sum[4][BATCH]) {
    const Arrays *a = t->arrays;
    const int64_t J = a->length, X = a->mantissas;
    const NAME(lanes) *sums = (const NAME(lanes) *)k->sums - 3 * a->least;
    NAME(lanes) plus = {0}, minus = {0}, phase = {0};
    for (int64_t j = 0; j < J; j++, sums += 3 * X) {
        const NAME(lanes) *each = sums + 3 * (int64_t)x[j];
        plus += each[0], minus += each[1], phase += each[2];
    }
    memcpy(sum[0], &plus, sizeof plus), memcpy(sum[1], &minus, sizeof minus);
    memcpy(sum[2], &phase, sizeof phase);
    NAME(dots)(&k->columns, x, J, sum[3]);
}

/* Leading bytes and further words of the readouts of a symbol; `drawn` says of which eight symbols
 * there are leading bytes already. */
static inline void NAME(draw_rows)(const NAME(Tile) *t, const NAME(Rows) *k, uint32_t vector,
                                   int64_t *drawn, uint8_t leading[AHEAD][MIRAGE_LANES],
                                   uint32_t *lead, uint32_t words[4][BATCH]) {
    const int64_t quads = (t->arrays->rows + 3) / 4;
    const uint32_t base = (uint32_t)(t->number * quads * 4 + t->array_row + k->row);
    uint32_t first[BATCH] ALIGNED, second[BATCH] ALIGNED;
    if (vector / AHEAD != *drawn) {
        *drawn = vector / AHEAD;
        NAME(leading)((uint32_t)*drawn, (uint32_t)(t->number * quads + t->array_row / 4), t->keys[0],
                      leading);
    }
    for (int s = 0; s < BATCH; s++) {
        first[s] = vector, second[s] = base + (uint32_t)s;
        lead[s] = leading[vector % AHEAD][k->row + s];
    }
    NAME(philox_batch)(first, second, t->keys[1], words);
}

/* Decide the readouts of vectors `from` ... `to` in double precision. */
static void NAME(dense_exactly)(const NAME(Tile) *t, const Product *p, const NAME(Rows) *k,
                                int64_t from, int64_t to, int16_t *all) {
    const Arrays *a = t->arrays;
    const int64_t J = a->length, kept = a->depth + 1;
    NAME(Batch) b;
    double past[MIRAGE_DEPTH][2][BATCH], shared[3][BATCH];
    uint8_t leading[AHEAD][MIRAGE_LANES] ALIGNED;
    int64_t drawn = -1;
    for (int64_t s = 0; s < BATCH; s++) {
        const int64_t r = k->row + (s < k->count ? s : 0);
        NAME(set_line)(&b, s, a->line + (t->line + r) * MIRAGE_LINE);
    }
    for (int64_t i = from - a->depth; i < to; i++) {
        const int64_t n = i > 0 ? i : 0, step = i - from + a->depth;
        const int64_t symbol = t->group * p->streamed + n, lost = NAME(lost)(a, p->x + symbol * J);
        const double full = t->reading->full_scale ? t->reading->full_scale[symbol] : 0.0;
        uint32_t words[4][BATCH] ALIGNED, lead[BATCH];
        double normal[2][BATCH];
        int32_t decided[BATCH];
        if (step % BATCH == 0) NAME(draw_shared)(t, p, i, shared);
        NAME(add_up)(t, k, p->x + symbol * J, b.sum);
        for (int s = 0; s < BATCH; s++) b.lost[s] = lost, b.full[s] = full;
        for (int s = 0; s < BATCH; s++) b.intensity[s] = shared[0][step % BATCH];
        for (int s = 0; s < BATCH; s++) b.turned[s] = shared[1][step % BATCH];
        NAME(detect)(a, &b);
        if (a->depth) memcpy(past[step % kept], b.current_a, sizeof b.current_a);
        if (i < from) continue;
        NAME(sample)(a, past, step % kept, shared[2][step % BATCH], b.current_a);
        NAME(draw_rows)(t, k, (uint32_t)(p->row_offset + n), &drawn, leading, lead, words);
        NAME(normals)(lead, words, normal[0], normal[1]);
        NAME(digitize)(a, &b, normal, k->count, decided);
        for (int64_t s = 0; s < k->count; s++)
            all[(n - from) * MIRAGE_LANES + k->row + s] = (int16_t)decided[s];
    }
}

/* Every readout of a tile, symbol by symbol: where most are in doubt, or remembered. Part of body.h. */

/* Sums of every streamed mantissa at every multiplier, of BATCH rows from `row` on, in grid steps of
 * log amplitudes and phase: (J, X, 3, rows). */
static void NAME(build_sums)(const NAME(Tile) *t, int64_t row, int32_t *sums) {
    const Arrays *a = t->arrays;
    const int64_t J = a->length, X = a->mantissas;
    const int64_t rows = t->lanes - row < BATCH ? t->lanes - row : BATCH;
    int32_t of_code[1 << (MIRAGE_SLOTS - 1)][3 * BATCH] ALIGNED;
    int32_t of_digit[MIRAGE_SLOTS][3 * BATCH] ALIGNED;
    memset(of_digit, 0, sizeof of_digit);
    for (int64_t j = 0; j < J; j++) {
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

/* What the receiver is given of a symbol in BATCH rows from `row` on. */
static inline void NAME(add_up)(const NAME(Tile) *t, const Product *p, int64_t row, int64_t symbol,
                                const int32_t *sums, int16_t columns[][BATCH], NAME(Batch) *b) {
    const Arrays *a = t->arrays;
    const int64_t J = a->length, X = a->mantissas;
    const int8_t *x = p->x + symbol * J;
    int32_t sum[3 * BATCH] ALIGNED, dot[BATCH] ALIGNED;
    memset(sum, 0, sizeof sum), memset(dot, 0, sizeof dot);
    for (int64_t j = 0; j < J; j++) {
        const int32_t *each = sums + (j * X + x[j] - a->least) * 3 * BATCH;
        const int32_t times = x[j];
        for (int k = 0; k < 3 * BATCH; k++) sum[k] += each[k];
        for (int s = 0; s < BATCH; s++) dot[s] += times * columns[j][s];
    }
    for (int s = 0; s < BATCH; s++) {
        for (int q = 0; q < 3; q++) b->sum[q][s] = sum[q * BATCH + s] + t->input[row + s][q];
        b->sum[3][s] = dot[s];
    }
    const int64_t lost = NAME(lost)(a, x);
    const double full = t->reading->full_scale ? t->reading->full_scale[symbol] : 0.0;
    for (int s = 0; s < BATCH; s++) b->lost[s] = lost, b->full[s] = full;
}

/* Decide the readouts of BATCH rows from `row` on, of vectors `from` ... `to`. */
static void NAME(dense_rows)(const NAME(Tile) *t, const Product *p, int64_t row, int64_t from,
                             int64_t to, int32_t *sums, NAME(Found) *out) {
    const Arrays *a = t->arrays;
    const int64_t J = a->length, kept = a->depth + 1, quads = (a->rows + 3) / 4;
    const int64_t count = t->lanes - row < BATCH ? t->lanes - row : BATCH;
    const uint32_t base = (uint32_t)(t->number * quads * 4 + t->array_row + row);
    NAME(Batch) b;
    double past[MIRAGE_DEPTH][2][BATCH], shared[3][BATCH];
    uint8_t lead[AHEAD][MIRAGE_LANES] ALIGNED;
    int16_t columns[MIRAGE_LONGEST][BATCH] ALIGNED;
    int64_t drawn = -1;
    NAME(build_sums)(t, row, sums);
    for (int64_t s = 0; s < BATCH; s++) {
        const int64_t r = row + (s < count ? s : 0);
        const int8_t *w = p->w + (t->group * p->stationary + t->first + r) * J;
        NAME(set_line)(&b, s, a->line + (t->line + r) * MIRAGE_LINE);
        for (int64_t j = 0; j < J; j++) columns[j][s] = w[j];
    }
    for (int64_t i = from - a->depth; i < to; i++) {
        const int64_t n = i > 0 ? i : 0, step = i - from + a->depth, vector = p->row_offset + n;
        uint32_t first[BATCH] ALIGNED, second[BATCH] ALIGNED, words[4][BATCH] ALIGNED, byte[BATCH];
        double normal[2][BATCH];
        int32_t decided[BATCH];
        if (step % BATCH == 0) NAME(draw_shared)(t, p, i, shared);
        NAME(add_up)(t, p, row, t->group * p->streamed + n, sums, columns, &b);
        for (int s = 0; s < BATCH; s++) b.intensity[s] = shared[0][step % BATCH];
        for (int s = 0; s < BATCH; s++) b.turned[s] = shared[1][step % BATCH];
        NAME(detect)(a, &b);
        if (a->depth) memcpy(past[step % kept], b.current_a, sizeof b.current_a);
        if (i < from) continue;
        NAME(sample)(a, past, step % kept, shared[2][step % BATCH], b.current_a);
        if (vector / AHEAD != drawn) {
            drawn = vector / AHEAD;
            NAME(leading)((uint32_t)drawn, (uint32_t)(t->number * quads + t->array_row / 4),
                          t->keys[0], lead);
        }
        for (int s = 0; s < BATCH; s++) {
            first[s] = (uint32_t)vector, second[s] = base + (uint32_t)s;
            byte[s] = lead[vector % AHEAD][row + s];
        }
        NAME(philox_batch)(first, second, t->keys[1], words);
        NAME(normals)(byte, words, normal[0], normal[1]);
        NAME(digitize)(a, &b, normal, count, decided);
        for (int64_t s = 0; s < count; s++)
            if (decided[s] != b.sent[s]) NAME(push)(out, (int32_t)n, row + s, decided[s]);
    }
    out->evaluated += count * (to - from);
}

/* In order of vectors, then rows: two lists, of one half of the rows and of the other, as one. */
static void NAME(merge)(NAME(Found) *out, int64_t middle, NAME(List) *spare) {
    NAME(List) *list = out->list, merged = *spare;
    int64_t low = 0, high = middle;
    if (middle == 0 || middle == list->count) return;
    merged.count = 0;
    NAME(Found) into = {&merged, 0, NULL, NULL, 0, 0};
    while (low < middle || high < list->count) {
        const int first = high == list->count ||
                          (low < middle && list->wrong[low].vector <= list->wrong[high].vector);
        const NAME(Wrong) *one = list->wrong + (first ? low++ : high++);
        NAME(push)(&into, one->vector, one->lane, one->decided);
    }
    *spare = *list, *list = merged;
    out->failed |= into.failed;
}

/* Decide all readouts of vectors `from` ... `to`; `sums` has room for those of BATCH rows. */
static void NAME(dense_tile)(const NAME(Tile) *t, const Product *p, int64_t from, int64_t to,
                             int32_t *sums, NAME(List) *spare, NAME(Found) *out) {
    NAME(dense_rows)(t, p, 0, from, to, sums, out);
    const int64_t middle = out->list->count;
    if (t->lanes <= BATCH) return;
    NAME(dense_rows)(t, p, BATCH, from, to, sums, out);
    NAME(merge)(out, middle, spare);
}

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

/* BATCH rows of a tile: sums of their mantissas, and what is multiplied, as pairs for 16 bits. */
typedef struct {
    int64_t row, count;
    const int32_t *sums;
    int16_t columns[MIRAGE_LONGEST / 2][2 * BATCH] ALIGNED;
} NAME(Rows);

static void NAME(take_rows)(const NAME(Tile) *t, const Product *p, int64_t row, int32_t *sums,
                            NAME(Rows) *k) {
    const int64_t J = t->arrays->length;
    k->row = row, k->sums = sums;
    k->count = t->lanes - row < BATCH ? t->lanes - row : BATCH;
    NAME(build_sums)(t, row, sums);
    memset(k->columns, 0, (size_t)(J + 1) / 2 * sizeof k->columns[0]);
    for (int64_t s = 0; s < BATCH; s++) {
        const int64_t r = row + (s < k->count ? s : 0);
        const int8_t *w = p->w + (t->group * p->stationary + t->first + r) * J;
        for (int64_t j = 0; j < J; j++) k->columns[j / 2][2 * s + j % 2] = w[j];
    }
}

typedef int32_t NAME(lanes) __attribute__((vector_size(4 * BATCH), may_alias));

/* Log amplitudes and phase in grid steps of a symbol in all rows, and dot products. */
static inline void NAME(add_up)(const NAME(Tile) *t, const NAME(Rows) *k, const int8_t *x,
                                int32_t sum[4][BATCH]) {
    const Arrays *a = t->arrays;
    const int64_t J = a->length, X = a->mantissas;
    const NAME(lanes) *sums = (const NAME(lanes) *)k->sums - 3 * a->least;
    NAME(lanes) plus = {0}, minus = {0}, phase = {0}, dot = {0};
    for (int64_t j = 0; j < J; j++, sums += 3 * X) {
        const NAME(lanes) *each = sums + 3 * x[j];
        plus += each[0], minus += each[1], phase += each[2];
    }
    for (int64_t j = 0; j < J; j += 2) {
        const int16_t *pair = k->columns[j / 2];
        const int32_t first = x[j], second = j + 1 < J ? x[j + 1] : 0;
#if defined(MIRAGE_AVX512)
        const __m512i both = _mm512_set1_epi32((int32_t)((uint32_t)second << 16 | (first & 0xFFFF)));
        dot += (NAME(lanes))_mm512_madd_epi16(both, _mm512_load_si512(pair));
#else
        int32_t *into = (int32_t *)&dot;
        for (int s = 0; s < BATCH; s++) into[s] += first * pair[2 * s] + second * pair[2 * s + 1];
#endif
    }
    memcpy(sum[0], &plus, sizeof plus), memcpy(sum[1], &minus, sizeof minus);
    memcpy(sum[2], &phase, sizeof phase), memcpy(sum[3], &dot, sizeof dot);
    for (int s = 0; s < BATCH; s++)
        for (int q = 0; q < 3; q++) sum[q][s] += t->input[k->row + s][q];
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

/* Keep what is decided otherwise than sent of the rows at one vector. */
static inline void NAME(push_rows)(NAME(Found) *out, const NAME(Rows) *k, int64_t n,
                                   const int32_t *decided, const int32_t *sent) {
    if (!NAME(make_room)(out, BATCH)) return;
    NAME(Wrong) *to = out->list->wrong + out->list->count;
    for (int64_t s = 0; s < k->count; s++) {
        to->vector = (int32_t)n, to->lane = (int16_t)(k->row + s), to->decided = (int16_t)decided[s];
        to += decided[s] != sent[s];
    }
    out->list->count = to - out->list->wrong;
}

/* Decide the readouts of vectors `from` ... `to` in double precision. */
static void NAME(dense_exactly)(const NAME(Tile) *t, const Product *p, const NAME(Rows) *k,
                                int64_t from, int64_t to, NAME(Found) *out) {
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
        NAME(push_rows)(out, k, n, decided, b.sent);
    }
}

/* What BATCH symbols from number `from` of a run on are read with. */
typedef struct {
    float power[BATCH], turned[BATCH], jitter[BATCH], scale[BATCH], common[2][BATCH];
} NAME(Symbols);

static void NAME(coarse_symbols)(const NAME(Tile) *t, const Product *p, const NAME(Common) *c,
                                 int64_t from, int64_t last, NAME(Symbols) *found) {
    const Arrays *a = t->arrays;
    double shared[3][BATCH];
    int64_t lost[BATCH];
    float full[BATCH];
    NAME(draw_shared)(t, p, from, shared);
    for (int64_t s = 0; s < BATCH; s++) {
        const int64_t i = from + s < last ? from + s : last;
        const int64_t symbol = t->group * p->streamed + (i > 0 ? i : 0);
        lost[s] = NAME(lost)(a, p->x + symbol * a->length);
        full[s] = t->reading->full_scale ? (float)t->reading->full_scale[symbol] : 0.0f;
        const double power = 1.0 + a->intensity_rms * shared[0][s];
        found->power[s] = (float)(power > 0.0 ? power : 0.0);
        found->turned[s] =
            (float)(shared[1][s] * a->phase_rms[a->phase_rms_count > 1 ? lost[s] >> 40 : 0]);
        found->jitter[s] = (float)(shared[2][s] * a->jitter_s);
    }
    NAME(coarse_setting)(c, lost, full, found->scale, found->common);
}

/* As sample, of currents in codes. */
static inline void NAME(coarse_sample)(const Arrays *a, float past[MIRAGE_DEPTH][2][BATCH], int64_t now,
                                       float jitter, float current[2][BATCH]) {
    const int64_t kept = a->depth + 1;
    float level[2][BATCH] = {{0.0f}}, slope[2][BATCH] = {{0.0f}};
    for (int64_t n = 0; n < kept; n++) {
        const float(*each)[BATCH] = past[(now + kept - n) % kept];
        const float tap = (float)a->taps[n], rise = (float)a->slopes[n];
        for (int q = 0; q < 2; q++)
            for (int s = 0; s < BATCH; s++) level[q][s] = MULTIPLY_ADD(tap, each[q][s], level[q][s]);
        for (int q = 0; q < 2 && jitter != 0.0f; q++)
            for (int s = 0; s < BATCH; s++) slope[q][s] = MULTIPLY_ADD(rise, each[q][s], slope[q][s]);
    }
    for (int q = 0; q < 2; q++)
        for (int s = 0; s < BATCH; s++)
            current[q][s] = MULTIPLY_ADD(jitter, slope[q][s], level[q][s]);
}

/* Decide the readouts of vectors `from` ... `to` in single precision, and again in double the symbols
 * of which it leaves one open. */
static void NAME(dense_coarsely)(const NAME(Tile) *t, const Product *p, const NAME(Rows) *k,
                                 int64_t from, int64_t to, NAME(Found) *out) {
    const Arrays *a = t->arrays;
    const int64_t kept = a->depth + 1;
    const NAME(Common) c = NAME(common_of)(a);
    NAME(Coarse) b;
    NAME(Symbols) symbols;
    float past[MIRAGE_DEPTH][2][BATCH], most[BATCH] = {0.0f};
    int32_t lane[BATCH] ALIGNED, unsure[BATCH] = {0};
    uint8_t leading[AHEAD][MIRAGE_LANES] ALIGNED;
    int64_t drawn = -1;
    for (int64_t s = 0; s < BATCH; s++) lane[s] = (int32_t)(k->row + (s < k->count ? s : 0));
    NAME(gather_rows)(t, lane, &b);
    for (int64_t i = from - a->depth; i < to; i++) {
        const int64_t n = i > 0 ? i : 0, step = i - from + a->depth, at = step % BATCH;
        uint32_t words[4][BATCH] ALIGNED, lead[BATCH];
        if (at == 0) NAME(coarse_symbols)(t, p, &c, i, to - 1, &symbols);
        NAME(add_up)(t, k, p->x + (t->group * p->streamed + n) * a->length, b.sum);
        for (int s = 0; s < BATCH; s++) b.power[s] = symbols.power[at], b.turned[s] = symbols.turned[at];
        NAME(coarse_detect)(&c, &b);
        if (a->depth) {
            /* What was open stays so, and bounds are those of the most light so far. */
            for (int s = 0; s < BATCH; s++) b.open[s] = unsure[s] |= b.open[s];
            for (int s = 0; s < BATCH; s++)
                b.bulk[s] = most[s] = b.bulk[s] > most[s] ? b.bulk[s] : most[s];
            memcpy(past[step % kept], b.current, sizeof b.current);
            if (i < from) continue;
            NAME(coarse_sample)(a, past, step % kept, symbols.jitter[at], b.current);
        }
        NAME(draw_rows)(t, k, (uint32_t)(p->row_offset + n), &drawn, leading, lead, words);
        NAME(coarse_normals)(lead, words, b.radius, b.normal[0], b.normal[1], b.open);
        for (int s = 0; s < BATCH; s++) b.scale[s] = symbols.scale[at];
        for (int q = 0; q < 2; q++)
            for (int s = 0; s < BATCH; s++) b.common[q][s] = symbols.common[q][at];
        NAME(coarse_digitize)(a, &c, &b);
        int32_t any = 0;
        for (int s = 0; s < BATCH; s++) any |= b.open[s];
        if (any) {
            NAME(close_alike)(a, &c, &b);
            any = 0;
            for (int s = 0; s < BATCH; s++) any |= b.open[s];
        }
        if (any) NAME(dense_exactly)(t, p, k, n, n + 1, out);
        else NAME(push_rows)(out, k, n, b.decided, b.sent);
    }
}

/* Decide the readouts of BATCH rows from `row` on, of vectors `from` ... `to`. */
static void NAME(dense_rows)(const NAME(Tile) *t, const Product *p, int64_t row, int64_t from,
                             int64_t to, int32_t *sums, NAME(Found) *out) {
    NAME(Rows) k;
    NAME(take_rows)(t, p, row, sums, &k);
    if (t->arrays->coarse) NAME(dense_coarsely)(t, p, &k, from, to, out);
    else NAME(dense_exactly)(t, p, &k, from, to, out);
    out->evaluated += k.count * (to - from);
}

/* In order of vectors, then rows: two lists, of one half of the rows and of the other, as one. */
static void NAME(merge)(NAME(Found) *out, int64_t middle, NAME(List) *spare) {
    NAME(List) *list = out->list, merged = *spare;
    int64_t low = 0, high = middle;
    if (middle == 0 || middle == list->count) return;
    merged.count = 0;
    NAME(Found) into = {.list = &merged};
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

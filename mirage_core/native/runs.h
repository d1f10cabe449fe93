/* Every readout of a tile in single precision, a block of AHEAD symbols of BATCH rows at a time; what that
 * leaves open is gathered and decided in double. Part of body.h. */

/* What symbols are read with, and how far what they are made of is off: BATCH of them from `from` on. */
typedef struct {
    int64_t from;
    float power[BATCH], turned[BATCH], scale[BATCH], common[2][BATCH];
    float taps[MIRAGE_DEPTH][BATCH]; /* of earlier symbols, at the instant when they are sampled */
    int32_t open[BATCH] ALIGNED;
} NAME(Symbols);

static __attribute__((noinline)) void NAME(coarse_symbols)(const NAME(Tile) *t, const Product *p, const NAME(Common) *c,
                                 int64_t from, int64_t last, NAME(Symbols) *y) {
    const Arrays *a = t->arrays;
    uint32_t vector[BATCH] ALIGNED;
    int64_t lost[BATCH];
    float full[BATCH], jitter[BATCH];
    y->from = from;
    for (int64_t s = 0; s < BATCH; s++) {
        const int64_t i = from + s < last ? from + s : last;
        /* Before the first symbol the receiver has settled on it. */
        const int64_t n = i > 0 ? i : 0, symbol = t->group * p->streamed + n;
        vector[s] = (uint32_t)(p->row_offset + n);
        lost[s] = NAME(lost)(a, p->x + symbol * a->length);
        full[s] = t->reading->full_scale ? (float)t->reading->full_scale[symbol] : 0.0f;
        y->open[s] = 0;
    }
    NAME(coarse_laser)(t, c, vector, lost, y->power, y->turned, y->open);
    NAME(coarse_clock)(t, vector, jitter, y->open);
    for (int64_t n = 0; n <= a->depth; n++) {
        const float tap = (float)a->taps[n], rise = (float)(a->jitter_s * a->slopes[n]);
        for (int s = 0; s < BATCH; s++) y->taps[n][s] = MULTIPLY_ADD(rise, jitter[s], tap);
    }
    NAME(coarse_setting)(c, lost, full, y->scale, y->common);
}

/* A run of symbols, read by BATCH rows. */
typedef struct {
    const NAME(Tile) *tile;
    const Product *product;
    const NAME(Rows) *rows;
    int64_t from;                /* the first symbol */
    int16_t *all;                /* what they are decided as, by symbol and lane of the tile */
    NAME(Common) common;
    NAME(Quadratures) quadratures ALIGNED;
    NAME(Coarse) block[AHEAD];
    float past[MIRAGE_DEPTH + AHEAD][2][BATCH]; /* currents: of earlier symbols, then of the block */
    float most[BATCH];           /* light so far */
    int32_t unsure[BATCH];       /* symbols that are open yet, since they remember one that was */
    NAME(Suspect) suspects[BATCH];
    int64_t count;
} NAME(Run);

/* Decide what is open in double precision. */
static void NAME(decide_open)(NAME(Run) *u) {
    NAME(Batch) b;
    int32_t decided[BATCH];
    if (!u->count) return;
    NAME(draw_whole)(u->tile, u->product, u->suspects, u->count);
    NAME(evaluate)(u->tile, u->product, u->suspects, u->count, u->tile->arrays->depth, &b, decided);
    for (int64_t s = 0; s < u->count; s++) {
        const NAME(Suspect) *one = u->suspects + s;
        u->all[(one->vector - u->from) * MIRAGE_LANES + one->lane] = (int16_t)decided[s];
    }
    u->count = 0;
}

/* Settled currents of `count` symbols from `first` on. */
static __attribute__((noinline)) void NAME(detect_block)(NAME(Run) *u, const NAME(Symbols) *y, int64_t first, int64_t count) {
    const NAME(Tile) *t = u->tile;
    const Product *p = u->product;
    const int8_t *x = p->x + t->group * p->streamed * p->length;
    for (int64_t k = 0; k < count; k++) {
        const int64_t n = first + k > 0 ? first + k : 0;
        NAME(add_up)(t, u->rows, x + n * p->length, u->block[k].sum);
    }
    for (int64_t k = 0; k < count; k++) {
        NAME(Coarse) *b = u->block + k;
        const int64_t at = first + k - y->from;
        for (int s = 0; s < BATCH; s++) b->power[s] = y->power[at], b->turned[s] = y->turned[at];
        NAME(coarse_detect)(&u->common, &u->quadratures, b);
        for (int s = 0; s < BATCH; s++) b->open[s] |= y->open[at];
    }
}

/* Currents when they are sampled, of symbols that remember others. */
static __attribute__((noinline)) void NAME(sample_block)(NAME(Run) *u, const NAME(Symbols) *y, int64_t first, int64_t count) {
    const int64_t depth = u->tile->arrays->depth;
    const int32_t remembered = (int32_t)depth + 1;
    for (int64_t k = 0; k < count; k++) {
        NAME(Coarse) *b = u->block + k;
        /* Bounds are those of the most light so far. */
        for (int s = 0; s < BATCH; s++) {
            const int32_t unsure = b->open[s] ? remembered : u->unsure[s];
            b->open[s] = unsure > 0, u->unsure[s] = unsure - (unsure > 0);
            b->bulk[s] = u->most[s] = b->bulk[s] > u->most[s] ? b->bulk[s] : u->most[s];
        }
        memcpy(u->past[depth + k], b->current, sizeof b->current);
        float sum[2][BATCH] = {{0.0f}};
        for (int64_t n = 0; n <= depth; n++) {
            const float tap = y->taps[n][first + k - y->from];
            const float(*each)[BATCH] = (const float(*)[BATCH])u->past[depth + k - n];
            for (int q = 0; q < 2; q++)
                for (int s = 0; s < BATCH; s++) sum[q][s] = MULTIPLY_ADD(tap, each[q][s], sum[q][s]);
        }
        memcpy(b->current, sum, sizeof sum);
    }
    memmove(u->past[0], u->past[count], (size_t)depth * sizeof u->past[0]);
}

/* Noise of the readouts of a block. */
static __attribute__((noinline)) void NAME(draw_block)(NAME(Run) *u, int64_t first, int64_t count) {
    const NAME(Tile) *t = u->tile;
    const int64_t quads = (t->arrays->rows + 3) / 4;
    const uint32_t vector = (uint32_t)(u->product->row_offset + first);
    const uint32_t base = (uint32_t)(t->number * quads * 4 + t->array_row + u->rows->row);
    uint8_t leading[AHEAD][MIRAGE_LANES] ALIGNED;
    uint32_t words[AHEAD][4][BATCH] ALIGNED;
    NAME(leading)(vector / AHEAD, (uint32_t)(t->number * quads + t->array_row / 4), t->keys[0], leading);
    for (int64_t k = 0; k < count; k++) {
        uint32_t symbol[BATCH] ALIGNED, row[BATCH] ALIGNED;
        for (int s = 0; s < BATCH; s++)
            symbol[s] = vector + (uint32_t)k, row[s] = base + (uint32_t)s;
        NAME(philox_batch)(symbol, row, t->keys[1], words[k]);
    }
    for (int64_t k = 0; k < count; k++) {
        NAME(Coarse) *b = u->block + k;
        uint32_t lead[BATCH];
        for (int s = 0; s < BATCH; s++) lead[s] = leading[vector % AHEAD + k][u->rows->row + s];
        NAME(coarse_normals)(lead, words[k], b->radius, b->normal[0], b->normal[1], b->open);
    }
}

/* Decide a block: what is near another code by all that it may be, or in double precision. */
static __attribute__((noinline)) void NAME(decide_block)(NAME(Run) *u, const NAME(Symbols) *y, int64_t first, int64_t count) {
    const Arrays *a = u->tile->arrays;
    const int16_t *table = a->decided;
    for (int64_t k = 0; k < count; k++) {
        NAME(Coarse) *b = u->block + k;
        const int64_t at = first + k - y->from;
        for (int s = 0; s < BATCH; s++) b->scale[s] = y->scale[at];
        for (int q = 0; q < 2; q++)
            for (int s = 0; s < BATCH; s++) b->common[q][s] = y->common[q][at];
        NAME(coarse_digitize)(&u->common, &u->quadratures, b);
    }
    for (int64_t k = 0; k < count; k++) {
        const NAME(Coarse) *b = u->block + k;
        int16_t *to = u->all + (first + k - u->from) * MIRAGE_LANES + u->rows->row;
        for (int s = 0; s < BATCH; s++) to[s] = table[b->index[s]];
        uint32_t open = NAME(bits_of)(b->open) & ((1u << u->rows->count) - 1u);
        for (; open; open &= open - 1) {
            const int s = __builtin_ctz(open);
            const int32_t found = NAME(alike)(a, &u->common, b, s);
            to[s] = (int16_t)found;
            if (found >= 0) continue;
            NAME(Suspect) *one = u->suspects + u->count++;
            one->vector = (int32_t)(first + k), one->lane = (uint8_t)(u->rows->row + s);
            if (u->count == BATCH) NAME(decide_open)(u);
        }
    }
}

/* Decide the readouts of vectors `from` ... `to`. */
static void NAME(dense_coarsely)(const NAME(Tile) *t, const Product *p, const NAME(Rows) *k,
                                 int64_t from, int64_t to, NAME(Found) *out) {
    const Arrays *a = t->arrays;
    NAME(Run) u = {.tile = t, .product = p, .rows = k, .from = from, .all = out->list->all};
    NAME(Symbols) y;
    int32_t lane[BATCH] ALIGNED;
    u.common = NAME(common_of)(a);
    for (int64_t s = 0; s < BATCH; s++) lane[s] = (int32_t)(k->row + (s < k->count ? s : 0));
    NAME(gather_rows)(t, lane, &u.quadratures);
    /* Blocks end where the leading bytes of symbols do that are drawn together. */
    for (int64_t i = from - a->depth, end; i < to; i = end) {
        end = i + AHEAD - ((p->row_offset + i) & (AHEAD - 1));
        end = i < from && end > from ? from : end > to ? to : end;
        if (i == from - a->depth || end > y.from + BATCH) NAME(coarse_symbols)(t, p, &u.common, i, to - 1, &y);
        NAME(fetch)(out, end - i);
        NAME(detect_block)(&u, &y, i, end - i);
        if (a->depth) NAME(sample_block)(&u, &y, i, end - i);
        if (i < from) continue;
        NAME(draw_block)(&u, i, end - i);
        NAME(decide_block)(&u, &y, i, end - i);
    }
    NAME(decide_open)(&u);
}

/* Decide the readouts of BATCH rows from `row` on, of vectors `from` ... `to`. */
static void NAME(dense_rows)(const NAME(Tile) *t, const Product *p, int64_t row, int64_t from,
                             int64_t to, int32_t *sums, NAME(Found) *out) {
    NAME(Rows) k = {row, t->lanes - row < BATCH ? t->lanes - row : BATCH, sums, {0}};
    NAME(build_sums)(t, row, sums);
    NAME(take_columns)(t, p, row, &k.columns);
    if (t->arrays->coarse) NAME(dense_coarsely)(t, p, &k, from, to, out);
    else NAME(dense_exactly)(t, p, &k, from, to, out->list->all);
}

/* Decide all readouts of vectors `from` ... `to`; `sums` has room for those of BATCH rows. */
static void NAME(dense_tile)(const NAME(Tile) *t, const Product *p, int64_t from, int64_t to,
                             int32_t *sums, NAME(Found) *out) {
    NAME(List) *list = out->list;
    const int64_t most = p->part < p->streamed ? p->part : p->streamed;
    if (!list->all) list->all = aligned_alloc(64, (size_t)(most * MIRAGE_LANES) * sizeof *list->all);
    if (!list->all) {
        out->failed = 1;
        return;
    }
    list->whole = 1;
    for (int64_t row = 0; row < t->lanes; row += BATCH)
        NAME(dense_rows)(t, p, row, from, to, sums, out);
    out->evaluated += t->lanes * (to - from);
}

/* Readouts picked from all over a tile, BATCH at a time: in single precision, and in double where that
 * leaves them open. Part of body.h. */

/* Numbers of the rows of readouts, by their lanes in a tile. */
static inline void NAME(gather_rows)(const NAME(Tile) *t, const int32_t *lane, NAME(Coarse) *b) {
    const Arrays *a = t->arrays;
    const int64_t stride = a->units * a->rows + MIRAGE_LANES;
    const float *from = a->coarse + t->line;
    for (int q = 0; q < 2; q++)
        for (int k = 0; k < QUADRATURE; k++, from += stride) {
#if defined(MIRAGE_AVX512)
            const __m512 found = _mm512_permutex2var_ps(_mm512_loadu_ps(from), _mm512_load_si512(lane),
                                                        _mm512_loadu_ps(from + 16));
            _mm512_store_ps(b->row[q][k], found);
#else
            for (int s = 0; s < BATCH; s++) b->row[q][k][s] = from[lane[s]];
#endif
        }
}

/* Noise of the laser in BATCH symbols, by their numbers of vector and tile. */
static inline void NAME(coarse_laser)(const NAME(Tile) *t, const NAME(Common) *c,
                                      const uint32_t *vector, NAME(Coarse) *b, int32_t *open) {
    const Arrays *a = t->arrays;
    uint32_t tile[BATCH] ALIGNED, words[4][BATCH] ALIGNED, low[BATCH];
    float radius[BATCH], first[BATCH], second[BATCH], rms_rad[BATCH];
    for (int s = 0; s < BATCH; s++) tile[s] = (uint32_t)t->number, b->power[s] = 1.0f, b->turned[s] = 0.0f;
    if (a->intensity_rms == 0.0 && a->phase_rms[0] == 0.0 && a->phase_rms_count == 1) return;
    NAME(philox_batch)(vector, tile, t->keys[2], words);
    for (int s = 0; s < BATCH; s++) low[s] = words[1][s] & 255u;
    NAME(coarse_normals)(low, words, radius, first, second, open);
    for (int s = 0; s < BATCH; s++)
        rms_rad[s] = (float)a->phase_rms[a->phase_rms_count > 1 ? b->lost[s] >> 40 : 0];
    for (int s = 0; s < BATCH; s++) {
        const float power = MULTIPLY_ADD(c->intensity_rms, first[s], 1.0f);
        b->power[s] = power > 0.0f ? power : 0.0f, b->turned[s] = rms_rad[s] * second[s];
    }
}

/* Work out `count` readouts of a tile, up to BATCH, in single precision. */
static inline void NAME(evaluate_coarsely)(const NAME(Tile) *t, const Product *p, const NAME(Common) *c,
                                           const NAME(Suspect) *suspects, int64_t count,
                                           NAME(Coarse) *b) {
    const int64_t J = t->arrays->length;
    uint32_t vector[BATCH] ALIGNED, lead[BATCH], words[4][BATCH] ALIGNED;
    int32_t lane[BATCH] ALIGNED, open[BATCH] = {0};
    for (int64_t s = 0; s < BATCH; s++) {
        /* What is worked on together is whole: by the first one again. */
        const NAME(Suspect) *one = suspects + (s < count ? s : 0);
        const int64_t r = one->lane, symbol = t->group * p->streamed + one->vector;
        const int8_t *x = p->x + symbol * J;
        const int8_t *w = p->w + (t->group * p->stationary + t->first + r) * J;
        int32_t sum[4];
        if (J == 16) NAME(sums)(t, w, x, r, 16, sum);
        else NAME(sums)(t, w, x, r, J, sum);
        for (int i = 0; i < 3; i++) b->sum[i][s] = sum[i] + t->input[r][i];
        b->sum[3][s] = sum[3], b->lost[s] = NAME(lost)(t->arrays, x);
        b->full[s] = t->reading->full_scale ? (float)t->reading->full_scale[symbol] : 0.0f;
        vector[s] = (uint32_t)(p->row_offset + one->vector);
        lane[s] = one->lane, lead[s] = one->lead;
        for (int i = 0; i < 3; i++) words[i][s] = one->words[i];
    }
    NAME(gather_rows)(t, lane, b);
    NAME(coarse_laser)(t, c, vector, b, open);
    NAME(coarse_normals)(lead, words, b->radius, b->normal[0], b->normal[1], open);
    NAME(coarse_setting)(c, b->lost, b->full, b->scale, b->common);
    NAME(coarse_detect)(c, b);
    for (int s = 0; s < BATCH; s++) b->open[s] |= open[s];
    NAME(coarse_digitize)(t->arrays, c, b);
}

/* Decide `count` readouts of a tile, up to BATCH; -1 for the reference. */
static void NAME(decide_gathered)(const NAME(Tile) *t, const Product *p, const NAME(Common) *c,
                                  const NAME(Suspect) *suspects, int64_t count, int32_t *decided,
                                  int32_t *sent) {
    NAME(Suspect) left[BATCH];
    NAME(Batch) exact;
    int32_t at[BATCH], again[BATCH];
    int64_t open = 0;
    if (t->arrays->coarse) {
        NAME(Coarse) b;
        NAME(evaluate_coarsely)(t, p, c, suspects, count, &b);
        NAME(close_alike)(t->arrays, c, &b);
        for (int64_t s = 0; s < count; s++) {
            decided[s] = b.decided[s], sent[s] = b.sent[s];
            if (b.open[s]) at[open] = (int32_t)s, left[open++] = suspects[s];
        }
        if (!open) return;
        suspects = left;
    } else {
        for (; open < count; open++) at[open] = (int32_t)open;
    }
    NAME(evaluate)(t, p, suspects, open, &exact, again);
    for (int64_t i = 0; i < open; i++) decided[at[i]] = again[i], sent[at[i]] = exact.sent[i];
}

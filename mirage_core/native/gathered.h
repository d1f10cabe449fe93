/* Readouts picked from all over a tile, BATCH at a time: in single precision, and in double where that
 * leaves them open. Part of body.h. */

/* Numbers of the rows of readouts, by their lanes in a tile. */
static inline void NAME(gather_rows)(const NAME(Tile) *t, const int32_t *lane, NAME(Quadratures) *rows) {
    const Arrays *a = t->arrays;
    const int64_t stride = a->units * a->rows + MIRAGE_LANES;
    const float *from = a->coarse + t->line;
    for (int q = 0; q < 2; q++)
        for (int k = 0; k < QUADRATURE; k++, from += stride) {
#if defined(MIRAGE_AVX512)
            const __m512 found = _mm512_permutex2var_ps(_mm512_loadu_ps(from), _mm512_load_si512(lane),
                                                        _mm512_loadu_ps(from + 16));
            _mm512_store_ps((*rows)[q][k], found);
#else
            for (int s = 0; s < BATCH; s++) (*rows)[q][k][s] = from[lane[s]];
#endif
        }
}

/* Two normals of each of BATCH symbols, by their numbers of vector. */
static inline void NAME(coarse_symbol_normals)(const NAME(Tile) *t, const uint32_t *vector,
                                               const uint32_t *key, float *first, float *second,
                                               int32_t *open) {
    uint32_t tile[BATCH] ALIGNED, words[4][BATCH] ALIGNED, low[BATCH];
    float radius[BATCH];
    for (int s = 0; s < BATCH; s++) tile[s] = (uint32_t)t->number;
    NAME(philox_batch)(vector, tile, key, words);
    for (int s = 0; s < BATCH; s++) low[s] = words[1][s] & 255u;
    NAME(coarse_normals)(low, words, radius, first, second, open);
}

/* Noise of the laser in BATCH symbols, by their numbers of vector. */
static inline void NAME(coarse_laser)(const NAME(Tile) *t, const NAME(Common) *c, const uint32_t *vector,
                                      const int64_t *lost, float *power, float *turned, int32_t *open) {
    const Arrays *a = t->arrays;
    float first[BATCH], second[BATCH], rms_rad[BATCH];
    for (int s = 0; s < BATCH; s++) power[s] = 1.0f, turned[s] = 0.0f;
    if (a->intensity_rms == 0.0 && a->phase_rms[0] == 0.0 && a->phase_rms_count == 1) return;
    NAME(coarse_symbol_normals)(t, vector, t->keys[2], first, second, open);
    for (int s = 0; s < BATCH; s++)
        rms_rad[s] = (float)a->phase_rms[a->phase_rms_count > 1 ? lost[s] >> 40 : 0];
    for (int s = 0; s < BATCH; s++) {
        const float drawn = MULTIPLY_ADD(c->intensity_rms, first[s], 1.0f);
        power[s] = drawn > 0.0f ? drawn : 0.0f, turned[s] = rms_rad[s] * second[s];
    }
}

/* Noise of the clock in BATCH symbols. */
static inline void NAME(coarse_clock)(const NAME(Tile) *t, const uint32_t *vector, float *jitter,
                                      int32_t *open) {
    float unused[BATCH];
    for (int s = 0; s < BATCH; s++) jitter[s] = 0.0f;
    if (t->arrays->depth && t->arrays->jitter_s > 0.0)
        NAME(coarse_symbol_normals)(t, vector, t->keys[3], jitter, unused, open);
}

/* Sums of readouts one by one, (5, `stride`); the last is the loss of their symbols. */
static void NAME(sums_of)(const NAME(Tile) *t, const Product *p, const NAME(Suspect) *suspects,
                          int64_t count, int32_t *sums, int64_t stride) {
    const int64_t J = t->arrays->length;
    for (int64_t s = 0; s < count; s++) {
        const int64_t r = suspects[s].lane, symbol = t->group * p->streamed + suspects[s].vector;
        const int8_t *x = p->x + symbol * J;
        const int8_t *w = p->w + (t->group * p->stationary + t->first + r) * J;
        int32_t sum[4];
        if (J == 16) NAME(sums)(t, w, x, r, 16, sum);
        else NAME(sums)(t, w, x, r, J, sum);
        for (int i = 0; i < 4; i++) sums[i * stride + s] = sum[i];
        sums[4 * stride + s] = (int32_t)NAME(lost)(t->arrays, x);
    }
}

#if defined(MIRAGE_AVX512)
#define MANY 10 /* readouts of a row that its table is worth */

/* Numbers of all mantissas at the multipliers of a row, in grid steps: (16, 3, 32). */
static void NAME(build_row_sums)(const NAME(Tile) *t, int64_t r, __m512i table[16][3][2]) {
    const Arrays *a = t->arrays;
    for (int64_t j = 0; j < 16; j++) {
        const int64_t i = r * 16 + j, entry = t->entry[i];
        int32_t each[3][MIRAGE_SLOTS] ALIGNED;
        memcpy(each, a->amplitude + entry * 2 * MIRAGE_SLOTS, 2 * sizeof each[0]);
        memcpy(each[2], a->hot[entry].phase, sizeof each[2]);
        for (int d = 0; d < MIRAGE_SLOTS && t->turns; d++) each[2][d] += t->turned[i * MIRAGE_SLOTS + d];
        for (int d = 0; d < 2 * MIRAGE_SLOTS && t->warms; d++)
            each[d / MIRAGE_SLOTS][d % MIRAGE_SLOTS] += t->warmed[i * 2 * MIRAGE_SLOTS + d];
        __m512i low[3], high[3];
        for (int q = 0; q < 3; q++) low[q] = high[q] = _mm512_set1_epi32(each[q][0]);
        for (int64_t d = 0; d < a->digits; d++) {
            const __mmask16 first = (__mmask16)t->ones[d], second = (__mmask16)(t->ones[d] >> 16);
            for (int q = 0; q < 3; q++) {
                const __m512i more = _mm512_set1_epi32(each[q][1 + d]);
                low[q] = _mm512_mask_add_epi32(low[q], first, low[q], more);
                high[q] = _mm512_mask_add_epi32(high[q], second, high[q], more);
            }
        }
        for (int q = 0; q < 3; q++) table[j][q][0] = low[q], table[j][q][1] = high[q];
    }
}

/* Sums of 16 readouts of a row. */
static void NAME(sums_of_row)(const NAME(Tile) *t, const Product *p, __m512i table[16][3][2],
                              const NAME(Suspect) *suspects, int64_t count, int32_t *sums,
                              int64_t stride) {
    const __m512i least = _mm512_set1_epi32((int32_t)t->arrays->least);
    const int8_t *w = p->w + (t->group * p->stationary + t->first + suspects->lane) * 16;
    const int8_t *x = p->x + t->group * p->streamed * 16;
    int8_t symbols[BATCH][16] ALIGNED;
    __m128i of[16];
    for (int64_t s = 0; s < BATCH; s++)
        memcpy(symbols[s], x + (int64_t)suspects[s < count ? s : 0].vector * 16, 16);
    NAME(transpose)(symbols[0], of);
    __m512i sum[5] = {0};
    const uint32_t *loss = t->arrays->loss;
    const __m512i few = _mm512_loadu_si512(loss), many = _mm512_loadu_si512(loss + 16);
    for (int64_t j = 0; j < 16; j++) {
        const __m512i at = _mm512_sub_epi32(_mm512_cvtepi8_epi32(of[j]), least);
        sum[4] = _mm512_add_epi32(sum[4], _mm512_permutex2var_epi32(few, at, many));
        for (int q = 0; q < 3; q++) {
            const __m512i each = _mm512_permutex2var_epi32(table[j][q][0], at, table[j][q][1]);
            sum[q] = _mm512_add_epi32(sum[q], each);
        }
    }
    for (int64_t j = 0; j < 16; j += 2) {
        const __m256i pair = _mm256_set_m128i(_mm_unpackhi_epi8(of[j], of[j + 1]),
                                              _mm_unpacklo_epi8(of[j], of[j + 1]));
        const __m512i by = _mm512_set1_epi32((int32_t)((uint32_t)w[j + 1] << 16 | (w[j] & 0xFFFF)));
        sum[3] = _mm512_add_epi32(sum[3], _mm512_madd_epi16(_mm512_cvtepi8_epi16(pair), by));
    }
    for (int i = 0; i < 5; i++) _mm512_storeu_si512(sums + i * stride, sum[i]);
}
#endif

/* Sums of suspects in order of their rows; there is room for BATCH more. */
static void NAME(sums_by_row)(const NAME(Tile) *t, const Product *p, const NAME(Suspect) *suspects,
                              int64_t count, int32_t *sums, int64_t stride) {
    for (int64_t at = 0, end; at < count; at = end) {
        for (end = at + 1; end < count && suspects[end].lane == suspects[at].lane;) end++;
#if defined(MIRAGE_AVX512)
        if (end - at >= MANY && t->arrays->loss && t->arrays->length == 16 && t->arrays->mantissas <= 32) {
            __m512i table[16][3][2];
            NAME(build_row_sums)(t, suspects[at].lane, table);
            for (int64_t s = at; s < end; s += BATCH)
                NAME(sums_of_row)(t, p, table, suspects + s, end - s, sums + s, stride);
            continue;
        }
#endif
        NAME(sums_of)(t, p, suspects + at, end - at, sums + at, stride);
    }
}

/* Work out `count` readouts of a tile, up to BATCH, in single precision, from their sums. */
static __attribute__((noinline)) void NAME(evaluate_coarsely)(const NAME(Tile) *t, const Product *p, const NAME(Common) *c,
                                           const NAME(Suspect) *suspects, int64_t count,
                                           const int32_t *sums, int64_t stride, NAME(Coarse) *b) {
    const int64_t J = t->arrays->length;
    uint32_t vector[BATCH] ALIGNED, lead[BATCH], words[4][BATCH] ALIGNED;
    int32_t lane[BATCH] ALIGNED, open[BATCH] = {0};
    int64_t lost[BATCH];
    float full[BATCH];
    NAME(Quadratures) rows ALIGNED;
    for (int64_t s = 0; s < BATCH; s++) {
        /* What is worked on together is whole: by the first one again. */
        const NAME(Suspect) *one = suspects + (s < count ? s : 0);
        const int64_t r = one->lane, symbol = t->group * p->streamed + one->vector;
        const int32_t *sum = sums + (s < count ? s : 0);
        for (int i = 0; i < 3; i++) b->sum[i][s] = sum[i * stride] + t->input[r][i];
        b->sum[3][s] = sum[3 * stride], lost[s] = sum[4 * stride];
        full[s] = t->reading->full_scale ? (float)t->reading->full_scale[symbol] : 0.0f;
        vector[s] = (uint32_t)(p->row_offset + one->vector);
        lane[s] = one->lane, lead[s] = one->lead;
        for (int i = 0; i < 3; i++) words[i][s] = one->words[i];
        if (t->arrays->phase_rms_count > 1) lost[s] = NAME(lost)(t->arrays, p->x + symbol * J);
    }
    NAME(gather_rows)(t, lane, &rows);
    NAME(coarse_laser)(t, c, vector, lost, b->power, b->turned, open);
    NAME(coarse_normals)(lead, words, b->radius, b->normal[0], b->normal[1], open);
    NAME(coarse_setting)(c, lost, full, b->scale, b->common);
    NAME(coarse_detect)(c, &rows, b);
    for (int s = 0; s < BATCH; s++) b->open[s] |= open[s];
    NAME(coarse_digitize)(c, &rows, b);
}

/* Decide `count` readouts of a tile, up to WAITING, from number 0 on of those that are in order of their
 * rows; there is room for BATCH more. -1 for the reference. */
static void NAME(decide_gathered)(const NAME(Tile) *t, const Product *p, const NAME(Common) *c,
                                  const NAME(Suspect) *suspects, int64_t count, int32_t *decided,
                                  int32_t *sent) {
    enum { STRIDE = WAITING + BATCH };
    const Arrays *a = t->arrays;
    int16_t open[WAITING];
    int32_t sums[5 * STRIDE];
    int64_t left = 0;
    if (a->coarse) NAME(sums_by_row)(t, p, suspects, count, sums, STRIDE);
    for (int64_t at = 0; at < count; at += BATCH) {
        const int64_t size = count - at < BATCH ? count - at : BATCH;
        NAME(Coarse) b;
        uint32_t some = 0xFFFFu;
        if (a->coarse) {
            NAME(evaluate_coarsely)(t, p, c, suspects + at, size, sums + at, STRIDE, &b);
            some = NAME(bits_of)(b.open);
            memcpy(sent + at, b.sent, sizeof b.sent);
            for (int s = 0; s < BATCH; s++) decided[at + s] = a->decided[b.index[s]];
        }
        for (some &= (1u << size) - 1u; some; some &= some - 1) {
            const int s = __builtin_ctz(some);
            decided[at + s] = a->coarse ? NAME(alike)(a, c, &b, s) : -1;
            if (decided[at + s] < 0) open[left++] = (int16_t)(at + s);
        }
    }
    for (int64_t at = 0; at < left; at += BATCH) {
        const int64_t size = left - at < BATCH ? left - at : BATCH;
        NAME(Suspect) some[BATCH];
        NAME(Batch) exact;
        int32_t again[BATCH];
        for (int64_t s = 0; s < size; s++) some[s] = suspects[open[at + s]];
        NAME(evaluate)(t, p, some, size, 0, &exact, again);
        for (int64_t s = 0; s < size; s++)
            decided[open[at + s]] = again[s], sent[open[at + s]] = exact.sent[s];
    }
}

/* Decide `count` readouts of a tile, up to WAITING, row by row, so that what one row needs stays at hand. */
static void NAME(decide_by_row)(const NAME(Tile) *t, const Product *p, const NAME(Common) *c,
                                const NAME(Suspect) *suspects, int64_t count, int16_t *decided,
                                int16_t *sent) {
    int32_t start[MIRAGE_LANES + 1] = {0}, found[WAITING + BATCH], exact[WAITING + BATCH];
    int16_t place[WAITING];
    NAME(Suspect) sorted[WAITING];
    if (!count) return;
    for (int64_t s = 0; s < count; s++) start[suspects[s].lane + 1]++;
    for (int r = 0; r < MIRAGE_LANES; r++) start[r + 1] += start[r];
    for (int64_t s = 0; s < count; s++) {
        place[s] = (int16_t)start[suspects[s].lane]++;
        sorted[place[s]] = suspects[s];
    }
    NAME(decide_gathered)(t, p, c, sorted, count, found, exact);
    for (int64_t s = 0; s < count; s++)
        decided[s] = (int16_t)found[place[s]], sent[s] = (int16_t)exact[place[s]];
}

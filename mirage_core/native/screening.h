/* Screening. Part of body.h. */
typedef struct {
    Readout *found;
    int64_t room, count, evaluated, handed_back;
} NAME(Found);

static void NAME(flush)(const NAME(Tile) *t, const Product *p, const NAME(Suspect) *suspects, int64_t count, NAME(Found) *out) {
    int32_t decided[BATCH], sent[BATCH];
    for (int64_t at = 0; at < count; at += BATCH) {
        int64_t size = count - at < BATCH ? count - at : BATCH;
        NAME(evaluate)(t, p, suspects + at, size, decided, sent);
        for (int64_t s = 0; s < size; s++) {
            if (decided[s] == sent[s]) continue;
            out->handed_back += decided[s] < 0;
            Readout *to = out->found + out->count++;
            to->group = (int32_t)t->group, to->vector = suspects[at + s].vector;
            to->row = (int32_t)(t->first + suspects[at + s].lane), to->decided = decided[s];
        }
    }
    out->evaluated += count;
}

/* Draw the rest of the words of suspects, up to BATCH. */
static inline void NAME(draw)(const NAME(Tile) *t, const Product *p, NAME(Suspect) *suspects,
                              int64_t count, uint32_t words[4][BATCH]) {
    const uint32_t base = (uint32_t)(t->group * ((t->arrays->rows + 3) / 4 * 4) + t->array_row);
    uint32_t first[BATCH] ALIGNED, second[BATCH] ALIGNED;
    for (int64_t s = 0; s < BATCH; s++) {
        const NAME(Suspect) *one = suspects + (s < count ? s : 0);
        first[s] = (uint32_t)(p->row_offset + one->vector), second[s] = base + one->lane;
    }
    NAME(philox_batch)(first, second, t->keys + 4, words);
    for (int64_t s = 0; s < count; s++)
        for (int i = 0; i < 3; i++) suspects[s].words[i] = words[i][s];
}

/* Keep the suspects whose whole radius reaches the distance that they have to spare. */
static int64_t NAME(filter)(NAME(Tile) *t, const Product *p, const uint8_t *class_of,
                            NAME(Suspect) *suspects, int64_t count) {
    const Arrays *a = t->arrays;
    const float rad = (float)(TWO_PI / 65536.0);
    int64_t kept = 0;
    for (int64_t at = 0; at < count; at += BATCH) {
        int64_t size = count - at < BATCH ? count - at : BATCH;
        uint32_t words[4][BATCH] ALIGNED;
        float angle[BATCH], displaced[BATCH], strength[BATCH];
        double u[BATCH];
        int32_t loud[BATCH];
        NAME(draw)(t, p, suspects + at, size, words);
        for (int64_t s = 0; s < BATCH; s++) {
            const NAME(Suspect) *one = suspects + at + (s < size ? s : 0);
            const float *bound = a->class_bound + class_of[one->vector] * 2;
            angle[s] = (float)one->spare * rad * t->spare[one->lane];
            displaced[s] = bound[0], strength[s] = bound[1];
            u[s] = (double)one->lead * 0x1p-8;
        }
        for (int s = 0; s < BATCH; s++) {
            /* The word from below, so the radius from above. */
            double square = -2.0 * NAME(d_log)(u[s] + (double)words[0][s] * 0x1p-40 + 0x1p-65);
            float sine = angle[s] - angle[s] * angle[s] * angle[s] * (1.0f / 6.0f);
            float reached = (sine - displaced[s]) * strength[s];
            loud[s] = reached <= 0.0f || (float)square * 1.00001f >= reached * reached;
        }
        for (int64_t s = 0; s < size; s++)
            if (loud[s]) suspects[kept++] = suspects[at + s];
    }
    /* Numbers of rows that come up for the first time lie far away. */
    for (int64_t s = 0; s < kept; s++) {
        const int64_t r = suspects[s].lane, J = a->length;
        if (t->touched >> r & 1) continue;
        t->touched |= 1u << r;
        for (int64_t j = 0; j < J; j++) {
            const int32_t *each = a->exact + (int64_t)t->entry[r * J + j] * 3 * MIRAGE_SLOTS;
            __builtin_prefetch(each), __builtin_prefetch(each + 16);
        }
    }
    return kept;
}

static inline __attribute__((always_inline)) void NAME(screen_rows)(
    NAME(Tile) *t, const Product *p, const uint16_t *offsets, const uint8_t *class_of,
    const int64_t J, const int still, const int level_rails, NAME(Found) *out) {
    const Arrays *a = t->arrays;
    const char *table = (const char *)t->table, *tilt = (const char *)t->tilt;
    const int64_t N = p->streamed, quads = (a->rows + 3) / 4;
    const uint32_t second = (uint32_t)(t->group * quads + t->array_row / 4);
    NAME(Suspect) suspects[PENDING + MIRAGE_LANES];
    int64_t pending = 0;
    const uint32_t lanes = t->lanes == 32 ? 0xFFFFFFFFu : (1u << t->lanes) - 1u;
    uint8_t lead[AHEAD][MIRAGE_LANES] ALIGNED;
    /* Of rows that stand still all is known at once: from this bin on a symbol is quiet. */
    uint32_t least_bin = MIRAGE_BINS - 1;
    for (int64_t r = 0; r < t->lanes && still && level_rails; r++) {
        uint32_t off = (uint32_t)abs(t->start[r]), left = t->reach[r] > off ? t->reach[r] - off : 0;
        uint32_t bin = left * t->factor[r] >> 16;
        least_bin = bin < least_bin ? bin : least_bin;
    }
    const int64_t begin = p->row_offset / AHEAD, end = (p->row_offset + N + AHEAD - 1) / AHEAD;
    for (int64_t eight = begin; eight < end; eight++) {
        int64_t from = eight * AHEAD - p->row_offset, low = from < 0 ? -from : 0;
        int64_t high = N - from < AHEAD ? N - from : AHEAD;
        if (still && level_rails) {
            int loud = 0;
            for (int64_t k = low; k < high; k++)
                loud |= a->class_limit[class_of[from + k] * MIRAGE_BINS + least_bin];
            if (!loud) continue;
        }
        NAME(leading)((uint32_t)eight, second, t->keys, lead);
        for (int64_t k = low; k < high; k++) {
            const int64_t n = from + k;
            const uint16_t *offset = offsets + n * J;
            const uint8_t *limit = a->class_limit + class_of[n] * MIRAGE_BINS;
            uint16_t left[MIRAGE_LANES] ALIGNED;
            uint32_t hit;
#if defined(MIRAGE_AVX512)
            __m512i sum = _mm512_load_si512(t->start), room = _mm512_load_si512(t->reach);
            __m256i lean = _mm256_setzero_si256();
            for (int64_t j = 0; j < J; j++) {
                const size_t at = offset[j];
                if (!still) sum = _mm512_add_epi16(sum, _mm512_load_si512(table + 8 * at));
                if (!level_rails)
                    lean = _mm256_add_epi8(
                        lean, _mm256_load_si256((const __m256i *)(tilt + 4 * at)));
            }
            if (!level_rails) {
                __m512i wide = _mm512_cvtepu8_epi16(_mm256_abs_epi8(lean));
                __m512i taken = _mm512_mullo_epi16(wide, _mm512_load_si512(t->by_tilt));
                room = _mm512_subs_epu16(room, _mm512_sub_epi16(_mm512_srli_epi16(taken, 6),
                                                                _mm512_set1_epi16(-1)));
            }
            __m512i y = _mm512_subs_epu16(room, _mm512_abs_epi16(sum));
            __m256i bin = _mm512_cvtusepi16_epi8(
                _mm512_mulhi_epu16(y, _mm512_load_si512(t->factor)));
            __m256i few = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)limit));
            __m256i many = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(limit + 16)));
            __m256i least = _mm256_mask_blend_epi8(
                _mm256_cmpgt_epu8_mask(bin, _mm256_set1_epi8(15)), _mm256_shuffle_epi8(few, bin),
                _mm256_shuffle_epi8(many, _mm256_and_si256(bin, _mm256_set1_epi8(15))));
            __m256i byte = _mm256_min_epu8(_mm256_load_si256((const __m256i *)lead[k]),
                                           _mm256_set1_epi8((char)254));
            hit = _mm256_cmplt_epu8_mask(byte, least) & lanes;
            if (!hit) continue;
            _mm512_store_si512(left, y);
#elif defined(MIRAGE_AVX2)
            __m256i halves[2], lean = _mm256_setzero_si256();
            if (!level_rails)
                for (int64_t j = 0; j < J; j++)
                    lean = _mm256_add_epi8(
                        lean, _mm256_load_si256((const __m256i *)(tilt + 4 * (size_t)offset[j])));
            for (int h = 0; h < 2; h++) {
                __m256i sum = _mm256_load_si256((const __m256i *)t->start + h);
                __m256i room = _mm256_load_si256((const __m256i *)t->reach + h);
                if (!still)
                    for (int64_t j = 0; j < J; j++)
                        sum = _mm256_add_epi16(
                            sum,
                            _mm256_load_si256((const __m256i *)(table + 8 * (size_t)offset[j]) + h));
                if (!level_rails) {
                    __m128i half = h ? _mm256_extracti128_si256(lean, 1) : _mm256_castsi256_si128(lean);
                    __m256i taken = _mm256_mullo_epi16(
                        _mm256_cvtepu8_epi16(_mm_abs_epi8(half)),
                        _mm256_load_si256((const __m256i *)t->by_tilt + h));
                    room = _mm256_subs_epu16(room, _mm256_sub_epi16(_mm256_srli_epi16(taken, 6),
                                                                    _mm256_set1_epi16(-1)));
                }
                __m256i y = _mm256_subs_epu16(room, _mm256_abs_epi16(sum));
                _mm256_store_si256((__m256i *)left + h, y);
                halves[h] = _mm256_mulhi_epu16(y, _mm256_load_si256((const __m256i *)t->factor + h));
            }
            __m256i bin = _mm256_permute4x64_epi64(_mm256_packus_epi16(halves[0], halves[1]), 0xD8);
            __m256i few = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)limit));
            __m256i many = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(limit + 16)));
            __m256i least = _mm256_blendv_epi8(
                _mm256_shuffle_epi8(few, bin),
                _mm256_shuffle_epi8(many, _mm256_and_si256(bin, _mm256_set1_epi8(15))),
                _mm256_cmpgt_epi8(bin, _mm256_set1_epi8(15)));
            __m256i byte = _mm256_min_epu8(_mm256_load_si256((const __m256i *)lead[k]),
                                           _mm256_set1_epi8((char)254));
            __m256i quiet = _mm256_cmpeq_epi8(_mm256_max_epu8(byte, least), byte);
            hit = ~(uint32_t)_mm256_movemask_epi8(quiet) & lanes;
            if (!hit) continue;
#else
            int16_t sum[MIRAGE_LANES];
            int8_t lean[MIRAGE_LANES] = {0};
            memcpy(sum, t->start, sizeof sum);
            if (!still)
                for (int64_t j = 0; j < J; j++)
                    for (int r = 0; r < MIRAGE_LANES; r++)
                        sum[r] = (int16_t)(sum[r] + ((const int16_t *)(table + 8 * (size_t)offset[j]))[r]);
            if (!level_rails)
                for (int64_t j = 0; j < J; j++)
                    for (int r = 0; r < MIRAGE_LANES; r++)
                        lean[r] = (int8_t)(lean[r] + ((const int8_t *)(tilt + 4 * (size_t)offset[j]))[r]);
            hit = 0;
            for (int r = 0; r < MIRAGE_LANES; r++) {
                uint32_t size = (uint32_t)(sum[r] < 0 ? -(int32_t)sum[r] : sum[r]);
                if (!level_rails)
                    size += ((uint32_t)abs(lean[r]) * t->by_tilt[r] >> 6) + 1;
                left[r] = (uint16_t)(t->reach[r] > size ? t->reach[r] - size : 0);
                uint8_t byte = lead[k][r] < 254 ? lead[k][r] : 254;
                hit |= (uint32_t)(byte < limit[(uint32_t)left[r] * t->factor[r] >> 16]) << r;
            }
            hit &= lanes;
            if (!hit) continue;
#endif
            while (hit) {
                int r = __builtin_ctz(hit);
                hit &= hit - 1;
                NAME(Suspect) *one = suspects + pending++;
                one->vector = (int32_t)n, one->lane = (uint8_t)r;
                one->lead = lead[k][r], one->spare = left[r];
            }
            if (pending >= PENDING) {
                pending = NAME(filter)(t, p, class_of, suspects, pending);
                NAME(flush)(t, p, suspects, pending, out);
                pending = 0;
            }
        }
    }
    pending = NAME(filter)(t, p, class_of, suspects, pending);
    NAME(flush)(t, p, suspects, pending, out);
}

static void NAME(screen_tile)(NAME(Tile) *t, const Product *p, const uint16_t *offsets,
                              const uint8_t *class_of, NAME(Found) *out) {
    const int64_t J = t->arrays->length;
    if (J == 16 && t->still && t->level_rails)
        NAME(screen_rows)(t, p, offsets, class_of, 16, 1, 1, out);
    else if (J == 16 && !t->still && !t->level_rails)
        NAME(screen_rows)(t, p, offsets, class_of, 16, 0, 0, out);
    else if (J == 16 && !t->still)
        NAME(screen_rows)(t, p, offsets, class_of, 16, 0, 1, out);
    else NAME(screen_rows)(t, p, offsets, class_of, J, t->still, t->level_rails, out);
}

static void *NAME(room)(int64_t size) { return aligned_alloc(64, (size_t)(size + 63) / 64 * 64); }

static void NAME(free_tile)(NAME(Tile) *t) {
    free(t->hot), free(t->entry), free(t->turned), free(t->table), free(t->tilt);
}

static int NAME(make_tile)(NAME(Tile) *t, const Arrays *a) {
    const int64_t multipliers = MIRAGE_LANES * a->length, entries = multipliers * a->mantissas;
    memset(t, 0, sizeof *t);
    t->arrays = a;
    for (int64_t w = -128; w < 128; w++) {
        int64_t residue = (w + a->modulus / 2) % a->modulus;
        t->level[(uint8_t)w] = (int16_t)(residue < 0 ? residue + a->modulus : residue);
    }
    t->hot = NAME(room)(multipliers * (int64_t)sizeof(Hot));
    if (t->hot) memset(t->hot, 0, (size_t)multipliers * sizeof(Hot));
    t->entry = NAME(room)(multipliers * 4), t->turned = NAME(room)(multipliers * MIRAGE_SLOTS * 4);
    t->table = NAME(room)(entries * 2), t->tilt = NAME(room)(entries);
    return t->hot && t->entry && t->turned && t->table && t->tilt;
}

static void NAME(place)(NAME(Tile) *t, const Product *p, int64_t group, int64_t block, int64_t chunk) {
    const Arrays *a = t->arrays;
    int64_t rows = p->stationary - block * a->rows;
    if (rows > a->rows) rows = a->rows;
    t->group = group;
    t->array_row = chunk * MIRAGE_LANES;
    t->first = block * a->rows + t->array_row;
    t->lanes = rows - t->array_row < MIRAGE_LANES ? rows - t->array_row : MIRAGE_LANES;
    t->line = (block * p->groups + group) % a->units * a->rows + t->array_row;
    t->keys = p->keys + block * 12;
}

/* Screen the tiles `from` ... `to`, numbered by block of rows, chunk of 32 of them, and group.
 * Returns the number of the tile that found no more room, `to` when done, -1 without memory. */
int64_t NAME(screen)(const Arrays *a, const Product *p, const Wander *wander,
                     const uint16_t *offsets, const uint8_t *class_of, int64_t from, int64_t to,
                     Readout *found, int64_t room, int64_t *counts) {
    NAME(Tile) tile;
    NAME(Found) out = {found, room, 0, 0, 0};
    int64_t chunks = (a->rows + MIRAGE_LANES - 1) / MIRAGE_LANES, at = from;
    if (!NAME(make_tile)(&tile, a)) at = -1;
    for (; at >= 0 && at < to; at++) {
        int64_t group = at % p->groups, block = at / p->groups / chunks;
        NAME(place)(&tile, p, group, block, at / p->groups % chunks);
        if (tile.lanes <= 0) continue;
        if (out.count + tile.lanes * p->streamed > room) break;
        NAME(gather)(&tile, p, wander);
        NAME(bound_rows)(&tile);
        NAME(build_tables)(&tile);
        NAME(screen_tile)(&tile, p, offsets + group * p->streamed * p->length,
                          class_of + group * p->streamed, &out);
    }
    NAME(free_tile)(&tile);
    counts[0] = out.count, counts[1] += out.evaluated, counts[2] += out.handed_back;
    return at;
}

/* Decide single readouts, sorted by tile; `decided` of each is overwritten. */
int64_t NAME(read)(const Arrays *a, const Product *p, const Wander *wander, Readout *readouts,
                   int64_t count, int64_t *counts) {
    NAME(Tile) tile;
    if (!NAME(make_tile)(&tile, a)) {
        NAME(free_tile)(&tile);
        return -1;
    }
    const int64_t quads = (a->rows + 3) / 4;
    int64_t at = 0;
    while (at < count) {
        int64_t group = readouts[at].group, block = readouts[at].row / a->rows;
        int64_t chunk = readouts[at].row % a->rows / MIRAGE_LANES;
        NAME(place)(&tile, p, group, block, chunk);
        NAME(gather)(&tile, p, wander);
        while (at < count) {
            NAME(Suspect) suspects[BATCH];
            int32_t decided[BATCH], sent[BATCH];
            int64_t size = 0;
            while (size < BATCH && at + size < count) {
                const Readout *one = readouts + at + size;
                int64_t lane = one->row - tile.first;
                if (one->group != group || lane < 0 || lane >= tile.lanes) break;
                uint32_t words[4], n = (uint32_t)(p->row_offset + one->vector);
                int64_t row = tile.array_row + lane;
                NAME(philox)(n / 4, (uint32_t)(group * quads + row / 4), tile.keys, words);
                suspects[size].vector = one->vector, suspects[size].lane = (uint8_t)lane;
                suspects[size++].lead = (uint8_t)(words[n % 4] >> (8 * (row % 4)));
            }
            if (!size) break;
            uint32_t words[4][BATCH] ALIGNED;
            NAME(draw)(&tile, p, suspects, size, words);
            NAME(evaluate)(&tile, p, suspects, size, decided, sent);
            for (int64_t s = 0; s < size; s++) {
                readouts[at + s].decided = decided[s];
                counts[2] += decided[s] < 0;
            }
            at += size;
        }
    }
    counts[1] += count;
    NAME(free_tile)(&tile);
    return count;
}

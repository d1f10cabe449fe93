/* Screening. Part of body.h. */
/* A readout decided otherwise than sent; -1 is left to the reference. */
typedef struct {
    int32_t vector;
    int16_t lane, decided;
} NAME(Wrong);

/* What was decided of one tile: what is wrong in order of vectors and rows, or everything. */
typedef struct {
    NAME(Wrong) *wrong;
    int64_t count, room;
    int16_t *all;                /* (vectors of a part, 32) */
    int whole;                   /* whether it is these */
} NAME(List);

/* What a tile has found out, and which lines of memory far away are still to be asked for. */
typedef struct {
    NAME(List) *list;
    NAME(Suspect) *suspects;     /* room for WAITING */
    int64_t kept;                /* the first of them are to be evaluated */
    int64_t evaluated;           /* or are to be */
    int failed;
    const char **lines;
    int64_t at, count, step; /* step: how many for each symbol, no more are on their way at once */
} NAME(Found);

/* Room for so many more; 0 where there is none. */
static inline int NAME(make_room)(NAME(Found) *out, int64_t more) {
    NAME(List) *list = out->list;
    if (list->count + more <= list->room) return 1;
    int64_t room = list->room ? 2 * list->room : 1024;
    void *grown = realloc(list->wrong, (size_t)room * sizeof *list->wrong);
    if (grown) list->wrong = grown, list->room = room;
    else out->failed = 1;
    return grown != NULL;
}

static inline void NAME(push)(NAME(Found) *out, int32_t vector, int64_t lane, int32_t decided) {
    if (!NAME(make_room)(out, 1)) return;
    NAME(Wrong) *to = out->list->wrong + out->list->count++;
    to->vector = vector, to->lane = (int16_t)lane, to->decided = (int16_t)decided;
}

/* The rest of the words of suspects, up to BATCH. */
static inline void NAME(draw)(const NAME(Tile) *t, const Product *p, const NAME(Suspect) *suspects,
                              int64_t count, uint32_t words[4][BATCH]) {
    const uint32_t base = (uint32_t)(t->number * ((t->arrays->rows + 3) / 4 * 4) + t->array_row);
    uint32_t first[BATCH] ALIGNED, second[BATCH] ALIGNED;
    for (int64_t s = 0; s < BATCH; s++) {
        const NAME(Suspect) *one = suspects + (s < count ? s : 0);
        first[s] = (uint32_t)(p->row_offset + one->vector), second[s] = base + one->lane;
    }
    NAME(philox_batch)(first, second, t->keys[1], words);
}

/* Draw all of the words of suspects, up to BATCH. */
static inline void NAME(draw_whole)(const NAME(Tile) *t, const Product *p, NAME(Suspect) *suspects,
                                    int64_t count) {
    const int64_t quads = (t->arrays->rows + 3) / 4;
    uint32_t first[BATCH] ALIGNED, second[BATCH] ALIGNED, words[4][BATCH] ALIGNED;
    for (int64_t s = 0; s < BATCH; s++) {
        const NAME(Suspect) *one = suspects + (s < count ? s : 0);
        first[s] = (uint32_t)(p->row_offset + one->vector) / 4;
        second[s] = (uint32_t)(t->number * quads + (t->array_row + one->lane) / 4);
    }
    NAME(philox_batch)(first, second, t->keys[0], words);
    for (int64_t s = 0; s < count; s++) {
        const int64_t row = t->array_row + suspects[s].lane;
        const uint32_t n = (uint32_t)(p->row_offset + suspects[s].vector);
        suspects[s].lead = (uint8_t)(words[n % 4][s] >> (8 * (row % 4)));
    }
    NAME(draw)(t, p, suspects, count, words);
    for (int64_t s = 0; s < count; s++)
        for (int i = 0; i < 3; i++) suspects[s].words[i] = words[i][s];
}

/* What decides whether the noise of BATCH suspects reaches an edge of their residue. */
typedef struct {
    int32_t lead[BATCH], dot[BATCH], spare[BATCH], off[BATCH], loud[BATCH] ALIGNED;
    float unit[BATCH];              /* of both in rad, times strength */
    float bound[BATCH][2];          /* of the class of the symbol */
    uint32_t words[4][BATCH] ALIGNED;
} NAME(Aims);

/* Mark those whose noise reaches one, in its direction; see engines/screening.py. */
static inline void NAME(aim)(const NAME(Common) *restrict c, float sine_of_half, float cosine_of_half,
                             float rad, NAME(Aims) *restrict b) {
    for (int s = 0; s < BATCH; s++) {
        const float unit = rad * b->unit[s], displaced = b->bound[s][0], strength = b->bound[s][1];
        const float near = (float)b->spare[s] * unit, far = (float)(b->spare[s] + abs(b->off[s])) * unit;
        /* Sines, from below. */
        const float to_near = (near - near * near * near * (1.0f / 6.0f) - displaced) * strength;
        const float to_far = (far - far * far * far * (1.0f / 6.0f) - displaced) * strength;
        const float radius = NAME(f_radius)(b->lead[s], b->words[0][s]), dot = (float)b->dot[s];
        const float residue = dot - c->m * NAME(f_round_even)((dot - c->middle) * c->per_m);
        float sine, cosine, y, x;
        NAME(f_sincos)((uint32_t)(int32_t)residue * c->level, &sine, &cosine);
        NAME(f_sincos)(b->words[2][s], &y, &x);
        x *= radius, y *= radius;
        /* What goes out by I and by Q, of which one may be smaller than it is taken for. */
        const float up_i = -x * MULTIPLY_ADD(sine, cosine_of_half, cosine * sine_of_half);
        const float up_q = y * MULTIPLY_ADD(cosine, cosine_of_half, -sine * sine_of_half);
        const float down_i = x * MULTIPLY_ADD(sine, cosine_of_half, -cosine * sine_of_half);
        const float down_q = -y * MULTIPLY_ADD(cosine, cosine_of_half, sine * sine_of_half);
        const float up = (up_i > 0.0f ? up_i : 0.0f) + (up_q > 0.0f ? up_q : 0.0f);
        const float down = (down_i > 0.0f ? down_i : 0.0f) + (down_q > 0.0f ? down_q : 0.0f);
        /* From above: off by far less. */
        const float slack = MULTIPLY_ADD(radius, 2e-5f, 2e-5f);
        const int below = b->off[s] < 0;
        const float nearer = below ? down : up, farther = below ? up : down;
        b->loud[s] = !(nearer + slack < to_near) | !(farther + slack < to_far) | NAME(f_extreme)(b->lead[s], b->words[0][s]) | (abs(b->dot[s]) >= 1 << 20);
    }
}

/* Keep the suspects that may be decided otherwise. `fetch`: whether what they are evaluated by is still to
 * be asked for. */
static int64_t NAME(filter)(const NAME(Tile) *t, const Product *p, const NAME(Common) *c,
                            const uint8_t *class_of, NAME(Suspect) *suspects, int64_t count, int fetch) {
    const Arrays *a = t->arrays;
    const int64_t J = a->length;
    const int8_t *w = p->w + (t->group * p->stationary + t->first) * J;
    const int8_t *x = p->x + t->group * p->streamed * J;
    const float rad = (float)(TWO_PI / (65536.0 * a->finer)), cosine = (float)a->cosine;
    const float sine = (float)sqrt(1.0 - a->cosine * a->cosine);
    int64_t kept = 0;
    for (int64_t at = 0; at < count; at += BATCH) {
        int64_t size = count - at < BATCH ? count - at : BATCH;
        NAME(Aims) b;
        NAME(draw)(t, p, suspects + at, size, b.words);
        for (int64_t s = 0; s < BATCH; s++) {
            const NAME(Suspect) *one = suspects + at + (s < size ? s : 0);
            memcpy(b.bound[s], a->class_bound + class_of[one->vector] * 2, sizeof b.bound[s]);
            b.dot[s] = NAME(dot)(w + one->lane * J, x + one->vector * J, J);
            b.unit[s] = t->spare[one->lane], b.lead[s] = one->lead;
            b.spare[s] = one->spare, b.off[s] = one->off;
        }
        NAME(aim)(c, sine, cosine, rad, &b);
        uint32_t loud = NAME(bits_of)(b.loud) & ((1u << size) - 1u);
        for (; loud; loud &= loud - 1) {
            const int s = __builtin_ctz(loud);
            NAME(Suspect) *to = suspects + kept++;
            *to = suspects[at + s];
            for (int i = 0; i < 3; i++) to->words[i] = b.words[i][s];
            const int32_t *entry = t->entry + to->lane * J;
            for (int64_t j = 0; j < J && fetch; j++)
                __builtin_prefetch(a->amplitude + (int64_t)entry[j] * 2 * MIRAGE_SLOTS, 0, 3);
        }
    }
    return kept;
}

/* Evaluate those that are kept. */
static void NAME(flush)(const NAME(Tile) *t, const Product *p, const NAME(Common) *c, NAME(Found) *out) {
    int16_t decided[WAITING], sent[WAITING];
    NAME(decide_by_row)(t, p, c, out->suspects, out->kept, decided, sent);
    for (int64_t s = 0; s < out->kept; s++)
        if (decided[s] != sent[s])
            NAME(push)(out, out->suspects[s].vector, out->suspects[s].lane, decided[s]);
    out->kept = 0;
}

/* Look more closely at those that wait, of which there are some more than are kept. */
static void NAME(sift)(const NAME(Tile) *t, const Product *p, const NAME(Common) *c, const uint8_t *class_of,
                       int64_t pending, int fetch, NAME(Found) *out) {
    const int64_t more =
        NAME(filter)(t, p, c, class_of, out->suspects + out->kept, pending - out->kept, fetch);
    out->kept += more, out->evaluated += more;
    if (out->kept >= PENDING) NAME(flush)(t, p, c, out);
}

/* Ask for the lines that are due after so many more symbols. */
static inline void NAME(fetch)(NAME(Found) *out, int64_t symbols) {
    const int64_t due = out->at + symbols * out->step, end = due < out->count ? due : out->count;
    for (; out->at < end; out->at++) __builtin_prefetch(out->lines[out->at], 0, 2);
}

static inline __attribute__((always_inline)) void NAME(screen_rows)(
    NAME(Tile) *t, const Product *p, int64_t begin, int64_t end, const int64_t J, const int still,
    NAME(Found) *out) {
    const Arrays *a = t->arrays;
    const uint16_t *offsets = p->offsets + t->group * p->streamed * J;
    const uint8_t *class_of = t->reading->class_of + t->group * p->streamed;
    const char *phases = (const char *)t->phase, *tilts = (const char *)t->tilt;
    const int64_t quads = (a->rows + 3) / 4;
    const uint32_t second = (uint32_t)(t->number * quads + t->array_row / 4);
    const NAME(Common) common = NAME(common_of)(a);
    NAME(Suspect) *suspects = out->suspects;
    int64_t pending = out->kept;
    const uint32_t lanes = t->lanes == 32 ? 0xFFFFFFFFu : (1u << t->lanes) - 1u;
    uint8_t lead[AHEAD][MIRAGE_LANES] ALIGNED;
    uint16_t spare[AHEAD][MIRAGE_LANES] ALIGNED;
    int16_t off[AHEAD][MIRAGE_LANES] ALIGNED;
    uint32_t hits[AHEAD];
    /* Of rows that stand still all is known at once: from this bin on a symbol is quiet. */
    uint32_t least_bin = MIRAGE_BINS - 1;
    for (int64_t r = 0; r < t->lanes && still; r++) {
        uint32_t off = (uint32_t)abs(t->start[r]), left = t->reach[r] > off ? t->reach[r] - off : 0;
        uint32_t bin = left * t->factor[r] >> 16;
        least_bin = bin < least_bin ? bin : least_bin;
    }
    const int64_t first = (p->row_offset + begin) / AHEAD;
    const int64_t last = (p->row_offset + end + AHEAD - 1) / AHEAD;
    for (int64_t eight = first; eight < last; eight++) {
        int64_t from = eight * AHEAD - p->row_offset, low = begin > from ? begin - from : 0;
        int64_t high = end - from < AHEAD ? end - from : AHEAD;
        if (still) {
            int loud = 0;
            for (int64_t k = low; k < high; k++)
                loud |= a->class_limit[class_of[from + k] * MIRAGE_BINS + least_bin];
            if (!loud) {
                NAME(fetch)(out, high - low);
                continue;
            }
        }
        NAME(leading)((uint32_t)eight, second, t->keys[0], lead);
        for (int64_t k = low; k < high; k++) {
            const int64_t n = from + k;
            NAME(fetch)(out, 1);
            const uint16_t *offset = offsets + n * J;
            const uint8_t *limit = a->class_limit + class_of[n] * MIRAGE_BINS;
            uint16_t *left = spare[k];
            uint32_t hit;
#if defined(MIRAGE_AVX512)
            __m512i sum = _mm512_load_si512(t->start);
            __m256i lean = _mm256_setzero_si256();
            for (int64_t j = 0; j < J && !still; j++) {
                const size_t at = offset[j];
                IN_ORDER;
                sum = _mm512_add_epi16(sum, _mm512_load_si512(phases + 8 * at));
                lean = _mm256_add_epi8(lean, _mm256_load_si256((const __m256i *)(tilts + 4 * at)));
            }
            __m512i room = _mm512_load_si512(t->reach);
            if (!still) {
                const __m512i size = _mm512_cvtepu8_epi16(_mm256_abs_epi8(lean));
                const __m512i taken =
                    _mm512_mulhi_epu16(_mm512_slli_epi16(size, 8), _mm512_load_si512(t->by_tilt));
                room = _mm512_subs_epu16(room, _mm512_sub_epi16(taken, _mm512_set1_epi16(-1)));
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
            hit = _mm256_cmplt_epu8_mask(byte, least);
            _mm512_store_si512(left, y), _mm512_store_si512(off[k], sum);
#elif defined(MIRAGE_AVX2)
            __m256i halves[2], sums[2], lean = _mm256_setzero_si256();
            for (int h = 0; h < 2; h++) sums[h] = _mm256_load_si256((const __m256i *)t->start + h);
            for (int64_t j = 0; j < J && !still; j++) {
                const size_t at = offset[j];
                const __m256i *of_phase = (const __m256i *)(phases + 8 * at);
                IN_ORDER;
                for (int h = 0; h < 2; h++)
                    sums[h] = _mm256_add_epi16(sums[h], _mm256_load_si256(of_phase + h));
                lean = _mm256_add_epi8(lean, _mm256_load_si256((const __m256i *)(tilts + 4 * at)));
            }
            lean = _mm256_abs_epi8(lean);
            for (int h = 0; h < 2; h++) {
                const __m256i sum = sums[h];
                __m256i room = _mm256_load_si256((const __m256i *)t->reach + h);
                if (!still) {
                    const __m128i half =
                        h ? _mm256_extracti128_si256(lean, 1) : _mm256_castsi256_si128(lean);
                    const __m256i taken =
                        _mm256_mulhi_epu16(_mm256_slli_epi16(_mm256_cvtepu8_epi16(half), 8),
                                           _mm256_load_si256((const __m256i *)t->by_tilt + h));
                    room = _mm256_subs_epu16(room, _mm256_sub_epi16(taken, _mm256_set1_epi16(-1)));
                }
                __m256i y = _mm256_subs_epu16(room, _mm256_abs_epi16(sum));
                _mm256_store_si256((__m256i *)left + h, y);
                _mm256_store_si256((__m256i *)off[k] + h, sum);
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
            hit = ~(uint32_t)_mm256_movemask_epi8(quiet);
#else
            int16_t *sum = off[k];
            int8_t lean[MIRAGE_LANES] = {0};
            memcpy(sum, t->start, sizeof off[k]);
            for (int64_t j = 0; j < J && !still; j++)
                for (int r = 0; r < MIRAGE_LANES; r++) {
                    sum[r] = (int16_t)(sum[r] + ((const int16_t *)(phases + 8 * (size_t)offset[j]))[r]);
                    lean[r] = (int8_t)(lean[r] + (tilts + 4 * (size_t)offset[j])[r]);
                }
            hit = 0;
            for (int r = 0; r < MIRAGE_LANES; r++) {
                uint32_t size = (uint32_t)abs(sum[r]);
                if (!still) size += ((uint32_t)abs(lean[r]) * t->by_tilt[r] >> 8) + 1;
                left[r] = (uint16_t)(t->reach[r] > size ? t->reach[r] - size : 0);
                uint8_t byte = lead[k][r] < 254 ? lead[k][r] : 254;
                hit |= (uint32_t)(byte < limit[(uint32_t)left[r] * t->factor[r] >> 16]) << r;
            }
#endif
            hits[k] = hit & lanes;
        }
        /* Of eight symbols at once, and four readouts: branches that nobody foresees are dear. */
        for (int64_t k = low; k < high; k++) {
            uint32_t hit = hits[k];
            const int64_t stop = pending + __builtin_popcount(hit);
            for (; pending < stop; pending += 4)
                for (int i = 0; i < 4; i++, hit &= hit - 1) {
                    /* What comes after the last is written over. */
                    const int r = __builtin_ctz(hit | 0x80000000u);
                    NAME(Suspect) *one = suspects + pending + i;
                    one->vector = (int32_t)(from + k), one->lane = (uint8_t)r, one->lead = lead[k][r];
                    one->spare = spare[k][r], one->off = off[k][r];
                }
            pending = stop;
        }
        if (pending - out->kept >= PENDING) {
            NAME(sift)(t, p, &common, class_of, pending, end - begin <= FEW, out);
            pending = out->kept;
        }
    }
    NAME(sift)(t, p, &common, class_of, pending, end - begin <= FEW, out);
}

static void NAME(screen_tile)(NAME(Tile) *t, const Product *p, int64_t from, int64_t to,
                              NAME(Found) *out) {
    const int64_t J = t->arrays->length;
    if (J == 16 && t->still) NAME(screen_rows)(t, p, from, to, 16, 1, out);
    else if (J == 16) NAME(screen_rows)(t, p, from, to, 16, 0, out);
    else NAME(screen_rows)(t, p, from, to, J, t->still, out);
}

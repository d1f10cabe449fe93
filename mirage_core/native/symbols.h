/* Screening of products of few rows: what is worked on together are symbols of one row, not rows of
 * one symbol. Part of body.h. */
#if defined(MIRAGE_AVX512)
#define HALF_A_STEP 0x8000u /* of the angle, so that the upper half of a sum is rounded */

/* Phases and tilts of every streamed mantissa at every multiplier, (lanes, J, 32). */
static void NAME(build_row_tables)(NAME(Tile) *t) {
    const Arrays *a = t->arrays;
    const int64_t J = a->length, D = a->digits;
    for (int64_t i = 0; i < t->lanes * J; i++) {
        int32_t word[MIRAGE_SLOTS] ALIGNED;
        _mm256_store_si256((__m256i *)word, NAME(words)(t, i));
        __m512i low = _mm512_set1_epi32((int32_t)((uint32_t)word[0] + HALF_A_STEP)), high = low;
        for (int64_t d = 0; d < D; d++) {
            const __m512i more = _mm512_set1_epi32(word[1 + d]);
            low = _mm512_mask_add_epi32(low, (__mmask16)t->ones[d], low, more);
            high = _mm512_mask_add_epi32(high, (__mmask16)(t->ones[d] >> 16), high, more);
        }
        _mm512_store_si512(t->phase_16 + i * 32, NAME(halves_of)(low, high, 1));
        _mm512_store_si512(t->tilt_16 + i * 32, NAME(halves_of)(low, high, 0));
    }
}

/* Sums of phases and tilts of 32 symbols at `count` rows from `row` on, by their tables. */
static inline __attribute__((always_inline)) void NAME(sums_by_tables)(
    const NAME(Tile) *t, const uint16_t *offsets, int64_t stride, __mmask32 there, const int64_t J,
    int64_t row, int64_t count, __m512i phase[4], __m512i tilt[4]) {
    for (int64_t r = 0; r < count; r++) {
        __m512i sum = _mm512_setzero_si512(), lean = sum;
        for (int64_t j = 0; j < J; j++) {
            const __m512i at = _mm512_maskz_loadu_epi16(there, offsets + j * stride);
            const int64_t entry = ((row + r) * J + j) * 32;
            sum = _mm512_add_epi16(
                sum, _mm512_permutexvar_epi16(at, _mm512_load_si512(t->phase_16 + entry)));
            lean = _mm512_add_epi16(
                lean, _mm512_permutexvar_epi16(at, _mm512_load_si512(t->tilt_16 + entry)));
        }
        phase[r] = sum, tilt[r] = lean;
    }
}

/* Words of all multipliers, where symbols are too few for tables. */
static void NAME(store_words)(NAME(Tile) *t) {
    for (int64_t i = 0; i < t->lanes * t->arrays->length; i++)
        _mm256_store_si256((__m256i *)(t->word + i * MIRAGE_SLOTS), NAME(words)(t, i));
}

/* Which of 32 symbols have each digit of 1, (J, D) as bits. */
static inline void NAME(digits_of)(const NAME(Tile) *t, const uint16_t *offsets, int64_t stride,
                                   __mmask32 there, uint32_t *ones) {
    const int64_t J = t->arrays->length, D = t->arrays->digits;
    const __m512i codes = _mm512_load_si512(t->codes);
    for (int64_t j = 0; j < J; j++) {
        const __m512i at = _mm512_maskz_loadu_epi16(there, offsets + j * stride);
        const __m512i code = _mm512_permutexvar_epi16(at, codes);
        for (int64_t d = 0; d < D; d++)
            ones[j * D + d] = _mm512_test_epi16_mask(code, _mm512_set1_epi16((int16_t)(1 << d)));
    }
}

/* The same, by adding up words where digits are 1. */
static inline __attribute__((always_inline)) void NAME(sums_by_digits)(
    const NAME(Tile) *t, const uint32_t *ones, const int64_t J, const int64_t D, int64_t row,
    const int64_t count, __m512i phase[4], __m512i tilt[4]) {
    const int32_t *word = t->word + row * J * MIRAGE_SLOTS;
    __m512i low[4], high[4];
    for (int64_t r = 0; r < count; r++) {
        uint32_t base = HALF_A_STEP;
        for (int64_t j = 0; j < J; j++) base += (uint32_t)word[(r * J + j) * MIRAGE_SLOTS];
        low[r] = high[r] = _mm512_set1_epi32((int32_t)base);
    }
    for (int64_t j = 0; j < J; j++)
        for (int64_t d = 0; d < D; d++) {
            const __mmask16 first = (__mmask16)ones[j * D + d];
            const __mmask16 second = (__mmask16)(ones[j * D + d] >> 16);
            for (int64_t r = 0; r < count; r++) {
                const __m512i more = _mm512_set1_epi32(word[(r * J + j) * MIRAGE_SLOTS + 1 + d]);
                low[r] = _mm512_mask_add_epi32(low[r], first, low[r], more);
                high[r] = _mm512_mask_add_epi32(high[r], second, high[r], more);
            }
        }
    for (int64_t r = 0; r < count; r++) {
        phase[r] = NAME(halves_of)(low[r], high[r], 1);
        tilt[r] = NAME(halves_of)(low[r], high[r], 0);
    }
}

/* Put suspects of a chunk, whose rows ascend, in order of their vectors. */
static void NAME(by_vector)(NAME(Suspect) *suspects, int64_t count, int64_t from) {
    int32_t start[CHUNK + 1] = {0};
    NAME(Suspect) sorted[CHUNK * FEW_ROWS];
    for (int64_t s = 0; s < count; s++) start[suspects[s].vector - from + 1]++;
    for (int n = 0; n < CHUNK; n++) start[n + 1] += start[n];
    for (int64_t s = 0; s < count; s++) sorted[start[suspects[s].vector - from]++] = suspects[s];
    memcpy(suspects, sorted, (size_t)count * sizeof *suspects);
}

static inline __attribute__((always_inline)) void NAME(screen_symbols)(
    NAME(Tile) *t, const Product *p, int64_t begin, int64_t end, const int64_t J, const int64_t D,
    const int tables, NAME(Found) *out) {
    const Arrays *a = t->arrays;
    const uint16_t *offsets = p->offsets + t->group * p->streamed * J;
    const uint8_t *class_of = t->reading->class_of + t->group * p->streamed;
    const uint32_t quads = (uint32_t)((a->rows + 3) / 4);
    const NAME(Common) common = NAME(common_of)(a);
    NAME(Suspect) *suspects = out->suspects;
    uint32_t ones[2][MIRAGE_LONGEST * MIRAGE_SLOTS];
    int64_t pending = out->kept;
    const int64_t first = (p->row_offset + begin) / 4, last = (p->row_offset + end + 3) / 4;
    for (int64_t quad = first; quad < last; quad += BATCH) {
        const int64_t from = 4 * quad - p->row_offset, start = pending;
        const int64_t low = begin > from ? begin - from : 0;
        const int64_t high = end - from < CHUNK ? end - from : CHUNK;
        const uint64_t there = (~(uint64_t)0 >> (CHUNK - high)) & (~(uint64_t)0 << low);
        NAME(fetch)(out, high - low);
        for (int half = 0; half < 2 && !tables; half++)
            if ((uint32_t)(there >> (32 * half)))
                NAME(digits_of)(t, offsets + from + 32 * half, p->streamed,
                                (__mmask32)(there >> (32 * half)), ones[half]);
        /* The loudest class of the symbols decides which readouts are looked at more closely. */
        const __m512i classes = _mm512_maskz_loadu_epi8(there, class_of + from);
        __m256i two = _mm256_max_epu8(_mm512_castsi512_si256(classes),
                                      _mm512_extracti64x4_epi64(classes, 1));
        __m128i one = _mm_max_epu8(_mm256_castsi256_si128(two), _mm256_extracti128_si256(two, 1));
        one = _mm_max_epu8(one, _mm_srli_si128(one, 8)), one = _mm_max_epu8(one, _mm_srli_si128(one, 4));
        one = _mm_max_epu8(one, _mm_srli_si128(one, 2)), one = _mm_max_epu8(one, _mm_srli_si128(one, 1));
        const uint8_t *loudest = a->class_most + (_mm_cvtsi128_si32(one) & 0xFF) * MIRAGE_BINS;
        const __m512i limit = _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)loudest));
        for (int64_t r = 0; r < t->lanes; r += 4) {
            const uint32_t second = (uint32_t)t->number * quads + (uint32_t)(t->array_row + r) / 4;
            uint32_t numbers[BATCH] ALIGNED, seconds[BATCH] ALIGNED, words[4][BATCH] ALIGNED;
            for (int b = 0; b < BATCH; b++) numbers[b] = (uint32_t)quad + b, seconds[b] = second;
            NAME(philox_batch)(numbers, seconds, t->keys[0], words);
            const int64_t rows = t->lanes - r < 4 ? t->lanes - r : 4;
            uint8_t lead[4][CHUNK] ALIGNED;
            for (int64_t row = 0; row < rows; row++) {
                /* The byte of a row of the four words of every four symbols. */
                const __m512i byte = _mm512_set1_epi32(0xFF);
                __m512i bytes = _mm512_setzero_si512();
                for (int w = 0; w < 4; w++)
                    bytes = _mm512_or_si512(
                        bytes, _mm512_slli_epi32(
                                   _mm512_and_si512(_mm512_srl_epi32(_mm512_load_si512(words[w]),
                                                                     _mm_cvtsi32_si128((int)(8 * row))),
                                                    byte),
                                   (unsigned)(8 * w)));
                _mm512_store_si512(lead[row], bytes);
            }
            for (int half = 0; half < 2; half++) {
                const __mmask32 some = (__mmask32)(there >> (32 * half));
                const int64_t n = from + 32 * half;
                __m512i phase[4], tilt[4];
                if (!some) continue;
                if (tables)
                    NAME(sums_by_tables)(t, offsets + n, p->streamed, some, J, r, rows, phase, tilt);
                else if (rows > 2) NAME(sums_by_digits)(t, ones[half], J, D, r, 4, phase, tilt);
                else NAME(sums_by_digits)(t, ones[half], J, D, r, 2, phase, tilt);
                for (int64_t row = 0; row < rows; row++) {
                    const __m512i sum = _mm512_add_epi16(phase[row], _mm512_set1_epi16(t->start[r + row]));
                    /* Of sums of lower halves 12 bits are tilt. */
                    const __m512i taken =
                        _mm512_mulhi_epu16(_mm512_abs_epi16(_mm512_slli_epi16(tilt[row], 4)),
                                           _mm512_set1_epi16((int16_t)t->by_tilt[r + row]));
                    const __m512i room =
                        _mm512_subs_epu16(_mm512_set1_epi16((int16_t)t->reach[r + row]),
                                          _mm512_sub_epi16(taken, _mm512_set1_epi16(-1)));
                    const __m512i y = _mm512_subs_epu16(room, _mm512_abs_epi16(sum));
                    const __m512i bin =
                        _mm512_mulhi_epu16(y, _mm512_set1_epi16((int16_t)t->factor[r + row]));
                    const __m512i drawn = _mm512_min_epu16(
                        _mm512_cvtepu8_epi16(_mm256_load_si256((const __m256i *)lead[row] + half)),
                        _mm512_set1_epi16(254));
                    uint32_t hit = _mm512_mask_cmplt_epu16_mask(
                        some, drawn, _mm512_permutexvar_epi16(bin, limit));
                    if (!hit) continue;
                    uint16_t left[32] ALIGNED, bins[32] ALIGNED;
                    int16_t off[32] ALIGNED;
                    _mm512_store_si512(left, y), _mm512_store_si512(bins, bin);
                    _mm512_store_si512(off, sum);
                    for (; hit; hit &= hit - 1) {
                        const int k = __builtin_ctz(hit);
                        const uint8_t drew = lead[row][32 * half + k];
                        const uint8_t least = a->class_limit[class_of[n + k] * MIRAGE_BINS + bins[k]];
                        if ((drew < 254 ? drew : 254) >= least) continue;
                        NAME(Suspect) *found = suspects + pending++;
                        found->vector = (int32_t)(n + k), found->lane = (uint8_t)(r + row);
                        found->lead = drew, found->spare = left[k], found->off = off[k];
                    }
                }
            }
        }
        NAME(by_vector)(suspects + start, pending - start, from);
        if (pending - out->kept >= PENDING || quad + BATCH >= last) {
            NAME(sift)(t, p, &common, class_of, pending, end - begin <= FEW, out);
            pending = out->kept;
        }
    }
}

static void NAME(screen_by_row_tables)(NAME(Tile) *t, const Product *p, int64_t from, int64_t to,
                                       NAME(Found) *out) {
    const int64_t J = t->arrays->length;
    if (J == 16) NAME(screen_symbols)(t, p, from, to, 16, 0, 1, out);
    else NAME(screen_symbols)(t, p, from, to, J, 0, 1, out);
}

static void NAME(screen_by_digits)(NAME(Tile) *t, const Product *p, int64_t from, int64_t to,
                                   NAME(Found) *out) {
    const int64_t J = t->arrays->length, D = t->arrays->digits;
    if (J == 16) NAME(screen_symbols)(t, p, from, to, 16, D, 0, out);
    else NAME(screen_symbols)(t, p, from, to, J, D, 0, out);
}
#endif

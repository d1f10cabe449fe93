/* Screening of products of few rows: what is worked on together are symbols of one row, not rows of
 * one symbol. Part of body.h. */
#if defined(MIRAGE_AVX512)
/* Phases and tilts of every streamed mantissa at every multiplier, (lanes, J, 32). */
static void NAME(build_row_tables)(NAME(Tile) *t) {
    const Arrays *a = t->arrays;
    const int64_t J = a->length, D = a->digits;
    int16_t odd[MIRAGE_LANES] ALIGNED;
    for (int r = 0; r < MIRAGE_LANES; r++) odd[r] = (int16_t)(2 * r + 1);
    const __m512i upper = _mm512_load_si512(odd);
    const __m512i lower = _mm512_sub_epi16(upper, _mm512_set1_epi16(1));
    for (int64_t i = 0; i < t->lanes * J; i++) {
        int32_t word[MIRAGE_SLOTS] ALIGNED;
        _mm256_store_si256((__m256i *)word, NAME(words)(t, i));
        /* Half a step of the angle, so that the upper half of a sum is rounded. */
        __m512i low = _mm512_set1_epi32((int32_t)((uint32_t)word[0] + 0x8000u)), high = low;
        for (int64_t d = 0; d < D; d++) {
            const __m512i more = _mm512_set1_epi32(word[1 + d]);
            low = _mm512_mask_add_epi32(low, (__mmask16)t->ones[d], low, more);
            high = _mm512_mask_add_epi32(high, (__mmask16)(t->ones[d] >> 16), high, more);
        }
        _mm512_store_si512(t->phase_16 + i * 32, _mm512_permutex2var_epi16(low, upper, high));
        _mm512_store_si512(t->tilt_16 + i * 32, _mm512_permutex2var_epi16(low, lower, high));
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
    NAME(Tile) *t, const Product *p, int64_t begin, int64_t end, const int64_t J, NAME(Found) *out) {
    const Arrays *a = t->arrays;
    const uint16_t *offsets = p->offsets + t->group * p->streamed * J;
    const uint8_t *class_of = t->reading->class_of + t->group * p->streamed;
    const uint32_t quads = (uint32_t)((a->rows + 3) / 4);
    NAME(Suspect) suspects[WAITING];
    int64_t pending = 0;
    const int64_t first = (p->row_offset + begin) / 4, last = (p->row_offset + end + 3) / 4;
    for (int64_t quad = first; quad < last; quad += BATCH) {
        const int64_t from = 4 * quad - p->row_offset, start = pending;
        const int64_t low = begin > from ? begin - from : 0;
        const int64_t high = end - from < CHUNK ? end - from : CHUNK;
        const uint64_t there = (~(uint64_t)0 >> (CHUNK - high)) & (~(uint64_t)0 << low);
        NAME(fetch)(out, high - low);
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
            for (int64_t row = r; row < r + rows; row++) {
                /* The byte of a row of the four words of every four symbols. */
                const uint32_t shift = 8 * (uint32_t)(row - r);
                const __m512i byte = _mm512_set1_epi32(0xFF);
                __m512i bytes = _mm512_setzero_si512();
                for (int w = 0; w < 4; w++)
                    bytes = _mm512_or_si512(
                        bytes, _mm512_slli_epi32(
                                   _mm512_and_si512(
                                       _mm512_srl_epi32(_mm512_load_si512(words[w]),
                                                        _mm_cvtsi32_si128((int)shift)), byte),
                                   (unsigned)(8 * w)));
                uint8_t lead[CHUNK] ALIGNED;
                _mm512_store_si512(lead, bytes);
                for (int half = 0; half < 2; half++) {
                    const __mmask32 some = (__mmask32)(there >> (32 * half));
                    if (!some) continue;
                    const int64_t n = from + 32 * half;
                    __m512i sum = _mm512_set1_epi16(t->start[row]), lean = _mm512_setzero_si512();
                    for (int64_t j = 0; j < J; j++) {
                        const __m512i at = _mm512_maskz_loadu_epi16(some, offsets + j * p->streamed + n);
                        const int64_t entry = (row * J + j) * 32;
                        sum = _mm512_add_epi16(
                            sum, _mm512_permutexvar_epi16(at, _mm512_load_si512(t->phase_16 + entry)));
                        lean = _mm512_add_epi16(
                            lean, _mm512_permutexvar_epi16(at, _mm512_load_si512(t->tilt_16 + entry)));
                    }
                    /* Of sums of lower halves 12 bits are tilt. */
                    const __m512i taken =
                        _mm512_mulhi_epu16(_mm512_abs_epi16(_mm512_slli_epi16(lean, 4)),
                                           _mm512_set1_epi16((int16_t)t->by_tilt[row]));
                    const __m512i room =
                        _mm512_subs_epu16(_mm512_set1_epi16((int16_t)t->reach[row]),
                                          _mm512_sub_epi16(taken, _mm512_set1_epi16(-1)));
                    const __m512i y = _mm512_subs_epu16(room, _mm512_abs_epi16(sum));
                    const __m512i bin =
                        _mm512_mulhi_epu16(y, _mm512_set1_epi16((int16_t)t->factor[row]));
                    const __m512i drawn = _mm512_min_epu16(
                        _mm512_cvtepu8_epi16(_mm256_load_si256((const __m256i *)lead + half)),
                        _mm512_set1_epi16(254));
                    uint32_t hit = _mm512_mask_cmplt_epu16_mask(
                        some, drawn, _mm512_permutexvar_epi16(bin, limit));
                    if (!hit) continue;
                    uint16_t left[32] ALIGNED, bins[32] ALIGNED;
                    _mm512_store_si512(left, y), _mm512_store_si512(bins, bin);
                    for (; hit; hit &= hit - 1) {
                        const int k = __builtin_ctz(hit);
                        const uint8_t drew = lead[32 * half + k];
                        const uint8_t least = a->class_limit[class_of[n + k] * MIRAGE_BINS + bins[k]];
                        if ((drew < 254 ? drew : 254) >= least) continue;
                        NAME(Suspect) *found = suspects + pending++;
                        found->vector = (int32_t)(n + k), found->lane = (uint8_t)row;
                        found->lead = drew, found->spare = left[k];
                    }
                }
            }
        }
        NAME(by_vector)(suspects + start, pending - start, from);
        if (pending >= PENDING || quad + BATCH >= last) {
            pending = NAME(filter)(t, p, class_of, suspects, pending, end - begin <= FEW);
            NAME(flush)(t, p, suspects, pending, out);
            pending = 0;
        }
    }
}

static void NAME(screen_few_rows)(NAME(Tile) *t, const Product *p, int64_t from, int64_t to,
                                  NAME(Found) *out) {
    const int64_t J = t->arrays->length;
    if (J == 16) NAME(screen_symbols)(t, p, from, to, 16, out);
    else NAME(screen_symbols)(t, p, from, to, J, out);
}
#endif

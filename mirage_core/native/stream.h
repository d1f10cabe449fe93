/* What screens need of streamed symbols. Part of body.h. */
/* Whether rows are few, and mantissas so few that one permutation looks 32 of them up. */
static inline int NAME(of_few_rows)(const Product *p) {
#if defined(MIRAGE_AVX512)
    return p->stationary <= FEW_ROWS && p->readings[0].arrays->mantissas <= 32;
#else
    (void)p;
    return 0;
#endif
}

/* Whether so few symbols of theirs are not worth tables. */
static inline int NAME(too_few)(const Product *p, int64_t symbols) {
    return NAME(of_few_rows)(p) && symbols <= FEW_SYMBOLS;
}

#if defined(MIRAGE_AVX512)
/* Loss of a symbol of 16 mantissas, of which there are 32 or fewer. */
static inline uint32_t NAME(lost_of_16)(const Arrays *a, const int8_t *x) {
    const __m512i low = _mm512_loadu_si512(a->loss), high = _mm512_loadu_si512(a->loss + 16);
    const __m512i at = _mm512_sub_epi32(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)x)),
                                        _mm512_set1_epi32((int32_t)a->least));
    return (uint32_t)_mm512_reduce_add_epi32(_mm512_permutex2var_epi32(low, at, high));
}
#endif

/* Loss of a symbol on one rail in steps of 2^-20 dB, and how many digits are 1 times 2^40, where that
 * is asked for. */
static inline int64_t NAME(lost)(const Arrays *a, const int8_t *x) {
#if defined(MIRAGE_AVX512)
    if (a->loss && a->length == 16 && a->mantissas <= 32 && a->phase_rms_count == 1)
        return NAME(lost_of_16)(a, x);
#endif
    const int64_t *table = a->loss_ones - a->least;
    int64_t lost = 0;
    for (int64_t j = 0; j < a->length; j++) lost += table[x[j]];
    return lost;
}

/* Classes of symbols by their loss. */
static void NAME(classify)(const Arrays *a, const int8_t *x, uint8_t *class_of, int64_t count) {
    const uint32_t most = a->classes ? (uint32_t)a->classes - 1 : 0;
    const int shift = (int)a->class_shift;
#if defined(MIRAGE_AVX512)
    if (a->length == 16 && a->mantissas <= 32) {
        for (int64_t n = 0; n < count; n++) {
            const uint32_t found = NAME(lost_of_16)(a, x + 16 * n) >> shift;
            class_of[n] = (uint8_t)(found < most ? found : most);
        }
        return;
    }
#endif
    const uint32_t *table = a->loss - a->least;
    for (int64_t n = 0; n < count; n++) {
        uint32_t lost = 0;
        for (int64_t j = 0; j < a->length; j++) lost += table[x[n * a->length + j]];
        class_of[n] = (uint8_t)(lost >> shift < most ? lost >> shift : most);
    }
}

#if defined(MIRAGE_AVX512)
/* 16 symbols of 16 bytes: all first bytes, all second ones, and so on. */
static inline void NAME(transpose)(const int8_t *x, __m128i *out) {
    __m128i a[16], b[16];
    for (int i = 0; i < 16; i++) a[i] = _mm_loadu_si128((const __m128i *)(x + 16 * i));
    /* Four times, each symbol is laced with the one half of all further on. */
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 8; i++) {
            b[2 * i] = _mm_unpacklo_epi8(a[i], a[i + 8]);
            b[2 * i + 1] = _mm_unpackhi_epi8(a[i], a[i + 8]);
        }
        for (int i = 0; i < 8; i++) {
            a[2 * i] = _mm_unpacklo_epi8(b[i], b[i + 8]);
            a[2 * i + 1] = _mm_unpackhi_epi8(b[i], b[i + 8]);
        }
    }
    for (int i = 0; i < 16; i++) out[i] = a[i];
}
#endif

/* Mantissas of the symbols `from` ... `to` of one group as (J, N), counted from the least on. */
static void NAME(lay_across)(const int8_t *x, int32_t least, int64_t J, int64_t streamed,
                             uint16_t *offsets, int64_t from, int64_t to) {
    int64_t n = from;
#if defined(MIRAGE_AVX512)
    for (; J == 16 && n + 16 <= to; n += 16) {
        const __m256i first = _mm256_set1_epi16((int16_t)least);
        __m128i bytes[16];
        NAME(transpose)(x + n * 16, bytes);
        for (int j = 0; j < 16; j++)
            _mm256_storeu_si256((__m256i *)(offsets + j * streamed + n),
                                _mm256_sub_epi16(_mm256_cvtepi8_epi16(bytes[j]), first));
    }
#endif
    for (; n < to; n++)
        for (int64_t j = 0; j < J; j++)
            offsets[j * streamed + n] = (uint16_t)(x[n * J + j] - least);
}

/* Of the symbols `from` ... `to` of (S, G, N): class, for every modulus, and offsets of mantissas
 * into tables, which are alike for all. */
void NAME(stream)(const Product *p, uint8_t *class_of, uint16_t *offsets, int64_t from, int64_t to) {
    const int64_t J = p->length;
    const int64_t count = p->items * p->groups * p->streamed;
    for (int64_t l = 0; l < p->moduli; l++) {
        const Arrays *a = p->readings[l].arrays;
        if (a->screens) NAME(classify)(a, p->x + from * J, class_of + l * count + from, to - from);
    }
    const int32_t X = (int32_t)p->readings[0].arrays->mantissas, row = MIRAGE_LANES / 4;
    const int32_t least = (int32_t)p->readings[0].arrays->least;
    if (NAME(of_few_rows)(p)) {
        for (int64_t at = from, stop; at < to; at = stop) {
            const int64_t group = at / p->streamed, first = group * p->streamed;
            stop = first + p->streamed < to ? first + p->streamed : to;
            NAME(lay_across)(p->x + first * J, least, J, p->streamed, offsets + first * J,
                             at - first, stop - first);
        }
        return;
    }
    for (int64_t n = from; n < to; n++)
        for (int32_t j = 0; j < (int32_t)J; j++)
            offsets[n * J + j] = (uint16_t)((j * X + p->x[n * J + j] - least) * row);
}

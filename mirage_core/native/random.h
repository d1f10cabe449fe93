/* Random words: Philox4x32-10, see photonics/readout_words.py. Part of body.h. */
static inline void NAME(philox)(uint32_t first, uint32_t second, const uint32_t *key,
                                uint32_t *out) {
    uint32_t x0 = first, x1 = second, x2 = key[2], x3 = key[3], k0 = key[0], k1 = key[1];
    for (int step = 0; step < 10; step++) {
        uint64_t a = (uint64_t)0xD2511F53u * x0, b = (uint64_t)0xCD9E8D57u * x2;
        uint32_t y0 = (uint32_t)(b >> 32) ^ x1 ^ k0, y2 = (uint32_t)(a >> 32) ^ x3 ^ k1;
        x1 = (uint32_t)b, x3 = (uint32_t)a, x0 = y0, x2 = y2;
        k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
    }
    out[0] = x0, out[1] = x1, out[2] = x2, out[3] = x3;
}

/* Words of BATCH blocks, word by word. */
static inline void NAME(philox_batch)(const uint32_t *first, const uint32_t *second,
                                      const uint32_t *key, uint32_t out[4][BATCH]) {
#if defined(MIRAGE_AVX512)
    /* Even and odd blocks apart, each in the lower half of 64 bits. */
    const __m512i m0 = _mm512_set1_epi64(0xD2511F53), m1 = _mm512_set1_epi64(0xCD9E8D57);
    __m512i x0[2], x1[2], x2[2], x3[2];
    x0[0] = _mm512_load_si512(first), x1[0] = _mm512_load_si512(second);
    x0[1] = _mm512_srli_epi64(x0[0], 32), x1[1] = _mm512_srli_epi64(x1[0], 32);
    x2[0] = x2[1] = _mm512_set1_epi64(key[2]), x3[0] = x3[1] = _mm512_set1_epi64(key[3]);
    uint32_t k0 = key[0], k1 = key[1];
    for (int step = 0; step < 10; step++) {
        const __m512i c0 = _mm512_set1_epi64(k0), c1 = _mm512_set1_epi64(k1);
        for (int h = 0; h < 2; h++) {
            __m512i a = _mm512_mul_epu32(x0[h], m0), b = _mm512_mul_epu32(x2[h], m1);
            x0[h] = _mm512_ternarylogic_epi64(_mm512_srli_epi64(b, 32), x1[h], c0, 0x96);
            x2[h] = _mm512_ternarylogic_epi64(_mm512_srli_epi64(a, 32), x3[h], c1, 0x96);
            x1[h] = b, x3[h] = a;
        }
        k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
    }
#define STORE(w, x)                                                                           \
    _mm512_store_si512(out[w], _mm512_mask_blend_epi32(0xAAAA, x[0], _mm512_slli_epi64(x[1], 32)))
    STORE(0, x0);
    STORE(1, x1);
    STORE(2, x2);
    STORE(3, x3);
#undef STORE
#elif defined(MIRAGE_AVX2)
    const __m256i m0 = _mm256_set1_epi64x(0xD2511F53), m1 = _mm256_set1_epi64x(0xCD9E8D57);
    for (int part = 0; part < BATCH; part += 8) {
        __m256i x0[2], x1[2], x2[2], x3[2];
        x0[0] = _mm256_load_si256((const __m256i *)(first + part));
        x1[0] = _mm256_load_si256((const __m256i *)(second + part));
        x0[1] = _mm256_srli_epi64(x0[0], 32), x1[1] = _mm256_srli_epi64(x1[0], 32);
        x2[0] = x2[1] = _mm256_set1_epi64x(key[2]), x3[0] = x3[1] = _mm256_set1_epi64x(key[3]);
        uint32_t k0 = key[0], k1 = key[1];
        for (int step = 0; step < 10; step++) {
            const __m256i c0 = _mm256_set1_epi64x(k0), c1 = _mm256_set1_epi64x(k1);
            for (int h = 0; h < 2; h++) {
                __m256i a = _mm256_mul_epu32(x0[h], m0), b = _mm256_mul_epu32(x2[h], m1);
                x0[h] = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(b, 32), x1[h]), c0);
                x2[h] = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(a, 32), x3[h]), c1);
                x1[h] = b, x3[h] = a;
            }
            k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
        }
#define STORE(w, x)                                                                          \
    _mm256_store_si256((__m256i *)(out[w] + part),                                           \
                       _mm256_blend_epi32(x[0], _mm256_slli_epi64(x[1], 32), 0xAA))
        STORE(0, x0);
        STORE(1, x1);
        STORE(2, x2);
        STORE(3, x3);
#undef STORE
    }
#else
    for (int i = 0; i < BATCH; i++) {
        uint32_t words[4];
        NAME(philox)(first[i], second[i], key, words);
        for (int w = 0; w < 4; w++) out[w][i] = words[w];
    }
#endif
}

/* Leading bytes of AHEAD symbols from number 8·eight on, for the 32 rows from row quad `second`. */
static inline void NAME(leading)(uint32_t eight, uint32_t second, const uint32_t *key,
                                 uint8_t out[AHEAD][MIRAGE_LANES]) {
#if defined(MIRAGE_AVX512)
    const __m512i m0 = _mm512_set1_epi64(0xD2511F53), m1 = _mm512_set1_epi64(0xCD9E8D57);
    const __m512i first = _mm512_set_epi64(2 * eight + 1, 2 * eight + 1, 2 * eight + 1,
                                           2 * eight + 1, 2 * eight, 2 * eight, 2 * eight, 2 * eight);
    __m512i x0[2], x1[2], x2[2], x3[2];
    for (int h = 0; h < 2; h++) {
        x0[h] = first;
        x1[h] = _mm512_add_epi64(_mm512_set1_epi64((int64_t)second + h),
                                 _mm512_set_epi64(6, 4, 2, 0, 6, 4, 2, 0));
        x2[h] = _mm512_set1_epi64(key[2]), x3[h] = _mm512_set1_epi64(key[3]);
    }
    uint32_t k0 = key[0], k1 = key[1];
    for (int step = 0; step < 10; step++) {
        const __m512i c0 = _mm512_set1_epi64(k0), c1 = _mm512_set1_epi64(k1);
        for (int h = 0; h < 2; h++) {
            __m512i a = _mm512_mul_epu32(x0[h], m0), b = _mm512_mul_epu32(x2[h], m1);
            x0[h] = _mm512_ternarylogic_epi64(_mm512_srli_epi64(b, 32), x1[h], c0, 0x96);
            x2[h] = _mm512_ternarylogic_epi64(_mm512_srli_epi64(a, 32), x3[h], c1, 0x96);
            x1[h] = b, x3[h] = a;
        }
        k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
    }
    const __m512i low = _mm512_set1_epi64(0xFFFFFFFF);
#define STORE(w, x)                                                                          \
    do {                                                                                     \
        __m512i word = _mm512_or_si512(_mm512_and_si512(x[0], low), _mm512_slli_epi64(x[1], 32)); \
        _mm256_store_si256((__m256i *)out[w], _mm512_castsi512_si256(word));                 \
        _mm256_store_si256((__m256i *)out[4 + w], _mm512_extracti64x4_epi64(word, 1));       \
    } while (0)
    STORE(0, x0);
    STORE(1, x1);
    STORE(2, x2);
    STORE(3, x3);
#undef STORE
#elif defined(MIRAGE_AVX2)
    const __m256i m0 = _mm256_set1_epi64x(0xD2511F53), m1 = _mm256_set1_epi64x(0xCD9E8D57);
    const __m256i low = _mm256_set1_epi64x(0xFFFFFFFF);
    for (int quad = 0; quad < 2; quad++) {
        __m256i x0[2], x1[2], x2[2], x3[2];
        for (int h = 0; h < 2; h++) {
            x0[h] = _mm256_set1_epi64x(2 * (int64_t)eight + quad);
            x1[h] = _mm256_add_epi64(_mm256_set1_epi64x((int64_t)second + h),
                                     _mm256_set_epi64x(6, 4, 2, 0));
            x2[h] = _mm256_set1_epi64x(key[2]), x3[h] = _mm256_set1_epi64x(key[3]);
        }
        uint32_t k0 = key[0], k1 = key[1];
        for (int step = 0; step < 10; step++) {
            const __m256i c0 = _mm256_set1_epi64x(k0), c1 = _mm256_set1_epi64x(k1);
            for (int h = 0; h < 2; h++) {
                __m256i a = _mm256_mul_epu32(x0[h], m0), b = _mm256_mul_epu32(x2[h], m1);
                x0[h] = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(b, 32), x1[h]), c0);
                x2[h] = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(a, 32), x3[h]), c1);
                x1[h] = b, x3[h] = a;
            }
            k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
        }
#define STORE(w, x)                                                                            \
    _mm256_store_si256((__m256i *)out[4 * quad + w],                                           \
                       _mm256_or_si256(_mm256_and_si256(x[0], low), _mm256_slli_epi64(x[1], 32)))
        STORE(0, x0);
        STORE(1, x1);
        STORE(2, x2);
        STORE(3, x3);
#undef STORE
    }
#else
    for (int quad = 0; quad < 2; quad++)
        for (int part = 0; part < 8; part++) {
            uint32_t words[4];
            NAME(philox)(2 * eight + quad, second + part, key, words);
            for (int w = 0; w < 4; w++)
                for (int byte = 0; byte < 4; byte++)
                    out[4 * quad + w][4 * part + byte] = (uint8_t)(words[w] >> (8 * byte));
        }
#endif
}

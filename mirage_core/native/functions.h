/* Functions of integers, and of batches of doubles, to a few units of the last place. Part of body.h. */
/* n modulo m, by a multiplication: of numbers below 2^50 and 1/m rounded, where the quotient is off by
 * one at most. */
static inline int64_t NAME(remainder)(int64_t n, int64_t m, double per_m) {
    n -= m * (int64_t)((double)n * per_m);
    n -= n >= m ? m : 0;
    return n < 0 ? n + m : n;
}

static inline int32_t NAME(dot)(const int8_t *w, const int8_t *x, int64_t length) {
    int32_t sum = 0;
#if defined(MIRAGE_AVX512) || defined(MIRAGE_AVX2)
    if (length == 16) {
        const __m256i a = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)w));
        const __m256i b = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)x));
        const __m256i pairs = _mm256_madd_epi16(a, b);
        __m128i four = _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));
        four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4E));
        return _mm_cvtsi128_si32(_mm_add_epi32(four, _mm_shuffle_epi32(four, 0xB1)));
    }
#endif
    for (int64_t j = 0; j < length; j++) sum += (int32_t)w[j] * x[j];
    return sum;
}

static inline double NAME(round_even)(double x) {
    const double big = 6755399441055744.0; /* 1.5 · 2^52 */
    return (x + big) - big;
}

static inline double NAME(d_exp)(double x) {
    double n = NAME(round_even)(x * 1.4426950408889634);
    double r = (x - n * 6.93147180369123816490e-01) - n * 1.90821492927058770002e-10;
    double p = 1.0 / 6227020800.0;
    p = p * r + 1.0 / 479001600.0, p = p * r + 1.0 / 39916800.0, p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0, p = p * r + 1.0 / 40320.0, p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0, p = p * r + 1.0 / 120.0, p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0, p = p * r + 0.5, p = p * r + 1.0, p = p * r + 1.0;
    int64_t bits = ((int64_t)(int32_t)n + 1023) << 52;
    double scale;
    memcpy(&scale, &bits, 8);
    return p * scale;
}

/* Of 0 < x <= 1. */
static inline double NAME(d_log)(double x) {
    int64_t bits;
    memcpy(&bits, &x, 8);
    int64_t shifted = bits - 0x3FE6A09E667F3BCDll; /* √½ */
    int64_t e = shifted >> 52;
    int64_t mantissa = bits - e * ((int64_t)1 << 52);
    double m;
    memcpy(&m, &mantissa, 8);
    double s = (m - 1.0) / (m + 1.0), z = s * s;
    double p = 1.0 / 21.0;
    p = p * z + 1.0 / 19.0, p = p * z + 1.0 / 17.0, p = p * z + 1.0 / 15.0;
    p = p * z + 1.0 / 13.0, p = p * z + 1.0 / 11.0, p = p * z + 1.0 / 9.0;
    p = p * z + 1.0 / 7.0, p = p * z + 1.0 / 5.0, p = p * z + 1.0 / 3.0;
    double n = (double)(int32_t)e;
    return n * 6.93147180369123816490e-01 + (2.0 * s + (2.0 * s * z * p + n * 1.90821492927058770002e-10));
}

static inline void NAME(d_sincos)(double x, double *sine, double *cosine) {
    double n = NAME(round_even)(x * 0.63661977236758134308);
    double r = ((x - n * 1.57079632673412561417e+00) - n * 6.07710050630396597660e-11) -
               n * 2.02226624879595063154e-21;
    double z = r * r;
    double s = -1.0 / 1307674368000.0;
    s = s * z + 1.0 / 6227020800.0, s = s * z - 1.0 / 39916800.0, s = s * z + 1.0 / 362880.0;
    s = s * z - 1.0 / 5040.0, s = s * z + 1.0 / 120.0, s = s * z - 1.0 / 6.0;
    s = r + r * z * s;
    double c = 1.0 / 20922789888000.0;
    c = c * z - 1.0 / 87178291200.0, c = c * z + 1.0 / 479001600.0, c = c * z - 1.0 / 3628800.0;
    c = c * z + 1.0 / 40320.0, c = c * z - 1.0 / 720.0, c = c * z + 1.0 / 24.0;
    c = c * z - 0.5, c = c * z + 1.0;
    int32_t quarter = (int32_t)n;
    double swapped_s = quarter & 1 ? c : s, swapped_c = quarter & 1 ? s : c;
    *sine = quarter & 2 ? -swapped_s : swapped_s;
    *cosine = (quarter + 1) & 2 ? -swapped_c : swapped_c;
}

/* Functions of batches of floats, each with a bound of what it is off by, in units u = 2^-24: half of
 * the last place of 1, by which any sum, product, quotient or root is off, relatively. Bounds hold
 * whether products that are added to are rounded (the baseline) or not. Part of body.h. */
#if defined(MIRAGE_AVX512) || defined(MIRAGE_AVX2)
#define MULTIPLY_ADD(a, b, c) __builtin_fmaf(a, b, c)
#define ROUNDED_ONCE(a, b, c) __builtin_fmaf(a, b, c)
#else
#define MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))
/* Products of floats are exact as doubles. */
#define ROUNDED_ONCE(a, b, c) ((float)((double)(a) * (double)(b) + (double)(c)))
#endif

/* A factor, as the sum of two floats: off by 2^-49 of it. */
typedef struct {
    float high, low;
} NAME(Factor);

static inline NAME(Factor) NAME(factor_of)(double x) {
    NAME(Factor) found = {(float)x, (float)(x - (double)(float)x)};
    return found;
}

static inline float NAME(f_round_even)(float x) {
    const float big = 12582912.0f; /* 1.5 · 2^23 */
    return (x + big) - big;
}

/* steps·factor less the nearest integer, which is returned; of whole steps below 2^24 and products
 * below 2^9. Off by 0.5 u: a quarter by either rounding, of numbers of 1/2 or less. */
static inline float NAME(f_part)(float steps, const NAME(Factor) factor, float *part) {
    const float whole = NAME(f_round_even)(steps * factor.high);
    *part = ROUNDED_ONCE(steps, factor.high, -whole) + steps * factor.low;
    return whole;
}

/* 2^(whole + part), |part| of 1/2 and what it is off by. Off by 2.7 u, relatively: 0.35 by the part;
 * less than 0.1 by the series, of which (ln 2 / 2)^8 / 8! is left out; 2.2 by the last sum and what it
 * adds, 0.41 at most, with three roundings. */
static inline float NAME(f_exp2)(float whole, float part) {
    float p = 1.52527338e-05f;
    p = MULTIPLY_ADD(p, part, 1.54035304e-04f), p = MULTIPLY_ADD(p, part, 1.33335581e-03f);
    p = MULTIPLY_ADD(p, part, 9.61812911e-03f), p = MULTIPLY_ADD(p, part, 5.55041087e-02f);
    p = MULTIPLY_ADD(p, part, 2.40226507e-01f), p = MULTIPLY_ADD(p, part, 6.93147181e-01f);
    p = MULTIPLY_ADD(p, part, 1.0f);
    int32_t bits = ((int32_t)whole + 127) << 23;
    float scale;
    memcpy(&scale, &bits, 4);
    return p * scale;
}

/* Of an angle in 2^-32 turn. Off by 4 u: 2.4 by the angle, π/4 at most, which is converted and
 * multiplied by a rounded number; 1.5 by the roundings of the series; of these (π/4)^11 / 11! and
 * (π/4)^12 / 12! are left out, 0.03 u. */
static inline void NAME(f_sincos)(uint32_t angle, float *sine, float *cosine) {
    const uint32_t quarter = (angle + 0x20000000u) >> 30;
    const float x = (float)(int32_t)(angle - (quarter << 30)) * 1.46291808e-09f, z = x * x;
    float s = 2.75573192e-06f;
    s = MULTIPLY_ADD(s, z, -1.98412698e-04f), s = MULTIPLY_ADD(s, z, 8.33333333e-03f);
    s = MULTIPLY_ADD(s, z, -1.66666667e-01f), s = MULTIPLY_ADD(s * z, x, x);
    float c = -2.75573192e-07f;
    c = MULTIPLY_ADD(c, z, 2.48015873e-05f), c = MULTIPLY_ADD(c, z, -1.38888889e-03f);
    c = MULTIPLY_ADD(c, z, 4.16666667e-02f), c = MULTIPLY_ADD(c, z, -0.5f);
    c = MULTIPLY_ADD(c, z, 1.0f);
    const float swapped_s = quarter & 1 ? c : s, swapped_c = quarter & 1 ? s : c;
    *sine = quarter & 2 ? -swapped_s : swapped_s;
    *cosine = (quarter + 1) & 2 ? -swapped_c : swapped_c;
}

/* Whether a word, of which these are the leading 40 bits, is so close to 0 or 1 that f_radius is off
 * by more than it says: one in 32768. */
static inline int32_t NAME(f_extreme)(int32_t lead, uint32_t word) {
    return (uint32_t)((lead << 23 | (int32_t)(word >> 9)) - 0x8000) >= 0x7FFF0000u;
}

/* √(-2 ln of a word) by its leading 40 bits. Off by 9 u + 2 u of itself.
 * Near 1, its distance from 1 is converted, and -ln off by 7 u of itself: 2 by the conversion, 4 by the
 * quotient, 1 by the series; so is the radius, below 0.83, by half of that, 2.9 u, and by 0.7 u for
 * what the 31 bits leave out, 2^-32 over the radius. Below √½ the word is off by 2 u, and its ln as
 * much; by 1.8 u for that of the mantissa, 0.35 at most; and by 3 u of itself for adding up. Over the
 * radius, 0.83 or more, these are 4.6 u and 1.5 u of the radius. The root adds half a unit. */
static inline float NAME(f_radius)(int32_t lead, uint32_t word) {
    const int32_t leading = lead << 23 | (int32_t)(word >> 9);
    const int near_one = leading > 0x5A82799A; /* √½ */
    const float below = ((float)(0x7FFFFFFF - leading) + 0.5f) * 0x1p-31f;
    const float u = MULTIPLY_ADD((float)lead, 0x1p-8f, (float)(int32_t)(word >> 1) * 0x1p-39f);
    int32_t bits;
    memcpy(&bits, &u, 4);
    const int32_t exponent = (bits - 0x3F3504F3) >> 23, mantissa = bits - (int32_t)((uint32_t)exponent << 23);
    float m;
    memcpy(&m, &mantissa, 4);
    const float n = near_one ? 0.0f : (float)exponent, t = near_one ? -below : m - 1.0f;
    const float s = t / (2.0f + t), z = s * s;
    float p = 9.09090909e-02f;
    p = MULTIPLY_ADD(p, z, 1.11111111e-01f), p = MULTIPLY_ADD(p, z, 1.42857143e-01f);
    p = MULTIPLY_ADD(p, z, 2.00000000e-01f), p = MULTIPLY_ADD(p, z, 3.33333333e-01f);
    const float of_mantissa = MULTIPLY_ADD(p * z, s, s);
    const float square = MULTIPLY_ADD(n, -1.38629436f, -4.0f * of_mantissa);
    return __builtin_sqrtf(square > 0.0f ? square : 0.0f);
}

/* Readouts in single precision, with a bound of what that is off by: decided where no other code is so
 * near, and left open where one is, for evaluate.h to decide. Part of body.h.
 *
 * Bounds are in units u = 2^-24, see singles.h. Those of the light, of which `bulk` is that of both
 * rails before the hybrid, in units u · bulk · the largest coefficients:
 *     7  square of an amplitude, or product of two, of 3 u each
 *     2  times the power, and what that is rounded by; 64 u of the laser's rms go with it, since its
 *        normal is off by 9 u and 7 u of its radius, of which f_extreme leaves open those above 4.72
 *    11  cosine and sine: 4 by themselves, 3.2 by f_part, as much by the residue, of moduli up to 256;
 *        80 u of the rms of the laser's phase go with it, normal and its multiple
 *     6  coefficients, products with them and three sums
 * make 26. The full scale is off by 10 u of itself: 5 and 6 by the light that arrives at either rail, half
 * of their sum by the root, 4 for factors and quotient. So is what the light of a symbol takes off, by
 * 23 u with coefficients, and the noise's rms by half of: what the light is off by, twice 10 u, and 4 u;
 * half a unit for the root. A normal is off by 9 u and 7 u of the radius. */
enum {
    LIGHT_OFF = 26,
    MEAN_OFF = 26 + 10 + 4,  /* and the last sums */
    TAKEN_OFF = 23 + 3,
    NORMAL_OFF = 9,
    RADIUS_OFF = 7 + 13 + 5, /* per standard deviation of the noise and of the radius */
    OFF_OF_LASER = 64,
    OFF_OF_PHASE = 80,
    QUADRATURE = 13          /* numbers of I or Q of a row, see coarse.py */
};

/* What all readouts of a modulus have in common. */
typedef struct {
    NAME(Factor) plus, minus, turn; /* in powers of two per step, turns per step */
    float m, per_m, middle;
    uint32_t level;                 /* 2^-32 turn of one residue */
    float intensity_rms, per_step;  /* per_step: 2^-31 turn of a radian */
    double loss;                    /* powers of two per 2^-20 dB */
    float rails[2], passed_2, kept_2, both, apart, half, ratio_set, steady, as_given;
    float added, top;
    float light_off, mean_off, noise_off, near; /* of all of what is above, in u */
} NAME(Common);

static NAME(Common) NAME(common_of)(const Arrays *a) {
    NAME(Common) c;
    const double m = (double)a->modulus, per_neper = 1.4426950408889634, top = a->half_range;
    double rms_rad = 0.0, taps = 0.0, slopes = 0.0;
    for (int64_t i = 0; i < a->phase_rms_count; i++) rms_rad = fmax(rms_rad, a->phase_rms[i]);
    for (int64_t n = 0; n <= a->depth; n++)
        taps += fabs(a->taps[n]), slopes += fabs(a->jitter_s * a->slopes[n]);
    c.plus = NAME(factor_of)(a->step[0] * per_neper);
    c.minus = NAME(factor_of)(a->step[1] * per_neper);
    c.turn = NAME(factor_of)(a->turn);
    c.m = (float)m, c.per_m = (float)(1.0 / m), c.middle = (float)((m - 1.0) * 0.5);
    c.level = (uint32_t)rint(4294967296.0 / m);
    c.intensity_rms = (float)a->intensity_rms, c.per_step = (float)(2147483648.0 / TWO_PI);
    c.loss = -0.1 * 3.3219280948873623 * 0x1p-20;
    c.rails[0] = (float)a->powers[0], c.rails[1] = (float)a->powers[1];
    c.passed_2 = a->dual ? 1.0f : 0.0f, c.kept_2 = a->dual ? 0.0f : c.rails[1];
    c.both = a->dual ? 1.0f : 0.0f, c.apart = 1.0f - c.both;
    c.half = (float)(0.5 * a->responsivity);
    c.ratio_set = a->gain_mode == 0 ? (float)(a->full_scale_ratio * a->responsivity) : 0.0f;
    c.steady = a->gain_mode == 1 ? (float)(a->full_scale_ratio * a->largest_a) : 0.0f;
    c.as_given = a->gain_mode == 2;
    c.added = (float)(a->converter_noise * a->converter_noise * top * top), c.top = (float)top;
    const double of_laser = OFF_OF_LASER * a->intensity_rms + OFF_OF_PHASE * rms_rad;
    double mean = MEAN_OFF + of_laser;
    /* What is remembered: coefficients, products and sums, and the normal of the clock, of 10 or less,
     * which is off by less than 70 u. */
    if (a->depth) mean = (mean + (double)a->depth + 5.0) * (taps + 10.0 * slopes) + 100.0 * slopes;
    /* Noise is that of the light, of which the power of the laser may be half of the nominal one. */
    c.light_off = (float)(0.5 * (LIGHT_OFF + 2.0 + OFF_OF_LASER * a->intensity_rms + of_laser));
    /* And what these bounds are off by themselves. */
    c.mean_off = (float)(1.01 * 0x1p-24 * mean), c.noise_off = (float)(1.01 * 0x1p-24);
    c.near = (float)(1.01 * a->near * top);
    return c;
}

/* BATCH readouts on their way through the receiver, currents and noise in codes. */
typedef struct {
    int32_t sum[4][BATCH] ALIGNED, sent[BATCH], index[BATCH], open[BATCH];
    float scale[BATCH], common[2][BATCH];
    float power[BATCH], turned[BATCH];      /* of the laser: over its mean, rad */
    float current[2][BATCH], variance[2][BATCH], bulk[BATCH];
    float radius[BATCH], normal[2][BATCH];
    float code[2][BATCH], off[2][BATCH];    /* I and Q, and what they may be off by, in codes */
} NAME(Coarse);

/* Numbers of BATCH rows, see coarse.py. */
typedef float NAME(Quadratures)[2][QUADRATURE][BATCH];

/* What the receivers are set to: factor of currents, and what is taken off per offset. */
static inline void NAME(coarse_setting)(const NAME(Common) *c, const int64_t *lost, const float *full,
                                        float *scale, float common[2][BATCH]) {
    float whole[BATCH], part[BATCH];
    for (int s = 0; s < BATCH; s++) {
        const double powers = c->loss * (double)(int32_t)lost[s], n = NAME(round_even)(powers);
        whole[s] = (float)n, part[s] = (float)(powers - n);
    }
    for (int s = 0; s < BATCH; s++) {
        const float passed = NAME(f_exp2)(whole[s], part[s]);
        const float one = c->rails[0] * passed;
        const float two = c->rails[1] * passed * c->passed_2 + c->kept_2;
        const float set = c->ratio_set * __builtin_sqrtf(one * two);
        const float given = set + c->steady + c->as_given * full[s];
        scale[s] = whole[s] > -60.0f ? 1.0f / given : NAN;
        const float half = c->half * scale[s];
        common[0][s] = half * (one + two * c->both), common[1][s] = half * two * c->apart;
    }
}

/* Two normals of words, and their radius; marks those that are off by more. */
static inline void NAME(coarse_normals)(const uint32_t *lead, uint32_t words[4][BATCH], float *radius,
                                        float *first, float *second, int32_t *open) {
    for (int s = 0; s < BATCH; s++) {
        float sine, cosine;
        const float r = NAME(f_radius)((int32_t)lead[s], words[0][s]);
        NAME(f_sincos)(words[2][s], &sine, &cosine);
        open[s] |= NAME(f_extreme)((int32_t)lead[s], words[0][s]);
        radius[s] = r, first[s] = r * cosine, second[s] = r * sine;
    }
}

/* Settled currents, the variance of their noise, and the light that both are of. */
static inline void NAME(coarse_detect)(const NAME(Common) *restrict c, NAME(Quadratures) *restrict rows,
                                       NAME(Coarse) *restrict b) {
    for (int s = 0; s < BATCH; s++) {
        /* Steps below 2^24 are exact as floats; so are dot products below 2^20, and the residue, since
         * what is rounded lies well within half of one. */
        const int32_t size = abs(b->sum[0][s]) | abs(b->sum[1][s]) | abs(b->sum[2][s]);
        const float dot = (float)b->sum[3][s];
        const float residue = dot - c->m * NAME(f_round_even)((dot - c->middle) * c->per_m);
        float plus, minus, turns, sine, cosine;
        const float whole_plus = NAME(f_part)((float)b->sum[0][s], c->plus, &plus);
        const float whole_minus = NAME(f_part)((float)b->sum[1][s], c->minus, &minus);
        NAME(f_part)((float)b->sum[2][s], c->turn, &turns);
        const float power = b->power[s], turned = b->turned[s];
        b->sent[s] = (int32_t)residue;
        b->open[s] = (size >= 1 << 24) | (abs(b->sum[3][s]) >= 1 << 20) | !(fabsf(whole_plus) < 40.0f) |
                     !(fabsf(whole_minus) < 40.0f) | !(power >= 0.5f) | !(fabsf(turned) < 3.0f);
        const float up = NAME(f_exp2)(whole_plus, plus), down = NAME(f_exp2)(whole_minus, minus);
        const uint32_t angle = ((uint32_t)(int32_t)(turns * 0x1p31f) << 1) +
                               ((uint32_t)(int32_t)(turned * c->per_step) << 1) +
                               (uint32_t)b->sent[s] * c->level;
        NAME(f_sincos)(angle, &sine, &cosine);
        const float mixed = up * down * power, signal = up * up * power, reference = down * down * power;
        const float x = cosine * mixed, y = sine * mixed;
        b->bulk[s] = (signal + reference) * (power > 1.0f ? 1.0f : 2.0f);
        for (int q = 0; q < 2; q++) {
            const float(*row)[BATCH] = (*rows)[q];
            b->current[q][s] = MULTIPLY_ADD(
                row[0][s], signal,
                MULTIPLY_ADD(row[1][s], reference, MULTIPLY_ADD(row[2][s], x, -row[3][s] * y)));
            b->variance[q][s] =
                MULTIPLY_ADD(row[4][s], signal,
                             MULTIPLY_ADD(row[5][s], reference,
                                          MULTIPLY_ADD(row[6][s], x, -row[7][s] * y))) +
                row[8][s];
        }
    }
}

/* Gain, trims, noise and converters: where decisions are found; marks what is left open, by 2 where only
 * since a code is near. */
static inline void NAME(coarse_digitize)(const NAME(Common) *restrict c,
                                         NAME(Quadratures) *restrict rows, NAME(Coarse) *restrict b) {
    const float top = c->top;
    for (int s = 0; s < BATCH; s++) {
        const float scale = b->scale[s], square = scale * scale;
        float code[2];
        int32_t open = b->open[s];
        for (int q = 0; q < 2; q++) {
            const float(*row)[BATCH] = (*rows)[q];
            const float variance = MULTIPLY_ADD(b->variance[q][s], square, c->added);
            const float rms = __builtin_sqrtf(variance > 0.0f ? variance : 0.0f);
            const float taken = MULTIPLY_ADD(row[9][s], b->common[0][s], row[10][s] * b->common[1][s]);
            const float mean = MULTIPLY_ADD(b->current[q][s], scale, -taken);
            float x = MULTIPLY_ADD(rms, b->normal[q][s], mean);
            const float size = MULTIPLY_ADD(fabsf(row[9][s]), b->common[0][s],
                                            fabsf(row[10][s]) * b->common[1][s]);
            const float spread = MULTIPLY_ADD(
                b->radius[s], MULTIPLY_ADD(c->light_off, row[12][s], (float)RADIUS_OFF),
                (float)NORMAL_OFF);
            const float off =
                MULTIPLY_ADD(row[11][s] * b->bulk[s] * scale, c->mean_off,
                             c->noise_off * MULTIPLY_ADD(rms, spread, (float)TAKEN_OFF * size)) +
                c->near;
            b->code[q][s] = x, b->off[q][s] = off;
            /* Far beyond the range all is alike. */
            x = x < -top ? -top : x > top ? top : x;
            const float whole = NAME(f_round_even)(x);
            open |= !(off < 0.5f);
            open |= (!(fabsf(x - whole) > off) & !(fabsf(whole) >= top)) << 1;
            const float below = whole - (whole > x ? 1.0f : 0.0f);
            code[q] = below > top - 1.0f ? top - 1.0f : below;
        }
        open |= !(b->bulk[s] >= 0.0f);
        b->open[s] = open;
        b->index[s] = open ? 0 : (int32_t)((code[0] + top) * (2.0f * top) + (code[1] + top));
    }
}

/* What a readout near another code is decided as, if all that it may be are decided alike; -1 if not. */
static int32_t NAME(alike)(const Arrays *a, const NAME(Common) *c, const NAME(Coarse) *b, int64_t s) {
    const int64_t top = (int64_t)c->top;
    int64_t code[2][2];
    /* Two codes at most: bounds are a quarter of one or less. */
    if (b->open[s] != 2 || b->off[0][s] > 0.25f || b->off[1][s] > 0.25f) return -1;
    for (int q = 0; q < 2; q++)
        for (int side = 0; side < 2; side++) {
            /* What is added for rounding the sum is 1 u of each part of the code, and more. */
            const float off = 1.05f * b->off[q][s], x = b->code[q][s] + (side ? off : -off);
            const float low = floorf(x < -c->top ? -c->top : x);
            code[q][side] = (int64_t)(low > c->top - 1.0f ? c->top - 1.0f : low) + top;
        }
    const int16_t first = a->decided[code[0][0] * 2 * top + code[1][0]];
    int alike = 1;
    for (int k = 1; k < 4; k++)
        alike &= a->decided[code[0][k & 1] * 2 * top + code[1][k >> 1]] == first;
    return alike ? first : -1;
}

/* Which of BATCH flags are set, as bits. */
static inline uint32_t NAME(bits_of)(const int32_t *flags) {
#if defined(MIRAGE_AVX512)
    const __m512i all = _mm512_load_si512(flags);
    return _mm512_test_epi32_mask(all, all);
#else
    uint32_t bits = 0;
    for (int s = 0; s < BATCH; s++) bits |= (uint32_t)(flags[s] != 0) << s;
    return bits;
#endif
}

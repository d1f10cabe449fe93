/* A tile: what one array holds of one group, for 32 of its rows. Part of body.h. */
typedef struct {
    const Arrays *arrays;
    int64_t group, first, lanes; /* stationary rows first ... first + lanes */
    int64_t line;                /* of the first of them */
    int64_t array_row;           /* row of the array of the first */
    const uint32_t *keys;
    int16_t level[256];          /* of every mantissa, as a byte */
    Hot *hot;                    /* (lanes, J) */
    int32_t *entry;              /* (lanes, J) where Arrays.exact holds them, in multipliers */
    int32_t *turned;             /* (lanes, J, 8) added to exact phases; used where rows wander */
    int wanders;
    uint32_t touched;            /* rows whose exact numbers have been asked for */
    int16_t *table;              /* (J, X, lanes) phase in 2^-16 turn */
    int8_t *tilt;                /* (J, X, lanes) off the middle, in steps of each row */
    int still;                   /* whether all of the table would be zero */
    int level_rails;             /* whether no tilt displaces anything */
    int32_t input[MIRAGE_LANES][4]; /* in front of the digits, in grid steps of Q */
    int16_t start[MIRAGE_LANES] ALIGNED;
    uint16_t reach[MIRAGE_LANES] ALIGNED;
    uint16_t factor[MIRAGE_LANES] ALIGNED;
    uint16_t by_tilt[MIRAGE_LANES] ALIGNED;  /* 2^-22 turn per step */
    int16_t tilt_scale[MIRAGE_LANES] ALIGNED;
    float spare[MIRAGE_LANES];   /* rad per unit of reach times factor */
} NAME(Tile);

/* Gather what the tile's drives make of light, turned as it is now. */
static void NAME(gather)(NAME(Tile) *t, const Product *p, const Wander *wander) {
    const Arrays *a = t->arrays;
    const int64_t J = a->length, V = a->modulus, D = a->digits, count = t->lanes * J;
    const int64_t lines = a->units * a->rows, places = lines * J, first = t->line * J;
    const float step = (float)a->step[2];
    const double turn = a->step[2] * (4294967296.0 / TWO_PI);
    const int8_t *w = p->w + (t->group * p->stationary + t->first) * J;
    for (int64_t i = 0; i < count; i++)
        t->entry[i] = (int32_t)((first + i) * V + t->level[(uint8_t)w[i]]);
    /* What lies far away is asked for before it is needed. */
    for (int64_t i = 0; i < count; i++) __builtin_prefetch(a->hot + t->entry[i]);
    for (int64_t i = 0; i < count; i++) memcpy(t->hot + i, a->hot + t->entry[i], sizeof(Hot));
    memcpy(t->input, a->input + t->line * 4, (size_t)t->lanes * sizeof t->input[0]);
    t->wanders = wander != NULL, t->touched = 0;
    t->still = a->phases_still && !wander;
    if (!wander) return;
    memset(t->turned, 0, (size_t)count * MIRAGE_SLOTS * sizeof(int32_t));
    for (int64_t r = 0; r < t->lanes; r++) {
        t->input[r][2] += (int32_t)rintf(wander->row_rad[t->line + r] / step);
        for (int64_t j = 0; j < J; j++) {
            const int64_t i = r * J + j;
            float turned[MIRAGE_SLOTS] = {0};
            for (int64_t d = 0; d < D; d++) turned[1 + d] = wander->digit_taken[(first + i) * D + d];
            for (int64_t k = 0; k < wander->moves; k++) {
                float amount = wander->amount[k * lines + t->line + r];
                int64_t at = k * places * V + t->entry[i];
                turned[0] += amount * wander->base_rad[at];
                for (int64_t d = 0; d < D; d++)
                    turned[1 + d] += amount * wander->digit_rad[at * D + d];
            }
            for (int64_t d = 0; d <= D; d++) {
                int32_t steps = (int32_t)rintf(turned[d] / step);
                t->turned[i * MIRAGE_SLOTS + d] = steps;
                t->hot[i].phase[d] += (int32_t)(uint32_t)(int64_t)rint(steps * turn);
            }
        }
    }
}

/* What slots hold of the multipliers j of all rows: (slots, lanes). */
static inline void NAME(by_slot)(const NAME(Tile) *t, int64_t j, int32_t phase[][MIRAGE_LANES],
                                 int16_t tilt[][MIRAGE_LANES]) {
    const int64_t J = t->arrays->length;
#if defined(MIRAGE_AVX512) || defined(MIRAGE_AVX2)
    /* Eight rows at a time; rows that are not there hold what was there before, and are not used. */
    for (int64_t r = 0; r < t->lanes; r += 8) {
        __m256i a[8], b[8];
        const Hot *from = t->hot + r * J + j;
        for (int i = 0; i < 8; i++) a[i] = _mm256_load_si256((const __m256i *)from[i * J].phase);
        for (int i = 0; i < 8; i += 2) {
            b[i] = _mm256_unpacklo_epi32(a[i], a[i + 1]);
            b[i + 1] = _mm256_unpackhi_epi32(a[i], a[i + 1]);
        }
        for (int i = 0; i < 8; i += 4) {
            a[i] = _mm256_unpacklo_epi64(b[i], b[i + 2]);
            a[i + 1] = _mm256_unpackhi_epi64(b[i], b[i + 2]);
            a[i + 2] = _mm256_unpacklo_epi64(b[i + 1], b[i + 3]);
            a[i + 3] = _mm256_unpackhi_epi64(b[i + 1], b[i + 3]);
        }
        for (int i = 0; i < 4; i++) {
            _mm256_store_si256((__m256i *)(phase[i] + r),
                               _mm256_permute2x128_si256(a[i], a[i + 4], 0x20));
            _mm256_store_si256((__m256i *)(phase[i + 4] + r),
                               _mm256_permute2x128_si256(a[i], a[i + 4], 0x31));
        }
        __m128i c[8], d[8];
        for (int i = 0; i < 8; i++) c[i] = _mm_load_si128((const __m128i *)from[i * J].tilt);
        for (int i = 0; i < 8; i += 2) {
            d[i] = _mm_unpacklo_epi16(c[i], c[i + 1]), d[i + 1] = _mm_unpackhi_epi16(c[i], c[i + 1]);
        }
        for (int i = 0; i < 8; i += 4) {
            c[i] = _mm_unpacklo_epi32(d[i], d[i + 2]), c[i + 1] = _mm_unpackhi_epi32(d[i], d[i + 2]);
            c[i + 2] = _mm_unpacklo_epi32(d[i + 1], d[i + 3]);
            c[i + 3] = _mm_unpackhi_epi32(d[i + 1], d[i + 3]);
        }
        for (int i = 0; i < 4; i++) {
            _mm_store_si128((__m128i *)(tilt[2 * i] + r), _mm_unpacklo_epi64(c[i], c[i + 4]));
            _mm_store_si128((__m128i *)(tilt[2 * i + 1] + r), _mm_unpackhi_epi64(c[i], c[i + 4]));
        }
    }
#else
    for (int64_t r = 0; r < t->lanes; r++)
        for (int64_t d = 0; d < MIRAGE_SLOTS; d++) {
            phase[d][r] = t->hot[r * J + j].phase[d];
            tilt[d][r] = t->hot[r * J + j].tilt[d];
        }
#endif
}

/* Phases and tilts of every streamed mantissa at every multiplier, added up by the screen. */
static void NAME(build_tables)(NAME(Tile) *t) {
    const Arrays *a = t->arrays;
    const int64_t J = a->length, X = a->mantissas;
    int32_t sums[1 << (MIRAGE_SLOTS - 1)][MIRAGE_LANES] ALIGNED;
    int16_t tilts[1 << (MIRAGE_SLOTS - 1)][MIRAGE_LANES] ALIGNED;
    int32_t digit[MIRAGE_SLOTS][MIRAGE_LANES] ALIGNED;
    int16_t leaning[MIRAGE_SLOTS][MIRAGE_LANES] ALIGNED;
#if defined(MIRAGE_AVX512)
    int16_t odd[MIRAGE_LANES] ALIGNED;
    for (int r = 0; r < MIRAGE_LANES; r++) odd[r] = (int16_t)(2 * r + 1);
    const __m512i halves = _mm512_load_si512(odd);
#endif
    if (t->still && t->level_rails) return;
    memset(digit, 0, sizeof digit), memset(leaning, 0, sizeof leaning);
    for (int64_t j = 0; j < J; j++) {
        NAME(by_slot)(t, j, digit, leaning);
        memcpy(tilts[0], leaning[0], sizeof tilts[0]);
        /* Half a unit, so that the upper half of a sum is rounded; turns wrap by themselves. */
        for (int r = 0; r < MIRAGE_LANES; r++) sums[0][r] = (int32_t)((uint32_t)digit[0][r] + 0x8000u);
        for (int64_t i = 0; i < a->chain_count; i++) {
            const int32_t code = a->chain[2 * i], added = a->chain[2 * i + 1];
            const int32_t before = code & ~(1 << added);
            for (int r = 0; r < MIRAGE_LANES; r++)
                sums[code][r] = (int32_t)((uint32_t)sums[before][r] + (uint32_t)digit[1 + added][r]);
            for (int r = 0; r < MIRAGE_LANES; r++)
                tilts[code][r] = (int16_t)(tilts[before][r] + leaning[1 + added][r]);
        }
        for (int64_t x = 0; x < X && !t->still; x++) {
            const int32_t *sum = sums[a->code[x]];
            int16_t *to = t->table + (j * X + x) * MIRAGE_LANES;
#if defined(MIRAGE_AVX512)
            _mm512_store_si512(to, _mm512_permutex2var_epi16(_mm512_load_si512(sum), halves,
                                                             _mm512_load_si512(sum + 16)));
#else
            for (int r = 0; r < MIRAGE_LANES; r++) to[r] = (int16_t)((uint32_t)sum[r] >> 16);
#endif
        }
        for (int64_t x = 0; x < X && !t->level_rails; x++) {
            const int16_t *sum = tilts[a->code[x]];
            int8_t *to = t->tilt + (j * X + x) * MIRAGE_LANES;
#if defined(MIRAGE_AVX512)
            _mm256_store_si256((__m256i *)to, _mm512_cvtepi16_epi8(_mm512_mulhrs_epi16(
                                                  _mm512_load_si512(sum),
                                                  _mm512_load_si512(t->tilt_scale))));
#else
            for (int r = 0; r < MIRAGE_LANES; r++)
                to[r] = (int8_t)(((int32_t)sum[r] * t->tilt_scale[r] + 0x4000) >> 15);
#endif
        }
    }
}

/* How far each row may be displaced, as an angle to spare; see engines/screening.py. */
static void NAME(bound_rows)(NAME(Tile) *t) {
    const Arrays *a = t->arrays;
    const int64_t J = a->length;
    const double unit = TWO_PI / 65536.0, noise = a->radius * a->intensity_rms;
    memset(t->start, 0, sizeof t->start), memset(t->reach, 0, sizeof t->reach);
    memset(t->factor, 0, sizeof t->factor), memset(t->by_tilt, 0, sizeof t->by_tilt);
    memset(t->tilt_scale, 0, sizeof t->tilt_scale);
    t->level_rails = 1;
    double least[MIRAGE_LANES] = {0}, most[MIRAGE_LANES] = {0}, middle[MIRAGE_LANES] = {0},
           reach[MIRAGE_LANES] = {0};
    for (int64_t r = 0; r < t->lanes; r++) {
        v4f sum = {0.0f, 0.0f, 0.0f, 0.0f};
        for (int64_t j = 0; j < J; j++) sum += *(const v4f *)t->hot[r * J + j].over;
        double plus = a->step[0] * t->input[r][0], minus = a->step[1] * t->input[r][1];
        /* Sums of floats are off by less than this. */
        least[r] = sum[0] + plus + minus - 1e-5, most[r] = sum[1] + plus + minus + 1e-5;
        middle[r] = sum[2] + plus - minus, reach[r] = sum[3] + 1e-5;
    }
    double e_least[MIRAGE_LANES], e_most[MIRAGE_LANES], e_middle[MIRAGE_LANES],
        e_reach[MIRAGE_LANES];
    for (int r = 0; r < MIRAGE_LANES; r++) e_least[r] = NAME(d_exp)(least[r]);
    for (int r = 0; r < MIRAGE_LANES; r++) e_most[r] = NAME(d_exp)(most[r]);
    for (int r = 0; r < MIRAGE_LANES; r++) e_middle[r] = NAME(d_exp)(middle[r]);
    for (int r = 0; r < MIRAGE_LANES; r++) e_reach[r] = NAME(d_exp)(reach[r]);
    for (int64_t r = 0; r < t->lanes; r++) {
        const double *line = a->line + (t->line + r) * MIRAGE_LINE;
        double low = e_least[r] * (1.0 - noise), high = e_most[r] * (1.0 + noise);
        double sinh_reach = 0.5 * (e_reach[r] - 1.0 / e_reach[r]);
        double cosh_reach = 0.5 * (e_reach[r] + 1.0 / e_reach[r]);
        double common = 1.0 / low - 1.0;
        if (1.0 - 1.0 / high > common) common = 1.0 - 1.0 / high;
        double squares = 0.0, offsets = 0.0, leans = 0.0;
        for (int b = 0; b < 2; b++) {
            double plus = line[25 + b] * e_middle[r], minus = line[27 + b] / e_middle[r];
            double off = line[29 + b];
            double part = fabs(plus + minus - off) + fabs(plus + minus) * (cosh_reach - 1.0);
            squares += part * part, offsets += off * off;
            leans += (plus - minus) * (plus - minus);
        }
        const double rho = line[23], by_lean = sqrt(leans) * sinh_reach / rho;
        /* A tilt counts in steps of eight bits, the row's reach in as many as leave room for what
         * each entry is rounded by; the scale of steps is rounded down, by less than one. */
        const double rounded = 0.55 * (double)J + 1.0, steps = fmax(126.0 - rounded, 1.0);
        const double scale = floor(a->tilt_step * steps / reach[r] * 32768.0);
        double displaced = (line[24] + sqrt(squares) + common * sqrt(offsets)) / rho;
        if (scale >= 1.0) displaced += by_lean * (rounded / steps + 1.0 / scale);
        /* Convex in the log of rail + over rail -: the most is at an end. */
        double up = e_middle[r] * e_reach[r], down = e_middle[r] / e_reach[r];
        double one = line[32] * up + line[33] / up, other = line[32] * down + line[33] / down;
        double light = high * ((one > other ? one : other) + line[34]);
        t->start[r] = (int16_t)(int32_t)rint(
            remainder(a->step[2] * t->input[r][2] + line[22], TWO_PI) / unit);
        if (displaced + by_lean > a->most_displaced || light > a->light_limit ||
            high * rho * (1.0 + displaced + by_lean) > a->amplitude_limit)
            continue;
        double spare = a->half_units - displaced / a->cosine / unit - a->rounding_units;
        double by_tilt = ceil(by_lean / a->cosine / unit / steps * 64.0);
        /* The largest tilt, with what it may be off, must not overflow. */
        const int holds = rounded <= 125.0 && scale >= 1.0 && scale <= 32767.0;
        /* What moves less than two steps of angle by all of its tilt is not added up. */
        const int summed = by_tilt > 1.0;
        if (summed && (!holds || by_tilt * 127.0 > 65535.0)) continue;
        if (!summed) spare -= 2.0;
        if (spare <= 0.0) continue;
        double strength = low * rho / line[31];
        double factor = strength * 65536.0 * MIRAGE_BINS / a->half_units;
        double largest = (MIRAGE_BINS - 0.01) * 65536.0 / a->half_units;
        if (factor > largest) factor = largest;
        if (factor > 65535.0) factor = 65535.0;
        t->reach[r] = (uint16_t)spare;
        t->factor[r] = (uint16_t)factor;
        t->spare[r] = (float)t->factor[r] * (float)(a->half_units / (65536.0 * MIRAGE_BINS));
        if (!summed) continue;
        t->level_rails = 0;
        t->by_tilt[r] = (uint16_t)by_tilt;
        t->tilt_scale[r] = (int16_t)scale;
    }
}

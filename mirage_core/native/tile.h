/* Room for the heaters of an array: planes of its rows, with nothing around them. */
typedef struct {
    int64_t down, along, stride, plane; /* around, from row to row, from plane to plane */
    float *asked, *given, *rest, *turned, *moved; /* 2, 2, 2, 2 and 4 planes */
} NAME(Heaters);

/* A tile: what one array holds of one group, for 32 of its rows. Part of body.h. */
typedef struct {
    const Arrays *arrays;
    const Reading *reading;
    int64_t number;              /* of the tile, counted over blocks of rows and groups */
    int64_t group, first, lanes; /* stationary rows first ... first + lanes */
    int64_t line;                /* of the first of them */
    int64_t array_row;           /* row of the array of the first */
    uint32_t keys[4][4];         /* of leading bytes, the rest, laser and clock */
    int16_t level[256];          /* of every mantissa, as a byte */
    int32_t *entry;              /* (lanes, J) where Arrays.exact holds them, in multipliers */
    int32_t *turned;             /* (lanes, J, 8) added to exact phases, where rows turn */
    int32_t *warmed;             /* (lanes, J, rail, 8) added to exact amplitudes by heat */
    int turns, warms;
    NAME(Heaters) heaters;
    int32_t input[MIRAGE_LANES][4]; /* in front of the digits, in grid steps of Q */
    /* For the screen; of one tile at a time. */
    int16_t *table;              /* (J, X, lanes) phase in 2^-16 turn */
    int8_t *tilt;                /* (J, X, lanes) off the middle, in steps of each row */
    int16_t *tilt_16;            /* the same of few rows, (lanes, J, 32), as the table is then */
    uint32_t ones[MIRAGE_SLOTS]; /* which mantissas have each digit of 1, where they are few */
    int still;                   /* whether all of the table would be zero */
    int level_rails;             /* whether no tilt displaces anything */
    int16_t start[MIRAGE_LANES] ALIGNED;
    uint16_t reach[MIRAGE_LANES] ALIGNED;
    uint16_t factor[MIRAGE_LANES] ALIGNED;
    uint16_t by_tilt[MIRAGE_LANES] ALIGNED;  /* 2^-22 turn per step */
    int16_t tilt_scale[MIRAGE_LANES] ALIGNED;
    float spare[MIRAGE_LANES];   /* rad per unit of reach times factor */
} NAME(Tile);

/* The streams of an attempt; see photonics/readout_words.py. */
static void NAME(set_keys)(NAME(Tile) *t, int64_t attempt) {
    for (uint32_t s = 0; s < 4; s++) {
        memcpy(t->keys[s], t->reading->key, sizeof t->keys[s]);
        t->keys[s][2] += (uint32_t)attempt, t->keys[s][3] += s;
    }
}

/* Which rows of which array hold a block's group, 32 of them from chunk on; 0 where none do. */
static int NAME(place)(NAME(Tile) *t, const Reading *reading, const Product *p, int64_t block,
                       int64_t group, int64_t chunk) {
    const Arrays *a = reading->arrays;
    int64_t rows = p->stationary - block * a->rows;
    if (rows > a->rows) rows = a->rows;
    t->arrays = a, t->reading = reading, t->group = group;
    t->number = block * p->groups + group;
    t->array_row = chunk * MIRAGE_LANES;
    t->first = block * a->rows + t->array_row;
    t->lanes = rows - t->array_row < MIRAGE_LANES ? rows - t->array_row : MIRAGE_LANES;
    t->line = t->number % a->units * a->rows + t->array_row;
    return t->lanes > 0;
}

static void NAME(locate)(const NAME(Tile) *t, const Product *p, int32_t *entry) {
    const int64_t J = t->arrays->length, V = t->arrays->modulus, first = t->line * J;
    const int8_t *w = p->w + (t->group * p->stationary + t->first) * J;
    for (int64_t i = 0; i < t->lanes * J; i++)
        entry[i] = (int32_t)((first + i) * V + t->level[(uint8_t)w[i]]);
}

/* How far multipliers are turned beyond what heat does: by wander, and by the noise of drives. */
static void NAME(turn)(NAME(Tile) *t, const Product *p) {
    const Arrays *a = t->arrays;
    const Wander *wander = t->reading->wander;
    const int64_t J = a->length, V = a->modulus, D = a->digits, count = t->lanes * J;
    const int64_t lines = a->units * a->rows, places = lines * J, first = t->line * J;
    const float step = (float)a->step[2];
    t->turns = wander || t->reading->turned || t->warms;
    if (!t->warms && t->turns) memset(t->turned, 0, (size_t)count * MIRAGE_SLOTS * sizeof(int32_t));
    if (t->reading->turned) {
        const int32_t *more =
            t->reading->turned + (t->group * p->stationary + t->first) * J * MIRAGE_SLOTS;
        for (int64_t i = 0; i < count * MIRAGE_SLOTS; i++) t->turned[i] += more[i];
    }
    for (int64_t r = 0; r < t->lanes && wander; r++) {
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
            for (int64_t d = 0; d <= D; d++)
                t->turned[i * MIRAGE_SLOTS + d] += (int32_t)rintf(turned[d] / step);
        }
    }
}

/* What slots hold of the multipliers j of all rows, (slots, lanes): phases in 2^-32 turn. */
static inline void NAME(by_slot)(const NAME(Tile) *t, int64_t j, int32_t phase[][MIRAGE_LANES],
                                 int16_t tilt[][MIRAGE_LANES]) {
    const int64_t J = t->arrays->length;
    const Hot *hot = t->arrays->hot;
    const float turn = (float)t->arrays->turn;
#if defined(MIRAGE_AVX512) || defined(MIRAGE_AVX2)
    const __m256 turn_8 = _mm256_set1_ps(turn), whole = _mm256_set1_ps(4294967296.0f);
    /* Eight rows at a time; what rows that are not there are given is not used. */
    for (int64_t r = 0; r < t->lanes; r += 8) {
        __m256i a[8], b[8];
        const Hot *from[8];
        for (int i = 0; i < 8; i++) from[i] = hot + t->entry[(r + i < t->lanes ? r + i : r) * J + j];
        for (int i = 0; i < 8; i++) a[i] = _mm256_load_si256((const __m256i *)from[i]->phase);
        for (int i = 0; i < 8 && t->turns; i++)
            a[i] = _mm256_add_epi32(a[i], _mm256_load_si256((const __m256i *)(
                                              t->turned + ((r + i) * J + j) * MIRAGE_SLOTS)));
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
            b[i] = _mm256_permute2x128_si256(a[i], a[i + 4], 0x20);
            b[i + 4] = _mm256_permute2x128_si256(a[i], a[i + 4], 0x31);
        }
        for (int i = 0; i < 8; i++) {
            __m256 turns = _mm256_mul_ps(_mm256_cvtepi32_ps(b[i]), turn_8);
            turns = _mm256_sub_ps(turns, _mm256_round_ps(turns, 8));
            /* Half a turn more is half a turn less. */
            _mm256_store_si256((__m256i *)(phase[i] + r),
                               _mm256_cvtps_epi32(_mm256_mul_ps(turns, whole)));
        }
        __m128i c[8], d[8];
        for (int i = 0; i < 8; i++) c[i] = _mm_load_si128((const __m128i *)from[i]->tilt);
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
            const int64_t i = r * J + j;
            int32_t steps = hot[t->entry[i]].phase[d];
            if (t->turns) steps += t->turned[i * MIRAGE_SLOTS + d];
            float turns = (float)steps * turn;
            turns -= rintf(turns);
            phase[d][r] = (int32_t)(uint32_t)(int64_t)(turns * 4294967296.0f);
            tilt[d][r] = hot[t->entry[i]].tilt[d];
        }
#endif
}

/* Add the tilts of a multiplier by heat, to base and digits so far apart. */
static inline void NAME(lean_warm)(const NAME(Tile) *t, int64_t multiplier, int16_t *tilt,
                                   int64_t apart) {
    const Arrays *a = t->arrays;
    const float plus = (float)(a->step[0] / a->tilt_step), minus = (float)(a->step[1] / a->tilt_step);
    const int32_t *warmed = t->warmed + multiplier * 2 * MIRAGE_SLOTS;
    for (int64_t d = 0; d <= a->digits; d++)
        tilt[d * apart] = (int16_t)(tilt[d * apart] +
                                    (int32_t)rintf((float)warmed[d] * plus -
                                                   (float)warmed[MIRAGE_SLOTS + d] * minus));
}

/* What heat does to the amplitudes of a row at most, in neper: of both rails together the least and
 * the most, of their tilt to either side. */
static void NAME(warm_reach)(const NAME(Tile) *t, int64_t r, double found[3]) {
    const Arrays *a = t->arrays;
    const int64_t J = a->length;
    const float step_0 = (float)a->step[0], step_1 = (float)a->step[1];
    float least[MIRAGE_SLOTS] = {0}, most[MIRAGE_SLOTS] = {0}, tilt[MIRAGE_SLOTS] = {0};
    for (int64_t i = r * J; i < (r + 1) * J; i++) {
        const int32_t *warmed = t->warmed + i * 2 * MIRAGE_SLOTS;
        for (int d = 0; d < MIRAGE_SLOTS; d++) {
            float plus = step_0 * (float)warmed[d], minus = step_1 * (float)warmed[MIRAGE_SLOTS + d];
            float sum = plus + minus;
            least[d] += sum < 0.0f ? sum : 0.0f, most[d] += sum > 0.0f ? sum : 0.0f;
            tilt[d] += fabsf(plus - minus);
        }
    }
    /* Sums of floats are off by less than the first number; tilts are rounded as they are added. */
    found[0] = -1e-5, found[1] = 1e-5, found[2] = 1e-5 + (double)(J * MIRAGE_SLOTS) * a->tilt_step;
    for (int d = 0; d < MIRAGE_SLOTS; d++)
        found[0] += least[d], found[1] += most[d], found[2] += tilt[d];
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
    const __m512i halves = _mm512_load_si512(odd), scale = _mm512_load_si512(t->tilt_scale);
#else
    /* Half of the rows, where there are no more. */
    const int wide = t->lanes > MIRAGE_LANES / 2 ? MIRAGE_LANES : MIRAGE_LANES / 2;
#endif
    t->still = a->phases_still && !t->turns;
    if (t->still && t->level_rails) return;
    memset(digit, 0, sizeof digit), memset(leaning, 0, sizeof leaning);
    for (int64_t j = 0; j < J; j++) {
        NAME(by_slot)(t, j, digit, leaning);
        for (int64_t r = 0; r < t->lanes && t->warms; r++)
            NAME(lean_warm)(t, r * J + j, leaning[0] + r, MIRAGE_LANES);
        memcpy(tilts[0], leaning[0], sizeof tilts[0]);
        /* Half a unit, so that the upper half of a sum is rounded; turns wrap by themselves. */
        for (int r = 0; r < MIRAGE_LANES; r++) sums[0][r] = (int32_t)((uint32_t)digit[0][r] + 0x8000u);
        for (int64_t i = 0; i < a->chain_count; i++) {
            const int32_t code = a->chain[3 * i], added = a->chain[3 * i + 1], x = a->chain[3 * i + 2];
            const int32_t before = code & ~(1 << added);
            int16_t *to = t->table + (j * X + x) * MIRAGE_LANES;
            int8_t *to_tilt = t->tilt + (j * X + x) * MIRAGE_LANES;
#if defined(MIRAGE_AVX512)
            if (!t->still) {
                __m512i low = _mm512_load_si512(sums[before]), high = _mm512_load_si512(sums[before] + 16);
                if (code) {
                    low = _mm512_add_epi32(low, _mm512_load_si512(digit[1 + added]));
                    high = _mm512_add_epi32(high, _mm512_load_si512(digit[1 + added] + 16));
                }
                _mm512_store_si512(sums[code], low), _mm512_store_si512(sums[code] + 16, high);
                if (x >= 0) _mm512_store_si512(to, _mm512_permutex2var_epi16(low, halves, high));
            }
            if (!t->level_rails) {
                __m512i sum = _mm512_load_si512(tilts[before]);
                if (code) sum = _mm512_add_epi16(sum, _mm512_load_si512(leaning[1 + added]));
                _mm512_store_si512(tilts[code], sum);
                if (x >= 0)
                    _mm256_store_si256((__m256i *)to_tilt,
                                       _mm512_cvtepi16_epi8(_mm512_mulhrs_epi16(sum, scale)));
            }
#else
            const int32_t *sum = sums[code];
            const int16_t *tilt = tilts[code];
            for (int r = 0; r < wide && code; r++)
                sums[code][r] = (int32_t)((uint32_t)sums[before][r] + (uint32_t)digit[1 + added][r]);
            for (int r = 0; r < wide && code; r++)
                tilts[code][r] = (int16_t)(tilts[before][r] + leaning[1 + added][r]);
            if (x < 0) continue;
#if defined(MIRAGE_AVX2)
            for (int h = 0; h < wide / 16; h++) {
                const __m256i *four = (const __m256i *)sum + 2 * h;
                __m256i low = _mm256_srli_epi32(_mm256_load_si256(four), 16);
                __m256i high = _mm256_srli_epi32(_mm256_load_si256(four + 1), 16);
                _mm256_store_si256((__m256i *)to + h, _mm256_permute4x64_epi64(
                                                          _mm256_packus_epi32(low, high), 0xD8));
            }
            const __m256i *two = (const __m256i *)tilt, *scale = (const __m256i *)t->tilt_scale;
            __m256i low = _mm256_mulhrs_epi16(_mm256_load_si256(two), _mm256_load_si256(scale));
            __m256i high = _mm256_mulhrs_epi16(_mm256_load_si256(two + 1), _mm256_load_si256(scale + 1));
            _mm256_store_si256((__m256i *)to_tilt,
                               _mm256_permute4x64_epi64(_mm256_packs_epi16(low, high), 0xD8));
#else
            for (int r = 0; r < MIRAGE_LANES; r++) to[r] = (int16_t)((uint32_t)sum[r] >> 16);
            for (int r = 0; r < MIRAGE_LANES; r++)
                to_tilt[r] = (int8_t)(((int32_t)tilt[r] * t->tilt_scale[r] + 0x4000) >> 15);
#endif
#endif
        }
    }
}

/* How far each row may be displaced, as an angle to spare; see engines/screening.py. */
static void NAME(bound_rows)(NAME(Tile) *t) {
    const Arrays *a = t->arrays;
    const int64_t J = a->length;
    const int lanes = (int)t->lanes, wide = lanes > 8 ? MIRAGE_LANES : 8;
    const double unit = TWO_PI / 65536.0, noise = a->radius * a->intensity_rms;
    double least[MIRAGE_LANES] ALIGNED, most[MIRAGE_LANES] ALIGNED, middle[MIRAGE_LANES] ALIGNED,
        reach[MIRAGE_LANES] ALIGNED, turned[MIRAGE_LANES] ALIGNED;
    double of[MIRAGE_BOUNDS][MIRAGE_LANES] ALIGNED;
    for (int r = 0; r < wide; r++) {
        /* Rows that are not there are worked on as the first, and not used. */
        const int row = r < lanes ? r : 0;
        v4f sum = {0.0f, 0.0f, 0.0f, 0.0f};
        for (int64_t j = 0; j < J; j++) sum += *(const v4f *)a->hot[t->entry[row * J + j]].over;
        double plus = a->step[0] * t->input[row][0], minus = a->step[1] * t->input[row][1];
        /* Sums of floats are off by less than this. */
        least[r] = sum[0] + plus + minus - 1e-5, most[r] = sum[1] + plus + minus + 1e-5;
        middle[r] = sum[2] + plus - minus, reach[r] = sum[3] + 1e-5;
        turned[r] = a->step[2] * t->input[row][2];
        for (int i = 0; i < MIRAGE_BOUNDS; i++)
            of[i][r] = a->bounds[i * a->units * a->rows + t->line + row];
        if (!t->warms) continue;
        double warm[3];
        NAME(warm_reach)(t, row, warm);
        least[r] += warm[0], most[r] += warm[1], reach[r] += warm[2];
    }
    /* A tilt counts in steps of eight bits, the row's reach in as many as leave room for what each
     * entry is rounded by; the scale of steps is rounded down, by less than one. */
    const double rounded = 0.55 * (double)J + 1.0, steps = fmax(126.0 - rounded, 1.0);
    const double by_heat = t->warms ? (double)(J * MIRAGE_SLOTS) * a->tilt_step : 0.0;
    const double tilt_step = a->tilt_step, cosine = a->cosine, half_units = a->half_units;
    const double most_displaced = a->most_displaced, light_limit = a->light_limit;
    const double amplitude_limit = a->amplitude_limit, taken_units = a->rounding_units;
    const double holds = rounded <= 125.0;
    double start[MIRAGE_LANES] ALIGNED, spare[MIRAGE_LANES] ALIGNED, factor[MIRAGE_LANES] ALIGNED,
        by_tilt[MIRAGE_LANES] ALIGNED, scale[MIRAGE_LANES] ALIGNED;
    for (int r = 0; r < wide; r++) {
        const double e_middle = NAME(d_exp)(middle[r]), e_reach = NAME(d_exp)(reach[r]);
        const double low = NAME(d_exp)(least[r]) * (1.0 - noise);
        const double high = NAME(d_exp)(most[r]) * (1.0 + noise);
        const double per_middle = 1.0 / e_middle, per_reach = 1.0 / e_reach;
        const double sinh_reach = 0.5 * (e_reach - per_reach);
        const double cosh_reach = 0.5 * (e_reach + per_reach);
        const double below = 1.0 / low - 1.0, above = 1.0 - 1.0 / high;
        const double common = below > above ? below : above;
        double squares = 0.0, offsets = 0.0, leans = 0.0;
        for (int b = 0; b < 2; b++) {
            const double plus = of[3 + b][r] * e_middle, minus = of[5 + b][r] * per_middle;
            const double off = of[7 + b][r];
            const double part = fabs(plus + minus - off) + fabs(plus + minus) * (cosh_reach - 1.0);
            squares += part * part, offsets += off * off;
            leans += (plus - minus) * (plus - minus);
        }
        const double rho = of[1][r], per_rho = 1.0 / rho, by_lean = sqrt(leans) * sinh_reach * per_rho;
        const double whole = floor(tilt_step * steps / reach[r] * 32768.0);
        double displaced = (of[2][r] + sqrt(squares) + common * sqrt(offsets)) * per_rho;
        displaced += whole >= 1.0 ? by_lean * (rounded / steps + 1.0 / whole) : 0.0;
        displaced += by_lean * by_heat / reach[r];
        /* Convex in the log of rail + over rail -: the most is at an end. */
        const double up = e_middle * e_reach, down = e_middle * per_reach;
        const double one = of[10][r] * up + of[11][r] / up, other = of[10][r] * down + of[11][r] / down;
        const double light = high * ((one > other ? one : other) + of[12][r]);
        const double turns = (turned[r] + of[0][r]) * (1.0 / TWO_PI);
        start[r] = NAME(round_even)((turns - NAME(round_even)(turns)) * 65536.0);
        const double tilts = ceil(by_lean / cosine / unit / steps * 64.0);
        /* What moves less than two steps of angle by all of its tilt is not added up; the largest
         * tilt, with what it may be off, must not overflow. */
        const double summed = tilts > 1.0;
        const double fits = holds * (whole >= 1.0) * (whole <= 32767.0) * (tilts * 127.0 <= 65535.0);
        double left = half_units - displaced / cosine / unit - taken_units - 2.0 * (1.0 - summed);
        left = displaced + by_lean > most_displaced ? 0.0 : left;
        left = light > light_limit ? 0.0 : left;
        left = high * rho * (1.0 + displaced + by_lean) > amplitude_limit ? 0.0 : left;
        left = summed > fits ? 0.0 : left;
        /* Noise that may leave no light at all. */
        left = low > 0.0 ? left : 0.0;
        const double strength = low * rho / of[9][r] * (65536.0 * MIRAGE_BINS) / half_units;
        const double largest = (MIRAGE_BINS - 0.01) * 65536.0 / half_units;
        double times = strength > largest ? largest : strength;
        times = times > 65535.0 ? 65535.0 : times;
        const double quiet = left > 0.0;
        spare[r] = quiet > 0.0 ? left : 0.0, factor[r] = times * quiet;
        by_tilt[r] = summed * quiet > 0.0 ? tilts : 0.0, scale[r] = summed * quiet > 0.0 ? whole : 0.0;
    }
    memset(t->start, 0, sizeof t->start), memset(t->reach, 0, sizeof t->reach);
    memset(t->factor, 0, sizeof t->factor), memset(t->by_tilt, 0, sizeof t->by_tilt);
    memset(t->tilt_scale, 0, sizeof t->tilt_scale);
    t->level_rails = 1;
    for (int r = 0; r < lanes; r++) {
        t->start[r] = (int16_t)(int32_t)start[r];
        t->reach[r] = (uint16_t)spare[r], t->factor[r] = (uint16_t)factor[r];
        t->spare[r] = (float)t->factor[r] * (float)(a->half_units / (65536.0 * MIRAGE_BINS));
        t->by_tilt[r] = (uint16_t)by_tilt[r], t->tilt_scale[r] = (int16_t)scale[r];
        t->level_rails &= !t->by_tilt[r];
    }
}

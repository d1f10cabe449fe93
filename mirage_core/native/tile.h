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
    int16_t *phase;              /* (J, X, lanes) sums of words, and a row of no use: phase, rounded */
    int8_t *tilt;                /* and tilt, in steps of 16 */
    int16_t *phase_16, *tilt_16; /* of few rows, (lanes, J, 32) */
    int32_t *word;               /* of few rows and symbols, (lanes, J, 8): of base and digits */
    uint32_t ones[MIRAGE_SLOTS]; /* which mantissas have each digit of 1, where they are few */
    uint16_t codes[MIRAGE_LANES] ALIGNED; /* and digits of 1 of each as bits */
    int still;                   /* whether neither phases nor tilts displace anything */
    int16_t start[MIRAGE_LANES] ALIGNED;
    uint16_t reach[MIRAGE_LANES] ALIGNED;
    uint16_t factor[MIRAGE_LANES] ALIGNED;
    uint16_t by_tilt[MIRAGE_LANES] ALIGNED;  /* 2^-12 steps of the angle per step */
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

/* Where the multipliers of a tile are that is placed; levels are those of any tile of its modulus. */
static void NAME(locate)(const NAME(Tile) *of_modulus, NAME(Tile) *t, const Product *p) {
    const int64_t J = t->arrays->length, V = t->arrays->modulus, first = t->line * J;
    const int8_t *w = p->w + (t->group * p->stationary + t->first) * J;
    for (int64_t i = 0; i < t->lanes * J; i++)
        t->entry[i] = (int32_t)((first + i) * V + of_modulus->level[(uint8_t)w[i]]);
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

/* A word holds a phase, in its upper 20 bits in 16ths of a step of the angle, and below it a tilt. Sums
 * of words do, too: a tilt below zero takes one from the phase. */
#define TILT_BITS 12

/* Words of base and digits of a multiplier. */
#if defined(MIRAGE_AVX512) || defined(MIRAGE_AVX2)
static inline __m256i NAME(words)(const NAME(Tile) *t, int64_t i) {
    const Arrays *a = t->arrays;
    const Hot *hot = a->hot + t->entry[i];
    const __m256 per_step = _mm256_set1_ps((float)(a->turn * a->finer * 0x1p20));
    __m256i steps = _mm256_load_si256((const __m256i *)hot->phase);
    __m256i tilt = _mm256_cvtepi16_epi32(_mm_load_si128((const __m128i *)hot->tilt));
    if (t->turns)
        steps = _mm256_add_epi32(
            steps, _mm256_load_si256((const __m256i *)(t->turned + i * MIRAGE_SLOTS)));
    if (t->warms) {
        const __m256 plus = _mm256_set1_ps((float)(a->step[0] / a->tilt_step));
        const __m256 minus = _mm256_set1_ps((float)(a->step[1] / a->tilt_step));
        const __m256i *warmed = (const __m256i *)(t->warmed + i * 2 * MIRAGE_SLOTS);
        tilt = _mm256_add_epi32(
            tilt, _mm256_cvtps_epi32(
                      _mm256_sub_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(warmed[0]), plus),
                                    _mm256_mul_ps(_mm256_cvtepi32_ps(warmed[1]), minus))));
    }
    const __m256i phase = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_cvtepi32_ps(steps), per_step));
    return _mm256_add_epi32(_mm256_slli_epi32(phase, TILT_BITS), tilt);
}
#else
static inline void NAME(words)(const NAME(Tile) *t, int64_t i, uint32_t *word) {
    const Arrays *a = t->arrays;
    const Hot *hot = a->hot + t->entry[i];
    const float per_step = (float)(a->turn * a->finer * 0x1p20);
    const float plus = (float)(a->step[0] / a->tilt_step), minus = (float)(a->step[1] / a->tilt_step);
    for (int64_t d = 0; d < MIRAGE_SLOTS; d++) {
        int32_t steps = hot->phase[d], tilt = hot->tilt[d];
        if (t->turns) steps += t->turned[i * MIRAGE_SLOTS + d];
        if (t->warms) {
            const int32_t *warmed = t->warmed + i * 2 * MIRAGE_SLOTS + d;
            tilt += (int32_t)rintf((float)warmed[0] * plus - (float)warmed[MIRAGE_SLOTS] * minus);
        }
        word[d] = ((uint32_t)(int32_t)rintf((float)steps * per_step) << TILT_BITS) + (uint32_t)tilt;
    }
}
#endif

/* Words of the multipliers j of all rows, (slots, lanes). What rows that are not there are given is
 * not used. */
static inline void NAME(by_slot)(const NAME(Tile) *t, int64_t j, uint32_t word[][MIRAGE_LANES]) {
    const int64_t J = t->arrays->length;
#if defined(MIRAGE_AVX512) || defined(MIRAGE_AVX2)
    for (int64_t r = 0; r < t->lanes; r += 8) {
        __m256i a[8], b[8];
        for (int i = 0; i < 8; i++) a[i] = NAME(words)(t, (r + i < t->lanes ? r + i : r) * J + j);
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
            _mm256_store_si256((__m256i *)(word[i] + r), _mm256_permute2x128_si256(a[i], a[i + 4], 0x20));
            _mm256_store_si256((__m256i *)(word[i + 4] + r),
                               _mm256_permute2x128_si256(a[i], a[i + 4], 0x31));
        }
    }
#else
    for (int64_t r = 0; r < t->lanes; r++) {
        uint32_t own[MIRAGE_SLOTS];
        NAME(words)(t, r * J + j, own);
        for (int d = 0; d < MIRAGE_SLOTS; d++) word[d][r] = own[d];
    }
#endif
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
    /* Sums of floats are off by less than this. */
    found[0] = -1e-5, found[1] = 1e-5, found[2] = 1e-5;
    for (int d = 0; d < MIRAGE_SLOTS; d++)
        found[0] += least[d], found[1] += most[d], found[2] += tilt[d];
}

/* Which quads hold what symbols `from` ... `to` are made of, or are needed for those; their number. */
static int64_t NAME(needed_quads)(const NAME(Tile) *t, const Product *p, int64_t from, int64_t to,
                                  int16_t *needed) {
    const Arrays *a = t->arrays;
    const int8_t *x = p->x + t->group * p->streamed * p->length;
    int8_t least = 127, most = -128;
    for (int64_t i = from * p->length; i < to * p->length; i++) {
        least = x[i] < least ? x[i] : least;
        most = x[i] > most ? x[i] : most;
    }
    const int64_t low = least - a->least, high = most - a->least;
    uint64_t building = 0;
    int64_t count = 0;
    for (int64_t i = a->quad_count - 1; i >= 0; i--) {
        const int32_t *quad = a->quads + 6 * i, *whose = quad + 2;
        int any = (int)(building >> quad[0] & 1);
        for (int n = 0; n < 4; n++) any |= whose[n] >= low && whose[n] <= high;
        if (!any) continue;
        building |= (uint64_t)1 << (quad[0] & (quad[0] - 1));
        needed[count++] = (int16_t)i;
    }
    return count;
}

typedef uint32_t NAME(half) __attribute__((vector_size(64), aligned(64)));

/* What is added to a word so that its parts are rounded where they are cut off. */
#define ROUNDED 0x8008u

#if defined(MIRAGE_AVX512)
/* The upper (1) or lower (0) halves of 32 words. */
static inline __m512i NAME(halves_of)(__m512i low, __m512i high, int upper) {
    int16_t which[MIRAGE_LANES] ALIGNED;
    for (int r = 0; r < MIRAGE_LANES; r++) which[r] = (int16_t)(2 * r + upper);
    return _mm512_permutex2var_epi16(low, _mm512_load_si512(which), high);
}
#endif

/* The upper 16 bits of words of all lanes, and bits 4 to 11. */
static inline void NAME(narrow)(const NAME(half) word[2], int16_t *phase, int8_t *tilt) {
#if defined(MIRAGE_AVX512)
    const __m512i low = (__m512i)word[0], high = (__m512i)word[1];
    const __m512i rest = _mm512_srli_epi16(NAME(halves_of)(low, high, 0), 4);
    _mm512_store_si512(phase, NAME(halves_of)(low, high, 1));
    _mm256_store_si256((__m256i *)tilt, _mm512_cvtepi16_epi8(rest));
#elif defined(MIRAGE_AVX2)
    const __m256i *part = (const __m256i *)word;
    __m256i byte[2];
    for (int h = 0; h < 2; h++) {
        const __m256i low = part[2 * h], high = part[2 * h + 1];
        const __m256i upper = _mm256_packs_epi32(_mm256_srai_epi32(low, 16), _mm256_srai_epi32(high, 16));
        _mm256_store_si256((__m256i *)phase + h, _mm256_permute4x64_epi64(upper, 0xD8));
        byte[h] = _mm256_packs_epi32(_mm256_srai_epi32(_mm256_slli_epi32(low, 20), 24),
                                     _mm256_srai_epi32(_mm256_slli_epi32(high, 20), 24));
        byte[h] = _mm256_permute4x64_epi64(byte[h], 0xD8);
    }
    _mm256_store_si256((__m256i *)tilt,
                       _mm256_permute4x64_epi64(_mm256_packs_epi16(byte[0], byte[1]), 0xD8));
#else
    for (int r = 0; r < MIRAGE_LANES; r++) {
        const uint32_t one = word[r / 16][r % 16];
        phase[r] = (int16_t)(one >> 16), tilt[r] = (int8_t)(one >> 4);
    }
#endif
}

/* Phases and tilts of every streamed mantissa of symbols `from` ... `to` at every multiplier, added up
 * by the screen; from words that were kept, or to keep them. */
static void NAME(build_tables)(NAME(Tile) *t, const Product *p, int64_t from, int64_t to, Kept *kept,
                               int known) {
    const Arrays *a = t->arrays;
    const int64_t J = a->length, X = a->mantissas;
    const int halves = t->lanes > MIRAGE_LANES / 2 ? 2 : 1;
    int16_t needed[3 * MIRAGE_QUADS];
    const int64_t count = NAME(needed_quads)(t, p, from, to, needed);
    NAME(half) sums[MIRAGE_QUADS][2], each[4][2];
    uint32_t word[MIRAGE_SLOTS][MIRAGE_LANES] ALIGNED;
    memset(word, 0, sizeof word), memset(each, 0, sizeof each);
    for (int64_t j = 0; j < J; j++) {
        const size_t first = (size_t)(j * (a->digits + 1)) * MIRAGE_LANES;
        uint32_t *own = kept ? (uint32_t *)(kept + 1) + first : word[0];
        if (!known) NAME(by_slot)(t, j, word);
        if (kept && !known) memcpy(own, word, (size_t)(a->digits + 1) * sizeof *word);
        const NAME(half) *of_slot = (const NAME(half) *)own;
        for (int64_t i = count - 1; i >= 0; i--) {
            const int32_t *quad = a->quads + 6 * needed[i], q = quad[0], *whose = quad + 2;
            for (int h = 0; h < halves; h++) {
                NAME(half) sum = of_slot[h] + ROUNDED;
                if (q) sum = sums[q & (q - 1)][h] + of_slot[2 * (1 + quad[1]) + h];
                sums[q][h] = each[0][h] = sum;
                each[1][h] = sum + of_slot[2 + h], each[2][h] = sum + of_slot[4 + h];
                each[3][h] = each[1][h] + of_slot[4 + h];
            }
            for (int n = 0; n < 4; n++) {
                const int64_t row = whose[n] < 0 ? J * X : j * X + whose[n];
                NAME(narrow)(each[n], t->phase + row * MIRAGE_LANES, t->tilt + row * MIRAGE_LANES);
            }
        }
    }
}

/* How far each row may be displaced, as an angle to spare; see engines/screening.py. `steps`: of which
 * the tilts of multipliers are rounded to one. */
static void NAME(bound_rows)(NAME(Tile) *t, int steps) {
    const Arrays *a = t->arrays;
    const int64_t J = a->length;
    const int lanes = (int)t->lanes, wide = (lanes + 7) & ~7;
    const double steps_of_turn = 65536.0 * a->finer, unit = TWO_PI / steps_of_turn;
    const double noise = a->radius * a->intensity_rms;
    double least[MIRAGE_LANES] ALIGNED, most[MIRAGE_LANES] ALIGNED, middle[MIRAGE_LANES] ALIGNED,
        reach[MIRAGE_LANES] ALIGNED, turned[MIRAGE_LANES] ALIGNED, at_rest[MIRAGE_LANES] ALIGNED;
    double of[MIRAGE_BOUNDS][MIRAGE_LANES] ALIGNED;
    for (int r = 0; r < wide; r++) {
        /* Rows that are not there are worked on as the first, and not used. */
        const int row = r < lanes ? r : 0;
        v4f sum = {0.0f, 0.0f, 0.0f, 0.0f};
        int64_t base = t->input[row][2], more = 0;
        for (int64_t j = 0; j < J; j++) {
            const Hot *hot = a->hot + t->entry[row * J + j];
            sum += *(const v4f *)hot->over, base += hot->phase[0];
        }
        double plus = a->step[0] * t->input[row][0], minus = a->step[1] * t->input[row][1];
        /* Sums of floats are off by less than this. */
        least[r] = sum[0] + plus + minus - 1e-5, most[r] = sum[1] + plus + minus + 1e-5;
        middle[r] = sum[2] + plus - minus, reach[r] = sum[3] + 1e-5;
        turned[r] = a->step[2] * t->input[row][2];
        for (int i = 0; i < MIRAGE_BOUNDS; i++)
            of[i][r] = a->bounds[i * a->units * a->rows + t->line + row];
        for (int64_t i = row * J * MIRAGE_SLOTS; t->turns && i < (row + 1) * J * MIRAGE_SLOTS; i++)
            more += abs(t->turned[i]);
        at_rest[r] = (double)base * a->turn, of[13][r] += (double)more * a->turn;
        if (!t->warms) continue;
        double warm[3];
        NAME(warm_reach)(t, row, warm);
        least[r] += warm[0], most[r] += warm[1], reach[r] += warm[2];
    }
    /* Every digit's tilt is rounded, and what heat adds to it. */
    const double rounded = (double)(J * (a->digits + 1)) * (t->warms ? 1.02 : 0.51);
    const double tilt_step = a->tilt_step, cosine = a->cosine, half_units = a->half_units;
    const double most_displaced = a->most_displaced, light_limit = a->light_limit;
    const double amplitude_limit = a->amplitude_limit, per_rad = 1.0 / (cosine * unit);
    /* So is the phase of every multiplier, or left out, and its tilt. */
    const int still = a->phases_still && !t->turns;
    const double taken_units = a->rounding_units + 0.51 * (double)J * (still ? a->finer : 1.0);
    const double cut_off = steps > 1 ? 0.51 * (double)(steps * J) : 0.0;
    const double most_steps = (steps > 1 ? 127.0 * steps : 2047.0) - rounded - cut_off;
    const double per_tilt_step = 1.0 / (65536.0 * tilt_step);
    const double bins_of_unit = 65536.0 * MIRAGE_BINS / half_units;
    const double largest = (MIRAGE_BINS - 0.01) * 65536.0 / half_units;
    double start[MIRAGE_LANES] ALIGNED, spare[MIRAGE_LANES] ALIGNED, factor[MIRAGE_LANES] ALIGNED,
        by_tilt[MIRAGE_LANES] ALIGNED;
    for (int r = 0; r < wide; r++) {
        const double e_middle = NAME(d_exp)(middle[r]), e_reach = NAME(d_exp)(reach[r]);
        const double low = NAME(d_exp)(least[r]) * (1.0 - noise);
        const double high = NAME(d_exp)(most[r]) * (1.0 + noise);
        /* Divisions are dear: one for two. */
        const double per_both = 1.0 / (e_middle * e_reach), per_ends = 1.0 / (low * high);
        const double per_middle = per_both * e_reach, per_reach = per_both * e_middle;
        const double sinh_reach = 0.5 * (e_reach - per_reach);
        const double cosh_reach = 0.5 * (e_reach + per_reach);
        const double below = per_ends * high - 1.0, above = 1.0 - per_ends * low;
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
        const double per_step = by_lean * tilt_step / reach[r];
        double displaced = (of[2][r] + sqrt(squares) + common * sqrt(offsets)) * per_rho;
        /* Convex in the log of rail + over rail -: the most is at an end. */
        const double up = e_middle * e_reach, down = e_middle * per_reach;
        const double per_down = per_middle * e_reach;
        const double one = of[10][r] * up + of[11][r] * per_both;
        const double other = of[10][r] * down + of[11][r] * per_down;
        const double light = high * ((one > other ? one : other) + of[12][r]);
        const double turns = (turned[r] + of[0][r]) * (1.0 / TWO_PI);
        start[r] = NAME(round_even)((turns - NAME(round_even)(turns)) * steps_of_turn);
        const double rest = at_rest[r] + of[0][r] * (1.0 / TWO_PI);
        const double farthest = fabs(rest - NAME(round_even)(rest)) + of[13][r];
        const double tilts = ceil(per_step * per_rad * 4096.0);
        /* Tilts are added up where that leaves more than they take by all of their reach; the largest
         * sum must not overflow. */
        const double whole_reach = by_lean * per_rad, part = per_step * (rounded + cut_off);
        const double fits = (reach[r] < tilt_step * most_steps) * (tilts <= 65535.0);
        const double summed = (whole_reach > 2.0 + part * per_rad) * fits;
        displaced += summed > 0.0 ? part : 0.0;
        /* Phases are cut off above tilts, where they are added up. */
        const double by_tilts = still ? 0.0 : reach[r] * per_tilt_step;
        double left = half_units - displaced * per_rad - taken_units - by_tilts;
        left -= summed > 0.0 ? 0.0 : whole_reach;
        /* Sums must not go round, but by whole turns. */
        const double round = a->finer > 1.0 ? farthest * steps_of_turn : 0.0;
        left = round > 32000.0 - taken_units ? 0.0 : left;
        left = displaced + by_lean > most_displaced ? 0.0 : left;
        left = light > light_limit ? 0.0 : left;
        left = high * rho * (1.0 + displaced + by_lean) > amplitude_limit ? 0.0 : left;
        /* Noise that may leave no light at all. */
        left = low > 0.0 ? left : 0.0;
        const double strength = low * rho / of[9][r] * bins_of_unit;
        double times = strength > largest ? largest : strength;
        times = times > 65535.0 ? 65535.0 : times;
        const double quiet = left > 0.0;
        spare[r] = quiet > 0.0 ? left : 0.0, factor[r] = times * quiet;
        by_tilt[r] = summed * quiet > 0.0 ? tilts : 0.0;
    }
    memset(t->start, 0, sizeof t->start), memset(t->reach, 0, sizeof t->reach);
    memset(t->factor, 0, sizeof t->factor), memset(t->by_tilt, 0, sizeof t->by_tilt);
    t->still = still;
    for (int r = 0; r < lanes; r++) {
        t->start[r] = (int16_t)(int32_t)start[r];
        t->reach[r] = (uint16_t)spare[r], t->factor[r] = (uint16_t)factor[r];
        t->spare[r] = (float)t->factor[r] * (float)(a->half_units / (65536.0 * MIRAGE_BINS));
        t->by_tilt[r] = (uint16_t)by_tilt[r];
        t->still &= !t->by_tilt[r];
    }
}

/* What is kept of a tile, or will be; none where nothing is. */
static Kept *NAME(kept_of)(const NAME(Tile) *t, const Product *p) {
    const int64_t chunks = (t->arrays->rows + MIRAGE_LANES - 1) / MIRAGE_LANES;
    const int64_t at = t->number * chunks + t->array_row / MIRAGE_LANES;
    if (!p->kept) return NULL;
    return (Kept *)(p->kept + (at * p->moduli + (t->reading - p->readings)) * p->kept_size);
}

/* Whether it is there; other threads may be writing the same numbers. */
static inline int NAME(is_known)(const Kept *kept) {
    return kept && __atomic_load_n(&kept->done, __ATOMIC_ACQUIRE);
}

/* Bounds of a tile that is known. */
static void NAME(recall)(NAME(Tile) *t, const Kept *kept) {
    memcpy(t->start, kept->start, sizeof t->start), memcpy(t->reach, kept->reach, sizeof t->reach);
    memcpy(t->factor, kept->factor, sizeof t->factor), memcpy(t->spare, kept->spare, sizeof t->spare);
    memcpy(t->by_tilt, kept->by_tilt, sizeof t->by_tilt), t->still = (int)kept->still;
}

/* Keep those of a tile whose words are kept. */
static void NAME(keep)(const NAME(Tile) *t, Kept *kept) {
    memcpy(kept->start, t->start, sizeof t->start), memcpy(kept->reach, t->reach, sizeof t->reach);
    memcpy(kept->factor, t->factor, sizeof t->factor), memcpy(kept->spare, t->spare, sizeof t->spare);
    memcpy(kept->by_tilt, t->by_tilt, sizeof t->by_tilt), kept->still = t->still;
    __atomic_store_n(&kept->done, 1, __ATOMIC_RELEASE);
}

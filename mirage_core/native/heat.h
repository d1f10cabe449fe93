/* What the heat of a tile adds to its tables; see circuits/compiled/heat_expansion.py, whose sums
 * and products these are, in the same order, one rounding each. Part of body.h. */
#if defined(MIRAGE_AVX512)
#define WIDTH 16
#else
#define WIDTH 8
#endif
typedef float NAME(wide) __attribute__((vector_size(4 * WIDTH), aligned(4), may_alias));
typedef float NAME(slots) __attribute__((vector_size(32), aligned(4), may_alias));

static int64_t NAME(heat_room)(const Heat *h, const Arrays *a, NAME(Heaters) *room) {
    room->down = h->down, room->along = h->along > MIRAGE_SLOTS ? h->along : MIRAGE_SLOTS;
    const int64_t places = (a->length * a->digits + WIDTH - 1) / WIDTH * WIDTH;
    room->stride = places + 2 * room->along;
    room->plane = (a->rows + 2 * room->down) * room->stride;
    return (12 * room->plane + WIDTH) * (int64_t)sizeof(float);
}

static inline float *NAME(heater)(const NAME(Heaters) *room, float *planes, int64_t plane,
                                  int64_t row) {
    return planes + plane * room->plane + (row + room->down) * room->stride + room->along;
}

/* Weights of neighbours at places that lie one behind the other. */
static inline void NAME(weights)(const uint16_t *upper, NAME(wide) *found) {
#if defined(MIRAGE_AVX512)
    __m512i wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)upper));
    *found = (NAME(wide))_mm512_castsi512_ps(_mm512_slli_epi32(wide, 16));
#elif defined(MIRAGE_AVX2)
    __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)upper));
    *found = (NAME(wide))_mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
#else
    uint32_t bits[WIDTH];
    for (int i = 0; i < WIDTH; i++) bits[i] = (uint32_t)upper[i] << 16;
    memcpy(found, bits, sizeof bits);
#endif
}

/* Sums over the neighbours `from` ... `to` of `count` vectors of places of a row. */
static inline __attribute__((always_inline)) void NAME(neighbours)(
    const Taps *taps, const int64_t *offset, const int64_t from, const int64_t to,
    const float *given, const uint16_t *unlike, float *sums, const int count) {
    NAME(wide) sum[6];
    for (int i = 0; i < count; i++) sum[i] = (NAME(wide)){0};
    for (int64_t n = from; n < to; n++) {
        const float *near = given + offset[n];
        if (unlike)
            for (int i = 0; i < count; i++) {
                NAME(wide) weight;
                NAME(weights)(unlike + n * taps->by_place + i * WIDTH, &weight);
                sum[i] = sum[i] + *(const NAME(wide) *)(near + i * WIDTH) * weight;
            }
        else
            for (int i = 0; i < count; i++)
                sum[i] = sum[i] + *(const NAME(wide) *)(near + i * WIDTH) * taps->weight[n];
    }
    for (int i = 0; i < count; i++) *(NAME(wide) *)(sums + i * WIDTH) = sum[i];
}

/* Sums over the neighbours of heaters on array `unit`, into `planes` planes. */
static void NAME(spread)(const NAME(Heaters) *room, const Arrays *a, const Taps *taps, int64_t unit,
                         float *given, float *sums, int64_t planes) {
    const int64_t places = a->length * a->digits;
    int64_t offset[MIRAGE_TAPS], from = 0;
    for (int64_t n = 0; n < taps->count; n++) {
        const int32_t *tap = taps->place + 4 * n;
        offset[n] = tap[1] * room->plane + tap[2] * room->stride + tap[3];
    }
    for (int64_t plane = 0; plane < planes; plane++) {
        int64_t to = from;
        while (to < taps->count && taps->place[4 * to] == plane) to++;
        for (int64_t row = 0; row < a->rows; row++) {
            const uint16_t *unlike = NULL;
            if (taps->by_place)
                unlike = taps->weights + unit * taps->count * taps->by_place + row * places;
            const float *near = NAME(heater)(room, given, 0, row);
            float *into = NAME(heater)(room, sums, plane, row);
            int64_t at = 0;
            while (at < places) {
                const int64_t left = (places - at + WIDTH - 1) / WIDTH;
                const uint16_t *weights = unlike ? unlike + at : NULL;
#define SUMS(count)                                                                               \
    NAME(neighbours)(taps, offset, from, to, near + at, weights, into + at, count),               \
        at += (count) * WIDTH
                if (left >= 6) SUMS(6);
                else if (left == 5) SUMS(5);
                else if (left == 4) SUMS(4);
                else SUMS(1);
#undef SUMS
            }
            /* Beyond the last place there is nothing. */
            for (int64_t i = places; i < at; i++) into[i] = 0.0f;
        }
        from = to;
    }
}

/* What the heaters of the array that a tile is on are asked for. */
static void NAME(ask_heaters)(const NAME(Tile) *t, const Product *p) {
    const Arrays *a = t->arrays;
    const NAME(Heaters) *room = &t->heaters;
    const int64_t J = a->length, D = a->digits, first = t->first - t->array_row;
    for (int64_t row = 0; row < a->rows; row++) {
        const int there = first + row < p->stationary;
        const int8_t *w = p->w + (t->group * p->stationary + first + (there ? row : 0)) * J;
        for (int64_t rail = 0; rail < 2; rail++) {
            float *to = NAME(heater)(room, room->asked, rail, row);
            for (int64_t j = 0; j < J; j++) {
                const int64_t level = there ? t->level[(uint8_t)w[j]] : a->modulus / 2;
                const float *asked = a->heat->asked + (level * 2 + rail) * MIRAGE_SLOTS;
                for (int64_t d = 0; d < D; d++) to[j * D + d] = asked[d];
            }
        }
    }
}

/* By what heat turns the shifters of an array and moves its switches: heaters.turned, heaters.moved. */
static void NAME(warm_array)(const NAME(Tile) *t) {
    const Arrays *a = t->arrays;
    const NAME(Heaters) *room = &t->heaters;
    const Heat *h = a->heat;
    const int64_t unit = t->number % a->units, places = a->length * a->digits;
    const float slope = (float)h->slope;
    float *given = room->asked, *rest = room->given, *spare = room->rest;
    if (!h->seen.count) NAME(spread)(room, a, &h->turning, unit, given, room->turned, 2);
    if (!h->turning.count) memset(room->turned, 0, (size_t)(2 * room->plane) * sizeof(float));
    for (int64_t term = 0; term < h->terms; term++) {
        const int last = term + 1 == h->terms && h->turning.count;
        NAME(spread)(room, a, &h->seen, unit, given, rest, 2);
        if (last) NAME(spread)(room, a, &h->turning, unit, given, room->turned, 2);
        for (int64_t rail = 0; rail < 2; rail++)
            for (int64_t row = 0; row < a->rows; row++) {
                const float *asked = NAME(heater)(room, room->asked, rail, row);
                float *to = NAME(heater)(room, rest, rail, row);
                float *off = NAME(heater)(room, room->turned, rail, row);
                for (int64_t i = 0; i < places; i++) to[i] = asked[i] - to[i];
                for (int64_t i = 0; i < places && last; i++) to[i] = to[i] - off[i], off[i] = -off[i];
            }
        given = rest, rest = spare, spare = given;
    }
    if (!h->moving.count) return;
    NAME(spread)(room, a, &h->moving, unit, given, room->moved, 4);
    for (int64_t rail = 0; rail < 2 && h->seen.count; rail++)
        for (int64_t row = 0; row < a->rows; row++) {
            const float *one = NAME(heater)(room, room->moved, 2 * rail, row);
            const float *other = NAME(heater)(room, room->moved, 2 * rail + 1, row);
            float *turned = NAME(heater)(room, room->turned, rail, row);
            for (int64_t i = 0; i < places; i++) turned[i] -= (one[i] + other[i]) * slope;
        }
}

/* (1 + a) (1 + b) - 1 of complex numbers in two parts. */
static inline void NAME(both)(const NAME(slots) a[2], const NAME(slots) b[2], NAME(slots) c[2]) {
    const NAME(slots) re = (a[0] + b[0]) + (a[0] * b[0] - a[1] * b[1]);
    const NAME(slots) im = (a[1] + b[1]) + (a[0] * b[1] + a[1] * b[0]);
    c[0] = re, c[1] = im;
}

/* Real and imaginary part of z - z²/2 of the digits of a multiplier, of one rail and bit. */
static inline void NAME(log_change)(const float *slopes, const float *share, const float *curves,
                                    const NAME(slots) *phase, const NAME(slots) move[2],
                                    NAME(slots) found[2]) {
    NAME(slots) path[2][2];
    for (int w = 0; w < 2; w++) {
        const float *q = curves + w * 4;
        NAME(slots) each[2][2];
        for (int e = 0; e < 2; e++) {
            const float *slope = slopes + (w * 2 + e) * 2 * MIRAGE_SLOTS;
            const NAME(slots) re = *(const NAME(slots) *)slope,
                              im = *(const NAME(slots) *)(slope + MIRAGE_SLOTS);
            const NAME(slots) squared = move[e] * move[e];
            each[e][0] = re * move[e] + squared * ((re * q[2] - im * q[3]) + q[0]);
            each[e][1] = im * move[e] + squared * ((re * q[3] + im * q[2]) + q[1]);
        }
        NAME(both)(each[0], each[1], path[w]);
    }
    const NAME(slots) turn[2] = {(*phase * *phase) * -0.5f, *phase};
    NAME(both)(path[0], turn, path[0]);
    const NAME(slots) re = *(const NAME(slots) *)share,
                      im = *(const NAME(slots) *)(share + MIRAGE_SLOTS);
    const NAME(slots) a = path[0][0] - path[1][0], b = path[0][1] - path[1][1];
    const NAME(slots) z_re = path[1][0] + (re * a - im * b), z_im = path[1][1] + (re * b + im * a);
    found[0] = z_re - (z_re * z_re - z_im * z_im) * 0.5f;
    found[1] = z_im - z_re * z_im;
}

/* In grid steps: what is added to the base, and to each digit of 1. */
static inline void NAME(add_steps)(const NAME(slots) *zero, const NAME(slots) *one, float per_step,
                                   int64_t digits, int32_t *to) {
    const NAME(slots) low = *zero * per_step, more = (*one - *zero) * per_step;
#if defined(MIRAGE_AVX512) || defined(MIRAGE_AVX2)
    const __m256i slot = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i there = _mm256_cmpgt_epi32(_mm256_set1_epi32((int)digits), slot);
    const __m256i base = _mm256_and_si256(there, _mm256_cvtps_epi32((__m256)low));
    const __m256i each = _mm256_and_si256(there, _mm256_cvtps_epi32((__m256)more));
    __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(base), _mm256_extracti128_si256(base, 1));
    sum = _mm_hadd_epi32(sum, sum), sum = _mm_hadd_epi32(sum, sum);
    const __m256i behind = _mm256_permutevar8x32_epi32(each, _mm256_setr_epi32(7, 0, 1, 2, 3, 4, 5, 6));
    _mm256_store_si256((__m256i *)to, _mm256_blend_epi32(behind, _mm256_castsi128_si256(sum), 1));
#else
    memset(to, 0, MIRAGE_SLOTS * sizeof *to);
    for (int64_t d = 0; d < digits; d++) to[0] += (int32_t)rintf(low[d]);
    for (int64_t d = 0; d < digits; d++) to[1 + d] = (int32_t)rintf(more[d]);
#endif
}

/* What heat adds to the phases and amplitudes of a tile. */
static void NAME(warm)(NAME(Tile) *t, const Product *p) {
    const Arrays *a = t->arrays;
    const Heat *h = a->heat;
    const NAME(Heaters) *room = &t->heaters;
    const int64_t J = a->length, D = a->digits;
    const float per_step[3] = {(float)(1.0 / a->step[0]), (float)(1.0 / a->step[1]),
                               (float)(1.0 / a->step[2])};
    NAME(ask_heaters)(t, p);
    NAME(warm_array)(t);
    for (int64_t i = 0; i < t->lanes * J; i++) {
        const int64_t row = t->array_row + i / J, at = i % J * D;
        const float *slopes = h->slopes + (t->line * J + i) * 32 * MIRAGE_SLOTS;
        const float *share = h->share + (int64_t)t->entry[i] * 8 * MIRAGE_SLOTS;
        NAME(slots) zero[3], one[3], change[2][2][2];
        /* Shares lie here and there, far away. */
        if (i + 8 < t->lanes * J)
            for (int line = 0; line < 4; line++)
                __builtin_prefetch(
                    h->share + ((int64_t)t->entry[i + 8] * 8 + 2 * line) * MIRAGE_SLOTS, 0, 3);
        for (int64_t rail = 0; rail < 2; rail++) {
            const NAME(slots) phase =
                *(const NAME(slots) *)(NAME(heater)(room, room->turned, rail, row) + at);
            const NAME(slots) move[2] = {
                *(const NAME(slots) *)(NAME(heater)(room, room->moved, 2 * rail, row) + at),
                *(const NAME(slots) *)(NAME(heater)(room, room->moved, 2 * rail + 1, row) + at)};
            for (int64_t bit = 0; bit < 2; bit++)
                NAME(log_change)(slopes + (rail * 2 + bit) * 8 * MIRAGE_SLOTS,
                                 share + (rail * 2 + bit) * 2 * MIRAGE_SLOTS, h->curves + bit * 8,
                                 &phase, move, change[bit][rail]);
        }
        for (int q = 0; q < 2; q++) zero[q] = change[0][q][0], one[q] = change[1][q][0];
        zero[2] = change[0][0][1] - change[0][1][1], one[2] = change[1][0][1] - change[1][1][1];
        for (int q = 0; q < 2; q++)
            NAME(add_steps)(&zero[q], &one[q], per_step[q], D, t->warmed + (i * 2 + q) * MIRAGE_SLOTS);
        NAME(add_steps)(&zero[2], &one[2], per_step[2], D, t->turned + i * MIRAGE_SLOTS);
    }
}

/* What is needed to evaluate readouts of a tile whose multipliers are located. */
static void NAME(load)(NAME(Tile) *t, const Product *p) {
    memcpy(t->input, t->arrays->input + t->line * 4, (size_t)t->lanes * sizeof t->input[0]);
    t->warms = t->arrays->heat != NULL;
    if (t->warms) NAME(warm)(t, p);
    NAME(turn)(t, p);
}

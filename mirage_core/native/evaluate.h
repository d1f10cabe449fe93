/* The full physics of single readouts. Part of body.h. */
typedef struct {
    int32_t vector;
    uint8_t lane, lead;
    uint16_t spare;    /* steps of the angle that are left */
    int16_t off;       /* steps that its phase is off by */
    uint32_t words[3]; /* the rest of its random word */
} NAME(Suspect);

/* Of one readout: log amplitudes and phase in grid steps, and the dot product, exactly. */
static inline __attribute__((always_inline)) void NAME(sums)(const NAME(Tile) *t, const int8_t *w,
                                                             const int8_t *x, int64_t r,
                                                             const int64_t length, int32_t *sum) {
    const Arrays *a = t->arrays;
    const int32_t *entry = t->entry + r * length, *masks = a->masks - a->least * MIRAGE_SLOTS;
    const Hot *hot = a->hot;
#if defined(MIRAGE_AVX512) || defined(MIRAGE_AVX2)
    __m256i plus = _mm256_setzero_si256(), minus = plus, phase = plus, dot = plus;
#if defined(MIRAGE_AVX512)
    /* Both rails at once. */
    const uint16_t *picks = a->picks - a->least;
    __m512i rails = _mm512_setzero_si512();
    for (int64_t j = 0; j < length; j++) {
        const __mmask16 some = picks[x[j]];
        rails = _mm512_mask_add_epi32(
            rails, some, rails, _mm512_load_si512(a->amplitude + (int64_t)entry[j] * 2 * MIRAGE_SLOTS));
        phase = _mm256_mask_add_epi32(phase, (__mmask8)some, phase,
                                      _mm256_load_si256((const __m256i *)hot[entry[j]].phase));
    }
    plus = _mm512_castsi512_si256(rails), minus = _mm512_extracti64x4_epi64(rails, 1);
#else
    for (int64_t j = 0; j < length; j++) {
        __m256i mask = _mm256_load_si256((const __m256i *)(masks + x[j] * MIRAGE_SLOTS));
        const __m256i *each = (const __m256i *)(a->amplitude + (int64_t)entry[j] * 2 * MIRAGE_SLOTS);
        const __m256i turned = _mm256_load_si256((const __m256i *)hot[entry[j]].phase);
        plus = _mm256_add_epi32(plus, _mm256_and_si256(mask, _mm256_load_si256(each)));
        minus = _mm256_add_epi32(minus, _mm256_and_si256(mask, _mm256_load_si256(each + 1)));
        phase = _mm256_add_epi32(phase, _mm256_and_si256(mask, turned));
    }
#endif
    if (t->turns)
        for (int64_t j = 0; j < length; j++) {
            __m256i mask = _mm256_load_si256((const __m256i *)(masks + x[j] * MIRAGE_SLOTS));
            const int32_t *turned = t->turned + (r * length + j) * MIRAGE_SLOTS;
            phase = _mm256_add_epi32(
                phase, _mm256_and_si256(mask, _mm256_load_si256((const __m256i *)turned)));
        }
    if (t->warms)
        for (int64_t j = 0; j < length; j++) {
            __m256i mask = _mm256_load_si256((const __m256i *)(masks + x[j] * MIRAGE_SLOTS));
            const __m256i *warmed =
                (const __m256i *)(t->warmed + (r * length + j) * 2 * MIRAGE_SLOTS);
            plus = _mm256_add_epi32(plus, _mm256_and_si256(mask, _mm256_load_si256(warmed)));
            minus = _mm256_add_epi32(minus, _mm256_and_si256(mask, _mm256_load_si256(warmed + 1)));
        }
    int64_t j = 0;
    for (; j + 16 <= length; j += 16)
        dot = _mm256_add_epi32(
            dot, _mm256_madd_epi16(_mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(w + j))),
                                   _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(x + j)))));
    __m256i four = _mm256_hadd_epi32(_mm256_hadd_epi32(plus, minus), _mm256_hadd_epi32(phase, dot));
    _mm_storeu_si128((__m128i *)sum, _mm_add_epi32(_mm256_castsi256_si128(four),
                                                   _mm256_extracti128_si256(four, 1)));
    for (; j < length; j++) sum[3] += (int32_t)w[j] * x[j];
#else
    int32_t parts[3][MIRAGE_SLOTS] = {{0}};
    sum[3] = 0;
    for (int64_t j = 0; j < length; j++) {
        const int32_t *mask = masks + x[j] * MIRAGE_SLOTS;
        const int32_t *each = a->amplitude + (int64_t)entry[j] * 2 * MIRAGE_SLOTS;
        const int32_t *turned = t->turned + (r * length + j) * MIRAGE_SLOTS;
        for (int i = 0; i < MIRAGE_SLOTS; i++) {
            for (int q = 0; q < 2; q++) parts[q][i] += mask[i] & each[q * MIRAGE_SLOTS + i];
            parts[2][i] += mask[i] & hot[entry[j]].phase[i];
        }
        if (t->turns)
            for (int i = 0; i < MIRAGE_SLOTS; i++) parts[2][i] += mask[i] & turned[i];
        for (int i = 0; i < 2 * MIRAGE_SLOTS && t->warms; i++)
            parts[i / MIRAGE_SLOTS][i % MIRAGE_SLOTS] +=
                mask[i % MIRAGE_SLOTS] & t->warmed[(r * length + j) * 2 * MIRAGE_SLOTS + i];
        sum[3] += (int32_t)w[j] * x[j];
    }
    for (int q = 0; q < 3; q++) {
        sum[q] = 0;
        for (int i = 0; i < MIRAGE_SLOTS; i++) sum[q] += parts[q][i];
    }
#endif
}

static inline int64_t NAME(nearest)(const Arrays *a, double i, double q) {
    int64_t m = a->modulus;
    if (i == 0.0 && q == 0.0) return 0;
    int64_t level = (int64_t)rint(atan2(q, i) / (TWO_PI / (double)m));
    int64_t at = ((level % m) + m) % m;
    if (!(a->edges[2 * at] * q - a->edges[2 * at + 1] * i >= 0.0)) level--;
    at = (((level + 1) % m) + m) % m;
    if (a->edges[2 * at] * q - a->edges[2 * at + 1] * i >= 0.0) level++;
    return ((level % m) + m) % m;
}

/* Code of a value as a fraction of the full scale; sets `close` where another one is near. */
static inline int64_t NAME(convert)(const Arrays *a, const double *edges, double x, int *close) {
    int64_t top = (int64_t)a->half_range;
    if (!edges) {
        double scaled = x * a->half_range;
        *close |= fabs(scaled - rint(scaled)) < a->near * a->half_range;
        scaled = floor(scaled);
        return scaled < -top ? -top : scaled > top - 1 ? top - 1 : (int64_t)scaled;
    }
    int64_t low = 0, high = 2 * top - 1;
    while (low < high) {
        int64_t mid = (low + high) / 2;
        if (x >= edges[mid]) low = mid + 1;
        else high = mid;
    }
    if (low > 0) *close |= fabs(x - edges[low - 1]) < a->near;
    if (low < 2 * top - 1) *close |= fabs(x - edges[low]) < a->near;
    return low - top;
}

/* Two normals of words, see photonics/readout_words.py. */
static inline void NAME(normals)(const uint32_t *lead, uint32_t words[4][BATCH], double *first,
                                 double *second) {
    for (int s = 0; s < BATCH; s++) {
        double u = (double)(int32_t)lead[s] * 0x1p-8 +
                   ((double)words[0][s] * 0x1p-40 +
                    ((double)(int32_t)(words[1][s] >> 8) * 0x1p-64 + 0x1p-65));
        double radius = sqrt(-2.0 * NAME(d_log)(u)), sine, cosine;
        NAME(d_sincos)(((double)words[2][s] + 0.5) * (TWO_PI * 0x1p-32), &sine, &cosine);
        first[s] = radius * cosine, second[s] = radius * sine;
    }
}

/* Two normals of each symbol of a stream, by its number of vector and tile. */
static inline void NAME(symbol_normals)(const uint32_t *first, const uint32_t *second,
                                        const uint32_t *key, double *one, double *other) {
    uint32_t words[4][BATCH] ALIGNED, low[BATCH];
    NAME(philox_batch)(first, second, key, words);
    for (int s = 0; s < BATCH; s++) low[s] = words[1][s] & 255u;
    NAME(normals)(low, words, one, other);
}

/* BATCH readouts on their way through the receiver. */
typedef struct {
    const double *line[BATCH];
    double of_line[22][BATCH];
    int32_t sum[4][BATCH];       /* log amplitudes and phase in grid steps, dot product */
    int32_t sent[BATCH];
    int64_t lost[BATCH];         /* by NAME(lost) */
    double full[BATCH];          /* of Reading.full_scale */
    double intensity[BATCH], turned[BATCH];    /* normals of the laser */
    double current_a[2][BATCH], seen_w[2][BATCH]; /* of I and Q; light that makes their noise */
    double ratio[2][BATCH];      /* of I and Q to the full scale, noise included */
} NAME(Batch);

static inline void NAME(set_line)(NAME(Batch) *b, int64_t s, const double *line) {
    b->line[s] = line;
    for (int i = 0; i < 22; i++) b->of_line[i][s] = line[i];
}

/* Settled currents, and the light that makes their noise. */
static inline void NAME(detect)(const Arrays *a, NAME(Batch) *b) {
    const double m = (double)a->modulus, per_m = 1.0 / m;
    const double step_0 = a->step[0], step_1 = a->step[1], step_2 = a->step[2];
    double plus[BATCH], minus[BATCH], phase[BATCH], rms_rad[BATCH];
    for (int s = 0; s < BATCH; s++) {
        /* The residue of an integer, exactly: what is rounded lies well within half of one. */
        double dot = (double)b->sum[3][s];
        double residue = dot - m * NAME(round_even)((dot - (m - 1.0) * 0.5) * per_m);
        b->sent[s] = (int32_t)residue;
        plus[s] = step_0 * (double)b->sum[0][s], minus[s] = step_1 * (double)b->sum[1][s];
        phase[s] = step_2 * (double)b->sum[2][s] + residue * (TWO_PI / m);
    }
    if (a->phase_rms_count > 1)
        for (int s = 0; s < BATCH; s++) rms_rad[s] = a->phase_rms[b->lost[s] >> 40];
    else
        for (int s = 0; s < BATCH; s++) rms_rad[s] = a->phase_rms[0];
    const double p1 = a->powers[0], p2 = a->powers[1], beat = sqrt(p1 * p2);
    const double intensity_rms = a->intensity_rms, responsivity = a->responsivity;
    double signal[BATCH], reference[BATCH], cosines[BATCH], sines[BATCH];
    for (int s = 0; s < BATCH; s++) {
        double up = NAME(d_exp)(plus[s]), down = NAME(d_exp)(minus[s]), sine, cosine;
        double power = 1.0 + intensity_rms * b->intensity[s];
        power = power > 0.0 ? power : 0.0;
        NAME(d_sincos)(phase[s] + b->turned[s] * rms_rad[s], &sine, &cosine);
        double mixed = up * down * power * beat;
        signal[s] = up * up * p1 * power, reference[s] = down * down * p2 * power;
        cosines[s] = cosine * mixed, sines[s] = sine * mixed;
    }
    for (int q = 0; q < 2; q++) {
        double(*d)[BATCH] = b->of_line + 4 * q, (*sum)[BATCH] = b->of_line + 8 + 4 * q;
        for (int s = 0; s < BATCH; s++) {
            b->current_a[q][s] = responsivity * (d[0][s] * signal[s] + d[1][s] * reference[s] +
                                                 d[2][s] * cosines[s] - d[3][s] * sines[s]);
            b->seen_w[q][s] = 2.0 * (sum[0][s] * signal[s] + sum[1][s] * reference[s] +
                                     sum[2][s] * cosines[s] - sum[3][s] * sines[s]);
        }
    }
}

/* Gain, trims, noise, converters and decision of `count` readouts; -1 for the reference. */
static inline void NAME(digitize)(const Arrays *a, NAME(Batch) *b, double normal[2][BATCH],
                                  int64_t count, int32_t *decided) {
    const double p1 = a->powers[0], p2 = a->powers[1];
    const double passed_2 = a->dual ? 1.0 : 0.0, kept_2 = a->dual ? 0.0 : p2;
    const double both = a->dual ? 1.0 : 0.0, apart = 1.0 - both;
    const double responsivity = a->responsivity, ratio_set = a->full_scale_ratio * responsivity;
    const double fixed = a->full_scale_ratio * a->largest_a;
    const double by_symbol = a->gain_mode == 0, as_given = a->gain_mode == 2;
    const double steady = a->gain_mode == 1 ? fixed : 0.0;
    double common[2][BATCH], scale[BATCH], (*ratio)[BATCH] = b->ratio;
    for (int s = 0; s < BATCH; s++) {
        double loss = (double)(int32_t)b->lost[s] * 0x1p-20;
        double passed = NAME(d_exp)(loss * -0.23025850929940456840);
        double one = p1 * passed, two = p2 * passed * passed_2 + kept_2;
        double set = ratio_set * sqrt(one * two);
        scale[s] = 1.0 / (by_symbol * set + steady + as_given * b->full[s]);
        double half = responsivity * 0.5 * scale[s];
        common[0][s] = half * (one + two * both), common[1][s] = half * two * apart;
    }
    const double shot = a->shot, still = a->still, added = a->converter_noise * a->converter_noise;
    for (int q = 0; q < 2; q++) {
        const double *gain = b->of_line[16 + q];
        const double *off = b->of_line[18 + 2 * q], *own = b->of_line[19 + 2 * q];
        for (int s = 0; s < BATCH; s++) {
            double times = scale[s] * gain[s];
            double variance = (b->seen_w[q][s] * shot + still) * (times * times) + added;
            double mean = b->current_a[q][s] * times - off[s] * common[0][s] - own[s] * common[1][s];
            ratio[q][s] = mean + sqrt(variance) * normal[q][s];
        }
    }
    const int64_t codes = 2 * (int64_t)a->half_range;
    if (!a->transitions && a->decided) {
        const double top = a->half_range, near = a->near * top;
        int32_t index[BATCH], close[BATCH];
        for (int s = 0; s < BATCH; s++) {
            double i = ratio[0][s] * top, q = ratio[1][s] * top;
            /* Far beyond the range all is alike. */
            i = i < -top ? -top : i > top ? top : i, q = q < -top ? -top : q > top ? top : q;
            double whole_i = NAME(round_even)(i), whole_q = NAME(round_even)(q);
            int near_i = fabs(i - whole_i) < near && fabs(whole_i) < top;
            int near_q = fabs(q - whole_q) < near && fabs(whole_q) < top;
            double code_i = whole_i - (whole_i > i ? 1.0 : 0.0);
            double code_q = whole_q - (whole_q > q ? 1.0 : 0.0);
            code_i = code_i > top - 1.0 ? top - 1.0 : code_i;
            code_q = code_q > top - 1.0 ? top - 1.0 : code_q;
            close[s] = near_i | near_q;
            index[s] = (int32_t)((code_i + top) * (2.0 * top) + (code_q + top));
        }
        for (int64_t s = 0; s < count; s++)
            decided[s] = close[s] ? -1 : a->decided[index[s]];
        return;
    }
    for (int64_t s = 0; s < count; s++) {
        int close = 0;
        const double *edges = NULL;
        if (a->transitions)
            edges = a->transitions + (b->line[s] - a->line) / MIRAGE_LINE * 2 * (codes - 1);
        int64_t i = NAME(convert)(a, edges, ratio[0][s], &close);
        int64_t q = NAME(convert)(a, edges ? edges + codes - 1 : NULL, ratio[1][s], &close);
        if (close) decided[s] = -1;
        else if (a->decided) decided[s] = a->decided[(i + codes / 2) * codes + q + codes / 2];
        else decided[s] = (int32_t)NAME(nearest)(a, (double)i + 0.5, (double)q + 0.5);
    }
}

/* Currents of a symbol, what it is read with, and the noise of its laser, in which the readouts of BATCH
 * suspects saw it that were to come `later`; before the first one the receiver has settled on it. */
static void NAME(evaluate_symbols)(const NAME(Tile) *t, const Product *p, const NAME(Suspect) *suspects,
                                   int64_t count, int64_t later, uint32_t *first, NAME(Batch) *b) {
    const Arrays *a = t->arrays;
    const int64_t J = a->length;
    uint32_t tile[BATCH] ALIGNED;
    for (int64_t s = 0; s < BATCH; s++) {
        const int64_t n = suspects[s].vector > later ? suspects[s].vector - later : 0;
        const int64_t r = suspects[s].lane, symbol = t->group * p->streamed + n;
        const int8_t *x = p->x + symbol * J;
        const int8_t *w = p->w + (t->group * p->stationary + t->first + r) * J;
        int32_t sum[4];
        first[s] = (uint32_t)(p->row_offset + n), tile[s] = (uint32_t)t->number;
        /* What is worked on together is whole: by the first one again. */
        for (int i = 0; i < 4 && s >= count; i++) b->sum[i][s] = b->sum[i][0];
        b->lost[s] = b->lost[0], b->full[s] = b->full[0];
        if (s >= count) continue;
        if (J == 16) NAME(sums)(t, w, x, r, 16, sum);
        else NAME(sums)(t, w, x, r, J, sum);
        for (int i = 0; i < 3; i++) b->sum[i][s] = sum[i] + t->input[r][i];
        b->sum[3][s] = sum[3];
        b->lost[s] = NAME(lost)(a, x);
        b->full[s] = t->reading->full_scale ? t->reading->full_scale[symbol] : 0.0;
    }
    if (a->intensity_rms > 0.0 || a->phase_rms[0] > 0.0 || a->phase_rms_count > 1)
        NAME(symbol_normals)(first, tile, t->keys[2], b->intensity, b->turned);
    else
        for (int s = 0; s < BATCH; s++) b->intensity[s] = b->turned[s] = 0.0;
    NAME(detect)(a, b);
}

/* Currents at the sampling instant, of readouts that remember `depth` symbols. */
static void NAME(evaluate_past)(const NAME(Tile) *t, const Product *p, const NAME(Suspect) *suspects,
                                int64_t count, int64_t depth, NAME(Batch) *b) {
    const Arrays *a = t->arrays;
    uint32_t first[BATCH] ALIGNED, tile[BATCH] ALIGNED;
    double level[2][BATCH] = {{0.0}}, slope[2][BATCH] = {{0.0}}, jitter[BATCH], unused[BATCH];
    for (int64_t later = depth; later >= 0; later--) {
        NAME(evaluate_symbols)(t, p, suspects, count, later, first, b);
        if (!depth) return;
        const double tap = a->taps[later], rise = a->slopes[later];
        for (int q = 0; q < 2; q++)
            for (int s = 0; s < BATCH; s++)
                level[q][s] += tap * b->current_a[q][s], slope[q][s] += rise * b->current_a[q][s];
    }
    for (int64_t s = 0; s < BATCH; s++) tile[s] = (uint32_t)t->number, jitter[s] = 0.0;
    if (a->jitter_s > 0.0) NAME(symbol_normals)(first, tile, t->keys[3], jitter, unused);
    for (int q = 0; q < 2; q++)
        for (int s = 0; s < BATCH; s++)
            b->current_a[q][s] = level[q][s] + a->jitter_s * slope[q][s] * jitter[s];
}

/* Decide `count` readouts of a tile, up to BATCH, that remember `depth` symbols; where that is 0, each is
 * held until the receiver has settled. -1 for the reference. */
static void NAME(evaluate)(const NAME(Tile) *t, const Product *p, const NAME(Suspect) *suspects,
                           int64_t count, int64_t depth, NAME(Batch) *b, int32_t *decided) {
    const Arrays *a = t->arrays;
    uint32_t lead[BATCH], rest[4][BATCH] ALIGNED;
    double normal[2][BATCH];
    NAME(Suspect) whole[BATCH];
    for (int64_t s = 0; s < BATCH; s++) {
        whole[s] = suspects[s < count ? s : 0];
        NAME(set_line)(b, s, a->line + (t->line + whole[s].lane) * MIRAGE_LINE);
        lead[s] = whole[s].lead;
        for (int i = 0; i < 3; i++) rest[i][s] = whole[s].words[i];
    }
    NAME(evaluate_past)(t, p, whole, count, depth, b);
    NAME(normals)(lead, rest, normal[0], normal[1]);
    NAME(digitize)(a, b, normal, count, decided);
}

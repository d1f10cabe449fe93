/* Numbers in blocks, and their exact products. Part of body.h. */
/* One group: its exponent; `any` says whether a mantissa is not zero. */
static inline __attribute__((always_inline)) int32_t NAME(quantize_group)(
    const float *given, const int64_t length, int32_t bits, int nearest, int8_t *to, int *any) {
    const float most = (float)((1 << bits) - 1);
    uint32_t top = 0;
#if defined(MIRAGE_AVX512) || defined(MIRAGE_AVX2)
    __m256 part[2];
    if (length == 16) {
        const __m256i sign = _mm256_set1_epi32(0x7FFFFFFF);
        part[0] = _mm256_loadu_ps(given), part[1] = _mm256_loadu_ps(given + 8);
        __m256i most_of = _mm256_max_epi32(_mm256_and_si256(_mm256_castps_si256(part[0]), sign),
                                           _mm256_and_si256(_mm256_castps_si256(part[1]), sign));
        __m128i four = _mm_max_epi32(_mm256_castsi256_si128(most_of),
                                     _mm256_extracti128_si256(most_of, 1));
        four = _mm_max_epi32(four, _mm_shuffle_epi32(four, 0x4E));
        four = _mm_max_epi32(four, _mm_shuffle_epi32(four, 0xB1));
        top = (uint32_t)_mm_cvtsi128_si32(four);
    } else
#endif
        for (int64_t j = 0; j < length; j++) {
            uint32_t word;
            memcpy(&word, given + j, 4);
            word &= 0x7FFFFFFFu;
            top = word > top ? word : top;
        }
    int32_t biased = (int32_t)(top >> 23);
    int32_t exponent = (biased < 1 ? 1 : biased) - 126 - bits;
    int32_t half = -exponent >> 1, other = -exponent - half;
    uint32_t words[2] = {(uint32_t)(half + 127) << 23, (uint32_t)(other + 127) << 23};
    float first, second;
    memcpy(&first, words, 4), memcpy(&second, words + 1, 4);
#if defined(MIRAGE_AVX512) || defined(MIRAGE_AVX2)
    if (length == 16) {
        const __m256i high = _mm256_set1_epi32((1 << bits) - 1);
        const __m256i low = _mm256_sub_epi32(_mm256_setzero_si256(), high);
        __m256i whole[2];
        for (int h = 0; h < 2; h++) {
            __m256 scaled = _mm256_mul_ps(_mm256_mul_ps(part[h], _mm256_set1_ps(first)),
                                          _mm256_set1_ps(second));
            whole[h] = nearest ? _mm256_cvtps_epi32(scaled) : _mm256_cvttps_epi32(scaled);
            whole[h] = _mm256_max_epi32(_mm256_min_epi32(whole[h], high), low);
        }
        __m256i words16 = _mm256_permute4x64_epi64(_mm256_packs_epi32(whole[0], whole[1]), 0xD8);
        _mm_storeu_si128((__m128i *)to, _mm_packs_epi16(_mm256_castsi256_si128(words16),
                                                        _mm256_extracti128_si256(words16, 1)));
        *any = !_mm256_testz_si256(words16, words16) | (biased == 255);
        return exponent;
    }
#endif
    int32_t seen = 0;
    for (int64_t j = 0; j < length; j++) {
        float scaled = given[j] * first * second;
        float rounded = (scaled + 12582912.0f) - 12582912.0f; /* 1.5 · 2^23 */
        scaled = nearest ? rounded : scaled;
        scaled = scaled > most ? most : scaled < -most ? -most : scaled;
        int32_t whole = (int32_t)scaled;
        to[j] = (int8_t)whole;
        seen |= whole;
    }
    *any = seen | (biased == 255); /* what is not finite is no group of zeros */
    return exponent;
}

#if defined(MIRAGE_AVX512)
/* Groups of up to 16 rows that lie side by side, their numbers `step` apart; the largest exponent. */
static inline int32_t NAME(quantize_columns)(const float *x, int64_t step, int64_t size, int64_t count,
                                             int32_t bits, int64_t nearest, int8_t *mantissa,
                                             float *scale) {
    const __mmask16 rows = (__mmask16)(0xFFFFu >> (16 - count));
    const __m512i zero = _mm512_setzero_si512(), one = _mm512_set1_epi32(1);
    __m512i top = zero, seen = zero;
    /* Ahead, since they lie apart. */
    for (int64_t j = 0; j < size; j++) __builtin_prefetch(x + (j + 32) * step, 0, 3);
    for (int64_t j = 0; j < size; j++)
        top = _mm512_max_epi32(top, _mm512_and_si512(_mm512_maskz_loadu_epi32(rows, x + j * step),
                                                     _mm512_set1_epi32(0x7FFFFFFF)));
    const __m512i biased = _mm512_srli_epi32(top, 23);
    __m512i exponent = _mm512_sub_epi32(_mm512_max_epi32(biased, one), _mm512_set1_epi32(126 + bits));
    const __m512i up = _mm512_sub_epi32(zero, exponent), half = _mm512_srai_epi32(up, 1);
    const __m512i bias = _mm512_set1_epi32(127), high = _mm512_set1_epi32((1 << bits) - 1);
    const __m512i low = _mm512_sub_epi32(zero, high);
#define POWER(n) _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_add_epi32(n, bias), 23))
    const __m512 first = POWER(half), second = POWER(_mm512_sub_epi32(up, half));
#undef POWER
    int8_t columns[16][16] ALIGNED;
    memset(columns, 0, sizeof columns);
    for (int64_t j = 0; j < size; j++) {
        const __m512 given = _mm512_maskz_loadu_ps(rows, x + j * step);
        const __m512 scaled = _mm512_mul_ps(_mm512_mul_ps(given, first), second);
        __m512i whole = nearest ? _mm512_cvtps_epi32(scaled) : _mm512_cvttps_epi32(scaled);
        whole = _mm512_max_epi32(_mm512_min_epi32(whole, high), low);
        seen = _mm512_or_si512(seen, whole);
        _mm_store_si128((__m128i *)columns[j], _mm512_cvtepi32_epi8(whole));
    }
    __m128i across[16];
    NAME(transpose)(columns[0], across);
    for (int64_t r = 0; r < count; r++) _mm_storeu_si128((__m128i *)(mantissa + 16 * r), across[r]);
    /* What is not finite is no group of zeros. */
    const __mmask16 any = _mm512_test_epi32_mask(seen, seen) |
                          _mm512_cmpeq_epi32_mask(biased, _mm512_set1_epi32(255));
    exponent = _mm512_maskz_mov_epi32(any & rows, exponent);
    const __m512i normal = _mm512_slli_epi32(_mm512_add_epi32(_mm512_min_epi32(exponent, bias), bias), 23);
    /* Below normal numbers a power of two is a bit. */
    const __m512i small = _mm512_sllv_epi32(one, _mm512_add_epi32(exponent, _mm512_set1_epi32(149)));
    const __mmask16 tiny = _mm512_cmplt_epi32_mask(exponent, _mm512_set1_epi32(-126));
    _mm512_mask_storeu_epi32(scale, rows, _mm512_mask_mov_epi32(normal, tiny, small));
    return _mm512_reduce_max_epi32(exponent);
}
#endif

/* Quantise items of rows (S, rows, depth), so many floats apart, to mantissas (S, G, rows, J) and
 * scales 2^exponent (S, G, rows), for rows `from` ... `to` of all items. Returns the largest
 * exponent, and 0 where none is above it; groups of zeros have 0. */
int64_t NAME(quantize)(const float *x, int64_t item_step, int64_t row_step, int64_t step,
                       int64_t rows, int64_t depth, int64_t length, int64_t bits, int64_t nearest,
                       int8_t *mantissa, float *scale, int64_t from, int64_t to) {
    const int64_t groups = (depth + length - 1) / length;
    int64_t largest = 0;
    float *copied = malloc((size_t)(BATCH * length) * sizeof(float));
    if (!copied) return -1;
    for (int64_t next = from, count; next < to; next += count) {
        const int64_t item = next / rows, first = next % rows;
        const float *own = x + item * item_step;
        count = rows - first < to - next ? rows - first : to - next;
#if defined(MIRAGE_AVX512)
        if (length == 16 && row_step == 1 && step != 1) {
            for (int64_t g = 0; g < groups; g++)
                for (int64_t r = first; r < first + count; r += BATCH) {
                    const int64_t left = first + count - r, start = (item * groups + g) * rows + r;
                    const int64_t size = depth - g * 16 < 16 ? depth - g * 16 : 16;
                    const int32_t most = NAME(quantize_columns)(
                        own + r + g * 16 * step, step, size, left < BATCH ? left : BATCH, (int32_t)bits,
                        nearest, mantissa + start * 16, scale + start);
                    largest = most > largest ? most : largest;
                }
            continue;
        }
#endif
        count = count < BATCH ? count : BATCH;
        for (int64_t g = 0; g < groups; g++) {
            const int64_t size = depth - g * length < length ? depth - g * length : length;
            const int64_t start = (item * groups + g) * rows + first;
            const int whole = size == length && step == 1;
            /* Rows that lie across memory are read along it. */
            if (!whole) {
                memset(copied, 0, (size_t)(BATCH * length) * sizeof(float));
                for (int64_t r = 0; r < count && step == 1; r++)
                    memcpy(copied + r * length, own + (first + r) * row_step + g * length,
                           (size_t)size * sizeof(float));
                for (int64_t j = 0; j < size && step != 1; j++) {
                    const float *column = own + first * row_step + (g * length + j) * step;
                    for (int64_t r = 0; r < count; r++) copied[r * length + j] = column[r * row_step];
                }
            }
            for (int64_t r = 0; r < count; r++) {
                const int64_t place = start + r;
                const float *given =
                    whole ? own + (first + r) * row_step + g * length : copied + r * length;
                int8_t *to_mantissa = mantissa + place * length;
                int any;
                int32_t exponent =
                    length == 16 && nearest
                        ? NAME(quantize_group)(given, 16, (int32_t)bits, 1, to_mantissa, &any)
                    : length == 16
                        ? NAME(quantize_group)(given, 16, (int32_t)bits, 0, to_mantissa, &any)
                        : NAME(quantize_group)(given, length, (int32_t)bits, (int)nearest,
                                               to_mantissa, &any);
                if (!any) exponent = 0;
                largest = exponent > largest ? exponent : largest;
                /* Below normal numbers a power of two is a bit. */
                uint32_t word = exponent < -126 ? (uint32_t)1 << (exponent + 149)
                                                : (uint32_t)((exponent > 127 ? 127 : exponent) + 127) << 23;
                memcpy(scale + place, &word, 4);
            }
        }
    }
    free(copied);
    return largest;
}

#if defined(MIRAGE_AVX512)
#define TOGETHER 4 /* vectors that share what is loaded of the rows */

/* Outputs of `count` vectors and 16 or 32 rows, group after group. */
static inline __attribute__((always_inline)) void NAME(outputs)(
    const uint8_t *bytes, const int8_t *packed, const int32_t *start, const float *x_scale,
    const float *scales, int64_t groups, int64_t streamed, int64_t quads, const int64_t count,
    const int halves, float out[TOGETHER][MIRAGE_LANES]) {
    __m512 sum[TOGETHER][2];
    for (int64_t n = 0; n < count; n++)
        for (int h = 0; h < halves; h++) sum[n][h] = _mm512_setzero_ps();
    for (int64_t g = 0; g < groups; g++) {
        const int64_t first = g * MIRAGE_LANES, wide = 4 * quads;
        __m512i dot[TOGETHER][2];
        for (int64_t n = 0; n < count; n++)
            for (int h = 0; h < halves; h++) dot[n][h] = _mm512_load_si512(start + first + 16 * h);
        for (int64_t q = 0; q < quads; q++)
            for (int h = 0; h < halves; h++) {
                const __m512i line = _mm512_load_si512(packed + first * wide + 128 * q + 64 * h);
                for (int64_t n = 0; n < count; n++) {
                    int32_t four;
                    memcpy(&four, bytes + (g * streamed + n) * wide + 4 * q, 4);
                    dot[n][h] = _mm512_dpbusd_epi32(dot[n][h], _mm512_set1_epi32(four), line);
                }
            }
        for (int64_t n = 0; n < count; n++) {
            const __m512 times = _mm512_set1_ps(x_scale[g * streamed + n]);
            for (int h = 0; h < halves; h++) {
                const __m512 scaled = _mm512_mul_ps(_mm512_cvtepi32_ps(dot[n][h]),
                                                    _mm512_load_ps(scales + first + 16 * h));
                sum[n][h] = _mm512_add_ps(sum[n][h], _mm512_mul_ps(scaled, times));
            }
        }
    }
    for (int64_t n = 0; n < count; n++)
        for (int h = 0; h < halves; h++) _mm512_store_ps(out[n] + 16 * h, sum[n][h]);
}
#endif

/* Mantissas of so many groups made positive, in fours filled up with zeros. */
static void NAME(shift)(const int8_t *x, int64_t count, int64_t length, int64_t offset, uint8_t *shifted) {
    const uint8_t more = (uint8_t)offset;
    const int64_t wide = (length + 3) / 4 * 4;
    for (int64_t i = 0; i < count * length && wide == length; i++) shifted[i] = (uint8_t)(x[i] + more);
    for (int64_t i = 0; i < count * wide && wide != length; i++) {
        const int64_t j = i % wide;
        shifted[i] = j < length ? (uint8_t)(x[i / wide * length + j] + more) : 0;
    }
}

/* Products (S, N, M) of blocks, groups added up in ascending order, for units `from` ... `to`: 32 rows
 * of w each, item after item. What is scaled by both is rounded before it is added: by nothing, but
 * below normal numbers. */
int64_t NAME(product)(const int8_t *w, const float *w_scale, const int8_t *x, const float *x_scale,
                      int64_t groups, int64_t stationary, int64_t streamed, int64_t length,
                      int64_t offset, float *total, int64_t from, int64_t to) {
    const int64_t quads = (length + 3) / 4, wide = quads * 4;
    uint8_t *shifted = aligned_alloc(64, (size_t)((groups * streamed * wide + 63) / 64 * 64));
    int8_t *packed = aligned_alloc(64, (size_t)(groups * wide * MIRAGE_LANES));
    int32_t *start = aligned_alloc(64, (size_t)(groups * MIRAGE_LANES) * sizeof(int32_t));
    float *scales = aligned_alloc(64, (size_t)(groups * MIRAGE_LANES) * sizeof(float));
    const int64_t units = (stationary + MIRAGE_LANES - 1) / MIRAGE_LANES;
    const int64_t done = shifted && packed && start && scales ? to : -1;
    int64_t item = -1;
    for (int64_t unit = from; done >= 0 && unit < to; unit++) {
        const int64_t first = unit % units * MIRAGE_LANES;
        const int64_t lanes = stationary - first < MIRAGE_LANES ? stationary - first : MIRAGE_LANES;
        if (item != unit / units) {
            const int64_t ahead = item < 0 ? unit / units : 1;
            item = unit / units;
            w += ahead * groups * stationary * length, w_scale += ahead * groups * stationary;
            x += ahead * groups * streamed * length, x_scale += ahead * groups * streamed;
            total += ahead * streamed * stationary;
            NAME(shift)(x, groups * streamed, length, offset, shifted);
        }
        memset(packed, 0, (size_t)(groups * wide * MIRAGE_LANES));
        memset(start, 0, (size_t)(groups * MIRAGE_LANES) * sizeof(int32_t));
        memset(scales, 0, (size_t)(groups * MIRAGE_LANES) * sizeof(float));
        for (int64_t g = 0; g < groups; g++)
            for (int64_t r = 0; r < lanes; r++) {
                const int8_t *row = w + (g * stationary + first + r) * length;
                int8_t *to = packed + (g * quads * MIRAGE_LANES + r) * 4;
                int32_t sum = 0;
                for (int64_t j = 0; j < length; j++) sum += row[j];
                for (int64_t q = 0; q < length / 4; q++) memcpy(to + 128 * q, row + 4 * q, 4);
                for (int64_t j = length & ~3; j < length; j++) to[j / 4 * 128 + j % 4] = row[j];
                start[g * MIRAGE_LANES + r] = (int32_t)-offset * sum;
                scales[g * MIRAGE_LANES + r] = w_scale[g * stationary + first + r];
            }
#if defined(MIRAGE_AVX512)
        for (int64_t n = 0, count; n < streamed; n += count) {
            float out[TOGETHER][MIRAGE_LANES] ALIGNED;
            count = streamed - n < TOGETHER ? 1 : TOGETHER;
#define OUTPUTS(count, halves)                                                                       \
    NAME(outputs)(shifted + n * wide, packed, start, x_scale + n, scales, groups, streamed, quads, count, \
               halves, out)
            if (count == 1 && lanes > 16) OUTPUTS(1, 2);
            else if (count == 1) OUTPUTS(1, 1);
            else if (lanes > 16) OUTPUTS(TOGETHER, 2);
            else OUTPUTS(TOGETHER, 1);
#undef OUTPUTS
            for (int64_t i = 0; i < count; i++)
                memcpy(total + (n + i) * stationary + first, out[i], (size_t)lanes * sizeof(float));
        }
#else
        for (int64_t n = 0; n < streamed; n++) {
            float out[MIRAGE_LANES] ALIGNED;
#if defined(MIRAGE_AVX2)
            const __m256i ones = _mm256_set1_epi16(1);
            __m256 sums[4];
            for (int i = 0; i < 4; i++) sums[i] = _mm256_setzero_ps();
            for (int64_t g = 0; g < groups; g++) {
                const uint8_t *bytes = shifted + (g * streamed + n) * wide;
                const int8_t *lines = packed + g * wide * MIRAGE_LANES;
                __m256i a[4];
                for (int i = 0; i < 4; i++)
                    a[i] = _mm256_load_si256((const __m256i *)(start + g * MIRAGE_LANES) + i);
                for (int64_t q = 0; q < quads; q++) {
                    int32_t four;
                    memcpy(&four, bytes + 4 * q, 4);
                    __m256i each = _mm256_set1_epi32(four);
                    for (int i = 0; i < 4; i++) {
                        __m256i pairs = _mm256_maddubs_epi16(
                            each, _mm256_load_si256((const __m256i *)(lines + 128 * q) + i));
                        a[i] = _mm256_add_epi32(a[i], _mm256_madd_epi16(pairs, ones));
                    }
                }
                __m256 times = _mm256_set1_ps(x_scale[g * streamed + n]);
                for (int i = 0; i < 4; i++) {
                    const __m256 one = _mm256_mul_ps(
                        _mm256_cvtepi32_ps(a[i]), _mm256_load_ps(scales + g * MIRAGE_LANES + 8 * i));
                    sums[i] = _mm256_add_ps(sums[i], _mm256_mul_ps(one, times));
                }
            }
            for (int i = 0; i < 4; i++) _mm256_store_ps(out + 8 * i, sums[i]);
#else
            memset(out, 0, sizeof out);
            for (int64_t g = 0; g < groups; g++) {
                const uint8_t *bytes = shifted + (g * streamed + n) * wide;
                const int8_t *lines = packed + g * wide * MIRAGE_LANES;
                const float times = x_scale[g * streamed + n];
                int32_t a[MIRAGE_LANES];
                memcpy(a, start + g * MIRAGE_LANES, sizeof a);
                for (int64_t q = 0; q < quads; q++)
                    for (int r = 0; r < MIRAGE_LANES; r++)
                        for (int k = 0; k < 4; k++)
                            a[r] += (int32_t)bytes[4 * q + k] * lines[(q * MIRAGE_LANES + r) * 4 + k];
                for (int r = 0; r < MIRAGE_LANES; r++)
                    out[r] += (float)a[r] * scales[g * MIRAGE_LANES + r] * times;
            }
#endif
            memcpy(total + n * stationary + first, out, (size_t)lanes * sizeof(float));
        }
#endif
    }
    free(shifted), free(packed), free(start), free(scales);
    return done;
}

/* Which changed integer comes next, by output: row after row, each by its vectors. */
typedef struct {
    uint64_t output;
    int64_t index;
} NAME(Order);

/* Sort by output, what belongs to one in the order in which it is; `spare` has as much room. Returns
 * where the sorted ones are. */
static NAME(Order) *NAME(sort)(NAME(Order) *given, NAME(Order) *spare, int64_t count, uint64_t most) {
    enum { BITS = 11, BUCKETS = 1 << BITS };
    int64_t starts[BUCKETS + 1];
    for (int shift = 0; most >> shift; shift += BITS) {
        memset(starts, 0, sizeof starts);
        for (int64_t i = 0; i < count; i++)
            starts[1 + (given[i].output >> shift & (BUCKETS - 1))]++;
        for (int64_t i = 0; i < BUCKETS; i++) starts[i + 1] += starts[i];
        for (int64_t i = 0; i < count; i++)
            spare[starts[given[i].output >> shift & (BUCKETS - 1)]++] = given[i];
        NAME(Order) *swapped = given;
        given = spare, spare = swapped;
    }
    return given;
}

/* As correct, where many integers have changed: `integers` holds some (see whole.h), and those of the list
 * are laid out in it first. */
static void NAME(correct_many)(const int8_t *w, const float *w_scale, const int8_t *x, const float *x_scale,
                               int64_t items, int64_t groups, int64_t stationary, int64_t streamed,
                               int64_t length, const Changed *changed, int64_t count, int32_t *integers,
                               float *total) {
    for (int64_t i = 0; i < count; i++)
        integers[(changed[i].group * streamed + changed[i].vector) * stationary + changed[i].row] =
            2 * changed[i].integer + 1;
    for (int64_t output = 0; output < items * streamed; output++) {
        const int64_t item = output / streamed, n = output % streamed;
        float *sums = total + output * stationary;
        for (int64_t row = 0; row < stationary; row++) sums[row] = 0.0f;
        for (int64_t g = item * groups; g < (item + 1) * groups; g++) {
            const int32_t *line = integers + (g * streamed + n) * stationary;
            const float *scale = w_scale + g * stationary, times = x_scale[g * streamed + n];
            /* What is not there is not written: memory that was never touched takes no room. */
            for (int64_t first = 0, many; first < stationary; first += many) {
                int32_t part[4 * MIRAGE_LANES];
                many = stationary - first < 4 * MIRAGE_LANES ? stationary - first : 4 * MIRAGE_LANES;
                memcpy(part, line + first, (size_t)many * sizeof *part);
                for (int64_t r = 0; r < many; r++)
                    if (!part[r])
                        part[r] = 2 * NAME(dot)(w + (g * stationary + first + r) * length,
                                                x + (g * streamed + n) * length, length);
                for (int64_t r = 0; r < many; r++)
                    sums[first + r] += (float)(part[r] >> 1) * scale[first + r] * times;
            }
        }
    }
}

/* Work out anew the outputs (S, N, M) that hold changed integers, which come in any order as a list, and
 * where there are `integers`, in these. Returns -1 without memory. */
int64_t NAME(correct)(const int8_t *w, const float *w_scale, const int8_t *x, const float *x_scale,
                      int64_t items, int64_t groups, int64_t stationary, int64_t streamed,
                      int64_t length, const Changed *changed, int64_t count, int32_t *integers,
                      float *total) {
    const int64_t size = items * groups * stationary * streamed;
    int32_t *own = !integers && 4 * count > size ? calloc((size_t)size, sizeof *own) : NULL;
    if (integers || own) {
        NAME(correct_many)(w, w_scale, x, x_scale, items, groups, stationary, streamed, length, changed,
                           count, integers ? integers : own, total);
        free(own);
        return 0;
    }
    NAME(Order) *both = malloc((size_t)(2 * count) * sizeof *both);
    if (!both) return -1;
    for (int64_t i = 0; i < count; i++) {
        const int64_t row = changed[i].group / groups * stationary + changed[i].row;
        both[i].output = (uint64_t)(row * streamed + changed[i].vector);
        both[i].index = i;
    }
    NAME(Order) *order =
        NAME(sort)(both, both + count, count, (uint64_t)(items * stationary * streamed - 1));
    int64_t at = 0;
    while (at < count) {
        const uint64_t output = order[at].output;
        /* Those of one output, mostly a single one, in order of their groups. */
        for (int64_t i = at + 1; i < count && order[i].output == output; i++)
            for (int64_t j = i; j > at; j--) {
                const NAME(Order) one = order[j], before = order[j - 1];
                if (changed[before.index].group < changed[one.index].group) break;
                order[j] = before, order[j - 1] = one;
            }
        const Changed *first = changed + order[at].index;
        const int64_t n = first->vector, row = first->row, item = first->group / groups;
        float sum = 0.0f;
        for (int64_t g = item * groups; g < (item + 1) * groups; g++) {
            int32_t dot = 0;
            const int8_t *a = w + (g * stationary + row) * length, *b = x + (g * streamed + n) * length;
            if (at < count && order[at].output == output && changed[order[at].index].group == g)
                dot = changed[order[at++].index].integer;
            else
                for (int64_t j = 0; j < length; j++) dot += (int32_t)a[j] * b[j];
            sum += (float)dot * w_scale[g * stationary + row] * x_scale[g * streamed + n];
        }
        total[(item * streamed + n) * stationary + row] = sum;
    }
    free(both);
    return 0;
}

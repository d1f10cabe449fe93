/* All readouts of a stack of products, tile by tile. Part of body.h. */
#define SAMPLED 64        /* symbols by which it shows how many readouts are in doubt */
#define MOST_IN_DOUBT 0.2 /* a larger share is cheaper to evaluate row after row */

static void *NAME(room)(int64_t size) {
    return aligned_alloc(64, (size_t)(size + 63) / 64 * 64);
}

static void *NAME(zeros)(int64_t size) {
    void *found = NAME(room)(size);
    if (found) memset(found, 0, (size_t)size);
    return found;
}

static void NAME(free_worker)(NAME(Worker) *k) {
    for (int64_t l = 0; l < k->product->moduli; l++) {
        free(k->tiles[l].entry), free(k->tiles[l].turned), free(k->lists[l].wrong);
        free(k->lists[l].all);
        free(k->tiles[l].warmed), free(k->tiles[l].heaters.asked);
    }
    free(k->tiles[0].phase), free(k->tiles[0].tilt);
    free(k->tiles[0].phase_16), free(k->tiles[0].tilt_16);
    free(k->doubtful), free(k->sums), free(k->ahead), free(k->lines);
    free(k->read_again);
}

/* Memory of its own; 0 where there is none. What screens one tile at a time is shared. */
static int NAME(make_worker)(NAME(Worker) *k, const Product *p, Result *result) {
    const int64_t multipliers = MIRAGE_LANES * p->length;
    int64_t mantissas = 0, all = 1;
    memset(k, 0, sizeof *k);
    k->product = p, k->result = result, k->item = -1;
    for (int64_t l = 0; l < p->moduli; l++)
        if (p->readings[l].arrays->mantissas > mantissas) mantissas = p->readings[l].arrays->mantissas;
    mantissas = mantissas < MIRAGE_LANES ? MIRAGE_LANES : mantissas;
    int16_t *phase = NAME(room)((multipliers * mantissas + MIRAGE_LANES) * 2);
    int8_t *tilt = NAME(room)(multipliers * mantissas + MIRAGE_LANES);
    const int few = NAME(of_few_rows)(p);
    int16_t *phase_16 = few ? NAME(room)(multipliers * MIRAGE_LANES * 2) : NULL;
    int16_t *tilt_16 = few ? NAME(room)(multipliers * MIRAGE_LANES * 2) : NULL;
    for (int64_t l = 0; l < p->moduli; l++) {
        NAME(Tile) *t = k->tiles + l;
        const int64_t modulus = p->readings[l].arrays->modulus;
        for (int64_t w = -128; w < 128; w++)
            t->level[(uint8_t)w] = (int16_t)NAME(modulo)(w + modulus / 2, modulus);
        t->phase = phase, t->tilt = tilt, t->phase_16 = phase_16, t->tilt_16 = tilt_16, t->word = (int32_t *)phase_16;
        t->entry = NAME(room)(multipliers * 4);
        t->turned = NAME(room)(multipliers * MIRAGE_SLOTS * 4);
        all &= t->entry && t->turned;
        const Arrays *a = p->readings[l].arrays;
        for (int64_t x = 0; x < a->mantissas && a->mantissas <= 32; x++) {
            t->codes[x] = (uint16_t)a->code[x];
            for (int64_t d = 0; d < a->digits; d++)
                t->ones[d] |= (uint32_t)(a->code[x] >> d & 1) << x;
        }
        if (!a->heat) continue;
        NAME(Heaters) *room = &t->heaters;
        t->warmed = NAME(room)(multipliers * 2 * MIRAGE_SLOTS * 4);
        room->asked = NAME(zeros)(NAME(heat_room)(a->heat, a, room));
        all &= t->warmed && room->asked;
        if (!room->asked) continue;
        room->given = room->asked + 2 * room->plane, room->rest = room->given + 2 * room->plane;
        room->turned = room->rest + 2 * room->plane, room->moved = room->turned + 2 * room->plane;
    }
    k->sums = NAME(room)(BATCH * p->length * mantissas * 3 * 4);
    k->ahead = NAME(room)(multipliers * 4);
    k->lines = NAME(room)(3 * multipliers * (int64_t)sizeof *k->lines);
    k->words = ((p->part < p->streamed ? p->part : p->streamed) + 63) / 64;
    k->read_again = NAME(zeros)((p->re_reads + 1) * k->words * 8);
    return all && phase && tilt && (!few || (phase_16 && tilt_16)) && k->sums && k->ahead && k->lines &&
           k->read_again;
}

/* Go on to the product of one item. */
static void NAME(take)(NAME(Worker) *k, const Product *stack, int64_t item) {
    const int64_t J = stack->length, symbols = stack->groups * stack->streamed;
    const int64_t multipliers = stack->groups * stack->stationary * J;
    const int64_t rows = stack->readings[0].arrays->rows;
    const int64_t chunks = (rows + MIRAGE_LANES - 1) / MIRAGE_LANES;
    const int64_t tiles = (stack->stationary + rows - 1) / rows * stack->groups * chunks;
    if (k->item == item) return;
    k->own = *stack, k->item = item;
    k->own.w += item * multipliers, k->own.x += item * symbols * J;
    if (stack->offsets) k->own.offsets += item * symbols * J;
    if (stack->kept) k->own.kept += item * (tiles * stack->moduli * stack->kept_size);
    for (int64_t l = 0; l < stack->moduli; l++) {
        Reading *reading = k->readings + l;
        *reading = stack->readings[l];
        reading->class_of += item * symbols;
        if (reading->full_scale) reading->full_scale += item * symbols;
        if (reading->turned) reading->turned += item * multipliers * MIRAGE_SLOTS;
        reading->key += item * 4;
    }
    k->own.readings = k->readings, k->product = &k->own;
}

/* The unit of work after which nothing of it is needed any more: vectors of a part, one tile. */
typedef struct {
    int64_t from, to, block, group;
} NAME(Unit);

static NAME(Unit) NAME(unit_of)(const Product *p, int64_t number, int64_t blocks) {
    const int64_t tiles = blocks * p->groups, arrays = p->readings[0].arrays->units;
    const int64_t part = number / tiles, at = number % tiles, end = (part + 1) * p->part;
    /* Tiles of one array follow each other, since many of them need the same numbers. */
    const int64_t each = tiles / arrays, longer = tiles % arrays, of_longer = longer * (each + 1);
    const int64_t rest = at < of_longer
                             ? at / (each + 1) + arrays * (at % (each + 1))
                             : longer + (at - of_longer) / each + arrays * ((at - of_longer) % each);
    NAME(Unit) u = {part * p->part, end < p->streamed ? end : p->streamed, rest / p->groups,
                    rest % p->groups};
    return u;
}

/* List what lies far away in memory: of this tile the numbers that suspects will need, and those of the
 * tile that comes after it, if any does. */
static void NAME(look_ahead)(NAME(Worker) *k, const NAME(Tile) *t, NAME(Unit) u,
                             const Reading *reading, NAME(Unit) after, int64_t chunk,
                             NAME(Found) *out) {
    NAME(Tile) next;
    const int64_t symbols = u.to - u.from;
    /* Where rows stand still hardly any readout is in doubt. */
    const int own_too = t->arrays->screens && symbols > FEW && (t->turns || !t->arrays->phases_still);
    const int64_t own = own_too ? t->lanes * t->arrays->length : 0;
    int64_t ahead = 0;
    if (reading && NAME(place)(&next, reading, k->product, after.block, after.group, chunk) &&
        !NAME(is_known)(NAME(kept_of)(&next, k->product))) {
        next.entry = k->ahead, k->ahead_of = k->tiles + (reading - k->readings);
        NAME(locate)(k->ahead_of, &next, k->product);
        ahead = next.lanes * next.arrays->length;
    }
    const Arrays *of_next = reading ? reading->arrays : t->arrays;
    out->lines = k->lines, out->count = 0, out->at = 0;
    for (int64_t i = 0; i < own || i < ahead; i++) {
        if (i < own)
            k->lines[out->count++] =
                (const char *)(t->arrays->amplitude + (int64_t)t->entry[i] * 2 * MIRAGE_SLOTS);
        if (i >= ahead) continue;
        k->lines[out->count++] = (const char *)(of_next->hot + k->ahead[i]);
        if (!of_next->screens)
            k->lines[out->count++] =
                (const char *)(of_next->amplitude + (int64_t)k->ahead[i] * 2 * MIRAGE_SLOTS);
    }
    out->step = (out->count + symbols - 1) / symbols;
}

/* Where the multipliers of a tile that is placed are; the tile before may have found out. */
static void NAME(find)(NAME(Worker) *k, NAME(Tile) *t) {
    if (k->ahead_of == t) {
        int32_t *found = k->ahead;
        k->ahead = t->entry, t->entry = found;
    } else NAME(locate)(t, t, k->product);
    k->ahead_of = NULL;
}

typedef void NAME(Screen)(NAME(Tile) *, const Product *, int64_t, int64_t, NAME(Found) *);

/* Bounds and tables of a tile that is loaded, and what screens its symbols `from` ... `to` by them. */
static NAME(Screen) *NAME(prepare)(NAME(Tile) *t, const Product *p, int64_t from, int64_t to) {
    const int few = NAME(of_few_rows)(p);
    Kept *kept = few ? NULL : NAME(kept_of)(t, p);
    const int known = NAME(is_known)(kept);
    if (known) NAME(recall)(t, kept);
    else NAME(bound_rows)(t, few ? 1 : 16);
#if defined(MIRAGE_AVX512)
    if (few && !t->still && NAME(too_few)(p, to - from)) {
        NAME(store_words)(t);
        return NAME(screen_by_digits);
    }
    if (few && !t->still) {
        NAME(build_row_tables)(t);
        return NAME(screen_by_row_tables);
    }
#endif
    if (!t->still) NAME(build_tables)(t, p, from, to, kept, known);
    if (kept && !known) NAME(keep)(t, kept);
    return NAME(screen_tile);
}

/* Decide the readouts of one modulus of a tile that is loaded. */
static void NAME(decide)(NAME(Worker) *k, int64_t l, NAME(Unit) u, NAME(Found) *out) {
    NAME(Tile) *t = k->tiles + l;
    if (t->arrays->screens) {
        NAME(Screen) *screen = NAME(prepare)(t, k->product, u.from, u.to);
        NAME(Suspect) suspects[WAITING];
        const NAME(Common) common = NAME(common_of)(t->arrays);
        out->suspects = suspects, out->kept = 0;
        const int64_t some = u.to - u.from > 2 * SAMPLED ? u.from + SAMPLED : u.to;
        screen(t, k->product, u.from, some, out);
        const double share = (double)out->evaluated / (double)(t->lanes * (some - u.from));
        if (some == u.to || share <= MOST_IN_DOUBT) {
            if (some < u.to) screen(t, k->product, some, u.to, out);
            NAME(flush)(t, k->product, &common, out);
            return;
        }
        out->evaluated = 0, out->list->count = 0;
    }
    NAME(dense_tile)(t, k->product, u.from, u.to, k->sums, out);
}

/* Work on units `from` ... `to`, items one after another. Returns 0, -1 without memory, -2 where the
 * reference failed. */
int64_t NAME(readouts)(const Product *stack, int64_t from, int64_t to, Result *result) {
    const int64_t rows = stack->readings[0].arrays->rows, L = stack->moduli;
    const int64_t blocks = (stack->stationary + rows - 1) / rows;
    const int64_t units = blocks * stack->groups * ((stack->streamed + stack->part - 1) / stack->part);
    const int64_t chunks = (rows + MIRAGE_LANES - 1) / MIRAGE_LANES;
    NAME(Worker) k;
    int64_t state = NAME(make_worker)(&k, stack, result) ? 0 : -1;
    const Product *p = &k.own;
    for (int64_t number = from; !state && number < to; number++) {
        NAME(take)(&k, stack, number / units);
        const int64_t own = number % units;
        const NAME(Unit) u = NAME(unit_of)(p, own, blocks);
        memset(k.read_again, 0, (size_t)(p->re_reads * k.words) * 8);
        for (int64_t chunk = 0; !state && chunk < chunks; chunk++) {
            int placed = 1;
            for (int64_t l = 0; placed && !state && l < L; l++) {
                NAME(Tile) *t = k.tiles + l;
                NAME(Found) out = {.list = k.lists + l};
                k.lists[l].count = k.lists[l].whole = 0;
                placed = NAME(place)(t, k.readings + l, p, u.block, u.group, chunk);
                if (!placed) break;
                NAME(set_keys)(t, 0);
                NAME(find)(&k, t);
                NAME(load)(t, p);
                const int last = l + 1 == L;
                if (!last) NAME(look_ahead)(&k, t, u, k.readings + l + 1, u, chunk, &out);
                else if (chunk + 1 == chunks && number + 1 < to && own + 1 < units)
                    NAME(look_ahead)(&k, t, u, k.readings, NAME(unit_of)(p, own + 1, blocks), 0, &out);
                else NAME(look_ahead)(&k, t, u, NULL, u, 0, &out);
                NAME(decide)(&k, l, u, &out);
                result->evaluated += out.evaluated;
                if (out.failed) state = -1;
            }
            if (placed && !state) state = NAME(settle)(&k, u.from, u.to);
        }
    }
    NAME(free_worker)(&k);
    return state;
}

/* What heat adds to the tile of a block of rows and a group, (lanes, J, 8) and (lanes, J, rail, 8), by
 * which it can be held against the tables of the reference. */
int64_t NAME(heat_of)(const Product *p, int64_t modulus, int64_t block, int64_t group,
                      int32_t *turned, int32_t *warmed) {
    NAME(Worker) k;
    NAME(Tile) *t = k.tiles + modulus;
    int64_t state = NAME(make_worker)(&k, p, NULL) ? 0 : -1;
    if (!state && NAME(place)(t, p->readings + modulus, p, block, group, 0)) {
        const size_t bytes = (size_t)(t->lanes * p->length) * MIRAGE_SLOTS * sizeof(int32_t);
        NAME(find)(&k, t);
        NAME(load)(t, k.product);
        memcpy(turned, t->turned, bytes), memcpy(warmed, t->warmed, 2 * bytes);
    }
    NAME(free_worker)(&k);
    return state;
}

/* The angle in rad, times strength, that the screen leaves to all readouts of a tile, (N, lanes), by
 * which it can be held against the bounds of tensors. */
int64_t NAME(spares)(const Product *p, int64_t modulus, int64_t block, int64_t group, double *found) {
    NAME(Worker) k;
    NAME(Tile) *t = k.tiles + modulus;
    int64_t state = NAME(make_worker)(&k, p, NULL) ? 0 : -1;
    if (!p->readings[modulus].arrays->screens) state = -1;
    if (!state && NAME(place)(t, p->readings + modulus, p, block, group, 0)) {
        const Arrays *a = t->arrays;
        const int64_t J = a->length, X = a->mantissas;
        const int few = NAME(of_few_rows)(p);
        NAME(find)(&k, t);
        NAME(load)(t, p);
        NAME(prepare)(t, p, 0, p->streamed);
        const int by_digits = NAME(too_few)(p, p->streamed);
        for (int64_t i = 0; i < p->streamed * t->lanes; i++) {
            const int64_t n = i / t->lanes, r = i % t->lanes;
            const int8_t *x = p->x + (t->group * p->streamed + n) * J;
            int64_t phase = t->start[r], tilt = 0, taken = 0;
            uint32_t sum = 0;
            for (int64_t j = 0; j < J && !t->still && by_digits; j++) {
                const int32_t *word = t->word + (r * J + j) * MIRAGE_SLOTS;
                for (int64_t d = 0; d <= a->digits; d++)
                    if (!d || a->code[x[j] - a->least] >> (d - 1) & 1) sum += (uint32_t)word[d];
            }
            if (by_digits) phase += (sum + 0x8000u) >> 16, tilt = (int16_t)sum;
            for (int64_t j = 0; j < J && !t->still && !by_digits; j++) {
                const int64_t at = x[j] - a->least, of_row = (r * J + j) * MIRAGE_LANES + at;
                const int64_t of_symbol = (j * X + at) * MIRAGE_LANES + r;
                phase += few ? t->phase_16[of_row] : t->phase[of_symbol];
                tilt += few ? t->tilt_16[of_row] : t->tilt[of_symbol];
            }
            tilt = few ? (int16_t)(tilt * 16) : (int8_t)tilt * 256;
            if (!t->still) taken = (llabs(tilt) * t->by_tilt[r] >> 16) + 1;
            const int64_t left = t->reach[r] - taken - abs((int16_t)phase);
            found[i] = (double)(left > 0 ? left : 0) * TWO_PI / (65536.0 * a->finer) * t->spare[r];
        }
    }
    NAME(free_worker)(&k);
    return state;
}

/* What converters are given of all readouts of a tile, in codes, by which single precision can be held
 * against double: (N, lanes, I and Q, 3) what the former says, by how much that may be off, and the
 * latter; as far as the receiver has settled. */
int64_t NAME(precisions)(const Product *p, int64_t modulus, int64_t block, int64_t group,
                         double *found) {
    NAME(Worker) k;
    NAME(Tile) *t = k.tiles + modulus;
    int64_t state = NAME(make_worker)(&k, p, NULL) ? 0 : -1;
    if (!state && NAME(place)(t, p->readings + modulus, p, block, group, 0)) {
        const NAME(Common) common = NAME(common_of)(t->arrays);
        NAME(set_keys)(t, 0);
        NAME(find)(&k, t);
        NAME(load)(t, p);
        for (int64_t i = 0; i < p->streamed * t->lanes; i++, found += 6) {
            NAME(Suspect) one = {.vector = (int32_t)(i / t->lanes), .lane = (uint8_t)(i % t->lanes)};
            NAME(Coarse) coarse;
            NAME(Batch) exact;
            int32_t decided[BATCH], sums[5];
            NAME(draw_whole)(t, p, &one, 1);
            NAME(sums_of)(t, p, &one, 1, sums, 1);
            NAME(evaluate_coarsely)(t, p, &common, &one, 1, sums, 1, &coarse);
            NAME(evaluate)(t, p, &one, 1, 0, &exact, decided);
            for (int q = 0; q < 2; q++) {
                found[3 * q] = coarse.code[q][0], found[3 * q + 1] = coarse.off[q][0];
                found[3 * q + 2] = exact.ratio[q][0] * t->arrays->half_range;
            }
        }
    }
    NAME(free_worker)(&k);
    return state;
}

/* Functions of singles.h, (count, 2) each: of angles sine and cosine; of the upper
 * 24 bits of a word, signed, 2 to the power of their 2^-18; of leading 40 bits their radius, and whether it is extreme. */
int64_t NAME(functions)(int64_t which, int64_t count, const uint32_t *words, float *found) {
    for (int64_t i = 0; i < count; i++, words += 2, found += 2) {
        const NAME(Factor) factor = NAME(factor_of)(0x1p-18);
        float part, whole;
        if (which == 0) NAME(f_sincos)(words[0], found, found + 1);
        if (which == 1) {
            whole = NAME(f_part)((float)((int32_t)words[0] >> 8), factor, &part);
            found[0] = NAME(f_exp2)(whole, part), found[1] = 0.0f;
        }
        if (which == 2) {
            found[0] = NAME(f_radius)((int32_t)(words[0] & 255u), words[1]);
            found[1] = (float)NAME(f_extreme)((int32_t)(words[0] & 255u), words[1]);
        }
    }
    return 0;
}

/* Integers of tiles of which every residue was decided: all rows of a symbol at once. Part of body.h. */

#define FEW_SETTLED 4096 /* integers that do not show how many change */

/* All integers (S, G, N, M), made by the first worker that needs them: twice one that differs from the
 * exact one, and 1; zeros where it does not. None without memory. */
static int32_t *NAME(integers)(const Product *p) {
    int32_t *found = __atomic_load_n(p->integers, __ATOMIC_ACQUIRE), *none = NULL;
    if (found) return found;
    found = calloc((size_t)(p->items * p->groups * p->streamed * p->stationary), sizeof *found);
    if (!found || __atomic_compare_exchange_n(p->integers, &none, found, 0, __ATOMIC_ACQ_REL,
                                              __ATOMIC_ACQUIRE))
        return found;
    free(found);
    return none;
}

/* Residues of the rows of a symbol modulo number l, where exact ones are known. `at`: where a list of
 * wrong ones goes on. Returns 0 where the reference failed. */
static int NAME(residues_of)(NAME(Worker) *k, int64_t l, int64_t start, int64_t vector, const int32_t *exact,
                             int64_t *at, int32_t *residue) {
    const NAME(List) *list = k->lists + l;
    const int64_t lanes = k->tiles[l].lanes;
    const double m = (double)k->tiles[l].arrays->modulus, per_m = 1.0 / m, middle = (m - 1.0) * 0.5;
    int32_t sent[MIRAGE_LANES], any = 0, errors = 0;
    for (int s = 0; s < MIRAGE_LANES; s++) {
        /* What is rounded lies well within half of one. */
        const double dot = (double)exact[s];
        residue[s] = sent[s] = (int32_t)(dot - m * NAME(round_even)((dot - middle) * per_m));
    }
    if (list->whole)
        for (int64_t s = 0; s < lanes; s++) residue[s] = list->all[(vector - start) * MIRAGE_LANES + s];
    for (; *at < list->count && list->wrong[*at].vector == vector && !list->whole; ++*at)
        residue[list->wrong[*at].lane] = list->wrong[*at].decided;
    for (int64_t s = 0; s < lanes; s++) any |= residue[s];
    for (int64_t s = 0; s < lanes && any < 0; s++) {
        if (residue[s] < 0) residue[s] = (int32_t)NAME(ask)(k, l, 0, vector, s);
        if (residue[s] < 0) return 0;
    }
    for (int64_t s = 0; s < lanes; s++) errors += residue[s] != sent[s];
    k->result->errors[l] += errors;
    return 1;
}

/* As combine, of the residues of 32 rows. */
static inline void NAME(combine_rows)(const Product *p, const int32_t residues[][MIRAGE_LANES],
                                      int32_t *integer) {
    const double whole = (double)p->way[0], per = 1.0 / whole, most = (double)p->way[1];
    double sum[MIRAGE_LANES] = {0.0};
    /* Sums are below 2^50, and exact. */
    for (int64_t l = 0; l < p->moduli; l++) {
        const double weight = (double)p->way[2 + l];
        for (int s = 0; s < MIRAGE_LANES; s++) sum[s] += weight * (double)residues[l][s];
    }
    for (int s = 0; s < MIRAGE_LANES; s++) {
        double rest = sum[s] - whole * NAME(round_even)(sum[s] * per);
        rest += rest < 0.0 ? whole : 0.0;
        integer[s] = (int32_t)(rest > most ? rest - whole : rest);
    }
}

/* Integers of the rows of a symbol: those that are legal are final, others are doubtful. Returns how many
 * of these there are now, or -1 without memory. */
static int64_t NAME(settle_rows)(NAME(Worker) *k, int64_t vector, const int32_t *exact,
                                 const int32_t residues[][MIRAGE_LANES], int64_t count) {
    const Product *p = k->product;
    const NAME(Tile) *t = k->tiles;
    const int64_t limit = p->policy ? p->limit : INT32_MAX;
    int32_t integer[MIRAGE_LANES], wrong = 0, doubtful = 0;
    NAME(combine_rows)(p, residues, integer);
    /* One that is listed takes as much memory as four that are laid out, in memory for all of them. */
    const int all = k->settled >= FEW_SETTLED && 4 * k->result->wrong > k->settled;
    k->settled += t->lanes;
    const int64_t group = NAME(group_of_all)(k);
    int32_t *to = all ? NAME(integers)(p) : NULL;
    if (all && !to) return -1;
    to = all ? to + (group * p->streamed + vector) * p->stationary + t->first : NULL;
    int32_t found[MIRAGE_LANES];
    for (int64_t r = 0; r < t->lanes; r++) {
        const int legal = abs(integer[r]) <= limit, changed = legal & (integer[r] != exact[r]);
        found[r] = changed ? 2 * integer[r] + 1 : 0;
        wrong += changed, doubtful += !legal;
    }
    if (all) memcpy(to, found, (size_t)t->lanes * sizeof *to);
    for (int64_t r = 0; r < t->lanes && !all && wrong; r++)
        if (found[r] && !NAME(emit)(k->result, group, vector, t->first + r, found[r] >> 1)) return -1;
    k->result->wrong += wrong, k->result->undetected += wrong;
    for (int64_t r = 0; r < t->lanes && doubtful; r++) {
        if (abs(integer[r]) <= limit) continue;
        NAME(Doubtful) *one = NAME(add_doubtful)(k, count);
        if (!one) return -1;
        one->vector = (int32_t)vector, one->lane = (int16_t)r, one->exact = exact[r], count++;
        for (int64_t l = 0; l < p->moduli; l++) one->residues[l] = (int16_t)residues[l][r];
    }
    return count;
}

/* As settle_wrong, where every residue of a modulus was decided. */
static int64_t NAME(settle_whole)(NAME(Worker) *k, int64_t start, int64_t end) {
    const Product *p = k->product;
    const NAME(Tile) *t = k->tiles;
    int64_t at[MIRAGE_MODULI] = {0}, count = 0;
    NAME(Columns) columns[MIRAGE_LANES / BATCH];
    for (int h = 0; h < MIRAGE_LANES / BATCH; h++) NAME(take_columns)(t, p, h * BATCH, columns + h);
    for (int64_t n = start; n < end && count >= 0; n++) {
        const int8_t *x = p->x + (t->group * p->streamed + n) * p->length;
        int32_t exact[MIRAGE_LANES] ALIGNED, residues[MIRAGE_MODULI][MIRAGE_LANES] ALIGNED;
        for (int h = 0; h < MIRAGE_LANES / BATCH; h++)
            NAME(dots)(columns + h, x, p->length, exact + h * BATCH);
        for (int64_t l = 0; l < p->moduli; l++)
            if (!NAME(residues_of)(k, l, start, n, exact, at + l, residues[l])) return -2;
        count = NAME(settle_rows)(k, n, exact, residues, count);
    }
    return count;
}

/* Integers of 32 rows of a tile, of vectors `start` ... `end`, from what was decided of their residues.
 * Returns 0, -1 without memory, -2 where the reference failed. */
static int NAME(settle)(NAME(Worker) *k, int64_t start, int64_t end) {
    int whole = 0;
    for (int64_t l = 0; l < k->product->moduli; l++) whole |= k->lists[l].whole;
    if (!whole) k->settled += k->tiles->lanes * (end - start);
    const int64_t count = whole ? NAME(settle_whole)(k, start, end) : NAME(settle_wrong)(k);
    return count < 0 ? (int)count : NAME(settle_doubtful)(k, start, count);
}

/* From decided residues to integers; see engines/reconstruction.py. Part of body.h. */

/* An integer that failed the check, and what its residues were last decided as. */
typedef struct {
    int32_t vector, exact;
    int16_t lane, residues[MIRAGE_MODULI];
} NAME(Doubtful);

/* What works on tiles: those of every modulus, and what their readouts came to. */
typedef struct {
    const Product *product;      /* of one item of a stack */
    Product own;
    Reading readings[MIRAGE_MODULI];
    int64_t item;
    NAME(Tile) tiles[MIRAGE_MODULI];
    NAME(List) lists[MIRAGE_MODULI];
    NAME(Doubtful) *doubtful;
    int64_t doubtful_room;
    int32_t *sums;               /* of dense tiles */
    int32_t *ahead;              /* where multipliers of the next tile are */
    const char **lines;          /* of memory that are to be asked for */
    const NAME(Tile) *ahead_of;  /* which it is, or none */
    uint64_t *read_again;        /* (re_reads, vectors of a part): symbols of a tile, as bits */
    int64_t words;               /* of a row of these */
    int64_t settled;             /* integers that were looked at one by one, see whole.h */
    Result *result;
} NAME(Worker);

/* The number of a tile's group among those of all items. */
static int64_t NAME(group_of_all)(const NAME(Worker) *k) {
    return k->item * k->product->groups + k->tiles[0].group;
}

static inline int64_t NAME(modulo)(int64_t n, int64_t m) {
    n %= m;
    return n < 0 ? n + m : n;
}

/* The integer of residues, put together in one way. */
static inline int64_t NAME(combine)(const Product *p, int64_t way, const int16_t *residues) {
    const int64_t *of = p->way + way * (2 + p->moduli);
    int64_t sum = 0;
    for (int64_t l = 0; l < p->moduli; l++) sum += of[2 + l] * residues[l];
    const int64_t integer = NAME(remainder)(sum, of[0], 1.0 / (double)of[0]);
    return integer > of[1] ? integer - of[0] : integer;
}

/* The legal integer of residues, if there is one: `*way` says how it was found, -1 that none was. */
static int64_t NAME(decode)(const Product *p, const int16_t *residues, int64_t *way) {
    const int64_t ways = p->policy == 2 ? p->ways : 1;
    for (*way = 0; *way < ways; ++*way) {
        int64_t integer = NAME(combine)(p, *way, residues);
        if (integer <= p->limit && integer >= -p->limit) return integer;
    }
    *way = -1;
    return 0;
}

static int NAME(emit)(Result *to, int64_t group, int64_t vector, int64_t row, int64_t integer) {
    if (to->count == to->room) {
        int64_t room = to->room ? 2 * to->room : 4096;
        void *grown = realloc(to->changed, (size_t)room * sizeof *to->changed);
        if (!grown) return 0;
        to->changed = grown, to->room = room;
    }
    Changed *one = to->changed + to->count++;
    one->group = (int32_t)group, one->vector = (int32_t)vector;
    one->row = (int32_t)row, one->integer = (int32_t)integer;
    return 1;
}

/* An integer that is final. */
static int NAME(finish)(NAME(Worker) *k, int64_t vector, int64_t lane, int64_t exact,
                        int64_t integer, int believed) {
    const NAME(Tile) *t = k->tiles;
    if (integer == exact) return 1;
    k->result->wrong++, k->result->undetected += believed;
    return NAME(emit)(k->result, NAME(group_of_all)(k), vector, t->first + lane, integer);
}

/* A residue by the reference; below 0 where that failed. */
static int64_t NAME(ask)(NAME(Worker) *k, int64_t l, int64_t attempt, int64_t vector, int64_t lane) {
    const NAME(Tile) *t = k->tiles + l;
    k->result->handed_back++;
    return k->product->reference(l, attempt, NAME(group_of_all)(k), vector, t->first + lane);
}

/* Read residues of one modulus again; 0 where the reference failed. */
static int NAME(read_again)(NAME(Worker) *k, int64_t l, int64_t attempt, int64_t count) {
    const Product *p = k->product;
    NAME(Tile) *t = k->tiles + l;
    const int64_t m = t->arrays->modulus;
    NAME(set_keys)(t, attempt);
    const NAME(Common) common = NAME(common_of)(t->arrays);
    for (int64_t at = 0; at < count; at += WAITING) {
        const int64_t size = count - at < WAITING ? count - at : WAITING;
        NAME(Suspect) suspects[WAITING];
        int16_t decided[WAITING], sent[WAITING];
        for (int64_t s = 0; s < size; s++) {
            const NAME(Doubtful) *one = k->doubtful + at + s;
            suspects[s].vector = one->vector, suspects[s].lane = (uint8_t)one->lane;
        }
        for (int64_t s = 0; s < size; s += BATCH)
            NAME(draw_whole)(t, p, suspects + s, size - s < BATCH ? size - s : BATCH);
        NAME(decide_by_row)(t, p, &common, suspects, size, decided, sent);
        for (int64_t s = 0; s < size; s++) {
            NAME(Doubtful) *one = k->doubtful + at + s;
            int64_t residue = decided[s];
            if (residue < 0) residue = NAME(ask)(k, l, attempt, one->vector, one->lane);
            if (residue < 0) return 0;
            one->residues[l] = (int16_t)residue;
            k->result->errors[l] += residue != NAME(modulo)(one->exact, m);
        }
    }
    return 1;
}

/* Count the symbols that integers are read again of; one symbol reads all rows of a tile. */
static void NAME(count_symbols)(NAME(Worker) *k, int64_t attempt, int64_t start, int64_t count) {
    uint64_t *seen = k->read_again + (attempt - 1) * k->words;
    for (int64_t i = 0; i < count; i++) {
        const int64_t bit = k->doubtful[i].vector - start;
        k->result->symbols += !(seen[bit / 64] >> (bit % 64) & 1);
        seen[bit / 64] |= (uint64_t)1 << (bit % 64);
    }
}

/* Where a list goes on: by vector, then row. */
static inline int64_t NAME(key_at)(const NAME(List) *list, int64_t at) {
    const NAME(Wrong) *one = list->wrong + at;
    return at == list->count ? INT64_MAX : (int64_t)one->vector * MIRAGE_LANES + one->lane;
}

/* Room for one more integer that failed the check; none without memory. */
static NAME(Doubtful) *NAME(add_doubtful)(NAME(Worker) *k, int64_t count) {
    if (count == k->doubtful_room) {
        int64_t room = count ? 2 * count : 1024;
        void *grown = realloc(k->doubtful, (size_t)room * sizeof *k->doubtful);
        if (!grown) return NULL;
        k->doubtful = grown, k->doubtful_room = room;
    }
    return k->doubtful + count;
}

/* Integers of 32 rows of a tile from what was decided wrong of their residues. Returns how many are
 * doubtful, -1 without memory, -2 where the reference failed. */
static int64_t NAME(settle_wrong)(NAME(Worker) *k) {
    const Product *p = k->product;
    const int64_t J = p->length, L = p->moduli;
    const NAME(Tile) *t = k->tiles;
    int64_t at[MIRAGE_MODULI] = {0}, keys[MIRAGE_MODULI], count = 0;
    double per_m[MIRAGE_MODULI];
    for (int64_t l = 0; l < L; l++) per_m[l] = 1.0 / (double)k->tiles[l].arrays->modulus;
    for (int64_t l = 0; l < L; l++) keys[l] = NAME(key_at)(k->lists + l, 0);
    for (;;) {
        int64_t next = INT64_MAX;
        for (int64_t l = 0; l < L; l++) next = keys[l] < next ? keys[l] : next;
        if (next == INT64_MAX) break;
        const int64_t vector = next / MIRAGE_LANES, lane = next % MIRAGE_LANES;
        const int8_t *w = p->w + (t->group * p->stationary + t->first + lane) * J;
        const int8_t *x = p->x + (t->group * p->streamed + vector) * J;
        NAME(Doubtful) one;
        one.vector = (int32_t)vector, one.lane = (int16_t)lane, one.exact = NAME(dot)(w, x, J);
        for (int64_t l = 0; l < L; l++) {
            const int64_t m = k->tiles[l].arrays->modulus;
            const int64_t sent = NAME(remainder)(one.exact, m, per_m[l]);
            int64_t residue = sent;
            if (keys[l] == next) {
                residue = k->lists[l].wrong[at[l]++].decided;
                keys[l] = NAME(key_at)(k->lists + l, at[l]);
                if (residue < 0) residue = NAME(ask)(k, l, 0, vector, lane);
                if (residue < 0) return -2;
            }
            one.residues[l] = (int16_t)residue;
            k->result->errors[l] += residue != sent;
        }
        const int64_t integer = NAME(combine)(p, 0, one.residues);
        if (!p->policy || (integer <= p->limit && integer >= -p->limit)) {
            if (!NAME(finish)(k, vector, lane, one.exact, integer, 1)) return -1;
            continue;
        }
        NAME(Doubtful) *to = NAME(add_doubtful)(k, count);
        if (!to) return -1;
        *to = one, count++;
    }
    return count;
}

/* Read `count` doubtful integers of vectors from `start` on again, as often as that helps. Returns 0, -1
 * without memory, -2 where the reference failed. */
static int NAME(settle_doubtful)(NAME(Worker) *k, int64_t start, int64_t count) {
    const Product *p = k->product;
    const int64_t L = p->moduli;
    for (int64_t attempt = 0; attempt <= p->re_reads && count; attempt++) {
        for (int64_t l = 0; l < L && attempt; l++)
            if (!NAME(read_again)(k, l, attempt, count)) return -2;
        if (attempt) {
            k->result->re_reads += count;
            NAME(count_symbols)(k, attempt, start, count);
        }
        int64_t left = 0;
        for (int64_t i = 0; i < count; i++) {
            const NAME(Doubtful) *one = k->doubtful + i;
            int64_t way, integer = NAME(decode)(p, one->residues, &way);
            if (way < 0) k->doubtful[left++] = *one;
            else if (!NAME(finish)(k, one->vector, one->lane, one->exact, integer, 1)) return -1;
            k->result->corrected += way > 0;
        }
        count = left;
        k->result->detected += left;
    }
    for (int64_t i = 0; i < count; i++) {
        const NAME(Doubtful) *one = k->doubtful + i;
        if (!NAME(finish)(k, one->vector, one->lane, one->exact, 0, 0)) return -1;
    }
    return 0;
}

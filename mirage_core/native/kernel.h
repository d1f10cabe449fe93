/* What the kernels are given, and what they give back. All pointers are to contiguous memory.
 *
 * Legend of shapes: S item of a stack, G group, M stationary row, N streamed vector, J multiplier in a row, P place
 * (unit, row, multiplier), L line (unit, row), V drive level, X streamed mantissa, D digit,
 * Q quantity (log amplitude of rail +, of rail -, phase deviation), B pair (I, Q),
 * R rows of an array. */
#ifndef MIRAGE_KERNEL_H
#define MIRAGE_KERNEL_H

#include <stdint.h>

enum {
    MIRAGE_LANES = 32,  /* rows worked on together */
    MIRAGE_BINS = 32,   /* steps of the angle that a readout has to spare */
    MIRAGE_SLOTS = 8,   /* base and digits of a multiplier */
    MIRAGE_QUADS = 32,  /* fours of codes of 7 digits */
    MIRAGE_LINE = 22,   /* numbers of a line, see Arrays.line */
    MIRAGE_BOUNDS = 14, /* those of its bounds */
    MIRAGE_DEPTH = 65,  /* symbols that a reading may be made of */
    MIRAGE_MODULI = 8,  /* of a product, at most */
    MIRAGE_LONGEST = 256, /* row of an array, at most */
    MIRAGE_TAPS = 1024   /* neighbours of heaters, at most */
};

/* A multiplier at one drive: all that a screen needs; the tilt is the log of rail + over rail -. */
typedef struct {
    int32_t phase[MIRAGE_SLOTS]; /* of base and digits in grid steps, exactly */
    int16_t tilt[MIRAGE_SLOTS];  /* of base and digits off the middle, in Arrays.tilt_step */
    float over[2];               /* least and most of the log amplitude over that by design */
    float middle, reach;         /* of the tilt, base included */
} Hot;

/* What heaters give to what is around them, in order of what they give to. */
typedef struct {
    int64_t count, by_place;     /* by_place: weights of one neighbour, or 0 where one will do */
    const int32_t *place;        /* (count, 4): what is given to, rail, rows down, places along */
    const float *weight;         /* (count), or */
    const uint16_t *weights;     /* (units, count, rows, places) and some zeros: upper halves */
} Taps;

/* What the heat of a tile adds to its tables; see circuits/compiled/heat_expansion.py.
 * Digits begin at the first of 8 slots. */
typedef struct {
    Taps seen, turning, moving;
    int64_t terms, down, along;  /* down, along: farthest neighbours, in rows and places */
    double slope;
    const float *asked;          /* (V, rail, 8) */
    const float *slopes;         /* (P, rail, bit, path, switch, part, 8) */
    const float *curves;         /* (bit, path, order, part) */
    const float *share;          /* (P, V, rail, bit, part, 8) */
} Heat;

/* The arrays of one modulus. */
typedef struct {
    int64_t modulus, units, rows, length, digits, mantissas, least;
    const Hot *hot;              /* (P, V) */
    const int32_t *amplitude;    /* (P, V, rail, 8) grid steps: base, digits, zeros */
    const int32_t *input;        /* (L, 4) grid steps in front of the digits, Q and a zero */
    const int32_t *masks;        /* (X, 8): all bits set for the base and each digit of 1 */
    const uint16_t *picks;       /* (X): the base and digits of 1 as bits, twice */
    const int32_t *code;         /* (X): digits of 1 as bits */
    const int32_t *chain;        /* (chain_count, 3): every such code by a lesser one and a digit,
                                    none first; and its mantissa, or -1 */
    const int32_t *quads;        /* (quad_count, 6): q, its least digit, and mantissas of the codes
                                    4q ... 4q + 3 or -1; quads without that digit come first */
    int64_t chain_count, quad_count;
    int64_t phases_still;        /* whether no multiplier leaves half of 2^-16 turn */
    const int64_t *loss_ones;    /* (X): loss of one multiplier on one rail in steps of 2^-20 dB,
                                    and how many digits are 1 times 2^40 */
    const uint32_t *loss;        /* (32 or more): the first of them, and zeros */
    const uint8_t *class_limit;  /* (classes, 32): least leading byte that is quiet, by bin */
    const uint8_t *class_most;   /* the most of it of all classes up to each */
    const float *class_bound;    /* (classes, 2): displacement over the amplitude, and the
                                    amplitude over the rms of the noise */
    int64_t classes, class_shift;
    double step[4];              /* of Q */
    double turn;                 /* turns in a grid step of the phase */
    double powers[2], responsivity, shot, still, intensity_rms;
    const double *phase_rms;     /* (one, or J·D + 1) by the number of digits of 1 */
    int64_t phase_rms_count;
    double converter_noise, half_range;
    int64_t gain_mode;           /* 0: set for each symbol, 1: fixed, 2: as given */
    double full_scale_ratio, largest_a;
    int64_t dual;
    const double *line;          /* (L, 22) */
    const double *bounds;        /* (14, L) */
    const int16_t *decided;      /* (codes, codes), or none for wide converters */
    const double *edges;         /* (m + 1, 2): cosine and sine of the edges of residues */
    const double *transitions;   /* (L, B, codes - 1), or none for linear converters */
    const float *coarse;         /* (B, 13, L and 32 more): see coarse.py; or none, where readouts are
                                    only worked out in double precision */
    double tilt_step;            /* neper; of a cold row 16 of them add up to 8 bits */
    double finer;                /* steps of the angle in 2^-16 turn, a power of two */
    double half_units;           /* half of a cell in these steps */
    double cosine;               /* of half of a cell */
    double most_displaced;       /* a row that is displaced by more is loud */
    double light_limit;          /* so is one whose light exceeds the nominal one by more */
    double amplitude_limit;      /* and one whose amplitude may exceed this */
    double rounding_units;       /* that sums may be off, and the phase of the laser */
    double radius;               /* largest of the noise */
    int64_t screens;             /* whether there are bounds: hot, class_limit, class_bound */
    int64_t depth;               /* earlier symbols that a reading remembers */
    double taps[MIRAGE_DEPTH], slopes[MIRAGE_DEPTH], jitter_s;
    double near;                 /* so near to a change of code the reference decides */
    const Heat *heat;            /* of heaters that warm each other, or none */
} Arrays;

/* How the rows of one modulus have turned; see circuits/compiled/row_wander.py. */
typedef struct {
    int64_t moves;
    const float *row_rad;        /* (L) */
    const float *digit_taken;    /* (L, J·D) taken off every digit, of the sign of an addition */
    const float *amount;         /* (moves, L) */
    const float *base_rad;       /* (moves, P, V) */
    const float *digit_rad;      /* (moves, P, V, D) */
} Wander;

/* What one modulus makes of the products of a stack. */
typedef struct {
    const Arrays *arrays;
    const Wander *wander;        /* or none */
    const int32_t *turned;       /* (S, G, M, J, 8) grid steps by the noise of drives, or none */
    const uint8_t *class_of;     /* (S, G, N) */
    const double *full_scale;    /* (S, G, N) in A where the gain is as given, or none */
    const uint32_t *key;         /* (S, 4) of the random words: key, counter */
} Reading;

/* Asks the reference for a residue: modulus by number, attempt, group of all of the stack, vector,
 * row. */
typedef int64_t (*Reference)(int64_t, int64_t, int64_t, int64_t, int64_t);

/* What a screen needs of a tile, whatever is streamed: kept where stationary operands come again. Words
 * of base and digits of its multipliers follow, (J, 1 + D, lanes). */
typedef struct {
    int64_t done, still;
    int16_t start[MIRAGE_LANES];
    uint16_t reach[MIRAGE_LANES], factor[MIRAGE_LANES], by_tilt[MIRAGE_LANES];
    float spare[MIRAGE_LANES];
    int64_t unused[6];           /* words begin at a line of memory */
} Kept;

/* A stack of products, and how their integers are put together; see engines/reconstruction.py. */
typedef struct {
    int64_t items, groups, stationary, streamed, length, row_offset;
    int64_t part;                /* vectors worked on at a time */
    const int8_t *w;             /* (S, G, M, J) */
    const int8_t *x;             /* (S, G, N, J) */
    const uint16_t *offsets;     /* (S, G, N, J) of mantissas in the tables of a tile; of few rows
                                    (S, G, J, N) in those of a multiplier */
    int64_t moduli;
    const Reading *readings;     /* (moduli) */
    char *kept;                  /* (S, tiles, moduli) of Kept and its words, or none */
    int64_t kept_size;           /* of one of them */
    int64_t policy;              /* 0 believes, 1 checks, 2 corrects */
    int64_t re_reads, limit;     /* limit: largest magnitude of a legal integer */
    int64_t ways;                /* to put an integer together: by all residues, by some */
    const int64_t *way;          /* (ways, 2 + moduli): product, largest integer, weights */
    Reference reference;
    int32_t **integers;          /* where all integers are, if many changed; see whole.h */
} Product;

/* An integer of group (of all of the stack), vector and row that differs from the exact one. */
typedef struct {
    int32_t group, vector, row, integer;
} Changed;

/* What the readouts of a stack came to. */
typedef struct {
    Changed *changed;            /* freed by mirage_release */
    int64_t count, room;
    int64_t evaluated, handed_back, wrong, corrected, detected, undetected, re_reads, symbols;
    int64_t errors[MIRAGE_MODULI];
} Result;

#endif

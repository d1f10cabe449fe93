/* The kernels, compiled once for each instruction set. NAME(x) gives each its own names. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

#if defined(MIRAGE_AVX512) || defined(MIRAGE_AVX2)
#include <immintrin.h>
#endif

typedef float v4f __attribute__((vector_size(16), aligned(16)));

/* Keeps compilers from fetching many addresses first, more than there are registers for. */
#define IN_ORDER __asm__ volatile("" ::: "memory")
#define ALIGNED __attribute__((aligned(64)))
#define BATCH 16          /* readouts evaluated together */
#define PENDING 1024      /* readouts of a tile that wait to be looked at more closely, or for that */
#define WAITING (2 * PENDING + CHUNK * FEW_ROWS) /* room for both */
#define FEW 128           /* symbols of which suspects are few, and their numbers not asked for */
#define FEW_ROWS 16       /* rows that are few */
#define FEW_SYMBOLS 64    /* symbols of few rows that are not worth tables */
#define CHUNK (4 * BATCH) /* symbols of theirs whose leading bytes are drawn together */
#define AHEAD 8           /* symbols whose leading bytes are drawn together */
static const double TWO_PI = 6.283185307179586476925286766559;

#include "random.h"
#include "functions.h"
#include "singles.h"
#include "tile.h"
#include "heat.h"
#include "stream.h"
#include "coarse.h"
#include "evaluate.h"
#include "gathered.h"
#include "screening.h"
#include "symbols.h"
#include "dense.h"
#include "runs.h"
#include "integers.h"
#include "whole.h"
#include "readouts.h"
#include "blocks.h"

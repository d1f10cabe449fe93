/* The kernels, compiled once for each instruction set. NAME(x) gives each its own names. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

#if defined(MIRAGE_AVX512) || defined(MIRAGE_AVX2)
#include <immintrin.h>
#endif

typedef float v4f __attribute__((vector_size(16), aligned(16)));

#define ALIGNED __attribute__((aligned(64)))
#define BATCH 16          /* readouts evaluated together */
#define PENDING 1024      /* readouts of a tile that wait for it */
#define AHEAD 8           /* symbols whose leading bytes are drawn together */
#define NEAR 1e-9         /* nearer than this to a change of code, the reference decides */
static const double TWO_PI = 6.283185307179586476925286766559;

#include "random.h"
#include "functions.h"
#include "tile.h"
#include "evaluate.h"
#include "screening.h"
#include "products.h"

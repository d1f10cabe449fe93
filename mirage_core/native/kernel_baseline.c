/* The kernels for any processor. */
#define NAME(x) mirage_##x##_baseline
#include "body.h"

/* The kernels for processors with AVX2. */
#if defined(__x86_64__)
#pragma GCC target("avx2,fma,bmi,bmi2")
#define MIRAGE_AVX2
#define NAME(x) mirage_##x##_avx2
#include "body.h"
#endif

/* The kernels for processors with AVX-512 and VNNI. */
#if defined(__x86_64__)
#pragma GCC target("avx2,fma,bmi,bmi2,avx512f,avx512dq,avx512bw,avx512vl,avx512cd,avx512vnni")
#define MIRAGE_AVX512
#define NAME(x) mirage_##x##_avx512
#include "body.h"
#endif

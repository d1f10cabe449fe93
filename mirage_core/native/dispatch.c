/* Which kernels this processor can run. */
#include <stdlib.h>

#include "kernel.h"

/* Version of the structures of kernel.h, so that no other library is taken for this one. */
int64_t mirage_layout(void) { return 9; }

int64_t mirage_structures(int64_t which) {
    const size_t sizes[] = {sizeof(Heat),    sizeof(Arrays),  sizeof(Wander), sizeof(Reading),
                            sizeof(Kept),    sizeof(Product), sizeof(Changed), sizeof(Result)};
    return (int64_t)sizes[which];
}

void mirage_release(void *memory) { free(memory); }

/* Bits: 1 for AVX2 and FMA, 2 for AVX-512 with VNNI. */
int64_t mirage_supported(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    int64_t two = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                  __builtin_cpu_supports("bmi2");
    int64_t five = two && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                   __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                   __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512vnni");
    return two | five << 1;
#else
    return 0;
#endif
}

// The kernels for processors with AVX2 and FMA.

#include "instruction_set.h"

#if defined(__x86_64__)

#define RK_TABLE rk_kernels_avx2
#define RK_TABLE_NAME "avx2+fma"
#define RK_REGISTER_WIDTH 32
#define RK_BATCH 4
#define RK_FUSED 1
#define RK_ACCUMULATORS 12
#define RK_TILE_ROWS 6
// Unrolled further, clang spills (scripts/check-tiles).
#define RK_UNROLL_IN_PLACE _Pragma("clang loop unroll_count(2)")
#define RK_CONVERTS_HALVES 1
#define RK_MASKS 0

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#include "template/all.h"
#pragma clang attribute pop

#endif

// The kernels for processors with the AVX-512 of servers since Skylake (F, DQ, BW, VL).

#include "instruction_set.h"

#if defined(__x86_64__)

#define RK_TABLE rk_kernels_avx512
#define RK_TABLE_NAME "avx512"
#define RK_REGISTER_WIDTH 64
#define RK_BATCH 2
#define RK_FUSED 1
#define RK_ACCUMULATORS 24
#define RK_TILE_ROWS 12
// Unrolled, clang takes later elements of A into registers too early, and spills them (scripts/check-tiles).
#define RK_UNROLL_IN_PLACE _Pragma("clang loop unroll(disable)")
#define RK_CONVERTS_HALVES 1
#define RK_MASKS 1

#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512dq,avx512bw,avx512vl"))), \
                             apply_to = function)
#include "masked_avx512.h"
#include "template/all.h"
#pragma clang attribute pop

#endif

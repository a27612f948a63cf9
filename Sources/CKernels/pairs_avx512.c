// Products of bfloat16 for processors with the AVX-512 of servers since Skylake, widened.

#include "instruction_set.h"

#if defined(__x86_64__)

#define RK_TABLE rk_pairs_avx512
#define RK_TABLE_NAME "avx512"
#define RK_LANES 16
#define RK_TILE_ROWS 8
#define RK_ACCUMULATORS 16
#define RK_FUSED 1

#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512dq,avx512bw,avx512vl"))), \
                             apply_to = function)
#include "template/widened_pairs.h"
#include "template/pair_product.h"
#pragma clang attribute pop

#endif

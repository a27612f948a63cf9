// Products of bfloat16 for processors with AVX2 and FMA, widened.

#include "instruction_set.h"

#if defined(__x86_64__)

#define RK_TABLE rk_pairs_avx2
#define RK_TABLE_NAME "avx2"
#define RK_LANES 8
#define RK_TILE_ROWS 4
// To widen both numbers takes registers, too.
#define RK_ACCUMULATORS 6
#define RK_FUSED 1

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "template/widened_pairs.h"
#include "template/pair_product.h"
#pragma clang attribute pop

#endif

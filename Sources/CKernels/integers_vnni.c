// Products in whole numbers of 8 bits for processors with the AVX-512 instructions for them (VNNI).

#include "instruction_set.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define RK_TABLE rk_integers_vnni
#define RK_TABLE_NAME "vnni"
#define RK_LANES 16
#define RK_TILE_ROWS 12
#define RK_ACCUMULATORS 24
#define RK_FUSED 1
// The instruction takes numbers without a sign from one side.
#define RK_OFFSET 128
#define RK_DOT(sums, a, b) ((integers)_mm512_dpbusd_epi32((__m512i)(sums), (__m512i)(a), (__m512i)(b)))

#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512dq,avx512bw,avx512vl,avx512vnni"))), \
                             apply_to = function)
#include "template/integer_product.h"
#pragma clang attribute pop

#endif

// Products in whole numbers of 8 bits for processors with AVX2 and FMA.

#include "instruction_set.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define RK_TABLE rk_integers_avx2
#define RK_TABLE_NAME "avx2"
#define RK_LANES 8
#define RK_TILE_ROWS 4
#define RK_ACCUMULATORS 8
#define RK_FUSED 1
#define RK_OFFSET 0
// The instruction takes numbers without a sign from one side: magnitudes, whose signs go to the other. Two products of 127
// by 127 are less than its sums of 16 bits can hold.
#define RK_DOT(sums, a, b)                                                                                        \
  ((sums) + (integers)_mm256_madd_epi16(                                                                          \
                _mm256_maddubs_epi16(_mm256_abs_epi8((__m256i)(a)), _mm256_sign_epi8((__m256i)(b), (__m256i)(a))), \
                _mm256_set1_epi16(1)))

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "template/integer_product.h"
#pragma clang attribute pop

#endif

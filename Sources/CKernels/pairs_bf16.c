// Products in pairs of bfloat16 for processors with the AVX-512 instructions for them (BF16).

#include "instruction_set.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define RK_TABLE rk_pairs_bf16
#define RK_TABLE_NAME "avx512-bf16"
#define RK_LANES 16
#define RK_TILE_ROWS 12
#define RK_ACCUMULATORS 24
#define RK_FUSED 1
#define RK_DOT(sums, a, b) ((reals)_mm512_dpbf16_ps((__m512)(sums), (__m512bh)(a), (__m512bh)(b)))
#define RK_ROUND_WORDS(count, a, words) round_words(count, a, words)
#define RK_ROUND_ROWS(count, first, second, words) round_two_rows(count, first, second, words)

#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512dq,avx512bw,avx512vl,avx512bf16"))), \
                             apply_to = function)
// Sixteen pairs at once. The instruction leaves the earlier of a pair in the lower half.
static void round_words(size_t count, const float *a, uint32_t *words) {
  for (size_t word = 0; word < count; word += RK_LANES) {
    const size_t numbers = 2 * (count - word);
    const __mmask16 first = numbers < 16 ? (__mmask16)((1u << numbers) - 1) : 0xffff;
    const __mmask16 second = numbers < 16 ? 0 : numbers < 32 ? (__mmask16)((1u << (numbers - 16)) - 1) : 0xffff;
    const __m512 low = _mm512_maskz_loadu_ps(first, a + 2 * word), high = _mm512_maskz_loadu_ps(second, a + 2 * word + 16);
    const __m512i pairs = _mm512_rol_epi32((__m512i)_mm512_cvtne2ps_pbh(high, low), 16);
    const size_t left = count - word;
    _mm512_mask_storeu_epi32(words + word, left < RK_LANES ? (__mmask16)((1u << left) - 1) : 0xffff, pairs);
  }
}

static void round_two_rows(size_t count, const float *first, const float *second, uint32_t *words) {
  for (size_t word = 0; word < count; word += RK_LANES) {
    const size_t left = count - word;
    const __mmask16 mask = left < RK_LANES ? (__mmask16)((1u << left) - 1) : 0xffff;
    const __m512 high = _mm512_maskz_loadu_ps(mask, first + word), low = _mm512_maskz_loadu_ps(mask, second + word);
    const __m512i upper = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(high));
    const __m512i lower = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(low));
    _mm512_mask_storeu_epi32(words + word, mask, _mm512_or_epi32(_mm512_slli_epi32(upper, 16), lower));
  }
}

#include "template/pair_product.h"
#pragma clang attribute pop

#endif

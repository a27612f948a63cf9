// Reads and writes the first `count` scalars of a register, the others being zero and untouched.
#ifndef RECURRENT_MASKED_AVX512_H
#define RECURRENT_MASKED_AVX512_H

#include <immintrin.h>
#include <stddef.h>

#define MASKED_INLINE static inline __attribute__((always_inline, overloadable))

typedef float rk_16_floats __attribute__((ext_vector_type(16)));
typedef double rk_8_doubles __attribute__((ext_vector_type(8)));

MASKED_INLINE void masked_load(rk_16_floats *v, const float *p, size_t count) {
  *v = (rk_16_floats)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), p);
}

MASKED_INLINE void masked_store(float *p, rk_16_floats v, size_t count) {
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << count) - 1), (__m512)v);
}

MASKED_INLINE void masked_load(rk_8_doubles *v, const double *p, size_t count) {
  *v = (rk_8_doubles)_mm512_maskz_loadu_pd((__mmask8)((1u << count) - 1), p);
}

MASKED_INLINE void masked_store(double *p, rk_8_doubles v, size_t count) {
  _mm512_mask_storeu_pd(p, (__mmask8)((1u << count) - 1), (__m512d)v);
}

#undef MASKED_INLINE

#endif

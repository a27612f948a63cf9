// How numbers become whole ones of 8 bits: x ≈ q·scale, q from -127 to 127, to the nearest, ties to even. The same on every
// instruction set.
#ifndef RECURRENT_INTEGER_ROWS_H
#define RECURRENT_INTEGER_ROWS_H

#include <stddef.h>
#include <stdint.h>

// Only what is written as fused may be fused.
#pragma STDC FP_CONTRACT OFF

#define ROWS_INLINE static inline __attribute__((always_inline))

typedef struct {
  float scale, inverse;
} rk_integer_scale;

// The greatest magnitude, as the bits of a float: infinities and then NaNs are the greatest of all.
ROWS_INLINE int32_t rk_largest_bits(size_t count, const float *x, size_t stride) {
  int32_t largest = 0;
  for (size_t k = 0; k < count; ++k) {
    int32_t bits;
    __builtin_memcpy(&bits, x + k * stride, sizeof bits);
    bits &= 0x7fffffff;
    largest = bits > largest ? bits : largest;
  }
  return largest;
}

// The scale by which a greatest magnitude becomes 127. What is not finite makes it NaN, and with it all that it scales.
// Numbers so small that the inverse would be none count as zeros.
ROWS_INLINE rk_integer_scale rk_scale(int32_t largest_bits) {
  float largest;
  __builtin_memcpy(&largest, &largest_bits, sizeof largest);
  if (largest_bits >= 0x7f800000) return (rk_integer_scale){__builtin_nanf(""), 0};
  if (largest < 0x1p-100f) return (rk_integer_scale){0, 0};
  return (rk_integer_scale){largest / 127, 127 / largest};
}

// The same for weights, the scale having 16 significant bits.
ROWS_INLINE rk_integer_scale rk_weight_scale(int32_t largest_bits) {
  rk_integer_scale result = rk_scale(largest_bits);
  if (!(result.scale > 0)) return result;
  uint32_t bits;
  __builtin_memcpy(&bits, &result.scale, sizeof bits);
  bits = (bits + 0x80) & 0xffffff00;
  __builtin_memcpy(&result.scale, &bits, sizeof bits);
  result.inverse = 1 / result.scale;
  return result;
}

// x / scale to the nearest whole number, in the lowest byte: what is added leaves no digits behind the point.
ROWS_INLINE int8_t rk_rounded(float x, float inverse) {
  const float sum = x * inverse + 0x1.8p23f;
  int32_t bits;
  __builtin_memcpy(&bits, &sum, sizeof bits);
  return (int8_t)bits;
}

#undef ROWS_INLINE

#endif

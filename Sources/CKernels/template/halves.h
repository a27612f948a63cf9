// Floats rounded to 16 bits: to the nearest, ties to even; a NaN stays one.
#ifndef RECURRENT_HALVES_H
#define RECURRENT_HALVES_H

RK_INLINE uint16_t to_bfloat16(float x) {
  uint32_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  if (x != x) return (uint16_t)(bits >> 16 | 0x40);
  return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

// The same with denormals as zeros, which is how the instructions for bfloat16 take them.
RK_INLINE uint16_t to_normal_bfloat16(float x) {
  uint32_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  return (bits & 0x7f800000) == 0 ? (uint16_t)(bits >> 16 & 0x8000) : to_bfloat16(x);
}

RK_INLINE uint16_t to_float16(float x) {
  uint32_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  const uint32_t sign = bits >> 16 & 0x8000, rest = bits & 0x7fffffff;
  if (x != x) return (uint16_t)(sign | 0x7e00);
  // From 2¹⁶ on there is only infinity; what is rounded up to it comes there by itself.
  if (rest >= 0x47800000) return (uint16_t)(sign | 0x7c00);
  if (rest >= 0x38800000) return (uint16_t)(sign | (rest - 0x38000000 + 0xfff + (rest >> 13 & 1)) >> 13);
  // Below 2⁻¹⁴ digits are worth 2⁻²⁴ each: as many as are left of the sum with 1/2.
  float value;
  __builtin_memcpy(&value, &rest, sizeof value);
  const float sum = value + 0.5f;
  __builtin_memcpy(&bits, &sum, sizeof bits);
  return (uint16_t)(sign | (bits - 0x3f000000));
}

#endif

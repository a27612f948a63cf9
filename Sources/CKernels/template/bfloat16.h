// Numbers rounded to bfloat16, as gradients are where they are exchanged so. Plain loops: the compiler makes vectors of them.

RK_INLINE REAL ID(widened_bfloat16)(uint16_t bits) {
  const uint32_t wide = (uint32_t)bits << 16;
  float value;
  __builtin_memcpy(&value, &wide, sizeof value);
  return value;
}

static void ID(round_bfloat16)(size_t count, const REAL *x, REAL *y) {
  for (size_t i = 0; i < count; ++i) y[i] = ID(widened_bfloat16)(to_bfloat16((float)x[i]));
}

// Byte by byte where they lie: the memory is one of other numbers.
static void ID(pack_bfloat16)(size_t count, const REAL *x, void *packed) {
  for (size_t i = 0; i < count; ++i) {
    const uint16_t bits = to_bfloat16((float)x[i]);
    __builtin_memcpy((char *)packed + 2 * i, &bits, sizeof bits);
  }
}

static void ID(unpack_bfloat16)(size_t count, const void *packed, REAL *y) {
  for (size_t i = 0; i < count; ++i) {
    uint16_t bits;
    __builtin_memcpy(&bits, (const char *)packed + 2 * i, sizeof bits);
    y[i] = ID(widened_bfloat16)(bits);
  }
}

// How the numbers of a packed matrix are stored. Those of 16 bits are widened as they are read, which is exact: a product
// gives the bits that it gives with the widened numbers.

// Bytes of a row of a panel.
#define ROW_SIZE(weights) (PANEL * (weights == RK_FULL ? sizeof(REAL) : sizeof(uint16_t)))

typedef uint16_t ID(halves) __attribute__((ext_vector_type(LANES)));
typedef _Float16 ID(float16s) __attribute__((ext_vector_type(LANES)));

// The first or second vector of a row of a panel. In bfloat16 column i of both stands in lane i of the row: a shift or a
// mask widens it, on every instruction set.
RK_INLINE ID(vector) ID(row_vector)(rk_weights weights, const char *row, size_t which) {
  ID(vector) v;
  if (weights == RK_FULL) {
    __builtin_memcpy(&v, row + which * sizeof v, sizeof v);
  } else if (weights == RK_BFLOAT16) {
    ID(vector_bits) pairs;
    __builtin_memcpy(&pairs, row, sizeof pairs);
    pairs = which == 0 ? pairs << 16 : pairs & (INTEGER)0xffff0000;
    __builtin_memcpy(&v, &pairs, sizeof v);
  } else {
    ID(float16s) halves;
    __builtin_memcpy(&halves, row + which * sizeof halves, sizeof halves);
    v = __builtin_convertvector(halves, ID(vector));
  }
  return v;
}

// To the nearest, ties to even; a NaN stays one.
RK_INLINE uint16_t ID(to_bfloat16)(float x) {
  uint32_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  if (x != x) return (uint16_t)(bits >> 16 | 0x40);
  return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static void ID(pack_half)(rk_weights weights, size_t inner, size_t columns, const REAL *b, size_t row_stride,
                          size_t column_stride, void *packed) {
  uint16_t *row = packed;
  for (size_t column = 0; column < columns; column += PANEL)
    for (size_t k = 0; k < inner; ++k, row += PANEL)
      for (size_t j = 0; j < PANEL; ++j) {
        const float x = column + j < columns ? (float)b[k * row_stride + (column + j) * column_stride] : 0;
        if (weights == RK_BFLOAT16) {
          row[2 * (j % LANES) + j / LANES] = ID(to_bfloat16)(x);
        } else {
          const _Float16 half = (_Float16)x;
          __builtin_memcpy(row + j, &half, sizeof half);
        }
      }
}

// C = S + A·B with a B packed in numbers of 16 bits, of floats. As in the product in full every element is one chain of
// fused multiply-adds in ascending k.

static void ID(pack_half)(rk_weights weights, size_t inner, size_t columns, const void *matrix, size_t row_stride,
                          size_t column_stride, void *packed) {
  const REAL *b = matrix;
  uint16_t *row = packed;
  for (size_t column = 0; column < columns; column += PANEL)
    for (size_t k = 0; k < inner; ++k, row += PANEL)
      for (size_t j = 0; j < PANEL; ++j) {
        const float x = column + j < columns ? b[k * row_stride + (column + j) * column_stride] : 0;
        if (weights == RK_BFLOAT16)
          row[2 * (j % LANES) + j / LANES] = to_bfloat16(x);
        else
          row[j] = to_float16(x);
      }
}

#define BFLOAT16_STRIP(rows) STRIP_OF(RK_BFLOAT16, rows)
#define FLOAT16_STRIP(rows) STRIP_OF(RK_FLOAT16, rows)

STRIP_NAMED(strip_of_bfloat16, BFLOAT16_STRIP)
STRIP_NAMED(strip_of_float16, FLOAT16_STRIP)

#undef BFLOAT16_STRIP
#undef FLOAT16_STRIP

// A strip after the other.
static void ID(multiply_half)(rk_weights weights, size_t rows, size_t columns, size_t inner, const void *left,
                              size_t a_stride, const void *packed, const void *first, size_t start_stride, void *result,
                              size_t c_stride) {
  const REAL *a = left, *start = first;
  REAL *c = result;
  const size_t strips = STRIPS(rows), panel_size = inner * ROW_SIZE(weights);
  const bool is_far = columns * inner * sizeof(uint16_t) >= FAR_SIZE;
  for (size_t row = 0, s = 0; s < strips; row += STRIP_ROWS(s, rows), ++s)
    (weights == RK_BFLOAT16 ? ID(strip_of_bfloat16) : ID(strip_of_float16))(
        STRIP_ROWS(s, rows), columns, inner, is_far, a + row * a_stride, a_stride, packed, panel_size,
        start ? start + row * start_stride : start, start_stride, c + row * c_stride, c_stride);
}

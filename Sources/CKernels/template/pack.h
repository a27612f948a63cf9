// The packed right-hand matrix of a product: panels of two registers of columns, row after row, the last panel padded
// with zeros. A product then reads it as one stream.

#define PANEL (2 * LANES)

static size_t ID(packed_count)(size_t inner, size_t columns) {
  return (columns + PANEL - 1) / PANEL * PANEL * inner;
}

static void ID(pack)(size_t inner, size_t columns, const REAL *b, size_t row_stride, size_t column_stride,
                     REAL *packed) {
  for (size_t column = 0; column < columns; column += PANEL, packed += inner * PANEL) {
    const REAL *source = b + column * column_stride;
    const size_t width = columns - column < PANEL ? columns - column : PANEL;
    if (width == PANEL && row_stride == 1) {
      ID(transpose)(PANEL, inner, source, column_stride, packed, PANEL);
      continue;
    }
    for (size_t k = 0; k < inner; ++k) {
      REAL *row = packed + k * PANEL;
      if (width == PANEL && column_stride == 1) {
        __builtin_memcpy(row, source + k * row_stride, PANEL * sizeof(REAL));
        continue;
      }
      for (size_t j = 0; j < PANEL; ++j) row[j] = j < width ? source[k * row_stride + j * column_stride] : 0;
    }
  }
}

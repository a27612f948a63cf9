// C += Aᵀ·B, both as they come: the deferred gradients of weights, whose sum runs over all rows of A and B, from the last
// to the first. Pieces of A and B are copied into the order of the tiles first. Every element of C is one chain as in
// product.h. Strides are negative here: `a` and `b` are the last rows.

// A strip of 1 to RK_TILE_ROWS columns of A, row after row. Its lines lie far apart: they are fetched ahead.
#define COPY_OF(count)                                                      \
  case count:                                                               \
    if (count > RK_TILE_ROWS) break;                                        \
    RK_UNROLL_BY_4                                                          \
    for (size_t k = 0; k < depth; ++k, a += a_stride) {                     \
      __builtin_prefetch(a + 16 * a_stride, 0, 3);                          \
      __builtin_memcpy(strip + k * count, a, count * sizeof(REAL));         \
    }                                                                       \
    break;

static void ID(copy_strip)(size_t count, size_t depth, const REAL *a, ptrdiff_t a_stride, REAL *strip) {
  switch (count) { RK_EACH_STRIP(COPY_OF) }
}

#undef COPY_OF

static void ID(copy_panel)(size_t columns, size_t depth, const REAL *b, ptrdiff_t b_stride, REAL *panel) {
  for (size_t k = 0; k < depth; ++k, b += b_stride, panel += PANEL) {
    if (columns >= PANEL)
      __builtin_memcpy(panel, b, PANEL * sizeof(REAL));
    else
      for (size_t j = 0; j < PANEL; ++j) panel[j] = j < columns ? b[j] : 0;
  }
}

static void ID(multiply_transposed)(size_t rows, size_t columns, size_t inner, const REAL *a, size_t a_distance,
                                    const REAL *b, size_t b_distance, REAL *c, size_t c_stride) {
  if (inner == 0) return;
  const ptrdiff_t a_stride = -(ptrdiff_t)a_distance, b_stride = -(ptrdiff_t)b_distance;
  a += (inner - 1) * a_distance;
  b += (inner - 1) * b_distance;
  enum { longest = 1024 / sizeof(REAL), group = GROUP_ROWS / RK_TILE_ROWS, strip_size = RK_TILE_ROWS * longest };
  __attribute__((aligned(64))) REAL left[group * strip_size];
  __attribute__((aligned(64))) REAL panel[longest * PANEL];
  const ID(ahead) nothing = {0};
  const size_t strips = STRIPS(rows), pieces = (inner + longest - 1) / longest;
  for (size_t piece = 0; piece < pieces; ++piece) {
    const ptrdiff_t k = (ptrdiff_t)(piece * inner / pieces);
    const size_t depth = (piece + 1) * inner / pieces - (size_t)k;
    for (size_t first = 0; first < strips; first += group) {
      const size_t last = first + group < strips ? first + group : strips;
      const size_t first_row = STRIP_START(first, rows), last_row = STRIP_START(last, rows);
      for (size_t row = first_row, s = first; s < last; row += STRIP_ROWS(s, rows), ++s)
        ID(copy_strip)(STRIP_ROWS(s, rows), depth, a + k * a_stride + row, a_stride, left + (s - first) * strip_size);
      const size_t lines = depth / (last - first) + 1;
      for (size_t j = 0; j < columns; j += PANEL) {
        const REAL *next = b + k * b_stride + j + PANEL;
        ID(copy_panel)(columns - j, depth, b + k * b_stride + j, b_stride, panel);
        for (size_t row = first_row, s = first; s < last; ++s) {
          const size_t count = STRIP_ROWS(s, rows), after = row + count;
          const REAL *strip = left + (s - first) * strip_size;
          REAL *sum = c + row * c_stride + j;
          if (after < last_row) ID(prefetch)(count, c + after * c_stride + j, (ptrdiff_t)c_stride);
          if (j + PANEL < columns) ID(prefetch)(lines, next + (ptrdiff_t)((s - first) * lines) * b_stride, b_stride);
          ID(strip_by_panel)(count, AT_MOST(columns - j, PANEL), depth, strip, panel, nothing, sum, c_stride, sum,
                             c_stride);
          row = after;
        }
      }
    }
  }
}

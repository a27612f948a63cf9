// C += A·B with a packed B. Every element of C is one chain of fused multiply-adds in ascending k that starts from
// its old value, whatever the tile it falls into: the result of a row never depends on the rows beside it.

// One register tile: `rows` rows by `panels` panels. Both are constants where this is inlined, so that the loops
// unroll and the sums stay in registers.
RK_INLINE void ID(tile)(size_t rows, size_t panels, size_t depth, const REAL *a, size_t a_stride, const REAL *packed,
                        size_t panel_stride, REAL *c, size_t c_stride) {
  ID(vector) sums[RK_TILE_ROWS][8];
  RK_UNROLL
  for (size_t i = 0; i < rows; ++i)
    RK_UNROLL
    for (size_t v = 0; v < 2 * panels; ++v) load(&sums[i][v], c + i * c_stride + v * LANES, LANES);
  for (size_t k = 0; k < depth; ++k) {
    // Kept in registers is what there is less of: elements of A or vectors of B.
    if (rows < 2 * panels) {
      ID(vector) left[RK_TILE_ROWS];
      RK_UNROLL
      for (size_t i = 0; i < rows; ++i) left[i] = (ID(vector))a[i * a_stride + k];
      RK_UNROLL
      for (size_t v = 0; v < 2 * panels; ++v) {
        ID(vector) right;
        load(&right, packed + v / 2 * panel_stride + k * PANEL + v % 2 * LANES, LANES);
        RK_UNROLL
        for (size_t i = 0; i < rows; ++i) sums[i][v] = FMA(left[i], right, sums[i][v]);
      }
    } else {
      ID(vector) right[8];
      RK_UNROLL
      for (size_t v = 0; v < 2 * panels; ++v)
        load(&right[v], packed + v / 2 * panel_stride + k * PANEL + v % 2 * LANES, LANES);
      RK_UNROLL
      for (size_t i = 0; i < rows; ++i) {
        const ID(vector) left = (ID(vector))a[i * a_stride + k];
        RK_UNROLL
        for (size_t v = 0; v < 2 * panels; ++v) sums[i][v] = FMA(left, right[v], sums[i][v]);
      }
    }
  }
  RK_UNROLL
  for (size_t i = 0; i < rows; ++i)
    RK_UNROLL
    for (size_t v = 0; v < 2 * panels; ++v) store(c + i * c_stride + v * LANES, sums[i][v], LANES);
}

// Panels that a tile of few rows takes at once: it has too few sums otherwise to hide the latency of the additions.
#define PANELS_AT_ONCE(rows) \
  (8 * (rows) <= RK_ACCUMULATORS || (rows) == 1 ? 4 : 4 * (rows) <= RK_ACCUMULATORS ? 2 : 1)

#define TILE_OF(count)                                                                                        \
  case count:                                                                                                 \
    if (count > RK_TILE_ROWS) break;                                                                          \
    for (; at_once && columns - j >= PANELS_AT_ONCE(count) * PANEL; j += PANELS_AT_ONCE(count) * PANEL)       \
      ID(tile)(count, PANELS_AT_ONCE(count), depth, a, a_stride, packed + j / PANEL * panel_stride, panel_stride, \
               c + j, c_stride);                                                                              \
    for (; columns - j >= PANEL; j += PANEL)                                                                  \
      ID(tile)(count, 1, depth, a, a_stride, packed + j / PANEL * panel_stride, panel_stride, c + j, c_stride); \
    break;

// A strip of 1 to RK_TILE_ROWS rows and a whole number of panels.
static void ID(strip)(size_t rows, size_t columns, size_t depth, bool at_once, const REAL *a, size_t a_stride,
                      const REAL *packed, size_t panel_stride, REAL *c, size_t c_stride) {
  size_t j = 0;
  switch (rows) {
    TILE_OF(1)
    TILE_OF(2)
    TILE_OF(3)
    TILE_OF(4)
    TILE_OF(5)
    TILE_OF(6)
    TILE_OF(7)
    TILE_OF(8)
    TILE_OF(9)
    TILE_OF(10)
    TILE_OF(11)
    TILE_OF(12)
  }
}

#undef TILE_OF
#undef PANELS_AT_ONCE

// The same for a last panel that is not full: through a small copy of C, so that nothing beyond its columns is
// touched.
static void ID(partial_strip)(size_t rows, size_t columns, size_t depth, const REAL *a, size_t a_stride,
                              const REAL *packed, REAL *c, size_t c_stride) {
  REAL copy[RK_TILE_ROWS * PANEL] = {0};
  for (size_t i = 0; i < rows; ++i)
    for (size_t j = 0; j < columns; ++j) copy[i * PANEL + j] = c[i * c_stride + j];
  ID(strip)(rows, PANEL, depth, false, a, a_stride, packed, 0, copy, PANEL);
  for (size_t i = 0; i < rows; ++i)
    for (size_t j = 0; j < columns; ++j) c[i * c_stride + j] = copy[i * PANEL + j];
}

static void ID(multiply_packed)(size_t rows, size_t columns, size_t inner, const REAL *a, size_t a_stride,
                                const REAL *packed, REAL *c, size_t c_stride) {
  const size_t whole = columns / PANEL * PANEL, rest = columns - whole, panel_stride = inner * PANEL;
  if (rows <= RK_TILE_ROWS) {
    // One strip uses each panel once: the panels are streamed at their full depth.
    ID(strip)(rows, whole, inner, true, a, a_stride, packed, panel_stride, c, c_stride);
    if (rest) ID(partial_strip)(rows, rest, inner, a, a_stride, packed + whole * inner, c + whole, c_stride);
    return;
  }
  // Several strips: a piece of one panel stays in the first-level cache while all strips of a group pass over it, and
  // the group's piece of A in the second. Strips differ by at most one row: 8 rows are 4 + 4, not 6 + 2.
  const size_t strips = (rows + RK_TILE_ROWS - 1) / RK_TILE_ROWS, group = 96 / RK_TILE_ROWS;
  const size_t pieces = (inner + 383) / 384;
  for (size_t first = 0; first < strips; first += group)
    for (size_t piece = 0; piece < pieces; ++piece) {
      const size_t k = piece * inner / pieces, depth = (piece + 1) * inner / pieces - k;
      for (size_t j = 0; j < columns; j += PANEL)
        for (size_t s = first; s < strips && s < first + group; ++s) {
          const size_t row = s * rows / strips, count = (s + 1) * rows / strips - row;
          const REAL *left = a + row * a_stride + k, *right = packed + j * inner + k * PANEL;
          REAL *sum = c + row * c_stride + j;
          if (j < whole)
            ID(strip)(count, PANEL, depth, false, left, a_stride, right, panel_stride, sum, c_stride);
          else
            ID(partial_strip)(count, rest, depth, left, a_stride, right, sum, c_stride);
        }
    }
}

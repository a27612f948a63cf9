// What the products are made of: a tile of C in registers, strips of rows, panels of columns.

// One register tile: `rows` rows by `panels` panels. Both are constants where this is inlined, so that the loops
// unroll and the sums stay in registers. Element (i, k) of A is a[i * a_row + k * a_column]. The sums start from
// `start`, or from 0 where that is null, and go to `c`.
RK_INLINE void ID(tile)(size_t rows, size_t panels, size_t depth, const REAL *a, size_t a_row, size_t a_column,
                        const REAL *packed, size_t panel_stride, const REAL *start, size_t start_stride, REAL *c,
                        size_t c_stride) {
  ID(vector) sums[RK_TILE_ROWS][8];
  RK_UNROLL
  for (size_t i = 0; i < rows; ++i)
    RK_UNROLL
    for (size_t v = 0; v < 2 * panels; ++v)
      if (start)
        load(&sums[i][v], start + i * start_stride + v * LANES, LANES);
      else
        sums[i][v] = (ID(vector))(REAL)0;
  RK_UNROLL_BY_4
  for (size_t k = 0; k < depth; ++k) {
    // Kept in registers is what there is less of: elements of A or vectors of B.
    if (rows < 2 * panels) {
      ID(vector) left[RK_TILE_ROWS];
      RK_UNROLL
      for (size_t i = 0; i < rows; ++i) left[i] = (ID(vector))a[i * a_row + k * a_column];
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
        const ID(vector) left = (ID(vector))a[i * a_row + k * a_column];
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

// Rows are cut into strips that differ by at most one row: 8 rows are 4 + 4, not 6 + 2.
#define STRIPS(rows) (((rows) + RK_TILE_ROWS - 1) / RK_TILE_ROWS)
#define STRIP_ROWS(s, rows) ((rows) / STRIPS(rows) + ((s) < (rows) % STRIPS(rows)))
#define STRIP_START(s, rows) ((s) * ((rows) / STRIPS(rows)) + AT_MOST(s, (rows) % STRIPS(rows)))

// Rows of A whose piece stays in the second-level cache while the panels pass.
#define GROUP_ROWS 96

// The longest piece of a sum that is worked on at once: a panel of it fits into the first-level cache.
#define LONGEST_PIECE (1536 / sizeof(REAL))

// Takes a cache line of each row into the cache. Rows lie far apart, and the processor does not foresee them.
RK_INLINE void ID(prefetch)(size_t rows, const REAL *start, ptrdiff_t stride) {
  for (size_t i = 0; i < rows; ++i, start += stride) __builtin_prefetch(start, 0, 3);
}

// The columns that a last panel has, between C and a small copy of a whole panel's width: nothing beyond them is touched.
RK_INLINE void ID(copy_columns)(size_t rows, size_t columns, const REAL *from, size_t from_stride, REAL *to,
                                size_t to_stride) {
  for (size_t i = 0; i < rows; ++i)
    for (size_t j = 0; j < columns; ++j) to[i * to_stride + j] = from[i * from_stride + j];
}

// A strip whose rows of A stand in the tile's order, by one panel.
#define TILE_OF_STRIP(count)                                                                \
  case count:                                                                               \
    if (count > RK_TILE_ROWS) break;                                                        \
    ID(tile)(count, 1, depth, strip, 1, count, panel, 0, start, start_stride, c, c_stride); \
    break;

static void ID(strip_by_panel)(size_t count, size_t depth, const REAL *strip, const REAL *panel, const REAL *start,
                               size_t start_stride, REAL *c, size_t c_stride) {
  switch (count) { RK_EACH_STRIP(TILE_OF_STRIP) }
}

#undef TILE_OF_STRIP

// What the products are made of: a tile of C in registers, strips of rows, panels of columns.

// One step of a tile's sums: element k of each of its rows by row k of its columns.
RK_INLINE void ID(tile_step)(size_t rows, size_t vectors, rk_weights weights, ID(vector) (*sums)[8], const REAL *a,
                             size_t a_row, const char *row, size_t panel_size) {
  // Kept in registers is what there is less of: elements of A or vectors of B.
  if (rows < vectors) {
    ID(vector) left[RK_TILE_ROWS];
    RK_UNROLL
    for (size_t i = 0; i < rows; ++i) left[i] = (ID(vector))a[i * a_row];
    RK_UNROLL
    for (size_t v = 0; v < vectors; ++v) {
      const ID(vector) right = ID(row_vector)(weights, row + v / 2 * panel_size, v % 2);
      RK_UNROLL
      for (size_t i = 0; i < rows; ++i) sums[i][v] = FMA(left[i], right, sums[i][v]);
    }
  } else {
    ID(vector) right[8];
    RK_UNROLL
    for (size_t v = 0; v < vectors; ++v) right[v] = ID(row_vector)(weights, row + v / 2 * panel_size, v % 2);
    RK_UNROLL
    for (size_t i = 0; i < rows; ++i) {
      const ID(vector) left = (ID(vector))a[i * a_row];
      RK_UNROLL
      for (size_t v = 0; v < vectors; ++v) sums[i][v] = FMA(left, right[v], sums[i][v]);
    }
  }
}

// What a tile fetches into the cache as it goes: a line at each of its steps, from `first` on and `distance` bytes
// further each time; nothing where `first` is null. Processors fetch a line's neighbour along with it.
typedef struct {
  const char *first;
  size_t distance;
} ID(ahead);

// One register tile: `rows` rows by `vectors` vectors of columns, two a panel; the last vector has `last` columns.
// `rows`, `vectors`, `fetches` and `weights` are constants where this is inlined, so that the loops unroll and the sums stay in
// registers. Element (i, k) of A is a[i * a_row + k * a_column]. The sums start from `start`, or from 0 where that is
// null, and go to `c`.
RK_INLINE void ID(tile)(size_t rows, size_t vectors, size_t last, bool fetches, rk_weights weights, size_t depth,
                        const REAL *a, size_t a_row, size_t a_column, const char *panel, size_t panel_size,
                        ID(ahead) ahead, const REAL *start, size_t start_stride, REAL *c, size_t c_stride) {
  ID(vector) sums[RK_TILE_ROWS][8];
  RK_UNROLL
  for (size_t i = 0; i < rows; ++i)
    RK_UNROLL
    for (size_t v = 0; v < vectors; ++v)
      if (start)
        load(&sums[i][v], start + i * start_stride + v * LANES, v + 1 < vectors ? LANES : last);
      else
        sums[i][v] = (ID(vector))(REAL)0;
  if (a_column == 1) {
    RK_UNROLL_IN_PLACE
    for (size_t k = 0; k < depth; ++k) {
      if (fetches) __builtin_prefetch(ahead.first + k * ahead.distance, 0, 2);
      ID(tile_step)(rows, vectors, weights, sums, a + k, a_row, panel + k * ROW_SIZE(weights), panel_size);
    }
  } else {
    RK_UNROLL_BY_4
    for (size_t k = 0; k < depth; ++k) {
      if (fetches) __builtin_prefetch(ahead.first + k * ahead.distance, 0, 2);
      ID(tile_step)(rows, vectors, weights, sums, a + k * a_column, a_row, panel + k * ROW_SIZE(weights),
                    panel_size);
    }
  }
  RK_UNROLL
  for (size_t i = 0; i < rows; ++i)
    RK_UNROLL
    for (size_t v = 0; v < vectors; ++v)
      store(c + i * c_stride + v * LANES, sums[i][v], v + 1 < vectors ? LANES : last);
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

#define TILE(vectors, last, fetches)                                                                             \
  ID(tile)(count, vectors, last, fetches, RK_FULL, depth, strip, 1, count, (const char *)panel, 0, ahead, start, start_stride, c, c_stride)

#define TILE_OF_STRIP(rows)                                                                                      \
  case rows: {                                                                                                   \
    enum { count = rows };                                                                                       \
    if (count > RK_TILE_ROWS) break;                                                                             \
    if (columns == PANEL && ahead.first)                                                                         \
      TILE(2, LANES, true);                                                                                      \
    else if (columns == PANEL)                                                                                   \
      TILE(2, LANES, false);                                                                                     \
    else if (columns > LANES)                                                                                    \
      TILE(2, columns - LANES, false);                                                                           \
    else                                                                                                         \
      TILE(1, columns, false);                                                                                   \
    break;                                                                                                       \
  }

// A strip whose rows of A stand in the tile's order, by one panel of `columns` columns.
static void ID(strip_by_panel)(size_t rows, size_t columns, size_t depth, const REAL *strip, const REAL *panel,
                               ID(ahead) ahead, const REAL *start, size_t start_stride, REAL *c, size_t c_stride) {
  switch (rows) { RK_EACH_STRIP(TILE_OF_STRIP) }
}

#undef TILE_OF_STRIP
#undef TILE

// C = S + A·B with a packed B. Every element of C is one chain of fused multiply-adds in ascending k that starts from
// its element of S, whatever the tile it falls into: the result of a row never depends on the rows beside it.

// Panels that a tile of few rows takes at once: it has too few sums otherwise to hide the latency of the additions.
#define PANELS_AT_ONCE(rows) \
  (8 * (rows) <= RK_ACCUMULATORS || (rows) == 1 ? 4 : 4 * (rows) <= RK_ACCUMULATORS ? 2 : 1)

#define TILE_OF(count)                                                                                         \
  case count:                                                                                                  \
    if (count > RK_TILE_ROWS) break;                                                                           \
    for (; at_once && columns - j >= PANELS_AT_ONCE(count) * PANEL; j += PANELS_AT_ONCE(count) * PANEL)        \
      ID(tile)(count, PANELS_AT_ONCE(count), depth, a, a_stride, 1, packed + j / PANEL * panel_stride,         \
               panel_stride, start ? start + j : start, start_stride, c + j, c_stride);                        \
    for (; columns - j >= PANEL; j += PANEL)                                                                   \
      ID(tile)(count, 1, depth, a, a_stride, 1, packed + j / PANEL * panel_stride, panel_stride,               \
               start ? start + j : start, start_stride, c + j, c_stride);                                      \
    break;

// A strip of 1 to RK_TILE_ROWS rows and a whole number of panels.
static void ID(strip)(size_t rows, size_t columns, size_t depth, bool at_once, const REAL *a, size_t a_stride,
                      const REAL *packed, size_t panel_stride, const REAL *start, size_t start_stride, REAL *c,
                      size_t c_stride) {
  size_t j = 0;
  switch (rows) { RK_EACH_STRIP(TILE_OF) }
}

#undef TILE_OF
#undef PANELS_AT_ONCE

// The same for a last panel that is not full: through a small copy of C, so that nothing beyond its columns is
// touched.
static void ID(partial_strip)(size_t rows, size_t columns, size_t depth, const REAL *a, size_t a_stride,
                              const REAL *packed, const REAL *start, size_t start_stride, REAL *c, size_t c_stride) {
  REAL copy[RK_TILE_ROWS * PANEL] = {0};
  if (start) ID(copy_columns)(rows, columns, start, start_stride, copy, PANEL);
  ID(strip)(rows, PANEL, depth, false, a, a_stride, packed, 0, copy, PANEL, copy, PANEL);
  ID(copy_columns)(rows, columns, copy, PANEL, c, c_stride);
}

// A strip of A in the order in which a tile reads it: worth it where many panels do.
#define TURN_OF(count)                                                           \
  case count:                                                                    \
    if (count > RK_TILE_ROWS) break;                                             \
    for (size_t k = 0; k < depth; ++k)                                           \
      RK_UNROLL                                                                  \
      for (size_t i = 0; i < count; ++i) strip[k * count + i] = a[i * a_stride + k]; \
    break;

static void ID(turn_strip)(size_t count, size_t depth, const REAL *a, size_t a_stride, REAL *strip) {
  switch (count) { RK_EACH_STRIP(TURN_OF) }
}

#undef TURN_OF

// One strip uses each panel once: the panels are streamed at their full depth.
static void ID(multiply_strip_packed)(size_t rows, size_t columns, size_t inner, const REAL *a, size_t a_stride,
                                      const REAL *packed, const REAL *start, size_t start_stride, REAL *c,
                                      size_t c_stride) {
  const size_t whole = columns / PANEL * PANEL;
  ID(strip)(rows, whole, inner, true, a, a_stride, packed, inner * PANEL, start, start_stride, c, c_stride);
  if (whole < columns)
    ID(partial_strip)(rows, columns - whole, inner, a, a_stride, packed + whole * inner, start ? start + whole : start,
                      start_stride, c + whole, c_stride);
}

// Several strips: a piece of one panel stays in the first-level cache while all strips of a group pass over it, and the
// group's piece of A in the second. What the next strip adds to is fetched ahead; panels lie one after the other, and the
// processor foresees them itself.
static void ID(multiply_group_packed)(size_t first, size_t last, size_t rows, size_t columns, size_t k, size_t depth,
                                      size_t inner, const REAL *a, size_t a_stride, const REAL *packed,
                                      const REAL *start, size_t start_stride, REAL *c, size_t c_stride) {
  REAL turned[GROUP_ROWS * LONGEST_PIECE];
  const bool turns = columns >= 256;
  const size_t first_row = STRIP_START(first, rows), last_row = STRIP_START(last, rows);
  if (turns)
    for (size_t row = first_row, s = first; s < last; row += STRIP_ROWS(s, rows), ++s)
      ID(turn_strip)(STRIP_ROWS(s, rows), depth, a + row * a_stride + k, a_stride, turned + (row - first_row) * depth);
  for (size_t j = 0; j < columns; j += PANEL) {
    const size_t width = AT_MOST(columns - j, PANEL);
    const REAL *panel = packed + j * inner + k * PANEL;
    for (size_t row = first_row, s = first; s < last; ++s) {
      const size_t count = STRIP_ROWS(s, rows), after = row + count;
      const REAL *left = a + row * a_stride + k, *from = start ? start + row * start_stride + j : start;
      REAL *sum = c + row * c_stride + j;
      if (after < last_row)
        ID(prefetch)(count, sum + count * c_stride, (ptrdiff_t)c_stride);
      else if (j + PANEL < columns)
        ID(prefetch)(count, c + first_row * c_stride + j + PANEL, (ptrdiff_t)c_stride);
      if (width < PANEL)
        ID(partial_strip)(count, width, depth, left, a_stride, panel, from, start_stride, sum, c_stride);
      else if (turns)
        ID(strip_by_panel)(count, depth, turned + (row - first_row) * depth, panel, from, start_stride, sum, c_stride);
      else
        ID(strip)(count, PANEL, depth, false, left, a_stride, panel, 0, from, start_stride, sum, c_stride);
      row = after;
    }
  }
}

static void ID(multiply_packed)(size_t rows, size_t columns, size_t inner, const REAL *a, size_t a_stride,
                                const REAL *packed, const REAL *start, size_t start_stride, REAL *c,
                                size_t c_stride) {
  const size_t strips = STRIPS(rows), group = GROUP_ROWS / RK_TILE_ROWS;
  const size_t pieces = inner == 0 ? 1 : (inner + LONGEST_PIECE - 1) / LONGEST_PIECE;
  if (strips <= 1) {
    ID(multiply_strip_packed)(rows, columns, inner, a, a_stride, packed, start, start_stride, c, c_stride);
    return;
  }
  for (size_t first = 0; first < strips; first += group)
    for (size_t piece = 0; piece < pieces; ++piece) {
      const size_t k = piece * inner / pieces, depth = (piece + 1) * inner / pieces - k;
      // The first piece starts from S, the others go on from there.
      ID(multiply_group_packed)(first, AT_MOST(first + group, strips), rows, columns, k, depth, inner, a, a_stride,
                                packed, piece ? c : start, piece ? c_stride : start_stride, c, c_stride);
    }
}

// C = S + A·B with a packed B. Every element of C is one chain of fused multiply-adds in ascending k that starts from
// its element of S, whatever the tile it falls into: the result of a row never depends on the rows beside it.

// Bytes of a packed matrix from which on some second-level caches do not hold it until it is needed again.
#define FAR_SIZE (512 * 1024)

// Panels that a tile of few rows takes at once: it has too few sums otherwise to hide the latency of the additions. To
// widen numbers takes registers, too.
#define PANELS_AT_ONCE(rows, weights)                              \
  (8 * (rows) <= RK_ACCUMULATORS || (rows) == 1               ? 4 \
   : 4 * (rows) <= RK_ACCUMULATORS - 3 * (weights != RK_FULL) ? 2 \
                                                              : 1)

// A panel read as a stream is fetched some steps ahead: across pages the processor does not foresee it.
#define TILE_OF(weights, vectors, last, fetches)                                                                 \
  ID(tile)(count, vectors, last, fetches, weights, depth, a, a_stride, 1, packed + j / PANEL * panel_size,       \
           panel_size, (ID(ahead)){packed + j / PANEL * panel_size + 32 * ROW_SIZE(weights), ROW_SIZE(weights)}, \
           start ? start + j : start, start_stride, c + j, c_stride)

#define STRIP_OF(weights, rows)                                                                                  \
  case rows: {                                                                                                   \
    enum { count = rows, at_once = PANELS_AT_ONCE(rows, weights) };                                              \
    if (count > RK_TILE_ROWS) break;                                                                             \
    if (at_once > 1)                                                                                             \
      for (; columns - j >= at_once * PANEL; j += at_once * PANEL) TILE_OF(weights, 2 * at_once, LANES, false);  \
    if (at_once == 1 && is_far)                                                                                  \
      for (; columns - j >= PANEL; j += PANEL) TILE_OF(weights, 2, LANES, true);                                 \
    for (; columns - j >= PANEL; j += PANEL) TILE_OF(weights, 2, LANES, false);                                  \
    if (columns - j > LANES)                                                                                     \
      TILE_OF(weights, 2, columns - j - LANES, false);                                                           \
    else if (columns > j)                                                                                        \
      TILE_OF(weights, 1, columns - j, false);                                                                   \
    break;                                                                                                       \
  }

// A strip of 1 to RK_TILE_ROWS rows by all its columns, of the last panel those that there are.
#define STRIP_NAMED(name, STRIP_OF_ROWS)                                                                             \
  static void ID(name)(size_t rows, size_t columns, size_t depth, bool is_far, const REAL *a, size_t a_stride,   \
                       const char *packed, size_t panel_size, const REAL *start, size_t start_stride, REAL *c,   \
                       size_t c_stride) {                                                                        \
    size_t j = 0;                                                                                                \
    switch (rows) { RK_EACH_STRIP(STRIP_OF_ROWS) }                                                               \
  }

#define FULL_STRIP(rows) STRIP_OF(RK_FULL, rows)

STRIP_NAMED(strip, FULL_STRIP)

#undef FULL_STRIP

// A strip of A in the order in which a tile reads it: worth it where many panels do.
#define TURN_OF(count)                                                                                           \
  case count:                                                                                                    \
    if (count > RK_TILE_ROWS) break;                                                                             \
    for (size_t k = 0; k < depth; ++k)                                                                           \
      RK_UNROLL                                                                                                  \
      for (size_t i = 0; i < count; ++i) strip[k * count + i] = a[i * a_stride + k];                             \
    break;

static void ID(turn_strip)(size_t count, size_t depth, const REAL *a, size_t a_stride, REAL *strip) {
  switch (count) { RK_EACH_STRIP(TURN_OF) }
}

#undef TURN_OF

// Several strips: a piece of one panel stays in the first-level cache while all strips of a group pass over it, and the
// group's piece of A in the second. What the next strip adds to is fetched ahead, and panels that are far away are.
static void ID(multiply_group_packed)(size_t first, size_t last, size_t rows, size_t columns, size_t k, size_t depth,
                                      size_t inner, bool is_far, const REAL *a, size_t a_stride, const REAL *packed,
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
    // The strips share the fetching of what comes after this panel: the next one, or the first one's next piece.
    ID(ahead) ahead = {NULL, PANEL * sizeof(REAL) / (last - first)};
    if (is_far)
      ahead.first =
          (const char *)(j + PANEL < columns ? panel + PANEL * inner : packed + (k + depth) % inner * PANEL);
    for (size_t row = first_row, s = first; s < last; ++s) {
      const size_t count = STRIP_ROWS(s, rows), after = row + count;
      const REAL *left = a + row * a_stride + k, *from = start ? start + row * start_stride + j : start;
      REAL *sum = c + row * c_stride + j;
      if (after < last_row)
        ID(prefetch)(count, sum + count * c_stride, (ptrdiff_t)c_stride);
      else if (j + PANEL < columns)
        ID(prefetch)(count, c + first_row * c_stride + j + PANEL, (ptrdiff_t)c_stride);
      if (turns && width == PANEL)
        ID(strip_by_panel)(count, width, depth, turned + (row - first_row) * depth, panel, ahead, from, start_stride,
                           sum, c_stride);
      else
        ID(strip)(count, width, depth, false, left, a_stride, (const char *)panel, 0, from, start_stride, sum, c_stride);
      if (is_far) ahead.first += depth * ahead.distance;
      row = after;
    }
  }
}

static void ID(multiply_packed)(size_t rows, size_t columns, size_t inner, const REAL *a, size_t a_stride,
                                const REAL *packed, const REAL *start, size_t start_stride, REAL *c,
                                size_t c_stride) {
  const size_t strips = STRIPS(rows), group = GROUP_ROWS / RK_TILE_ROWS;
  const bool is_far = inner * columns * sizeof(REAL) >= FAR_SIZE;
  const size_t pieces = inner == 0 ? 1 : (inner + LONGEST_PIECE - 1) / LONGEST_PIECE;
  // One strip uses each panel once: the panels are streamed at their full depth.
  if (strips <= 1) {
    ID(strip)(rows, columns, inner, is_far, a, a_stride, (const char *)packed, inner * PANEL * sizeof(REAL), start,
              start_stride, c, c_stride);
    return;
  }
  for (size_t first = 0; first < strips; first += group)
    for (size_t piece = 0; piece < pieces; ++piece) {
      const size_t k = piece * inner / pieces, depth = (piece + 1) * inner / pieces - k;
      // The first piece starts from S, the others go on from there.
      ID(multiply_group_packed)(first, AT_MOST(first + group, strips), rows, columns, k, depth, inner, is_far, a,
                                a_stride, packed, piece ? c : start, piece ? c_stride : start_stride, c, c_stride);
    }
}

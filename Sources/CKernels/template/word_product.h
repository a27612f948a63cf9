// C = S + A·B where words of four bytes are multiplied: those of rounded rows of A by those of the columns of a packed B. Included
// by what says of its kind of numbers how a row is rounded, what the sums start from and what comes of them. The file that
// compiles it for a processor says
//   RK_TABLE, RK_TABLE_NAME   the table and its name
//   RK_TILE_ROWS              rows of the largest register tile of a product, at most 12
//   RK_ACCUMULATORS           sums of a product that fit the registers
//   RK_DOT(sums, a, b)        for each lane the sum plus the numbers of a word of A, the same in all lanes, times those of B

// Rounded rows that pass over a panel before the next one is read: so many strips, and bytes.
#define GROUP_STRIPS 12
#define GROUP_SIZE (96 * 1024)

// One register tile: `rows` rows by `vectors` vectors of columns, two a panel; the last vector has `last` columns. Rows and
// vectors are constants where this is inlined, so that the loops unroll and the sums stay in registers. Words of A lie row after row, or
// turned, those of all rows at each step.
RK_INLINE void tile(size_t rows, size_t vectors, size_t last, bool is_turned, operands o, const float *start,
                    size_t start_stride, float *c, size_t c_stride) {
  sums s[RK_TILE_ROWS][8];
  RK_UNROLL
  for (size_t v = 0; v < vectors; ++v)
    RK_UNROLL
    for (size_t i = 0; i < rows; ++i)
      s[i][v] = first_sums(o, v, start ? start + i * start_stride + v * RK_LANES : start,
                           v + 1 < vectors ? RK_LANES : last);
  _Pragma("clang loop unroll(disable)")
  for (size_t k = 0; k < o.words; ++k) {
    __builtin_prefetch(o.ahead + k * o.distance, 0, 2);
    integers right[8];
    RK_UNROLL
    for (size_t v = 0; v < vectors; ++v)
      __builtin_memcpy(&right[v], o.panel + k * PANEL + v / 2 * o.panel_size + v % 2 * RK_LANES, sizeof right[v]);
    RK_UNROLL
    for (size_t i = 0; i < rows; ++i) {
      int32_t word;
      __builtin_memcpy(&word, o.a + 4 * (is_turned ? k * rows + i : k) + (is_turned ? 0 : i * o.a_stride), sizeof word);
      RK_UNROLL
      for (size_t v = 0; v < vectors; ++v) s[i][v] = RK_DOT(s[i][v], (integers)word, right[v]);
    }
  }
  RK_UNROLL
  for (size_t v = 0; v < vectors; ++v) {
    const size_t count = v + 1 < vectors ? RK_LANES : last;
    RK_UNROLL
    for (size_t i = 0; i < rows; ++i)
      store_columns(c + i * c_stride + v * RK_LANES,
                    last_values(o, v, i, s[i][v], start ? start + i * start_stride + v * RK_LANES : start, count), count);
  }
}

#define TILE_OF(vectors, last) tile(count, vectors, last, false, o, start ? start + j : start, start_stride, c + j, c_stride)

// Panels that a tile of few rows takes at once: it has too few sums otherwise to hide the latency of the dot products.
#define PANELS_AT_ONCE(rows) (8 * (rows) <= RK_ACCUMULATORS || (rows) == 1 ? 4 : 4 * (rows) <= RK_ACCUMULATORS ? 2 : 1)

#define STRIP_OF(rows)                                                              \
  case rows: {                                                                      \
    enum { count = rows, at_once = PANELS_AT_ONCE(rows) };                          \
    if (count > RK_TILE_ROWS) break;                                                \
    if (at_once > 1)                                                                \
      for (; columns - j >= at_once * PANEL; j += at_once * PANEL, move(&o, at_once)) \
        TILE_OF(2 * at_once, RK_LANES);                                             \
    for (; columns - j >= PANEL; j += PANEL, move(&o, 1)) TILE_OF(2, RK_LANES);     \
    if (columns - j > RK_LANES)                                                     \
      TILE_OF(2, columns - j - RK_LANES);                                           \
    else if (columns > j)                                                           \
      TILE_OF(1, columns - j);                                                      \
    break;                                                                          \
  }

// Goes on to a later panel.
RK_INLINE void move(operands *o, size_t panels) {
  const size_t distance = panels * o->panel_size;
  o->panel += distance;
  o->tail += distance;
  o->ahead += distance * sizeof *o->panel;
}

// A strip of 1 to RK_TILE_ROWS rows by all its columns.
static void strip(size_t rows, size_t columns, operands o, const float *start, size_t start_stride, float *c,
                  size_t c_stride) {
  size_t j = 0;
  switch (rows) { RK_EACH_STRIP(STRIP_OF) }
}

#undef TILE_OF
#undef STRIP_OF
#undef PANELS_AT_ONCE

// Rows are cut into strips that differ by at most one row.
static size_t strip_start(size_t s, size_t strips, size_t rows) {
  return s * (rows / strips) + AT_MOST(s, rows % strips);
}

// Some strips by a piece of B. Several pass over a panel while it is in the first-level cache; a single one streams it.
static void multiply_group(size_t first, size_t last, size_t strips, size_t rows, size_t columns, size_t inner,
                           size_t piece, const float *a, size_t a_stride, const int32_t *packed, const float *start,
                           size_t start_stride, float *c, size_t c_stride) {
  _Alignas(64) uint8_t rounded[GROUP_SIZE];
  float row_scales[GROUP_STRIPS * RK_TILE_ROWS];
  const size_t depth = AT_MOST(inner - piece * RK_PIECE, RK_PIECE), words = words_of(depth);
  const size_t first_row = strip_start(first, strips, rows), last_row = strip_start(last, strips, rows);
  for (size_t row = first_row; row < last_row; ++row)
    row_scales[row - first_row] =
        round_row(depth, a + row * a_stride + piece * RK_PIECE, rounded + (row - first_row) * 4 * words);
  const bool is_alone = last - first == 1;
  const size_t at_once = is_alone ? columns : PANEL;
  for (size_t j = 0; j < columns; j += at_once) {
    const int32_t *panel = packed + j / PANEL * panel_size(inner);
    operands o = {.words = words,
                  .a_stride = 4 * words,
                  .panel = panel + piece * RK_PIECE / RK_NUMBERS * PANEL,
                  .tail = panel + words_of(inner) * PANEL,
                  .panel_size = panel_size(inner),
                  .piece = piece};
    // A stream is fetched some steps ahead; else the strips share the fetching of the panel that comes after this one.
    o.distance = is_alone ? PANEL * sizeof *panel : PANEL * sizeof *panel / (last - first);
    o.ahead = (const char *)(is_alone ? o.panel + 32 * PANEL : o.panel + o.panel_size);
    for (size_t s = first; s < last; ++s) {
      const size_t row = strip_start(s, strips, rows), count = strip_start(s + 1, strips, rows) - row;
      o.a = rounded + (row - first_row) * 4 * words;
      o.row_scales = row_scales + (row - first_row);
      strip(count, AT_MOST(columns - j, at_once), o, start ? start + row * start_stride + j : start, start_stride,
            c + row * c_stride + j, c_stride);
      o.ahead += words * o.distance;
    }
  }
}

static void multiply(size_t rows, size_t columns, size_t inner, const void *left, size_t a_stride, const void *packed,
                     const void *first_values, size_t start_stride, void *result, size_t c_stride) {
  const float *a = left, *start = first_values;
  float *c = result;
  const size_t strips = (rows + RK_TILE_ROWS - 1) / RK_TILE_ROWS;
  const size_t row_size = 4 * words_of(AT_MOST(inner, RK_PIECE));
  const size_t group = AT_MOST(GROUP_SIZE / (RK_TILE_ROWS * (row_size + 1)), GROUP_STRIPS);
  for (size_t first = 0; first < strips; first += group)
    for (size_t piece = 0; piece < pieces_of(inner); ++piece)
      multiply_group(first, AT_MOST(first + group, strips), strips, rows, columns, inner, piece, a, a_stride, packed,
                     piece ? c : start, piece ? c_stride : start_stride, c, c_stride);
}


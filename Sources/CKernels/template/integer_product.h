// C = S + A·B in whole numbers of 8 bits. Columns of B are packed rounded, each with its scale; rows of A are rounded as
// they come. Sums are exact: a row's result depends neither on the rows beside it nor on the instruction set. The including
// file says
//   RK_TABLE, RK_TABLE_NAME   the table and its name
//   RK_LANES                  32-bit numbers of a vector register
//   RK_TILE_ROWS              rows of the largest register tile of a product, at most 12
//   RK_ACCUMULATORS           sums of a product that fit the registers
//   RK_OFFSET                 what numbers of A are moved by where the dot product wants them without a sign, or 0
//   RK_FUSED                  1 where a fused multiply-add is one instruction
//   RK_DOT(sums, a, b)        for each lane the sum plus four numbers of A, the same in all lanes, times four of B

// Only what is written as fused may be fused: the instruction sets with FMA then agree to the bit.
#pragma STDC FP_CONTRACT OFF

#include "../integer_rows.h"
#include "unrolling.h"

#include <stdbool.h>

// Vectors wider than a register pass between functions here, but every one of those is inlined: there is no ABI.
#pragma clang diagnostic ignored "-Wpsabi"

#define AT_MOST(x, bound) ((bound) < (x) ? (bound) : (x))

typedef int32_t integers __attribute__((ext_vector_type(RK_LANES)));
typedef float reals __attribute__((ext_vector_type(RK_LANES)));

#if RK_FUSED
#define FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#else
#define FMA(a, b, c) ((a) * (b) + (c))
#endif

// Columns of a panel. Its row k holds the numbers 4k to 4k + 3 of each column, a word each. Behind the rows stand the
// scales of the columns, and then for each piece of A what takes the offset out of their sums again.
#define PANEL (2 * RK_LANES)

// Numbers of A that have one scale. So many products of 127·127 are summed without overflow.
#define PIECE 4096

// Rounded rows that pass over a panel before the next one is read: so many strips, and bytes.
#define GROUP_STRIPS 12
#define GROUP_SIZE (96 * 1024)

// How many words or pieces there are of so many numbers.
static size_t words_of(size_t numbers) { return (numbers + 3) / 4; }
static size_t pieces_of(size_t numbers) { return numbers <= PIECE ? 1 : (numbers + PIECE - 1) / PIECE; }

// Words of a panel.
static size_t panel_size(size_t inner) { return (words_of(inner) + 1 + pieces_of(inner)) * PANEL; }

static size_t packed_count(size_t inner, size_t columns) { return (columns + PANEL - 1) / PANEL * panel_size(inner); }

static void pack(size_t inner, size_t columns, const void *matrix, size_t row_stride, size_t column_stride,
                 void *packed) {
  const float *b = matrix;
  for (size_t column = 0; column < columns; column += PANEL) {
    int32_t *panel = (int32_t *)packed + column / PANEL * panel_size(inner);
    int8_t *numbers = (int8_t *)panel;
    float *scales = (float *)(panel + words_of(inner) * PANEL);
    int32_t *offsets = panel + (words_of(inner) + 1) * PANEL;
    __builtin_memset(panel, 0, panel_size(inner) * sizeof *panel);
    for (size_t j = 0; j < AT_MOST(columns - column, PANEL); ++j) {
      const float *source = b + (column + j) * column_stride;
      const rk_integer_scale scale = rk_weight_scale(rk_largest_bits(inner, source, row_stride));
      scales[j] = scale.scale;
      for (size_t k = 0; k < inner; ++k) {
        const int8_t number = rk_rounded(source[k * row_stride], scale.inverse);
        numbers[(k / 4 * PANEL + j) * 4 + k % 4] = number;
        offsets[k / PIECE * PANEL + j] -= RK_OFFSET * number;
      }
    }
  }
}

// A row of A, rounded, to the end of its last word.
static rk_integer_scale round_row(size_t count, const float *a, uint8_t *rounded) {
  const rk_integer_scale scale = rk_scale(rk_largest_bits(count, a, 1));
  for (size_t k = 0; k < count; ++k) rounded[k] = (uint8_t)(rk_rounded(a[k], scale.inverse) + RK_OFFSET);
  for (size_t k = count; k < 4 * words_of(count); ++k) rounded[k] = RK_OFFSET;
  return scale;
}

// Rounded rows and what they are multiplied by: a piece of some panels.
typedef struct {
  size_t words;
  const uint8_t *a;
  size_t a_stride;
  const rk_integer_scale *row_scales;
  // Rows of the first panel's piece, the scales of its columns, the offsets of the piece; words from panel to panel.
  const int32_t *panel, *scales, *offsets;
  size_t panel_size;
  // What is fetched into the cache, a line at each step, and the distance of the lines in bytes.
  const char *ahead;
  size_t distance;
} operands;

RK_INLINE void load_columns(reals *v, const float *p, size_t count) {
  if (count == RK_LANES)
    __builtin_memcpy(v, p, sizeof *v);
  else
    __builtin_memcpy(v, p, count * sizeof *p);
}

RK_INLINE void store_columns(float *p, reals v, size_t count) {
  if (count == RK_LANES)
    __builtin_memcpy(p, &v, sizeof v);
  else
    __builtin_memcpy(p, &v, count * sizeof *p);
}

// One register tile: `rows` rows by `vectors` vectors of columns, two a panel; the last vector has `last` columns. Rows and
// vectors are constants where this is inlined, so that the loops unroll and the sums stay in registers.
RK_INLINE void tile(size_t rows, size_t vectors, size_t last, operands o, const float *start, size_t start_stride,
                    float *c, size_t c_stride) {
  integers sums[RK_TILE_ROWS][8];
  RK_UNROLL
  for (size_t v = 0; v < vectors; ++v) {
    integers first = 0;
    if (RK_OFFSET) __builtin_memcpy(&first, o.offsets + v / 2 * o.panel_size + v % 2 * RK_LANES, sizeof first);
    RK_UNROLL
    for (size_t i = 0; i < rows; ++i) sums[i][v] = first;
  }
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
      __builtin_memcpy(&word, o.a + i * o.a_stride + 4 * k, sizeof word);
      RK_UNROLL
      for (size_t v = 0; v < vectors; ++v) sums[i][v] = RK_DOT(sums[i][v], (integers)word, right[v]);
    }
  }
  RK_UNROLL
  for (size_t v = 0; v < vectors; ++v) {
    const size_t count = v + 1 < vectors ? RK_LANES : last;
    reals scales;
    __builtin_memcpy(&scales, o.scales + v / 2 * o.panel_size + v % 2 * RK_LANES, sizeof scales);
    RK_UNROLL
    for (size_t i = 0; i < rows; ++i) {
      reals value = 0;
      if (start) load_columns(&value, start + i * start_stride + v * RK_LANES, count);
      value = FMA(__builtin_convertvector(sums[i][v], reals), scales * o.row_scales[i].scale, value);
      store_columns(c + i * c_stride + v * RK_LANES, value, count);
    }
  }
}

#define TILE_OF(vectors, last) tile(count, vectors, last, o, start ? start + j : start, start_stride, c + j, c_stride)

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
  o->scales += distance;
  o->offsets += distance;
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
  uint8_t rounded[GROUP_SIZE];
  rk_integer_scale row_scales[GROUP_STRIPS * RK_TILE_ROWS];
  const size_t depth = AT_MOST(inner - piece * PIECE, PIECE), words = words_of(depth);
  const size_t first_row = strip_start(first, strips, rows), last_row = strip_start(last, strips, rows);
  for (size_t row = first_row; row < last_row; ++row)
    row_scales[row - first_row] =
        round_row(depth, a + row * a_stride + piece * PIECE, rounded + (row - first_row) * 4 * words);
  const bool is_alone = last - first == 1;
  const size_t at_once = is_alone ? columns : PANEL;
  for (size_t j = 0; j < columns; j += at_once) {
    const int32_t *panel = packed + j / PANEL * panel_size(inner);
    operands o = {.words = words,
                  .a_stride = 4 * words,
                  .panel = panel + piece * PIECE / 4 * PANEL,
                  .scales = panel + words_of(inner) * PANEL,
                  .offsets = panel + (words_of(inner) + 1 + piece) * PANEL,
                  .panel_size = panel_size(inner)};
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
                     const void *first_sums, size_t start_stride, void *result, size_t c_stride) {
  const float *a = left, *start = first_sums;
  float *c = result;
  const size_t strips = (rows + RK_TILE_ROWS - 1) / RK_TILE_ROWS;
  const size_t row_size = 4 * words_of(AT_MOST(inner, PIECE));
  const size_t group = AT_MOST(GROUP_SIZE / (RK_TILE_ROWS * (row_size + 1)), GROUP_STRIPS);
  for (size_t first = 0; first < strips; first += group)
    for (size_t piece = 0; piece < pieces_of(inner); ++piece)
      multiply_group(first, AT_MOST(first + group, strips), strips, rows, columns, inner, piece, a, a_stride, packed,
                     piece ? c : start, piece ? c_stride : start_stride, c, c_stride);
}

const rk_integer_kernels RK_TABLE = {
    .name = RK_TABLE_NAME, .packed_count = packed_count, .pack = pack, .multiply = multiply};

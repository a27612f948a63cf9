// C = S + A·B in pairs of bfloat16, two to a word, summed in floats. Columns of B are packed rounded, rows of A are rounded as they
// come. The earlier of a pair is the upper half of its word, which the processors' dot products add first, fused as the other: every
// element of C is one chain of fused multiply-adds in ascending k, as if widened numbers were multiplied, and a row's result
// depends neither on the rows beside it nor on the instruction set. The including file says what `words.h` and `word_product.h`
// want to know of the processor, and
//   RK_ROUND_WORDS(count, a, words)          rounds so many whole words of a row
//   RK_ROUND_ROWS(count, first, second, words) rounds two rows to so many words

#define RK_NUMBERS 2
// A panel of so many numbers fits into the first-level cache.
#define RK_PIECE 768
#define RK_TAIL(inner) 0

#include "words.h"
#include "halves.h"

typedef reals sums;

RK_INLINE uint32_t pair(float first, float second) {
  return (uint32_t)to_normal_bfloat16(first) << 16 | to_normal_bfloat16(second);
}

// Rows k and k + 1 of some columns, a word each; of the last row alone where there is no other.
static void round_rows(size_t count, const float *first, const float *second, uint32_t *words) {
  if (second)
    RK_ROUND_ROWS(count, first, second, words);
  else
    for (size_t j = 0; j < count; ++j) words[j] = pair(first[j], 0);
}

// A panel of so many columns that each lie in one piece: words are rounded along them and put in place.
static void pack_columns(size_t width, size_t inner, const float *b, size_t column_stride, uint32_t *panel) {
  enum { most = 32 };
  uint32_t words[most];
  for (size_t j = 0; j < width; ++j)
    for (size_t k = 0; k < inner; k += 2 * most) {
      const size_t count = AT_MOST(inner - k, 2 * most);
      const float *column = b + j * column_stride + k;
      RK_ROUND_WORDS(count / 2, column, words);
      if (count % 2) words[count / 2] = pair(column[count - 1], 0);
      for (size_t word = 0; word < words_of(count); ++word) panel[(k / 2 + word) * PANEL + j] = words[word];
    }
}

static void pack(size_t inner, size_t columns, const void *matrix, size_t row_stride, size_t column_stride,
                 void *packed) {
  const float *b = matrix;
  for (size_t column = 0; column < columns; column += PANEL) {
    const size_t width = AT_MOST(columns - column, PANEL);
    uint32_t *panel = (uint32_t *)packed + column / PANEL * panel_size(inner);
    const float *source = b + column * column_stride;
    if (width < PANEL) __builtin_memset(panel, 0, panel_size(inner) * sizeof *panel);
    if (row_stride == 1) {
      pack_columns(width, inner, source, column_stride, panel);
      continue;
    }
    for (size_t k = 0; k < inner; k += 2, source += 2 * row_stride)
      for (size_t j = 0; j < width; ++j)
        if (column_stride == 1) {
          round_rows(width, source, k + 1 < inner ? source + row_stride : NULL, panel + k / 2 * PANEL);
          break;
        } else {
          panel[k / 2 * PANEL + j] =
              pair(source[j * column_stride], k + 1 < inner ? source[j * column_stride + row_stride] : 0);
        }
  }
}

// A row of A, rounded, to the end of its last word.
static float round_row(size_t count, const float *a, uint8_t *rounded) {
  uint32_t *word = (uint32_t *)(void *)rounded;
  RK_ROUND_WORDS(count / 2, a, word);
  if (count % 2) word[count / 2] = pair(a[count - 1], 0);
  return 1;
}

RK_INLINE sums first_sums(operands o, size_t v, const float *start, size_t count) {
  (void)o, (void)v;
  sums first = 0;
  if (start) load_columns(&first, start, count);
  return first;
}

RK_INLINE reals last_values(operands o, size_t v, size_t row, sums s, const float *start, size_t count) {
  (void)o, (void)v, (void)row, (void)start, (void)count;
  return s;
}

#include "word_product.h"

// C += Aᵀ·B, both as they come: the deferred gradients of weights, whose sum runs over all rows of A and B, from the last to the
// first. Pieces of A and B are rounded into the order of the tiles.

// A strip of columns of A, turned; `a` is its last row.
static void turn_strip(size_t count, size_t depth, const float *a, size_t a_stride, uint32_t *strip) {
  for (size_t k = 0; k < depth; k += 2, strip += count, a -= 2 * a_stride)
    round_rows(count, a, k + 1 < depth ? a - a_stride : NULL, strip);
}

static void turn_panel(size_t width, size_t depth, const float *b, size_t b_stride, uint32_t *panel) {
  for (size_t k = 0; k < depth; k += 2, panel += PANEL, b -= 2 * b_stride) {
    if (width < PANEL) __builtin_memset(panel, 0, PANEL * sizeof *panel);
    round_rows(width, b, k + 1 < depth ? b - b_stride : NULL, panel);
  }
}

#define TURNED_TILE(vectors, last) tile(count, vectors, last, true, o, c, c_stride, c, c_stride)

#define TURNED_STRIP(rows)                          \
  case rows: {                                      \
    enum { count = rows };                          \
    if (count > RK_TILE_ROWS) break;                \
    if (columns == PANEL)                           \
      TURNED_TILE(2, RK_LANES);                     \
    else if (columns > RK_LANES)                    \
      TURNED_TILE(2, columns - RK_LANES);           \
    else                                            \
      TURNED_TILE(1, columns);                      \
    break;                                          \
  }

static void strip_turned(size_t rows, size_t columns, operands o, float *c, size_t c_stride) {
  switch (rows) { RK_EACH_STRIP(TURNED_STRIP) }
}

#undef TURNED_STRIP
#undef TURNED_TILE

static void multiply_transposed(size_t rows, size_t columns, size_t inner, const void *left, size_t a_stride,
                                const void *right, size_t b_stride, void *result, size_t c_stride) {
  if (inner == 0) return;
  enum { longest = 256, group = 192 / RK_TILE_ROWS, strip_size = RK_TILE_ROWS * longest / 2 };
  _Alignas(64) uint32_t turned[group * strip_size];
  _Alignas(64) uint32_t panel[longest / 2 * PANEL];
  // The last rows: strides are taken away.
  const float *a = (const float *)left + (inner - 1) * a_stride, *b = (const float *)right + (inner - 1) * b_stride;
  float *c = result;
  const size_t strips = (rows + RK_TILE_ROWS - 1) / RK_TILE_ROWS;
  for (size_t k = 0; k < inner; k += longest) {
    const size_t depth = AT_MOST(inner - k, longest);
    for (size_t first = 0; first < strips; first += group) {
      const size_t last = AT_MOST(first + group, strips);
      for (size_t s = first; s < last; ++s) {
        const size_t row = strip_start(s, strips, rows), count = strip_start(s + 1, strips, rows) - row;
        turn_strip(count, depth, a - k * a_stride + row, a_stride, turned + (s - first) * strip_size);
      }
      for (size_t j = 0; j < columns; j += PANEL) {
        const size_t width = AT_MOST(columns - j, PANEL);
        turn_panel(width, depth, b - k * b_stride + j, b_stride, panel);
        operands o = {.words = words_of(depth), .panel = (const int32_t *)panel, .ahead = (const char *)panel};
        for (size_t s = first; s < last; ++s) {
          const size_t row = strip_start(s, strips, rows), count = strip_start(s + 1, strips, rows) - row;
          o.a = (const uint8_t *)(turned + (s - first) * strip_size);
          strip_turned(count, width, o, c + row * c_stride + j, c_stride);
        }
      }
    }
  }
}

const rk_rounding_kernels RK_TABLE = {.name = RK_TABLE_NAME,
                                      .packed_count = packed_count,
                                      .pack = pack,
                                      .multiply = multiply,
                                      .multiply_transposed = multiply_transposed};

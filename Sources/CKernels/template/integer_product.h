// C = S + A·B in whole numbers of 8 bits, four to a word. Columns of B are packed rounded, each with its scale; rows of A are
// rounded as they come. Sums are exact: a row's result depends neither on the rows beside it nor on the instruction set. The
// including file says what `words.h` and `word_product.h` want to know of the processor, and
//   RK_OFFSET   what numbers of A are moved by where the dot product wants them without a sign, or 0

#include "../integer_rows.h"

#define RK_NUMBERS 4
// So many products of 127·127 are summed without overflow.
#define RK_PIECE 4096
// The scales of the columns, and then for each piece of A what takes the offset out of their sums again.
#define RK_TAIL(inner) (1 + pieces_of(inner))

#include "words.h"

typedef integers sums;

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
        offsets[k / RK_PIECE * PANEL + j] -= RK_OFFSET * number;
      }
    }
  }
}

// A row of A, rounded, to the end of its last word.
static float round_row(size_t count, const float *a, uint8_t *rounded) {
  const rk_integer_scale scale = rk_scale(rk_largest_bits(count, a, 1));
  for (size_t k = 0; k < count; ++k) rounded[k] = (uint8_t)(rk_rounded(a[k], scale.inverse) + RK_OFFSET);
  for (size_t k = count; k < 4 * words_of(count); ++k) rounded[k] = RK_OFFSET;
  return scale.scale;
}

// Of the vector v of columns; `start` are `count` numbers, or null.
RK_INLINE sums first_sums(operands o, size_t v, const float *start, size_t count) {
  (void)start, (void)count;
  sums first = 0;
  if (RK_OFFSET)
    __builtin_memcpy(&first, o.tail + (1 + o.piece) * PANEL + v / 2 * o.panel_size + v % 2 * RK_LANES, sizeof first);
  return first;
}

RK_INLINE reals last_values(operands o, size_t v, size_t row, sums s, const float *start, size_t count) {
  reals scales, value = 0;
  __builtin_memcpy(&scales, o.tail + v / 2 * o.panel_size + v % 2 * RK_LANES, sizeof scales);
  if (start) load_columns(&value, start, count);
  return FMA(__builtin_convertvector(s, reals), scales * o.row_scales[row], value);
}

#include "word_product.h"

const rk_rounding_kernels RK_TABLE = {
    .name = RK_TABLE_NAME, .packed_count = packed_count, .pack = pack, .multiply = multiply, .multiply_transposed = NULL};

// Panels of a packed matrix whose rows hold words of four bytes: a word of a column holds a few neighbouring numbers of it. The
// including file says
//   RK_LANES           32-bit numbers of a vector register
//   RK_NUMBERS         numbers of a word
//   RK_PIECE           numbers of a row of A that are rounded at once
//   RK_TAIL(inner)     rows of a panel behind its numbers
//   RK_FUSED           1 where a fused multiply-add is one instruction

// Only what is written as fused may be fused: the instruction sets with FMA then agree to the bit.
#pragma STDC FP_CONTRACT OFF

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

// Columns of a panel.
#define PANEL (2 * RK_LANES)

// How many words or pieces there are of so many numbers.
static size_t words_of(size_t numbers) { return (numbers + RK_NUMBERS - 1) / RK_NUMBERS; }
static size_t pieces_of(size_t numbers) { return numbers <= RK_PIECE ? 1 : (numbers + RK_PIECE - 1) / RK_PIECE; }

// Words of a panel.
static size_t panel_size(size_t inner) { return (words_of(inner) + RK_TAIL(inner)) * PANEL; }

static size_t packed_count(size_t inner, size_t columns) { return (columns + PANEL - 1) / PANEL * panel_size(inner); }

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

// Rounded rows and what they are multiplied by: a piece of some panels.
typedef struct {
  size_t words;
  const uint8_t *a;
  size_t a_stride;
  // Of each rounded row.
  const float *row_scales;
  // Words of the first panel's piece, and its tail; words from panel to panel.
  const int32_t *panel, *tail;
  size_t panel_size;
  size_t piece;
  // What is fetched into the cache, a line at each step, and the distance of the lines in bytes.
  const char *ahead;
  size_t distance;
} operands;

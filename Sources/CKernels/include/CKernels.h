// Vectorised kernels for recurrent cells, small products and optimizers.
//
// Every kernel exists for float and double and is chosen at start-up for the instruction set of the machine. No kernel
// allocates, keeps state or calls another library. Unless said otherwise arguments must not overlap, lengths may be any
// number from 0 up, and pointers need only the alignment of their scalar.
#ifndef RECURRENT_CKERNELS_H
#define RECURRENT_CKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "step.h"

#define RK_IN const void *_Nonnull
#define RK_IN_OR_NULL const void *_Nullable
#define RK_OUT void *_Nonnull

/// How the numbers of a packed matrix are stored: in the precision of the kernels or in 16 bits, of Floats.
typedef enum { RK_FULL, RK_BFLOAT16, RK_FLOAT16 } rk_weights;

/// The kernels of one precision.
typedef struct {
#define KERNEL(result, name, parameters, arguments) result(*_Nonnull name) parameters;
#define CELL(name, gates, states, saved, vectors) rk_cell name;
#define TWO_STAGE_CELL CELL
#include "kernel_list.h"
#undef KERNEL
#undef CELL
#undef TWO_STAGE_CELL
} rk_kernels;

/// Products of floats with a B in 16 bits.
typedef struct {
  /// Packs B as `pack` does, rounded to the nearest, ties to even.
  void (*_Nonnull pack)(rk_weights weights, size_t inner, size_t columns, RK_IN b, size_t row_stride,
                        size_t column_stride, RK_OUT packed);
  /// As `multiply_packed`, of what `pack` packed.
  void (*_Nonnull multiply)(rk_weights weights, size_t rows, size_t columns, size_t inner, RK_IN a, size_t a_stride,
                            RK_IN packed, RK_IN_OR_NULL start, size_t start_stride, RK_OUT c, size_t c_stride);
} rk_half_kernels;

/// Products of floats in which both sides are rounded: B as it is packed, each row of A as it comes.
typedef struct {
  /// By which instructions, such as "vnni" or "avx2".
  const char *_Nonnull name;
  /// Floats that a packed matrix takes.
  size_t (*_Nonnull packed_count)(size_t inner, size_t columns);
  /// Rounds and packs B; element (k, j) is b[k * row_stride + j * column_stride]. `packed` must be aligned to 64 bytes.
  void (*_Nonnull pack)(size_t inner, size_t columns, RK_IN b, size_t row_stride, size_t column_stride, RK_OUT packed);
  /// C = S + A·B with the arguments of `multiply_packed`. Takes 98 KiB of the stack.
  void (*_Nonnull multiply)(size_t rows, size_t columns, size_t inner, RK_IN a, size_t a_stride, RK_IN packed,
                            RK_IN_OR_NULL start, size_t start_stride, RK_OUT c, size_t c_stride);
  /// C += Aᵀ·B with the arguments of the kernel of that name, and its order; null where there is none. Takes 100 KiB.
  void (*_Nullable multiply_transposed)(size_t rows, size_t columns, size_t inner, RK_IN a, size_t a_stride, RK_IN b,
                                        size_t b_stride, RK_OUT c, size_t c_stride);
} rk_rounding_kernels;

/// The kernels in use for float and for double.
const rk_kernels *_Nonnull rk_kernels_f32(void);
const rk_kernels *_Nonnull rk_kernels_f64(void);

/// The kernels in use for weights of 16 bits.
const rk_half_kernels *_Nonnull rk_halves(void);

/// The kernels in use for products of whole numbers of 8 bits. Each column of B is rounded as `rk_round_integers` does, each row of
/// A by a scale of its own (one for each 4,096 of its numbers). The sums are exact; an element of C is its element of S plus
/// the sum, times the product of both scales, fused where that is one instruction.
const rk_rounding_kernels *_Nonnull rk_integers(void);

/// The kernels in use for products of bfloat16: both sides are rounded to the nearest, ties to even. An element of C is one chain
/// of additions in ascending k that starts from its element of S, fused where that is one instruction. Denormals count as
/// zeros where the processor multiplies pairs, and elsewhere where it is told to flush them (`rk_flush_denormals`).
const rk_rounding_kernels *_Nonnull rk_pairs(void);

/// Rounds a column of weights to whole numbers from -127 to 127 and returns their scale. It has 16 significant bits, so that
/// a whole number times it is exact in a float, and rounding what was rounded changes nothing. It is NaN where a weight is
/// not finite.
float rk_round_integers(size_t count, const float *_Nonnull weights, int8_t *_Nonnull rounded);

/// The kernels of the cell that stands in the list under this name; null where none does.
const rk_cell *_Nullable rk_cell_named(const rk_kernels *_Nonnull kernels, const char *_Nonnull name);

/// Name of the instruction set in use: "avx512", "avx2+fma", "neon" or "baseline". The environment variable
/// RECURRENT_INSTRUCTION_SET may name a lower one than the machine has, for tests and support.
const char *_Nonnull rk_instruction_set(void);

/// Chooses as the environment variable does, for tests: a process that has computed anything must not call it.
void rk_choose_instruction_set(const char *_Nullable wanted);

/// Sets flush-to-zero and denormals-are-zero for the calling thread and returns the previous control word.
uint64_t rk_flush_denormals(void);

/// Restores the control word that `rk_flush_denormals` returned.
void rk_restore_denormals(uint64_t control);

/// A hint to the processor that the thread is spinning.
void rk_spin_hint(void);

/// Sleeps until `rk_wake_sleepers` is called for the word, unless it has another value already; sometimes for less long.
void rk_sleep_while_equal(const uint32_t *_Nonnull word, uint32_t value);

/// Wakes all threads that sleep on the word.
void rk_wake_sleepers(const uint32_t *_Nonnull word);

/// The processor that the calling thread runs on; negative where the system does not say.
int32_t rk_processor(void);

/// The calling thread, for `rk_keep_off`.
uint64_t rk_thread(void);

/// Lets the calling thread run where another one may, which is alive, but on none of these processors, and moves it if need be;
/// for this once if it `returns`. False, and nothing is changed, where that leaves no processor.
bool rk_keep_off(uint64_t other, size_t count, const int32_t *_Nonnull processors, bool returns);

#endif

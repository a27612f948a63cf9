// One step of a cell, as every cell's kernels take it.
#ifndef RECURRENT_STEP_H
#define RECURRENT_STEP_H

#include <stddef.h>

/// All rows of one step, a row being one sequence with H = `hidden` units. A stride is the distance of one row from the
/// next in scalars. Which operands a cell has, and of how many blocks of [H] their rows are, is said beside it; of the
/// others nothing is read.
typedef struct {
  size_t rows, hidden;
  /// Forward: pre-activations, overwritten by what backward needs. Backward: that, overwritten by the gradient of the
  /// pre-activations.
  void *_Nullable gates;
  size_t gates_stride;
  /// The states before and after the step.
  const void *_Nullable previous;
  size_t previous_stride;
  void *_Nullable next;
  size_t next_stride;
  /// What forward keeps for backward besides the gates.
  void *_Nullable saved;
  size_t saved_stride;
  /// dL/d(next), overwritten by the part of dL/d(previous) that does not pass through a matrix product.
  void *_Nullable gradient;
  size_t gradient_stride;
  /// dL/d(operand of the second stage's product), of two-stage cells.
  const void *_Nullable operand_gradient;
  size_t operand_gradient_stride;
  /// The cell's own vectors, the same for all rows.
  const void *_Nullable vectors;
  /// To whose rows each row adds its part of dL/d(vectors).
  void *_Nullable vector_gradient;
  size_t vector_gradient_stride;
} rk_step;

typedef void (*rk_step_kernel)(const rk_step *_Nonnull step);

/// The kernels of a cell. Those of the second stage are null for cells of one.
///
/// Two stages: `forward` computes the operand of the second product into `saved`, `forward_second_stage` the state;
/// `backward` is the derivative of the second stage, `backward_first_stage` that of the first.
typedef struct {
  /// Blocks of [H] in a row of each.
  size_t gates, states, saved, vectors;
  rk_step_kernel _Nonnull forward, backward;
  rk_step_kernel _Nullable forward_second_stage, backward_first_stage;
} rk_cell;

#endif

// The cells' kernels: the row function of a cell for all rows of a step.

// The row of each operand.
#define GATES ((REAL *)step->gates + row * step->gates_stride)
#define PREVIOUS ((const REAL *)step->previous + row * step->previous_stride)
#define NEXT ((REAL *)step->next + row * step->next_stride)
#define SAVED ((REAL *)step->saved + row * step->saved_stride)
#define GRADIENT ((REAL *)step->gradient + row * step->gradient_stride)
#define OPERAND_GRADIENT ((const REAL *)step->operand_gradient + row * step->operand_gradient_stride)
#define VECTORS ((const REAL *)step->vectors)
#define VECTOR_GRADIENT ((REAL *)step->vector_gradient + row * step->vector_gradient_stride)

#define STEP(kernel, ...)                                                                         \
  static void ID(kernel##_step)(const rk_step *step) {                                            \
    for (size_t row = 0; row < step->rows; ++row) ID(kernel)(step->hidden, __VA_ARGS__);          \
  }

STEP(elman_tanh_forward, GATES, NEXT)
STEP(elman_tanh_backward, GATES, NEXT, GRADIENT)
STEP(elman_relu_forward, GATES, NEXT)
STEP(elman_relu_backward, GATES, NEXT, GRADIENT)

STEP(lstm_forward, GATES, PREVIOUS, NEXT, SAVED)
STEP(lstm_backward, GATES, PREVIOUS, SAVED, GRADIENT)
STEP(lstm_peephole_forward, GATES, PREVIOUS, NEXT, SAVED, VECTORS)
STEP(lstm_peephole_backward, GATES, PREVIOUS, NEXT, SAVED, GRADIENT, VECTORS, VECTOR_GRADIENT)
STEP(lstm_coupled_forward, GATES, PREVIOUS, NEXT, SAVED)
STEP(lstm_coupled_backward, GATES, PREVIOUS, SAVED, GRADIENT)

STEP(gru_forward, GATES, PREVIOUS, NEXT)
STEP(gru_backward, GATES, PREVIOUS, GRADIENT)
STEP(gru_before_forward_1, GATES, PREVIOUS, SAVED)
STEP(gru_before_forward_2, GATES, PREVIOUS, NEXT)
STEP(gru_before_backward_2, GATES, PREVIOUS, GRADIENT)
STEP(gru_before_backward_1, GATES, PREVIOUS, OPERAND_GRADIENT, GRADIENT)

STEP(mingru_forward, GATES, PREVIOUS, NEXT)
STEP(mingru_backward, GATES, PREVIOUS, GRADIENT)
STEP(indrnn_forward, GATES, PREVIOUS, NEXT, VECTORS)
STEP(indrnn_backward, GATES, PREVIOUS, NEXT, GRADIENT, VECTORS, VECTOR_GRADIENT)

STEP(minlstm_forward, GATES, PREVIOUS, NEXT, SAVED)
STEP(minlstm_backward, GATES, PREVIOUS, SAVED, GRADIENT)
STEP(rglru_forward, GATES, PREVIOUS, NEXT, SAVED, VECTORS)
STEP(rglru_backward, GATES, PREVIOUS, SAVED, GRADIENT, VECTORS, VECTOR_GRADIENT)

STEP(slstm_forward, GATES, PREVIOUS, NEXT)
STEP(slstm_backward, GATES, PREVIOUS, NEXT, GRADIENT)

STEP(leaky_forward, GATES, PREVIOUS, NEXT, VECTORS)
STEP(leaky_backward, GATES, PREVIOUS, GRADIENT, VECTORS, VECTOR_GRADIENT)

STEP(rnn_norm_forward, GATES, NEXT, VECTORS)
STEP(rnn_norm_backward, GATES, NEXT, GRADIENT, VECTORS, VECTOR_GRADIENT)
STEP(lstm_norm_forward, GATES, PREVIOUS, NEXT, SAVED, VECTORS)
STEP(lstm_norm_backward, GATES, PREVIOUS, NEXT, SAVED, GRADIENT, VECTORS, VECTOR_GRADIENT)
STEP(gru_norm_forward, GATES, PREVIOUS, NEXT, SAVED, VECTORS)
STEP(gru_norm_backward, GATES, PREVIOUS, SAVED, GRADIENT, VECTORS, VECTOR_GRADIENT)

#undef STEP
#undef GATES
#undef PREVIOUS
#undef NEXT
#undef SAVED
#undef GRADIENT
#undef OPERAND_GRADIENT
#undef VECTORS
#undef VECTOR_GRADIENT

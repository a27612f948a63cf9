// How the checks call the kernels: the only file here that knows their C interface. Included for each precision.

#ifdef RECURRENT_STEP_H  // One table of kernels for each precision, and one call a step for a cell.

/// The kernel of a name, in the precision at hand.
#define K(kernel) NAME(rk_kernels)()->kernel

// Cells, for `rows` rows that lie one after the other in each operand.

static void NAME(lstm_forward)(size_t rows, size_t hidden, REAL *gates, const REAL *previous, REAL *next, REAL *saved) {
  NAME(rk_kernels)()->lstm.forward(&(rk_step){
      .rows = rows, .hidden = hidden, .gates = gates, .gates_stride = 4 * hidden, .previous = previous,
      .previous_stride = 2 * hidden, .next = next, .next_stride = 2 * hidden, .saved = saved, .saved_stride = hidden});
}

static void NAME(lstm_backward)(size_t rows, size_t hidden, REAL *gates, const REAL *previous, REAL *next, REAL *saved,
                                REAL *gradient) {
  NAME(rk_kernels)()->lstm.backward(&(rk_step){
      .rows = rows, .hidden = hidden, .gates = gates, .gates_stride = 4 * hidden, .previous = previous,
      .previous_stride = 2 * hidden, .next = next, .next_stride = 2 * hidden, .saved = saved, .saved_stride = hidden,
      .gradient = gradient, .gradient_stride = 2 * hidden});
}

static void NAME(gru_forward)(size_t rows, size_t hidden, REAL *gates, const REAL *previous, REAL *next) {
  NAME(rk_kernels)()->gru.forward(&(rk_step){
      .rows = rows, .hidden = hidden, .gates = gates, .gates_stride = 4 * hidden, .previous = previous,
      .previous_stride = hidden, .next = next, .next_stride = hidden});
}

static void NAME(gru_backward)(size_t rows, size_t hidden, REAL *gates, const REAL *previous, REAL *next, REAL *gradient) {
  NAME(rk_kernels)()->gru.backward(&(rk_step){
      .rows = rows, .hidden = hidden, .gates = gates, .gates_stride = 4 * hidden, .previous = previous,
      .previous_stride = hidden, .next = next, .next_stride = hidden, .gradient = gradient, .gradient_stride = hidden});
}

#else  // A function for each kernel, and one call a row for a cell: to be deleted with that interface.

/// The kernel of a name, in the precision at hand.
#define K(kernel) RK_ADAPTED(kernel, SUFFIX)
#define RK_ADAPTED(kernel, suffix) RK_JOINED(kernel, suffix)
#define RK_JOINED(kernel, suffix) rk_##kernel##_##suffix

// Cells for `rows` rows that lie one after the other in each operand.

static void NAME(lstm_forward)(size_t rows, size_t hidden, REAL *gates, const REAL *previous, REAL *next, REAL *saved) {
  for (size_t i = 0; i < rows; ++i)
    K(lstm_forward)(hidden, gates + 4 * hidden * i, previous + 2 * hidden * i, next + 2 * hidden * i, saved + hidden * i);
}

static void NAME(lstm_backward)(size_t rows, size_t hidden, REAL *gates, const REAL *previous, const REAL *next,
                                const REAL *saved, REAL *gradient) {
  (void)next;
  for (size_t i = 0; i < rows; ++i)
    K(lstm_backward)(hidden, gates + 4 * hidden * i, previous + 2 * hidden * i, saved + hidden * i,
                     gradient + 2 * hidden * i);
}

static void NAME(gru_forward)(size_t rows, size_t hidden, REAL *gates, const REAL *previous, REAL *next) {
  for (size_t i = 0; i < rows; ++i)
    K(gru_forward)(hidden, gates + 4 * hidden * i, previous + hidden * i, next + hidden * i);
}

static void NAME(gru_backward)(size_t rows, size_t hidden, REAL *gates, const REAL *previous, const REAL *next,
                               REAL *gradient) {
  (void)next;
  for (size_t i = 0; i < rows; ++i)
    K(gru_backward)(hidden, gates + 4 * hidden * i, previous + hidden * i, gradient + hidden * i);
}

#endif

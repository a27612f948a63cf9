// How the checks call the kernels: the only file here that knows their C interface. Included for each precision.

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

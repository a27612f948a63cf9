// LSTM cells with peepholes, and with the forget gate coupled to the input gate.

// LSTM with peepholes. vectors: [3H] as p_i p_f p_o; the rest as the LSTM.
//   i = σ(a_i + p_i·c')  f = σ(a_f + p_f·c')  g = tanh(a_g)   c = f·c' + i·g   o = σ(a_o + p_o·c)   h = o·tanh(c)
static void ID(lstm_peephole_forward)(size_t hidden, REAL *gates, const REAL *previous, REAL *next, REAL *saved,
                                      const REAL *vectors) {
  REAL *input = gates, *forget = input + hidden, *candidate = forget + hidden, *output = candidate + hidden;
  const REAL *input_peephole = vectors, *forget_peephole = vectors + hidden, *output_peephole = vectors + 2 * hidden;
  const REAL *old_cell = previous + hidden;
  REAL *state = next, *cell = next + hidden;
  FOR_EACH_BATCH(hidden, {
    const VECTOR old = LOAD(old_cell);
    const VECTOR in = sigmoid_of(FMA(LOAD(input_peephole), old, LOAD(input)));
    const VECTOR keep = sigmoid_of(FMA(LOAD(forget_peephole), old, LOAD(forget)));
    const VECTOR fresh = tanh_of(LOAD(candidate));
    const VECTOR c = FMA(keep, old, in * fresh);
    const VECTOR out = sigmoid_of(FMA(LOAD(output_peephole), c, LOAD(output)));
    const VECTOR squashed = tanh_of(c);
    STORE(input, in);
    STORE(forget, keep);
    STORE(candidate, fresh);
    STORE(output, out);
    STORE(cell, c);
    STORE(saved, squashed);
    STORE(state, out * squashed);
  });
}

static void ID(lstm_peephole_backward)(size_t hidden, REAL *gates, const REAL *previous, const REAL *next,
                                       const REAL *saved, REAL *gradient, const REAL *vectors,
                                       REAL *vector_gradient) {
  REAL *input = gates, *forget = input + hidden, *candidate = forget + hidden, *output = candidate + hidden;
  const REAL *input_peephole = vectors, *forget_peephole = vectors + hidden, *output_peephole = vectors + 2 * hidden;
  REAL *input_sum = vector_gradient, *forget_sum = input_sum + hidden, *output_sum = forget_sum + hidden;
  const REAL *old_cell = previous + hidden, *cell = next + hidden;
  REAL *state_gradient = gradient, *cell_gradient = gradient + hidden;
  FOR_EACH_VECTOR(hidden, {
    const VECTOR in = LOAD(input);
    const VECTOR keep = LOAD(forget);
    const VECTOR fresh = LOAD(candidate);
    const VECTOR out = LOAD(output);
    const VECTOR squashed = LOAD(saved);
    const VECTOR old = LOAD(old_cell);
    const VECTOR dh = LOAD(state_gradient);
    const VECTOR output_slope = dh * squashed * sigmoid_slope(out);
    const VECTOR seen = FMA(output_slope, LOAD(output_peephole), LOAD(cell_gradient));
    const VECTOR dc = FMA(dh * out, tanh_slope(squashed), seen);
    const VECTOR input_slope = dc * fresh * sigmoid_slope(in);
    const VECTOR forget_slope = dc * old * sigmoid_slope(keep);
    STORE(input, input_slope);
    STORE(forget, forget_slope);
    STORE(candidate, dc * in * tanh_slope(fresh));
    STORE(output, output_slope);
    STORE(input_sum, FMA(input_slope, old, LOAD(input_sum)));
    STORE(forget_sum, FMA(forget_slope, old, LOAD(forget_sum)));
    STORE(output_sum, FMA(output_slope, LOAD(cell), LOAD(output_sum)));
    STORE(state_gradient, SPLAT(0));
    STORE(cell_gradient, FMA(input_slope, LOAD(input_peephole), FMA(forget_slope, LOAD(forget_peephole), dc * keep)));
  });
}

// LSTM with coupled gates. gates: [3H] as i g o; the rest as the LSTM.
//   i = σ(a_i)  g = tanh(a_g)  o = σ(a_o)   c = (1 - i)·c' + i·g   h = o·tanh(c)
static void ID(lstm_coupled_forward)(size_t hidden, REAL *gates, const REAL *previous, REAL *next, REAL *saved) {
  REAL *input = gates, *candidate = input + hidden, *output = candidate + hidden;
  const REAL *old_cell = previous + hidden;
  REAL *state = next, *cell = next + hidden;
  FOR_EACH_BATCH(hidden, {
    const VECTOR in = sigmoid_of(LOAD(input));
    const VECTOR fresh = tanh_of(LOAD(candidate));
    const VECTOR out = sigmoid_of(LOAD(output));
    const VECTOR old = LOAD(old_cell);
    const VECTOR c = FMA(in, fresh - old, old);
    const VECTOR squashed = tanh_of(c);
    STORE(input, in);
    STORE(candidate, fresh);
    STORE(output, out);
    STORE(cell, c);
    STORE(saved, squashed);
    STORE(state, out * squashed);
  });
}

static void ID(lstm_coupled_backward)(size_t hidden, REAL *gates, const REAL *previous, const REAL *saved,
                                      REAL *gradient) {
  REAL *input = gates, *candidate = input + hidden, *output = candidate + hidden;
  const REAL *old_cell = previous + hidden;
  REAL *state_gradient = gradient, *cell_gradient = gradient + hidden;
  FOR_EACH_VECTOR(hidden, {
    const VECTOR in = LOAD(input);
    const VECTOR fresh = LOAD(candidate);
    const VECTOR out = LOAD(output);
    const VECTOR squashed = LOAD(saved);
    const VECTOR dh = LOAD(state_gradient);
    const VECTOR dc = FMA(dh * out, tanh_slope(squashed), LOAD(cell_gradient));
    STORE(input, dc * (fresh - LOAD(old_cell)) * sigmoid_slope(in));
    STORE(candidate, dc * in * tanh_slope(fresh));
    STORE(output, dh * squashed * sigmoid_slope(out));
    STORE(state_gradient, SPLAT(0));
    STORE(cell_gradient, dc * (SPLAT(1) - in));
  });
}

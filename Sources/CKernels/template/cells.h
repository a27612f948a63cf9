// Elman and LSTM cells, one row of `hidden` units and one pass over it. In all cell files: `gates` holds pre-activations
// and is overwritten by what backward needs, in backward by the gradient of the pre-activations; `previous` and `next` are
// the states before and after the step; `gradient` holds dL/d(next) and is overwritten by the part of dL/d(previous) that
// does not pass through a matrix product; `vector_gradient` is added to.

// Derivatives of the activations from their results.
RK_OVERLOAD ID(vector) tanh_slope(ID(vector) y) { return FMA(-y, y, (ID(vector))(REAL)1); }
RK_OVERLOAD ID(vector) sigmoid_slope(ID(vector) y) { return y * (1 - y); }

// Elman network: h = tanh(a). gates: [H]; previous, next, gradient: [H].
static void ID(elman_tanh_forward)(size_t hidden, REAL *gates, REAL *next) { ID(tanh)(hidden, gates, next); }

static void ID(elman_tanh_backward)(size_t hidden, REAL *gates, const REAL *next, REAL *gradient) {
  FOR_EACH_VECTOR(hidden, {
    STORE(gates, LOAD(gradient) * tanh_slope(LOAD(next)));
    STORE(gradient, SPLAT(0));
  });
}

// Elman network: h = max(a, 0); the derivative at 0 is 0; NaN propagates.
static void ID(elman_relu_forward)(size_t hidden, REAL *gates, REAL *next) {
  FOR_EACH_VECTOR(hidden, { STORE(next, AT_LEAST(LOAD(gates), SPLAT(0))); });
}

static void ID(elman_relu_backward)(size_t hidden, REAL *gates, const REAL *next, REAL *gradient) {
  FOR_EACH_VECTOR(hidden, {
    STORE(gates, LOAD(next) <= SPLAT(0) ? SPLAT(0) : LOAD(gradient));
    STORE(gradient, SPLAT(0));
  });
}

// Elman network with units that leak. gates: [H], overwritten by t; previous, next, gradient: [H]; vectors: [H], a.
//   t = tanh(gates)   h = (1 - a)·h' + a·t, which with a = 1 is t to the bit
static void ID(leaky_forward)(size_t hidden, REAL *gates, const REAL *previous, REAL *next, const REAL *vectors) {
  FOR_EACH_BATCH(hidden, {
    const VECTOR fresh = tanh_of(LOAD(gates));
    const VECTOR rate = LOAD(vectors);
    STORE(gates, fresh);
    STORE(next, FMA(rate, fresh, (SPLAT(1) - rate) * LOAD(previous)));
  });
}

static void ID(leaky_backward)(size_t hidden, REAL *gates, const REAL *previous, REAL *gradient, const REAL *vectors,
                               REAL *vector_gradient) {
  FOR_EACH_VECTOR(hidden, {
    const VECTOR fresh = LOAD(gates);
    const VECTOR rate = LOAD(vectors);
    const VECTOR dh = LOAD(gradient);
    STORE(gates, dh * rate * tanh_slope(fresh));
    STORE(vector_gradient, FMA(dh, fresh - LOAD(previous), LOAD(vector_gradient)));
    STORE(gradient, dh * (SPLAT(1) - rate));
  });
}

// LSTM. gates: [4H] as i f g o; previous, next, gradient: [2H] as h c; saved: [H], tanh(c).
//   i = σ(a_i)  f = σ(a_f)  g = tanh(a_g)  o = σ(a_o)   c = f·c' + i·g   h = o·tanh(c)
static void ID(lstm_forward)(size_t hidden, REAL *gates, const REAL *previous, REAL *next, REAL *saved) {
  REAL *input = gates, *forget = input + hidden, *candidate = forget + hidden, *output = candidate + hidden;
  const REAL *old_cell = previous + hidden;
  REAL *state = next, *cell = next + hidden;
  FOR_EACH_BATCH(hidden, {
    const VECTOR in = sigmoid_of(LOAD(input));
    const VECTOR keep = sigmoid_of(LOAD(forget));
    const VECTOR fresh = tanh_of(LOAD(candidate));
    const VECTOR out = sigmoid_of(LOAD(output));
    const VECTOR c = FMA(keep, LOAD(old_cell), in * fresh);
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

static void ID(lstm_backward)(size_t hidden, REAL *gates, const REAL *previous, const REAL *saved, REAL *gradient) {
  REAL *input = gates, *forget = input + hidden, *candidate = forget + hidden, *output = candidate + hidden;
  const REAL *old_cell = previous + hidden;
  REAL *state_gradient = gradient, *cell_gradient = gradient + hidden;
  FOR_EACH_VECTOR(hidden, {
    const VECTOR in = LOAD(input);
    const VECTOR keep = LOAD(forget);
    const VECTOR fresh = LOAD(candidate);
    const VECTOR out = LOAD(output);
    const VECTOR squashed = LOAD(saved);
    const VECTOR dh = LOAD(state_gradient);
    const VECTOR dc = FMA(dh * out, tanh_slope(squashed), LOAD(cell_gradient));
    STORE(input, dc * fresh * sigmoid_slope(in));
    STORE(forget, dc * LOAD(old_cell) * sigmoid_slope(keep));
    STORE(candidate, dc * in * tanh_slope(fresh));
    STORE(output, dh * squashed * sigmoid_slope(out));
    STORE(state_gradient, SPLAT(0));
    STORE(cell_gradient, dc * keep);
  });
}

// Cells with layer normalisation. Of what a row normalises it keeps the deviations from the mean.

// h = tanh(N(a)). gates: [H]; vectors: [2H]. forward leaves the deviations a - mean in `gates`.
static void ID(rnn_norm_forward)(size_t hidden, REAL *gates, REAL *next, const REAL *vectors) {
  const REAL *gain = vectors, *bias = gain + hidden;
  const ID(norm) norm = ID(norm_of)(hidden, gates);
  FOR_EACH_BATCH(hidden, { STORE(next, tanh_of(NORMALIZED(gates, gates, norm, gain, bias))); });
}

static void ID(rnn_norm_backward)(size_t hidden, REAL *gates, const REAL *next, REAL *gradient, const REAL *vectors,
                                  REAL *vector_gradient) {
  FOR_EACH_VECTOR(hidden, { STORE(gradient, LOAD(gradient) * tanh_slope(LOAD(next))); });
  ID(norm_backward)(hidden, gates, 0, vectors, gradient, gates, vector_gradient, vector_gradient + hidden);
  FOR_EACH_VECTOR(hidden, { STORE(gradient, SPLAT(0)); });
}

// As the LSTM, with N(a) for each gate and h = o·tanh(N(c)). vectors: [10H], gains and biases in the order i f g o c.
// saved: [5H], the gates' deviations and tanh(N(c)).
static void ID(lstm_norm_forward)(size_t hidden, REAL *gates, const REAL *previous, REAL *next, REAL *saved,
                                  const REAL *vectors) {
  enum { INPUT, FORGET, CANDIDATE, OUTPUT, CELL, COUNT };
  const REAL *gains = vectors, *biases = vectors + COUNT * hidden;
  const REAL *old_cell = previous + hidden;
  REAL *state = next, *cell = next + hidden, *squashed_cell = saved + CELL * hidden;
#define GATE(index) (gates + (index) * hidden)
#define GATE_NORMALIZED(index, norm) \
  NORMALIZED(GATE(index), saved + (index) * hidden, norm, gains + (index) * hidden, biases + (index) * hidden)
  const ID(norm) input = ID(norm_of)(hidden, GATE(INPUT));
  const ID(norm) forget = ID(norm_of)(hidden, GATE(FORGET));
  const ID(norm) candidate = ID(norm_of)(hidden, GATE(CANDIDATE));
  const ID(norm) output = ID(norm_of)(hidden, GATE(OUTPUT));
  FOR_EACH_BATCH(hidden, {
    const VECTOR in = sigmoid_of(GATE_NORMALIZED(INPUT, input));
    const VECTOR keep = sigmoid_of(GATE_NORMALIZED(FORGET, forget));
    const VECTOR fresh = tanh_of(GATE_NORMALIZED(CANDIDATE, candidate));
    const VECTOR out = sigmoid_of(GATE_NORMALIZED(OUTPUT, output));
    STORE(GATE(INPUT), in);
    STORE(GATE(FORGET), keep);
    STORE(GATE(CANDIDATE), fresh);
    STORE(GATE(OUTPUT), out);
    STORE(cell, FMA(keep, LOAD(old_cell), in * fresh));
  });
  const ID(norm) norm = ID(norm_of)(hidden, cell);
  const REAL *gain = gains + CELL * hidden, *bias = biases + CELL * hidden;
  FOR_EACH_BATCH(hidden, {
    const VECTOR deviation = LOAD(cell) - SPLAT(norm.mean);
    const VECTOR squashed = tanh_of(FMA(deviation * SPLAT(norm.scale), LOAD(gain), LOAD(bias)));
    STORE(squashed_cell, squashed);
    STORE(state, LOAD(GATE(OUTPUT)) * squashed);
  });
#undef GATE_NORMALIZED
#undef GATE
}

static void ID(lstm_norm_backward)(size_t hidden, REAL *gates, const REAL *previous, const REAL *next,
                                   const REAL *saved, REAL *gradient, const REAL *vectors, REAL *vector_gradient) {
  enum { CELL = 4, COUNT };
  REAL *input = gates, *forget = input + hidden, *candidate = forget + hidden, *output = candidate + hidden;
  REAL *gain_gradients = vector_gradient, *bias_gradients = vector_gradient + COUNT * hidden;
  const REAL *old_cell = previous + hidden, *cell = next + hidden, *squashed_cell = saved + CELL * hidden;
  REAL *state_gradient = gradient, *cell_gradient = gradient + hidden;
  FOR_EACH_VECTOR(hidden, {
    const VECTOR out = LOAD(output);
    const VECTOR squashed = LOAD(squashed_cell);
    const VECTOR dh = LOAD(state_gradient);
    STORE(output, dh * squashed * sigmoid_slope(out));
    STORE(state_gradient, dh * out * tanh_slope(squashed));
  });
  ID(norm_backward)(hidden, cell, ID(mean)(hidden, cell), vectors + CELL * hidden, state_gradient, state_gradient,
                    gain_gradients + CELL * hidden, bias_gradients + CELL * hidden);
  FOR_EACH_VECTOR(hidden, {
    const VECTOR in = LOAD(input);
    const VECTOR keep = LOAD(forget);
    const VECTOR fresh = LOAD(candidate);
    const VECTOR dc = LOAD(cell_gradient) + LOAD(state_gradient);
    STORE(input, dc * fresh * sigmoid_slope(in));
    STORE(forget, dc * LOAD(old_cell) * sigmoid_slope(keep));
    STORE(candidate, dc * in * tanh_slope(fresh));
    STORE(state_gradient, SPLAT(0));
    STORE(cell_gradient, dc * keep);
  });
  for (size_t start = 0; start < CELL * hidden; start += hidden)
    ID(norm_backward)(hidden, saved + start, 0, vectors + start, gates + start, gates + start, gain_gradients + start,
                      bias_gradients + start);
}

// As the GRU with the reset after the product, with N(q), N(a_r), N(a_z) and N(a_n). vectors: [8H], gains and biases in
// the order q r z n. saved: [4H], the deviations. forward leaves N(q) r z n in `gates`.
static void ID(gru_norm_forward)(size_t hidden, REAL *gates, const REAL *previous, REAL *next, REAL *saved,
                                 const REAL *vectors) {
  enum { PRODUCT, RESET, UPDATE, CANDIDATE, COUNT };
  const REAL *gains = vectors, *biases = vectors + COUNT * hidden;
#define GATE(index) (gates + (index) * hidden)
#define GATE_NORMALIZED(index, norm) \
  NORMALIZED(GATE(index), saved + (index) * hidden, norm, gains + (index) * hidden, biases + (index) * hidden)
  const ID(norm) product = ID(norm_of)(hidden, GATE(PRODUCT));
  const ID(norm) reset = ID(norm_of)(hidden, GATE(RESET));
  const ID(norm) update = ID(norm_of)(hidden, GATE(UPDATE));
  const ID(norm) candidate = ID(norm_of)(hidden, GATE(CANDIDATE));
  FOR_EACH_BATCH(hidden, {
    const VECTOR q = GATE_NORMALIZED(PRODUCT, product);
    const VECTOR r = sigmoid_of(GATE_NORMALIZED(RESET, reset));
    const VECTOR z = sigmoid_of(GATE_NORMALIZED(UPDATE, update));
    const VECTOR n = tanh_of(FMA(r, q, GATE_NORMALIZED(CANDIDATE, candidate)));
    STORE(GATE(PRODUCT), q);
    STORE(GATE(RESET), r);
    STORE(GATE(UPDATE), z);
    STORE(GATE(CANDIDATE), n);
    STORE(next, FMA(z, LOAD(previous) - n, n));
  });
#undef GATE_NORMALIZED
#undef GATE
}

// With the results of the norms in the place of the pre-activations it is the derivative of the plain cell.
static void ID(gru_norm_backward)(size_t hidden, REAL *gates, const REAL *previous, const REAL *saved, REAL *gradient,
                                  const REAL *vectors, REAL *vector_gradient) {
  const size_t count = 4 * hidden;
  ID(gru_backward)(hidden, gates, previous, gradient);
  for (size_t start = 0; start < count; start += hidden)
    ID(norm_backward)(hidden, saved + start, 0, vectors + start, gates + start, gates + start,
                      vector_gradient + start, vector_gradient + count + start);
}

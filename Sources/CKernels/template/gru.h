// GRU cells, reset after or before the recurrent product.

// GRU, reset after the product. gates: [4H] as q r z n, where q = Whn·h' + bhn is kept apart from a_n;
// previous, next, gradient: [H].
//   r = σ(a_r)  z = σ(a_z)  n = tanh(a_n + r·q)   h = (1 - z)·n + z·h'
// forward leaves q r z n; backward leaves the gradients of (q, a_r, a_z, a_n).
static void ID(gru_forward)(size_t hidden, REAL *gates, const REAL *previous, REAL *next) {
  REAL *product = gates, *reset = product + hidden, *update = reset + hidden, *candidate = update + hidden;
  FOR_EACH_BATCH(hidden, {
    const VECTOR r = sigmoid_of(LOAD(reset));
    const VECTOR z = sigmoid_of(LOAD(update));
    const VECTOR n = tanh_of(FMA(r, LOAD(product), LOAD(candidate)));
    STORE(reset, r);
    STORE(update, z);
    STORE(candidate, n);
    STORE(next, FMA(z, LOAD(previous) - n, n));
  });
}

static void ID(gru_backward)(size_t hidden, REAL *gates, const REAL *previous, REAL *gradient) {
  REAL *product = gates, *reset = product + hidden, *update = reset + hidden, *candidate = update + hidden;
  FOR_EACH_VECTOR(hidden, {
    const VECTOR q = LOAD(product);
    const VECTOR r = LOAD(reset);
    const VECTOR z = LOAD(update);
    const VECTOR n = LOAD(candidate);
    const VECTOR dh = LOAD(gradient);
    const VECTOR dn = dh * (SPLAT(1) - z) * tanh_slope(n);
    STORE(product, dn * r);
    STORE(reset, dn * q * sigmoid_slope(r));
    STORE(update, dh * (LOAD(previous) - n) * sigmoid_slope(z));
    STORE(candidate, dn);
    STORE(gradient, dh * z);
  });
}

// GRU, reset before the product. gates: [3H] as r z n; the second product uses saved = r·h' as its operand.
// Stage 1: r = σ(a_r), z = σ(a_z), saved = r·h'.   Stage 2: n = tanh(a_n), h = (1 - z)·n + z·h'.
static void ID(gru_before_forward_1)(size_t hidden, REAL *gates, const REAL *previous, REAL *saved) {
  REAL *reset = gates, *update = reset + hidden;
  FOR_EACH_BATCH(hidden, {
    const VECTOR r = sigmoid_of(LOAD(reset));
    STORE(update, sigmoid_of(LOAD(update)));
    STORE(saved, r * LOAD(previous));
    STORE(reset, r);
  });
}

static void ID(gru_before_forward_2)(size_t hidden, REAL *gates, const REAL *previous, REAL *next) {
  REAL *update = gates + hidden, *candidate = update + hidden;
  FOR_EACH_BATCH(hidden, {
    const VECTOR n = tanh_of(LOAD(candidate));
    STORE(next, FMA(LOAD(update), LOAD(previous) - n, n));
    STORE(candidate, n);
  });
}

// Runs first: from `gradient` = dL/dh leaves the gradients of a_z and a_n in `gates` (r untouched) and the direct
// part z·dL/dh in `gradient`.
static void ID(gru_before_backward_2)(size_t hidden, REAL *gates, const REAL *previous, REAL *gradient) {
  REAL *update = gates + hidden, *candidate = update + hidden;
  FOR_EACH_VECTOR(hidden, {
    const VECTOR z = LOAD(update);
    const VECTOR n = LOAD(candidate);
    const VECTOR dh = LOAD(gradient);
    STORE(update, dh * (LOAD(previous) - n) * sigmoid_slope(z));
    STORE(candidate, dh * (SPLAT(1) - z) * tanh_slope(n));
    STORE(gradient, dh * z);
  });
}

// Runs second: from `operand_gradient` = dL/d(r·h') leaves the gradient of a_r in `gates` and adds
// r·operand_gradient to `gradient`.
static void ID(gru_before_backward_1)(size_t hidden, REAL *gates, const REAL *previous, const REAL *operand_gradient,
                                      REAL *gradient) {
  REAL *reset = gates;
  FOR_EACH_VECTOR(hidden, {
    const VECTOR r = LOAD(reset);
    const VECTOR through = LOAD(operand_gradient);
    STORE(reset, through * LOAD(previous) * sigmoid_slope(r));
    STORE(gradient, FMA(r, through, LOAD(gradient)));
  });
}

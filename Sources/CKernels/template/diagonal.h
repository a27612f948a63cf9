// Cells without a recurrent product: each unit sees its own past only.

// Minimal GRU. gates: [2H] as z a_h; previous, next, gradient: [H].
//   z = σ(a_z)   h = (1 - z)·h' + z·a_h
static void ID(mingru_forward)(size_t hidden, REAL *gates, const REAL *previous, REAL *next) {
  REAL *update = gates, *candidate = update + hidden;
  FOR_EACH_BATCH(hidden, {
    const VECTOR z = sigmoid_of(LOAD(update));
    const VECTOR old = LOAD(previous);
    STORE(update, z);
    STORE(next, FMA(z, LOAD(candidate) - old, old));
  });
}

static void ID(mingru_backward)(size_t hidden, REAL *gates, const REAL *previous, REAL *gradient) {
  REAL *update = gates, *candidate = update + hidden;
  FOR_EACH_VECTOR(hidden, {
    const VECTOR z = LOAD(update);
    const VECTOR dh = LOAD(gradient);
    STORE(update, dh * (LOAD(candidate) - LOAD(previous)) * sigmoid_slope(z));
    STORE(candidate, dh * z);
    STORE(gradient, dh * (SPLAT(1) - z));
  });
}

// Independently recurrent network: h = max(a + u·h', 0); the derivative at 0 is 0; NaN propagates.
// gates, previous, next, gradient: [H]; vectors: [H], u.
static void ID(indrnn_forward)(size_t hidden, REAL *gates, const REAL *previous, REAL *next, const REAL *vectors) {
  FOR_EACH_VECTOR(hidden, {
    STORE(next, AT_LEAST(FMA(LOAD(vectors), LOAD(previous), LOAD(gates)), SPLAT(0)));
  });
}

static void ID(indrnn_backward)(size_t hidden, REAL *gates, const REAL *previous, const REAL *next, REAL *gradient,
                                const REAL *vectors, REAL *vector_gradient) {
  FOR_EACH_VECTOR(hidden, {
    const VECTOR slope = LOAD(next) <= SPLAT(0) ? SPLAT(0) : LOAD(gradient);
    STORE(gates, slope);
    STORE(vector_gradient, FMA(slope, LOAD(previous), LOAD(vector_gradient)));
    STORE(gradient, slope * LOAD(vectors));
  });
}

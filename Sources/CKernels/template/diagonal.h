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

// Minimal LSTM. gates: [3H] as f i h; previous, next, gradient: [H]; saved: [H], the share that is kept.
//   f = σ(a_f)  i = σ(a_i)   p = f / (f + i)   h = p·h' + (1 - p)·a_h
static void ID(minlstm_forward)(size_t hidden, REAL *gates, const REAL *previous, REAL *next, REAL *saved) {
  REAL *forget = gates, *input = forget + hidden, *candidate = input + hidden;
  FOR_EACH_BATCH(hidden, {
    const VECTOR keep = sigmoid_of(LOAD(forget));
    const VECTOR in = sigmoid_of(LOAD(input));
    // Where both are 0 nothing is kept.
    const VECTOR share = keep / AT_LEAST(keep + in, SPLAT(ID(least_normal)));
    const VECTOR fresh = LOAD(candidate);
    STORE(forget, keep);
    STORE(input, in);
    STORE(saved, share);
    STORE(next, FMA(share, LOAD(previous) - fresh, fresh));
  });
}

static void ID(minlstm_backward)(size_t hidden, REAL *gates, const REAL *previous, const REAL *saved, REAL *gradient) {
  REAL *forget = gates, *input = forget + hidden, *candidate = input + hidden;
  FOR_EACH_VECTOR(hidden, {
    const VECTOR share = LOAD(saved);
    const VECTOR dh = LOAD(gradient);
    // dL/d(log f) = -dL/d(log i), and d(log σ)/da = 1 - σ.
    const VECTOR slope = dh * (LOAD(previous) - LOAD(candidate)) * sigmoid_slope(share);
    STORE(forget, slope * (SPLAT(1) - LOAD(forget)));
    STORE(input, slope * (LOAD(input) - SPLAT(1)));
    STORE(candidate, dh * (SPLAT(1) - share));
    STORE(gradient, dh * share);
  });
}

// Real-gated linear recurrent unit. gates: [3H] as r i x; previous, next, gradient: [H]; saved: [2H], a and b;
// vectors: [H], Λ.
//   r = σ(a_r)  i = σ(a_i)   a = e^(-8·softplus(Λ)·r)  b = √(1 - a²)   h = a·h' + b·i·a_x
static void ID(rglru_forward)(size_t hidden, REAL *gates, const REAL *previous, REAL *next, REAL *saved,
                              const REAL *vectors) {
  REAL *rate = gates, *input = rate + hidden, *candidate = input + hidden;
  REAL *decay = saved, *inlet = saved + hidden;
  FOR_EACH_BATCH(hidden, {
    const VECTOR r = sigmoid_of(LOAD(rate));
    const VECTOR in = sigmoid_of(LOAD(input));
    const VECTOR exponent = SPLAT(8) * softplus_of(LOAD(vectors)) * r;
    const VECTOR a = decay_of(exponent);
    const VECTOR b = __builtin_elementwise_sqrt(risen_of(SPLAT(2) * exponent));
    STORE(rate, r);
    STORE(input, in);
    STORE(decay, a);
    STORE(inlet, b);
    STORE(next, FMA(a, LOAD(previous), b * in * LOAD(candidate)));
  });
}

static void ID(rglru_backward)(size_t hidden, REAL *gates, const REAL *previous, const REAL *saved, REAL *gradient,
                               const REAL *vectors, REAL *vector_gradient) {
  REAL *rate = gates, *input = rate + hidden, *candidate = input + hidden;
  const REAL *decay = saved, *inlet = saved + hidden;
  FOR_EACH_VECTOR(hidden, {
    const VECTOR r = LOAD(rate);
    const VECTOR in = LOAD(input);
    const VECTOR fresh = LOAD(candidate);
    const VECTOR a = LOAD(decay);
    const VECTOR b = LOAD(inlet);
    const VECTOR dh = LOAD(gradient);
    const VECTOR lambda = LOAD(vectors);
    // da/d(exponent) = -a and db/d(exponent) = a²/b, which r/b keeps finite; b is about √(2·exponent) where it is small.
    const VECTOR by_inlet = a * in * fresh * (r / AT_LEAST(b, SPLAT(0x1p-40)));
    const VECTOR slope = SPLAT(8) * dh * a * (by_inlet - r * LOAD(previous));
    STORE(rate, slope * softplus_of(lambda) * (SPLAT(1) - r));
    STORE(input, dh * b * fresh * sigmoid_slope(in));
    STORE(candidate, dh * b * in);
    STORE(vector_gradient, FMA(slope, sigmoid_of(lambda), LOAD(vector_gradient)));
    STORE(gradient, dh * a);
  });
}

// LSTM with an exponential input gate, as the logarithm of a weighted mean: what it remembers is a mean of all that came,
// by weights of which the logarithm of their sum is kept. So nothing overflows, and nothing is divided by.

// sLSTM. gates: [4H] as i f z o, overwritten by p, 1 - f, z, o; previous, next, gradient: [3H] as h s l.
//   f = σ(a_f)  z = tanh(a_z)  o = σ(a_o)   A = log f + l' - 32   p = σ(A - a_i)
//   l = 32 + log(e^A + e^a_i)   s = p·s' + (1 - p)·z   h = o·s
static void ID(slstm_forward)(size_t hidden, REAL *gates, const REAL *previous, REAL *next) {
  REAL *input = gates, *forget = input + hidden, *candidate = forget + hidden, *output = candidate + hidden;
  const REAL *old_mean = previous + hidden, *old_weight = old_mean + hidden;
  REAL *state = next, *mean = state + hidden, *weight = mean + hidden;
  const REAL start = 32;
  FOR_EACH_BATCH(hidden, {
    const VECTOR in = LOAD(input);
    const VECTOR forgets = -LOAD(forget);
    const VECTOR kept = LOAD(old_weight) - SPLAT(start) - softplus_of(forgets);
    const VECTOR difference = kept - in;
    const VECTOR share = sigmoid_of(difference);
    const VECTOR fresh = tanh_of(LOAD(candidate));
    const VECTOR out = sigmoid_of(LOAD(output));
    const VECTOR s = FMA(share, LOAD(old_mean) - fresh, fresh);
    STORE(weight, SPLAT(start) + (in + softplus_of(difference)));
    STORE(input, share);
    STORE(forget, sigmoid_of(forgets));
    STORE(candidate, fresh);
    STORE(output, out);
    STORE(mean, s);
    STORE(state, out * s);
  });
}

static void ID(slstm_backward)(size_t hidden, REAL *gates, const REAL *previous, const REAL *next, REAL *gradient) {
  REAL *input = gates, *forget = input + hidden, *candidate = forget + hidden, *output = candidate + hidden;
  const REAL *old_mean = previous + hidden, *mean = next + hidden;
  REAL *state_gradient = gradient, *mean_gradient = gradient + hidden, *weight_gradient = mean_gradient + hidden;
  FOR_EACH_VECTOR(hidden, {
    const VECTOR share = LOAD(input);
    const VECTOR fresh = LOAD(candidate);
    const VECTOR out = LOAD(output);
    const VECTOR dh = LOAD(state_gradient);
    const VECTOR ds = FMA(dh, out, LOAD(mean_gradient));
    const VECTOR dl = LOAD(weight_gradient);
    const VECTOR rest = SPLAT(1) - share;
    const VECTOR slope = ds * (LOAD(old_mean) - fresh) * sigmoid_slope(share);
    const VECTOR kept_slope = FMA(dl, share, slope);
    STORE(input, FMA(dl, rest, -slope));
    STORE(forget, kept_slope * LOAD(forget));
    STORE(candidate, ds * rest * tanh_slope(fresh));
    STORE(output, dh * LOAD(mean) * sigmoid_slope(out));
    STORE(state_gradient, SPLAT(0));
    STORE(mean_gradient, ds * share);
    STORE(weight_gradient, kept_slope);
  });
}

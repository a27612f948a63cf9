// exp, sigmoid and tanh of a vector, all three from one approximation of e^-r - 1. Nothing else is rounded more often
// than needed: the worst errors (see Tests/KernelsTests/ActivationTests.swift) are below 2 units in the last place.

RK_INLINE VECTOR ID(polynomial)(VECTOR x, const REAL *c, int count) {
  VECTOR y = SPLAT(c[count - 1]);
  RK_UNROLL
  for (int i = count - 2; i >= 0; --i) y = FMA(y, x, SPLAT(c[i]));
  return y;
}

// e^-x = 2^-n·(1 + m): returns m and sets `scale` to 2^-(n + shift). x = n·ln 2 + r with |r| <= ln(2)/2; the scale
// comes straight from the bits of the sum that rounds -x / ln 2; ln 2 has two parts, n times the first being exact.
RK_INLINE VECTOR ID(exp_minus)(VECTOR x, int shift, VECTOR *scale) {
  const VECTOR rounder = SPLAT(ID(rounder) + (ID(exponent_bias) - shift));
  const VECTOR sum = FMA(x, SPLAT(-ID(log2_e)), rounder);
  *scale = (VECTOR)((BITS)sum << ID(mantissa));
  const VECTOR minus_n = sum - rounder;
  const VECTOR r = FMA(minus_n, SPLAT(ID(ln2_low)), FMA(minus_n, SPLAT(ID(ln2_high)), x));
  return FMA(ID(polynomial)(r, ID(exp_tail), sizeof(ID(exp_tail)) / sizeof(REAL)), r * r, -r);
}

// e^-x for x >= 0; 0 where that would be denormal.
RK_INLINE VECTOR ID(decay_vector)(VECTOR x) {
  const VECTOR most = SPLAT(ID(decay_most));
  VECTOR scale;
  const VECTOR m = ID(exp_minus)(AT_MOST(x, most), 0, &scale);
  return x > most ? SPLAT(0) : FMA(m, scale, scale);
}

// u / (u + u·e^-x) with a power of two u so small that nothing overflows: the relative accuracy of the negative tail
// lasts down to the denormals, for one division.
RK_INLINE VECTOR ID(sigmoid_vector)(VECTOR x) {
  const VECTOR clamped = AT_MOST(AT_LEAST(x, SPLAT(ID(sigmoid_least))), SPLAT(ID(sigmoid_most)));
  const VECTOR unit = SPLAT(ID(sigmoid_unit));
  VECTOR scale;
  const VECTOR m = ID(exp_minus)(clamped, ID(sigmoid_shift), &scale);
  return unit / FMA(m, scale, scale + unit);
}

// -d / (d + 2) with d = e^(-2|x|) - 1 = 2^-n·m + (2^-n - 1), which does not cancel near 0 and never exceeds 1. In
// single precision a rational function of x² would cost the same and lose 5 units near saturation.
RK_INLINE VECTOR ID(tanh_vector)(VECTOR x) {
  const VECTOR magnitude = AT_MOST(__builtin_elementwise_abs(x), SPLAT(ID(tanh_most)));
  VECTOR scale;
  const VECTOR m = ID(exp_minus)(magnitude + magnitude, 0, &scale);
  const VECTOR d = FMA(m, scale, scale - SPLAT(1));
  return __builtin_elementwise_copysign(d / (d + SPLAT(2)), x);
}

static void ID(tanh)(size_t count, const REAL *x, REAL *y) {
  FOR_EACH_VECTOR(count, STORE(y, ID(tanh_vector)(LOAD(x))););
}

static void ID(sigmoid)(size_t count, const REAL *x, REAL *y) {
  FOR_EACH_VECTOR(count, STORE(y, ID(sigmoid_vector)(LOAD(x))););
}

static void ID(add)(size_t count, const REAL *x, REAL *y) {
  FOR_EACH_VECTOR(count, STORE(y, LOAD(y) + LOAD(x)););
}

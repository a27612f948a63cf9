// exp, sigmoid and tanh of a VECTOR; included for each length of one. Polynomials, one true division each and no table,
// so that every lane costs the same. Largest errors, in units in the last place, with fused multiply-add: 2.00 (sigmoid)
// and 2.50 (tanh) over all floats, where both are monotonic; 2.00 and 2.56 over 40 million doubles; the same without.
// And log(1 + y), log(1 + e^x) and 1 - e^-x.

// Σ c[j]·x^j
RK_OVERLOAD VECTOR polynomial(VECTOR x, const REAL *c, int count) {
  VECTOR y = SPLAT(c[count - 1]);
  RK_UNROLL
  for (int i = count - 2; i >= 0; --i) y = FMA(y, x, SPLAT(c[i]));
  return y;
}

#define POLYNOMIAL(x, c) polynomial(x, c, sizeof(c) / sizeof(c[0]))

// e^-x = 2^-n·(1 + m): returns m and sets `scale` to 2^-(n + shift). x = n·ln 2 + r with |r| <= ln(2)/2; the scale
// comes straight from the bits of the sum that rounds -x / ln 2; ln 2 has two parts, n times the first being exact.
RK_OVERLOAD VECTOR exp_minus(VECTOR x, int shift, VECTOR *scale) {
  const VECTOR rounder = SPLAT(ID(rounder) + (ID(exponent_bias) - shift));
  const VECTOR sum = FMA(x, SPLAT(-ID(log2_e)), rounder);
  *scale = (VECTOR)((BITS)sum << ID(mantissa));
  const VECTOR minus_n = sum - rounder;
  const VECTOR r = FMA(minus_n, SPLAT(ID(ln2_low)), FMA(minus_n, SPLAT(ID(ln2_high)), x));
  return FMA(POLYNOMIAL(r, ID(exp_tail)), r * r, -r);
}

// e^-x for x >= 0; 0 where that would be denormal.
RK_OVERLOAD VECTOR decay_of(VECTOR x) {
  const VECTOR most = SPLAT(ID(decay_most));
  VECTOR scale;
  const VECTOR m = exp_minus(AT_MOST(x, most), 0, &scale);
  return x > most ? SPLAT(0) : FMA(m, scale, scale);
}

// u / (u + u·e^-x) with a power of two u so small that nothing overflows: the relative accuracy of the negative tail
// lasts down to the denormals, for one division. The greater of u and the scale is added last, or the lesser would
// lose its bits.
RK_OVERLOAD VECTOR sigmoid_of(VECTOR x) {
  const VECTOR clamped = AT_MOST(AT_LEAST(x, SPLAT(ID(sigmoid_least))), SPLAT(ID(sigmoid_most)));
  const VECTOR unit = SPLAT(ID(sigmoid_unit));
  VECTOR scale;
  const VECTOR m = exp_minus(clamped, ID(sigmoid_shift), &scale);
  return unit / (FMA(m, scale, AT_MOST(scale, unit)) + AT_LEAST(scale, unit));
}

// d / (1 - d) with d = (1 - e^(-2|x|))/2: it neither cancels near 0 nor exceeds 1. |x| = n·ln(2)/2 + h, and then
// d = 2^-n·g + (1 - 2^-n)/2 with g = (1 - e^-2h)/2. One constant for ln(2)/2 is enough, as 2^-n shrinks its error.
RK_OVERLOAD VECTOR tanh_of(VECTOR x) {
  const BITS sign = (BITS)x & (BITS)SPLAT(-0.0);
  const VECTOR magnitude = AT_MOST((VECTOR)((BITS)x ^ sign), SPLAT(ID(tanh_most)));
  const VECTOR rounder = SPLAT(ID(rounder) + ID(exponent_bias));
  const VECTOR sum = FMA(magnitude, SPLAT(-2 * ID(log2_e)), rounder);
  const VECTOR scale = (VECTOR)((BITS)sum << ID(mantissa));
  const VECTOR h = FMA(sum - rounder, SPLAT(ID(ln2) / 2), magnitude);
  const VECTOR g = FMA(POLYNOMIAL(h, ID(tanh_tail)), h * h, h);
  const VECTOR d = FMA(g, scale, FMA(scale, SPLAT(-0.5), SPLAT(0.5)));
  return (VECTOR)((BITS)(d / (SPLAT(1) - d)) | sign);
}

// log(1 + y) for 0 <= y <= 2, accurate down to the smallest y: 1 + y = 2^n·(1 + z) with 1 + z in [√½, √2].
RK_OVERLOAD VECTOR log1p_of(VECTOR y) {
  const VECTOR half = SPLAT(0x1.a827999fcef32p-2), quarter = SPLAT(0x1.d413cccfe779ap+0);  // √2 - 1, 2√2 - 1
  const VECTOR z = y > quarter ? (y - SPLAT(3)) * SPLAT(0.25) : y > half ? (y - SPLAT(1)) * SPLAT(0.5) : y;
  const VECTOR start = y > quarter ? SPLAT(2 * ID(ln2)) : y > half ? SPLAT(ID(ln2)) : SPLAT(0);
  const VECTOR f = z / (SPLAT(2) + z), square = f * f;
  return start + FMA(SPLAT(2) * f, square * POLYNOMIAL(square, ID(atanh_tail)), SPLAT(2) * f);
}

// log(1 + e^x), accurate relative to itself on both sides.
RK_OVERLOAD VECTOR softplus_of(VECTOR x) { return AT_LEAST(x, SPLAT(0)) + log1p_of(decay_of(AT_LEAST(x, -x))); }

// 1 - e^-x for x >= 0, without the cancellation near 0.
RK_OVERLOAD VECTOR risen_of(VECTOR x) {
  VECTOR scale;
  const VECTOR m = exp_minus(AT_MOST(x, SPLAT(ID(decay_most))), 0, &scale);
  return FMA(-m, scale, SPLAT(1) - scale);
}

#undef POLYNOMIAL

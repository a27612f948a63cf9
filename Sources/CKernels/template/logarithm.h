// The natural logarithm of a positive normal number, so that a loss needs no other library.
#ifndef RECURRENT_LOGARITHM_H
#define RECURRENT_LOGARITHM_H

RK_INLINE double logarithm(double x) {
  if (!(x < __builtin_inf())) return x;
  // x = m·2^n with m in [√½, √2); log m = 2·atanh((m - 1)/(m + 1)).
  const uint64_t half = 0x3fe6a09e667f3bcdu;
  uint64_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  const int64_t n = (int64_t)(bits - half) >> 52;
  bits -= (uint64_t)n << 52;
  double m;
  __builtin_memcpy(&m, &bits, sizeof m);
  const double f = (m - 1) / (m + 1), square = f * f;
  double tail = 0;
  for (int i = sizeof atanh_tail_f64 / sizeof(double) - 1; i >= 0; --i) tail = tail * square + atanh_tail_f64[i];
  const double log_m = 2 * f + 2 * f * (square * tail);
  return (double)n * ln2_high_f64 + ((double)n * ln2_low_f64 + log_m);
}

#endif

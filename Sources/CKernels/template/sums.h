// Sums over a row in double: sixteen partial sums, element i going to number i mod 16, and a fixed tree over them.
// So the order of the additions is the same on every instruction set; the compiler splits the wide vectors.
#ifndef RECURRENT_SUMS_H
#define RECURRENT_SUMS_H

typedef double rk_partial_sums __attribute__((ext_vector_type(16)));

RK_INLINE double total(const rk_partial_sums *sums) {
  double x[16];
  __builtin_memcpy(x, sums, sizeof x);
  for (int width = 8; width > 0; width /= 2)
    for (int i = 0; i < width; ++i) x[i] += x[i + width];
  return x[0];
}

#endif

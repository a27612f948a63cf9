// Sums over a row in double: sixteen partial sums, element i going to number i mod 16, and a fixed tree over them.
// So the order of the additions is the same on every instruction set; the compiler splits the wide vectors.
#ifndef RECURRENT_SUMS_H
#define RECURRENT_SUMS_H

typedef double rk_partial_sums __attribute__((ext_vector_type(16)));
typedef double rk_eight_sums __attribute__((ext_vector_type(8)));
typedef double rk_four_sums __attribute__((ext_vector_type(4)));
typedef double rk_two_sums __attribute__((ext_vector_type(2)));

RK_INLINE double total(const rk_partial_sums *sums) {
  const rk_eight_sums eight = sums->lo + sums->hi;
  const rk_four_sums four = eight.lo + eight.hi;
  const rk_two_sums two = four.lo + four.hi;
  return two.lo + two.hi;
}

#endif

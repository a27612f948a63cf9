// How kernels are inlined and unrolled: for all templates alike.
#ifndef RECURRENT_UNROLLING_H
#define RECURRENT_UNROLLING_H

#define RK_INLINE static inline __attribute__((always_inline))
#define RK_OVERLOAD static inline __attribute__((always_inline, overloadable))
#define RK_UNROLL _Pragma("clang loop unroll(full)")
#define RK_UNROLL_BY_4 _Pragma("clang loop unroll_count(4)")

// A case for each number of rows that a strip can have, RK_TILE_ROWS being at most 12.
#define RK_EACH_STRIP(CASE) \
  CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12)

#endif

// Vectors of REAL, and how to walk over a row with them. They are several registers wide: the compiler then interleaves
// as many chains of dependent operations, which is what keeps the arithmetic units busy.

#define LANES (RK_ROW_WIDTH / sizeof(REAL))

typedef REAL ID(vector) __attribute__((ext_vector_type(LANES)));
typedef INTEGER ID(bits) __attribute__((ext_vector_type(LANES)));
typedef REAL ID(unaligned) __attribute__((ext_vector_type(LANES), aligned(sizeof(REAL)), may_alias));

#define VECTOR ID(vector)
#define BITS ID(bits)
#define SPLAT(x) ((VECTOR)(REAL)(x))

#if RK_FUSED
#define FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#else
#define FMA(a, b, c) ((a) * (b) + (c))
#endif

// The lesser or greater of x and a bound; a NaN in x passes, which is why the operands stand in this order.
#define AT_MOST(x, bound) ((bound) < (x) ? (bound) : (x))
#define AT_LEAST(x, bound) ((bound) > (x) ? (bound) : (x))

// The first `lanes` scalars at p, the others zero. The rest of a row is copied in powers of two: no call, no loop.
RK_INLINE VECTOR ID(load)(const REAL *p, size_t lanes) {
  if (lanes == LANES) return *(const ID(unaligned) *)p;
  VECTOR v = SPLAT(0);
  REAL *to = (REAL *)&v;
  RK_UNROLL
  for (size_t piece = LANES / 2; piece > 0; piece /= 2) {
    if (!(lanes & piece)) continue;
    __builtin_memcpy(to, p, piece * sizeof(REAL));
    to += piece;
    p += piece;
  }
  return v;
}

RK_INLINE void ID(store)(REAL *p, VECTOR v, size_t lanes) {
  if (lanes == LANES) {
    *(ID(unaligned) *)p = v;
    return;
  }
  const REAL *from = (const REAL *)&v;
  RK_UNROLL
  for (size_t piece = LANES / 2; piece > 0; piece /= 2) {
    if (!(lanes & piece)) continue;
    __builtin_memcpy(p, from, piece * sizeof(REAL));
    from += piece;
    p += piece;
  }
}

// Runs the statements for every vector of a row, i being its first element. The last, shorter one runs through the
// same arithmetic on padded vectors, so a result never depends on its position.
#define FOR_EACH_VECTOR(count, ...)                              \
  do {                                                           \
    size_t i = 0;                                                \
    for (; i + LANES <= (count); i += LANES) {                   \
      const size_t lanes = LANES;                                \
      __VA_ARGS__                                                \
    }                                                            \
    if (i < (count)) {                                           \
      const size_t lanes = (count) - i;                          \
      __VA_ARGS__                                                \
    }                                                            \
  } while (0)

// Inside FOR_EACH_VECTOR: the vector of a row at i.
#define LOAD(row) ID(load)((row) + i, lanes)
#define STORE(row, v) ID(store)((row) + i, v, lanes)

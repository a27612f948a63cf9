// Vectors of REAL, and how to walk over a row with them.

#define LANES (RK_REGISTER_WIDTH / sizeof(REAL))
#define BATCH_LANES (RK_BATCH * LANES)

typedef REAL ID(vector2) __attribute__((ext_vector_type(2)));
typedef REAL ID(vector4) __attribute__((ext_vector_type(4)));
typedef REAL ID(vector8) __attribute__((ext_vector_type(8)));
typedef REAL ID(vector16) __attribute__((ext_vector_type(16)));

// A vector fills one register. A batch fills several: the compiler then interleaves as many chains of dependent
// operations, and the arithmetic units do not wait for each other's results.
typedef REAL ID(vector) __attribute__((ext_vector_type(LANES)));
typedef INTEGER ID(vector_bits) __attribute__((ext_vector_type(LANES)));
typedef REAL ID(batch) __attribute__((ext_vector_type(BATCH_LANES)));
typedef INTEGER ID(batch_bits) __attribute__((ext_vector_type(BATCH_LANES)));

#if RK_FUSED
#define FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#else
#define FMA(a, b, c) ((a) * (b) + (c))
#endif

// The lesser or greater of x and a bound; a NaN in x passes, which is why the operands stand in this order.
#define AT_MOST(x, bound) ((bound) < (x) ? (bound) : (x))
#define AT_LEAST(x, bound) ((bound) > (x) ? (bound) : (x))

// The first `count` scalars of a vector, the others being zero; `count` is less than its length. Halves are joined in
// registers: a detour over memory in pieces would stall the load that follows.
RK_OVERLOAD void load_rest(ID(vector2) *v, const REAL *p, size_t count) {
  *v = (ID(vector2)){count ? *p : 0, 0};
}

RK_OVERLOAD void store_rest(REAL *p, ID(vector2) v, size_t count) {
  if (count) *p = v.lo;
}

#define HALVES(whole, half, length)                                      \
  RK_OVERLOAD void load_rest(whole *v, const REAL *p, size_t count) {    \
    half rest;                                                           \
    load_rest(&rest, p + (count & length), count % length);              \
    if (count & length) {                                                \
      half first;                                                        \
      __builtin_memcpy(&first, p, sizeof first);                         \
      v->lo = first;                                                     \
      v->hi = rest;                                                      \
    } else {                                                             \
      v->lo = rest;                                                      \
      v->hi = (half)(REAL)0;                                             \
    }                                                                    \
  }                                                                      \
  RK_OVERLOAD void store_rest(REAL *p, whole v, size_t count) {          \
    half rest = v.lo;                                                    \
    if (count & length) {                                                \
      __builtin_memcpy(p, &rest, sizeof rest);                           \
      p += length;                                                       \
      rest = v.hi;                                                       \
    }                                                                    \
    store_rest(p, rest, count % length);                                 \
  }

HALVES(ID(vector4), ID(vector2), 2)
HALVES(ID(vector8), ID(vector4), 4)
HALVES(ID(vector16), ID(vector8), 8)

#undef HALVES

// An instruction set with masks reads and writes the part of a vector at once.
#if RK_MASKS
#define LOAD_PART masked_load
#define STORE_PART masked_store
#else
#define LOAD_PART load_rest
#define STORE_PART store_rest
#endif

RK_OVERLOAD void load(ID(vector) *v, const REAL *p, size_t lanes) {
  if (lanes == LANES)
    __builtin_memcpy(v, p, sizeof *v);
  else
    LOAD_PART(v, p, lanes);
}

RK_OVERLOAD void store(REAL *p, ID(vector) v, size_t lanes) {
  if (lanes == LANES)
    __builtin_memcpy(p, &v, sizeof v);
  else
    STORE_PART(p, v, lanes);
}

#undef LOAD_PART
#undef STORE_PART

RK_OVERLOAD void load(ID(batch) *v, const REAL *p, size_t lanes) { __builtin_memcpy(v, p, lanes * sizeof(REAL)); }

RK_OVERLOAD void store(REAL *p, ID(batch) v, size_t lanes) { __builtin_memcpy(p, &v, lanes * sizeof(REAL)); }

// What sums over a row read at a time: 16 scalars, or the `count` that are left and zeros.
RK_INLINE void ID(load_block)(ID(vector16) *block, const REAL *x, size_t count) {
  if (count >= 16)
    __builtin_memcpy(block, x, sizeof *block);
  else
    load_rest(block, x, count);
}

// Both run statements for every VECTOR of a row, i being its first element, and take the rest of the row through the
// same arithmetic on padded vectors, so that a result never depends on its position. The first is for what is bound by
// loads and stores, the second for what computes: it works on batches as long as they last.
#define FOR_EACH_VECTOR(count, ...)                         \
  do {                                                      \
    typedef ID(vector) VECTOR;                              \
    size_t i = 0;                                           \
    for (; i + LANES <= (count); i += LANES) {              \
      const size_t lanes = LANES;                           \
      __VA_ARGS__                                           \
    }                                                       \
    if (i < (count)) {                                      \
      const size_t lanes = (count) - i;                     \
      __VA_ARGS__                                           \
    }                                                       \
  } while (0)

#define FOR_EACH_BATCH(count, ...)                                      \
  do {                                                                  \
    size_t i = 0;                                                       \
    for (; i + BATCH_LANES <= (count); i += BATCH_LANES) {              \
      typedef ID(batch) VECTOR;                                         \
      const size_t lanes = BATCH_LANES;                                 \
      __VA_ARGS__                                                       \
    }                                                                   \
    for (; i < (count); i += LANES) {                                   \
      typedef ID(vector) VECTOR;                                        \
      const size_t lanes = (count) - i < LANES ? (count) - i : LANES;   \
      __VA_ARGS__                                                       \
    }                                                                   \
  } while (0)

// Inside them: the vector of a row at i, and a vector of equal elements.
#define LOAD(row)                   \
  ({                                \
    VECTOR loaded;                  \
    load(&loaded, (row) + i, lanes); \
    loaded;                         \
  })
#define STORE(row, v) store((row) + i, v, lanes)
#define SPLAT(x) ((VECTOR)(REAL)(x))

// Elementwise kernels, and the functions of vectors that the other kernels build on.

#define VECTOR ID(vector)
#define BITS ID(vector_bits)
#include "functions.h"
#undef VECTOR
#undef BITS

#define VECTOR ID(batch)
#define BITS ID(batch_bits)
#include "functions.h"
#undef VECTOR
#undef BITS

static void ID(tanh)(size_t count, const REAL *x, REAL *y) {
  FOR_EACH_BATCH(count, STORE(y, tanh_of(LOAD(x))););
}

static void ID(sigmoid)(size_t count, const REAL *x, REAL *y) {
  FOR_EACH_BATCH(count, STORE(y, sigmoid_of(LOAD(x))););
}

static void ID(add)(size_t count, const REAL *x, REAL *y) {
  FOR_EACH_VECTOR(count, STORE(y, LOAD(y) + LOAD(x)););
}

static void ID(scale)(size_t count, REAL factor, const REAL *x, REAL *y) {
  FOR_EACH_VECTOR(count, STORE(y, SPLAT(factor) * LOAD(x)););
}

static void ID(multiply)(size_t count, const REAL *x, const REAL *y, REAL *z) {
  FOR_EACH_VECTOR(count, STORE(z, LOAD(x) * LOAD(y)););
}

static void ID(multiply_add)(size_t count, const REAL *x, const REAL *y, REAL *z) {
  FOR_EACH_VECTOR(count, STORE(z, FMA(LOAD(x), LOAD(y), LOAD(z))););
}

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

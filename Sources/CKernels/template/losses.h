// Losses of one row.

typedef REAL ID(block) __attribute__((ext_vector_type(16)));
typedef REAL ID(unaligned_block) __attribute__((ext_vector_type(16), aligned(sizeof(REAL)), may_alias));

RK_INLINE void ID(load_block)(ID(block) *block, const REAL *x, size_t count) {
  if (count >= 16) {
    *block = *(const ID(unaligned_block) *)x;
    return;
  }
  *block = (ID(block))(REAL)0;
  __builtin_memcpy(block, x, count * sizeof(REAL));
}

static double ID(sum_of_squares)(size_t count, const REAL *x) {
  rk_partial_sums sums = (rk_partial_sums)0.0;
  for (size_t i = 0; i < count; i += 16) {
    ID(block) block;
    ID(load_block)(&block, x + i, count - i);
    const rk_partial_sums wide = __builtin_convertvector(block, rk_partial_sums);
    sums += wide * wide;
  }
  return total(&sums);
}

static double ID(squared_error)(size_t count, REAL *output, const REAL *target, REAL scale) {
  FOR_EACH_VECTOR(count, STORE(output, LOAD(output) - LOAD(target)););
  const double loss = ID(sum_of_squares)(count, output);
  FOR_EACH_VECTOR(count, STORE(output, SPLAT(2 * scale) * LOAD(output)););
  return loss;
}

// The greatest element; NaN is passed over, as it makes the sum NaN anyway.
RK_INLINE REAL ID(greatest)(size_t count, const REAL *x) {
  VECTOR most = SPLAT(-__builtin_inf());
  size_t whole = count - count % LANES;
  for (size_t i = 0; i < whole; i += LANES) {
    const VECTOR v = ID(load)(x + i, LANES);
    most = v > most ? v : most;
  }
  REAL result = most[0];
  for (size_t lane = 1; lane < LANES; ++lane) result = most[lane] > result ? most[lane] : result;
  for (size_t i = whole; i < count; ++i) result = x[i] > result ? x[i] : result;
  return result;
}

static double ID(softmax_cross_entropy)(size_t count, REAL *logits, size_t target, REAL scale) {
  const REAL most = ID(greatest)(count, logits);
  const double distance = (double)most - (double)logits[target];
  FOR_EACH_VECTOR(count, STORE(logits, ID(decay_vector)(SPLAT(most) - LOAD(logits))););
  rk_partial_sums sums = (rk_partial_sums)0.0;
  for (size_t i = 0; i < count; i += 16) {
    ID(block) block;
    ID(load_block)(&block, logits + i, count - i);
    sums += __builtin_convertvector(block, rk_partial_sums);
  }
  const double sum = total(&sums);
  // Not p - 1 in the precision of the row: that would cancel where the target is already likely.
  const double target_gradient = (double)scale * (((double)logits[target] - sum) / sum);
  const REAL factor = (REAL)((double)scale / sum);
  FOR_EACH_VECTOR(count, STORE(logits, SPLAT(factor) * LOAD(logits)););
  logits[target] = (REAL)target_gradient;
  return distance + logarithm(sum);
}

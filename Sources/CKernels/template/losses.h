// Losses of one row.

static double ID(sum_of_squares)(size_t count, const REAL *x) {
  rk_partial_sums sums = (rk_partial_sums)0.0;
  for (size_t i = 0; i < count; i += 16) {
    ID(vector16) block;
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
  const size_t whole = count - count % LANES;
  ID(vector) most = (ID(vector))(REAL)-__builtin_inf();
  for (size_t i = 0; i < whole; i += LANES) {
    ID(vector) v;
    load(&v, x + i, LANES);
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
  FOR_EACH_BATCH(count, STORE(logits, decay_of(SPLAT(most) - LOAD(logits))););
  rk_partial_sums sums = (rk_partial_sums)0.0;
  for (size_t i = 0; i < count; i += 16) {
    ID(vector16) block;
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

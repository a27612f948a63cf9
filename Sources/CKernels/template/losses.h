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

// Leaves e^(logits - most) and returns its sum, at least 1.
RK_INLINE double ID(exponentials)(size_t count, REAL *logits, REAL most) {
  FOR_EACH_BATCH(count, STORE(logits, decay_of(SPLAT(most) - LOAD(logits))););
  rk_partial_sums sums = (rk_partial_sums)0.0;
  for (size_t i = 0; i < count; i += 16) {
    ID(vector16) block;
    ID(load_block)(&block, logits + i, count - i);
    sums += __builtin_convertvector(block, rk_partial_sums);
  }
  return total(&sums);
}

static double ID(softmax_cross_entropy)(size_t count, REAL *logits, size_t target, REAL scale) {
  const REAL most = ID(greatest)(count, logits);
  const double distance = (double)most - (double)logits[target];
  const double sum = ID(exponentials)(count, logits, most);
  // Not p - 1 in the precision of the row: that would cancel where the target is already likely.
  const double target_gradient = (double)scale * (((double)logits[target] - sum) / sum);
  const REAL factor = (REAL)((double)scale / sum);
  FOR_EACH_VECTOR(count, STORE(logits, SPLAT(factor) * LOAD(logits)););
  logits[target] = (REAL)target_gradient;
  return distance + logarithm(sum);
}

static double ID(softmax)(size_t count, REAL *logits, REAL scale) {
  const REAL most = ID(greatest)(count, logits);
  const double sum = ID(exponentials)(count, logits, most);
  const REAL factor = (REAL)((double)scale / sum);
  FOR_EACH_VECTOR(count, STORE(logits, SPLAT(factor) * LOAD(logits)););
  return (double)most + logarithm(sum);
}

static double ID(spread_cross_entropy)(size_t count, REAL *logits, size_t target, double own, const REAL *others,
                                       double weight, REAL scale) {
  const REAL most = ID(greatest)(count, logits);
  const double distance = (double)most - (double)logits[target];
  rk_partial_sums distances = (rk_partial_sums)0.0;
  for (size_t i = 0; i < count; i += 16) {
    ID(vector16) block, other;
    ID(load_block)(&block, logits + i, count - i);
    ID(load_block)(&other, others + i, count - i);
    distances += __builtin_convertvector(other, rk_partial_sums) *
                 ((rk_partial_sums)(double)most - __builtin_convertvector(block, rk_partial_sums));
  }
  const double sum = ID(exponentials)(count, logits, most);
  const double likely = weight * ((double)logits[target] / sum);
  const double target_gradient = (double)scale * (likely - (double)others[target] - own);
  const REAL factor = (REAL)((double)scale * (weight / sum));
  FOR_EACH_VECTOR(count, STORE(logits, SPLAT(factor) * LOAD(logits) - SPLAT(scale) * LOAD(others)););
  logits[target] = (REAL)target_gradient;
  return own * distance + total(&distances) + weight * logarithm(sum);
}

static double ID(binary_cross_entropy)(size_t count, REAL *logits, const REAL *target, const REAL *positive,
                                       REAL scale) {
  rk_partial_sums sums = (rk_partial_sums)0.0;
  for (size_t start = 0; start < count; start += 64) {
    const size_t piece = count - start < 64 ? count - start : 64;
    REAL losses[64];
    REAL *const x = logits + start;
    FOR_EACH_BATCH(piece, {
      const VECTOR logit = LOAD(x), t = LOAD(target + start), yes = LOAD(positive + start) * t, no = SPLAT(1) - t;
      const VECTOR more = AT_LEAST(logit, SPLAT(0)), less = AT_LEAST(-logit, SPLAT(0));
      const VECTOR decay = decay_of(more + less), rest = log1p_of(decay);
      STORE(losses, no * (more + rest) + yes * (less + rest));
      const VECTOR likely = SPLAT(1) / (SPLAT(1) + decay), unlikely = decay * likely;
      const VECTOR up = logit > SPLAT(0) ? likely : unlikely, down = logit > SPLAT(0) ? unlikely : likely;
      STORE(x, SPLAT(scale) * (no * up - yes * down));
    });
    for (size_t i = 0; i < piece; i += 16) {
      ID(vector16) block;
      ID(load_block)(&block, losses + i, piece - i);
      sums += __builtin_convertvector(block, rk_partial_sums);
    }
  }
  return total(&sums);
}

static double ID(absolute_error)(size_t count, REAL *output, const REAL *target, REAL scale) {
  rk_partial_sums sums = (rk_partial_sums)0.0;
  FOR_EACH_VECTOR(count, STORE(output, LOAD(output) - LOAD(target)););
  for (size_t i = 0; i < count; i += 16) {
    ID(vector16) block;
    ID(load_block)(&block, output + i, count - i);
    sums += __builtin_elementwise_abs(__builtin_convertvector(block, rk_partial_sums));
  }
  FOR_EACH_VECTOR(count, {
    const VECTOR difference = LOAD(output);
    STORE(output, difference > SPLAT(0) ? SPLAT(scale) : difference < SPLAT(0) ? SPLAT(-scale) : difference);
  });
  return total(&sums);
}

static double ID(huber_error)(size_t count, REAL *output, const REAL *target, REAL delta, REAL scale) {
  rk_partial_sums sums = (rk_partial_sums)0.0;
  FOR_EACH_VECTOR(count, STORE(output, LOAD(output) - LOAD(target)););
  for (size_t i = 0; i < count; i += 16) {
    ID(vector16) block;
    ID(load_block)(&block, output + i, count - i);
    const rk_partial_sums size = __builtin_elementwise_abs(__builtin_convertvector(block, rk_partial_sums));
    const rk_partial_sums inner = AT_MOST(size, (rk_partial_sums)(double)delta);
    sums += inner * (size - (rk_partial_sums)0.5 * inner);
  }
  FOR_EACH_VECTOR(count, {
    STORE(output, SPLAT(scale) * AT_MOST(AT_LEAST(LOAD(output), SPLAT(-delta)), SPLAT(delta)));
  });
  return total(&sums);
}

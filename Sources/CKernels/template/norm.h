// Layer normalisation of a row (Ba et al. 2016): y = gain·(x - mean)/√(variance + ε) + bias over its own scalars.
//
// The sums are in double, in the order of sums.h. Forward goes over the row twice, so that the variance is that of the
// deviations; backward finds the variance again from the deviations, which costs one more sum in a pass that it needs
// anyway, so that no row has to keep a scalar of its own.

#define NORM_EPSILON 1e-5

// Runs statements for every 16 scalars of a row, i being the first of `left` of them: 16 but for the last.
#define FOR_EACH_BLOCK(count, ...)                 \
  do {                                             \
    size_t i = 0;                                  \
    for (; i + 16 <= (count); i += 16) {           \
      const size_t left = 16;                      \
      __VA_ARGS__                                  \
    }                                              \
    if (i < (count)) {                             \
      const size_t left = (count) - i;             \
      __VA_ARGS__                                  \
    }                                              \
  } while (0)

// `count` scalars of x - mean, at most 16, with zeros behind them.
RK_INLINE void ID(load_deviations)(ID(vector16) *block, const REAL *x, REAL mean, size_t count) {
  ID(load_block)(block, x, count);
  *block -= (ID(vector16))mean;
  for (size_t lane = count; lane < 16; ++lane) (*block)[lane] = 0;
}

static REAL ID(mean)(size_t count, const REAL *x) {
  rk_partial_sums sums = (rk_partial_sums)0.0;
  FOR_EACH_BLOCK(count, {
    ID(vector16) block;
    ID(load_block)(&block, x + i, left);
    sums += __builtin_convertvector(block, rk_partial_sums);
  });
  return (REAL)(total(&sums) / (double)count);
}

RK_INLINE double ID(inverse_deviation)(size_t count, const rk_partial_sums *squares) {
  return 1 / __builtin_elementwise_sqrt(total(squares) / (double)count + NORM_EPSILON);
}

// What a row is shifted and multiplied by.
typedef struct {
  REAL mean, scale;
} ID(norm);

static ID(norm) ID(norm_of)(size_t count, const REAL *x) {
  const REAL mean = ID(mean)(count, x);
  rk_partial_sums squares = (rk_partial_sums)0.0;
  FOR_EACH_BLOCK(count, {
    ID(vector16) block;
    ID(load_deviations)(&block, x + i, mean, left);
    const rk_partial_sums wide = __builtin_convertvector(block, rk_partial_sums);
    squares = FMA(wide, wide, squares);
  });
  return (ID(norm)){mean, (REAL)ID(inverse_deviation)(count, &squares)};
}

// The derivative, with the deviations d = x - mean, s = 1/√(variance + ε) and n scalars in the row:
//   dx = s·(gain·dy - Σ gain·dy / n - d·s²·Σ gain·dy·d / n),  dgain += dy·d·s,  dbias += dy
// `mean` is 0 where x holds the deviations already. dx may be dy. In a row of one scalar dx is exactly 0.
static void ID(norm_backward)(size_t count, const REAL *x, REAL mean, const REAL *gain, const REAL *dy, REAL *dx,
                              REAL *gain_gradient, REAL *bias_gradient) {
  rk_partial_sums squares = (rk_partial_sums)0.0, slopes = (rk_partial_sums)0.0, products = (rk_partial_sums)0.0;
  FOR_EACH_BLOCK(count, {
    ID(vector16) deviation, slope, factor;
    ID(load_deviations)(&deviation, x + i, mean, left);
    ID(load_block)(&slope, dy + i, left);
    ID(load_block)(&factor, gain + i, left);
    const rk_partial_sums wide = __builtin_convertvector(deviation, rk_partial_sums);
    const rk_partial_sums through = __builtin_convertvector(slope * factor, rk_partial_sums);
    squares = FMA(wide, wide, squares);
    slopes += through;
    products = FMA(through, wide, products);
  });
  const double inverse = ID(inverse_deviation)(count, &squares);
  const REAL scale = (REAL)inverse;
  const REAL common = (REAL)(total(&slopes) / (double)count);
  const REAL tilt = (REAL)(inverse * inverse * (total(&products) / (double)count));
  FOR_EACH_VECTOR(count, {
    const VECTOR deviation = LOAD(x) - SPLAT(mean);
    const VECTOR slope = LOAD(dy);
    STORE(gain_gradient, FMA(slope, deviation * SPLAT(scale), LOAD(gain_gradient)));
    STORE(bias_gradient, LOAD(bias_gradient) + slope);
    const VECTOR through = slope * LOAD(gain) - SPLAT(common);
    STORE(dx, SPLAT(scale) * FMA(-deviation, SPLAT(tilt), through));
  });
}

// Inside a walk over a row: keeps the deviations of `row` in `kept`, and gives gain·(x - mean)·scale + bias.
#define NORMALIZED(row, kept, norm, gain, bias)                        \
  ({                                                                   \
    const VECTOR deviation = LOAD(row) - SPLAT((norm).mean);           \
    STORE(kept, deviation);                                            \
    FMA(deviation * SPLAT((norm).scale), LOAD(gain), LOAD(bias));      \
  })

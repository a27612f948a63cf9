// What lies between recurrent layers in residual blocks: the norm by the root mean square (Zhang & Sennrich 2019) and the
// gated feed-forward layer's product (Shazeer 2020). The sums are in double, in the order of sums.h.

#define RMS_EPSILON 1e-6

static void ID(rms_norm)(size_t rows, size_t columns, const REAL *x, size_t x_stride, const REAL *gain, REAL *y,
                         size_t y_stride) {
  for (size_t row = 0; row < rows; ++row, x += x_stride, y += y_stride) {
    rk_partial_sums squares = (rk_partial_sums)0.0;
    FOR_EACH_BLOCK(columns, {
      ID(vector16) block;
      ID(load_block)(&block, x + i, left);
      const rk_partial_sums wide = __builtin_convertvector(block, rk_partial_sums);
      squares = FMA(wide, wide, squares);
    });
    const REAL scale = (REAL)(1 / __builtin_elementwise_sqrt(total(&squares) / (double)columns + RMS_EPSILON));
    FOR_EACH_VECTOR(columns, STORE(y, LOAD(x) * SPLAT(scale) * LOAD(gain)););
  }
}

// With s = 1/√(mean of x² + ε) and n scalars in the row:
//   dx = s·(gain·dy - x·s²·Σ gain·dy·x / n),  dgain += dy·x·s
static void ID(rms_norm_backward)(size_t rows, size_t columns, const REAL *x, size_t x_stride, const REAL *gain,
                                  const REAL *dy, size_t dy_stride, REAL *dx, size_t dx_stride, int adds, REAL *terms,
                                  size_t terms_stride) {
  for (size_t row = 0; row < rows;
       ++row, x += x_stride, dy += dy_stride, dx += dx_stride, terms += terms_stride) {
    rk_partial_sums squares = (rk_partial_sums)0.0, products = (rk_partial_sums)0.0;
    FOR_EACH_BLOCK(columns, {
      ID(vector16) block, slope, factor;
      ID(load_block)(&block, x + i, left);
      ID(load_block)(&slope, dy + i, left);
      ID(load_block)(&factor, gain + i, left);
      const rk_partial_sums wide = __builtin_convertvector(block, rk_partial_sums);
      squares = FMA(wide, wide, squares);
      products = FMA(__builtin_convertvector(slope * factor, rk_partial_sums), wide, products);
    });
    const double inverse = 1 / __builtin_elementwise_sqrt(total(&squares) / (double)columns + RMS_EPSILON);
    const REAL scale = (REAL)inverse;
    const REAL tilt = (REAL)(inverse * inverse * (total(&products) / (double)columns));
    FOR_EACH_VECTOR(columns, {
      const VECTOR value = LOAD(x);
      const VECTOR slope = LOAD(dy);
      const VECTOR start = adds ? LOAD(dx) : SPLAT(0);
      STORE(dx, FMA(SPLAT(scale), FMA(-value, SPLAT(tilt), slope * LOAD(gain)), start));
      STORE(terms, slope * (value * SPLAT(scale)));
    });
  }
}

static void ID(swiglu)(size_t rows, size_t columns, const REAL *gate, size_t gate_stride, const REAL *up,
                       size_t up_stride, REAL *product, size_t product_stride) {
  for (size_t row = 0; row < rows; ++row, gate += gate_stride, up += up_stride, product += product_stride)
    FOR_EACH_BATCH(columns, {
      const VECTOR value = LOAD(gate);
      STORE(product, value * sigmoid_of(value) * LOAD(up));
    });
}

// With s = σ(gate): dup = d·gate·s,  dgate = d·up·(s + gate·s·(1 - s))
static void ID(swiglu_backward)(size_t rows, size_t columns, const REAL *gradient, size_t gradient_stride, REAL *gate,
                                size_t gate_stride, REAL *up, size_t up_stride) {
  for (size_t row = 0; row < rows; ++row, gradient += gradient_stride, gate += gate_stride, up += up_stride)
    FOR_EACH_BATCH(columns, {
      const VECTOR value = LOAD(gate);
      const VECTOR share = sigmoid_of(value);
      const VECTOR passed = value * share;
      const VECTOR slope = LOAD(gradient);
      const VECTOR other = LOAD(up);
      STORE(gate, slope * other * FMA(passed, SPLAT(1) - share, share));
      STORE(up, slope * passed);
    });
}

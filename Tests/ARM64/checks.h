// The checks, each against C that does the same naively. Included for each precision.

/// a·b + c as the instruction set does it.
static REAL NAME(multiply_add)(REAL a, REAL b, REAL c) { return is_fused ? R(fma)(a, b, c) : a * b + c; }

/// The distance of y from the exact value, in units in the last place of that.
static double NAME(ulps)(REAL y, WIDE exact) {
  int exponent;
  W(frexp)(exact, &exponent);
  if (exponent < LEAST_EXPONENT) exponent = LEAST_EXPONENT;
  const WIDE difference = y - exact;
  return (double)W(ldexp)(difference < 0 ? -difference : difference, DIGITS - exponent);
}

static WIDE NAME(exact_sigmoid)(WIDE x) { return 1 / (1 + W(exp)(-x)); }

static void NAME(check_activations)(void) {
  enum { count = 20011 };
  REAL *x = NAME(row)(count), *y = NAME(row)(count);
  // All sizes: a third each of small, middling and any exponent.
  for (size_t i = 0; i < count; ++i) {
    const double sign = random_unit() < 0.5 ? -1 : 1, size = random_unit();
    x[i] = (REAL)(sign * (i % 3 == 0 ? size : i % 3 == 1 ? size * 30 : ldexp(1 + size, (int)(random_unit() * 126) - 120)));
  }
  double worst = 0;
  K(tanh)(count, x, y);
  record(y, count * sizeof(REAL));
  for (size_t i = 0; i < count; ++i) worst = fmax(worst, NAME(ulps)(y[i], W(tanh)(x[i])));
  expect(worst <= 3, "tanh " TYPE ": %.2f ULP", worst);
  printf("  tanh " TYPE ": %.2f ULP\n", worst);
  worst = 0;
  K(sigmoid)(count, x, y);
  record(y, count * sizeof(REAL));
  for (size_t i = 0; i < count; ++i) worst = fmax(worst, NAME(ulps)(y[i], NAME(exact_sigmoid)(x[i])));
  expect(worst <= 2, "sigmoid " TYPE ": %.2f ULP", worst);
  printf("  sigmoid " TYPE ": %.2f ULP\n", worst);

  const REAL special[] = {0, -(REAL)0, INFINITY, -INFINITY, NAN};
  K(tanh)(5, special, y);
  expect(y[0] == 0 && y[1] == 0 && signbit(y[1]) && y[2] == 1 && y[3] == -1 && isnan(y[4]), "tanh " TYPE " of 0, ∞ and NaN");
  K(sigmoid)(5, special, y);
  expect(y[0] == 0.5 && y[1] == 0.5 && y[2] == 1 && y[3] == 0 && isnan(y[4]), "sigmoid " TYPE " of 0, ∞ and NaN");
  NAME(check_guards)("activations");
}

/// C = S + A·B, one chain over ascending k for each element; S is nothing, one row for all, or C.
static void NAME(check_packed)(size_t rows, size_t columns, size_t inner, int start) {
  const size_t a_stride = inner + 3, c_stride = columns + 5;
  REAL *a = NAME(numbers)(rows * a_stride, 1), *b = NAME(numbers)(inner * columns, 1);
  REAL *c = NAME(numbers)(rows * c_stride, 1), *bias = NAME(numbers)(columns, 1), *expected = NAME(copy)(c, rows * c_stride);
  const REAL *from = start == 0 ? NULL : start == 1 ? bias : c;
  const size_t from_stride = start == 2 ? c_stride : 0;
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < columns; ++j) {
      REAL sum = from ? from[i * from_stride + j] : 0;
      for (size_t k = 0; k < inner; ++k) sum = NAME(multiply_add)(a[i * a_stride + k], b[k * columns + j], sum);
      expected[i * c_stride + j] = sum;
    }
  }
  const size_t bytes = K(packed_count)(inner, columns) * sizeof(REAL);
  REAL *before = NAME(copy)(c, rows * c_stride);
  REAL *packed = aligned_alloc(64, (bytes + 127) / 64 * 64);
  K(pack)(inner, columns, b, columns, 1, packed);
  K(multiply_packed)(rows, columns, inner, a, a_stride, packed, from, from_stride, c, c_stride);
  NAME(expect_same)("packed product", c, expected, rows * c_stride);

  // With weights of 16 bits: as with the rounded ones.
  for (rk_weights weights = RK_BFLOAT16; sizeof(REAL) == sizeof(float) && weights <= RK_FLOAT16; ++weights) {
    REAL *rounded = NAME(row)(inner * columns), *full = NAME(copy)(before, rows * c_stride);
    REAL *half = NAME(copy)(before, rows * c_stride);
    for (size_t i = 0; i < inner * columns; ++i)
      rounded[i] = (REAL)round_to((double)b[i], weights == RK_BFLOAT16 ? 8 : 11);
    K(pack)(inner, columns, rounded, columns, 1, packed);
    K(multiply_packed)(rows, columns, inner, a, a_stride, packed, start == 2 ? full : from, from_stride, full, c_stride);
    rk_halves()->pack(weights, inner, columns, b, columns, 1, packed);
    rk_halves()->multiply(weights, rows, columns, inner, a, a_stride, packed, start == 2 ? half : from, from_stride, half,
                          c_stride);
    NAME(expect_same)("product with weights of 16 bits", half, full, rows * c_stride);
  }
  K(pack)(inner, columns, b, columns, 1, packed);

  // The same from the transpose of B.
  REAL *transpose = NAME(row)(inner * columns), *again = aligned_alloc(64, (bytes + 127) / 64 * 64);
  K(transpose)(inner, columns, b, columns, transpose, inner);
  K(pack)(inner, columns, transpose, 1, inner, again);
  expect(memcmp(packed, again, bytes) == 0, "packing " TYPE " a transpose");
  free(packed);
  free(again);
  NAME(check_guards)("packed product");
}

/// C += Aᵀ·B, one chain over descending k for each element.
static void NAME(check_transposed)(size_t rows, size_t columns, size_t inner) {
  const size_t a_stride = rows + 1, b_stride = columns + 2, c_stride = columns + 3;
  REAL *a = NAME(numbers)(inner * a_stride, 1), *b = NAME(numbers)(inner * b_stride, 1);
  REAL *c = NAME(numbers)(rows * c_stride, 1), *expected = NAME(copy)(c, rows * c_stride);
  for (size_t i = 0; i < rows; ++i)
    for (size_t j = 0; j < columns; ++j)
      for (size_t k = inner; k-- > 0;)
        expected[i * c_stride + j] = NAME(multiply_add)(a[k * a_stride + i], b[k * b_stride + j], expected[i * c_stride + j]);
  K(multiply_transposed)(rows, columns, inner, a, a_stride, b, b_stride, c, c_stride);
  NAME(expect_same)("transposed product", c, expected, rows * c_stride);
  NAME(check_guards)("transposed product");
}

static void NAME(check_products)(void) {
  const size_t shapes[][3] = {{1, 1, 1}, {1, 31, 17}, {2, 67, 129}, {3, 100, 61}, {4, 33, 5}, {5, 16, 385}, {7, 13, 7},
                              {8, 65, 1}, {11, 47, 40}, {12, 8, 384}, {13, 34, 769}, {24, 17, 30}, {97, 19, 23}, {2, 9, 0}};
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; ++i) {
    for (int start = 0; start < 3; ++start) NAME(check_packed)(shapes[i][0], shapes[i][1], shapes[i][2], start);
    NAME(check_transposed)(shapes[i][0], shapes[i][1], shapes[i][2]);
  }
}

static void NAME(check_column_sums)(size_t rows, size_t columns) {
  const size_t stride = columns + 3;
  REAL *matrix = NAME(numbers)(rows * stride, 1), *sums = NAME(numbers)(columns, 1), *expected = NAME(copy)(sums, columns);
  for (size_t i = rows; i-- > 0;)
    for (size_t j = 0; j < columns; ++j) expected[j] += matrix[i * stride + j];
  K(add_column_sums)(rows, columns, matrix, stride, sums);
  NAME(expect_same)("column sums", sums, expected, columns);
  NAME(check_guards)("column sums");
}

static void NAME(check_dropout)(uint64_t first, uint32_t threshold) {
  enum { count = 203 };
  const uint64_t seed = 42;
  REAL *x = NAME(numbers)(count, 1), *y = NAME(row)(count), *expected = NAME(row)(count);
  for (size_t i = 0; i < count; ++i) expected[i] = random_word(seed, first + i) >= threshold ? x[i] * (REAL)1.25 : 0;
  K(dropout)(count, x, y, seed, first, threshold, (REAL)1.25);
  NAME(expect_same)("dropout", y, expected, count);
  NAME(check_guards)("dropout");
}

// Pre-activations and gradients of the cells are between -4 and 4 or -1 and 1: a result has about ten roundings behind
// it, some times the slope of an activation's argument.
enum { NAME(cell_roundings) = 24 };

static void NAME(check_lstm)(size_t rows, size_t hidden) {
  const size_t count = rows * hidden;
  REAL *gates = NAME(numbers)(4 * count, 4), *previous = NAME(numbers)(2 * count, 1), *gradient = NAME(numbers)(2 * count, 1);
  REAL *next = NAME(row)(2 * count), *saved = NAME(row)(count);
  WIDE *expected_next = calloc(2 * count, sizeof(WIDE)), *expected_gates = calloc(4 * count, sizeof(WIDE));
  WIDE *expected_gradient = calloc(2 * count, sizeof(WIDE));
  for (size_t r = 0; r < rows; ++r) {
    for (size_t j = 0; j < hidden; ++j) {
      const size_t at = 4 * hidden * r + j, h = 2 * hidden * r + j, c = h + hidden;
      const WIDE i = NAME(exact_sigmoid)(gates[at]), f = NAME(exact_sigmoid)(gates[at + hidden]);
      const WIDE g = W(tanh)(gates[at + 2 * hidden]), o = NAME(exact_sigmoid)(gates[at + 3 * hidden]);
      const WIDE cell = f * previous[c] + i * g, squashed = W(tanh)(cell);
      expected_next[h] = o * squashed;
      expected_next[c] = cell;
      const WIDE dh = gradient[h], dc = gradient[c] + dh * o * (1 - squashed * squashed);
      expected_gates[at] = dc * g * i * (1 - i);
      expected_gates[at + hidden] = dc * previous[c] * f * (1 - f);
      expected_gates[at + 2 * hidden] = dc * i * (1 - g * g);
      expected_gates[at + 3 * hidden] = dh * squashed * o * (1 - o);
      expected_gradient[c] = dc * f;
    }
  }
  NAME(lstm_forward)(rows, hidden, gates, previous, next, saved);
  NAME(expect_close)("LSTM's state", next, expected_next, 2 * count, NAME(cell_roundings));
  NAME(lstm_backward)(rows, hidden, gates, previous, next, saved, gradient);
  NAME(expect_close)("LSTM's gradient of the gates", gates, expected_gates, 4 * count, NAME(cell_roundings));
  NAME(expect_close)("LSTM's gradient of the state", gradient, expected_gradient, 2 * count, NAME(cell_roundings));
  NAME(check_guards)("LSTM");
  free(expected_next);
  free(expected_gates);
  free(expected_gradient);
}

static void NAME(check_gru)(size_t rows, size_t hidden) {
  const size_t count = rows * hidden;
  REAL *gates = NAME(numbers)(4 * count, 4), *previous = NAME(numbers)(count, 1), *gradient = NAME(numbers)(count, 1);
  REAL *next = NAME(row)(count);
  WIDE *expected_next = calloc(count, sizeof(WIDE)), *expected_gates = calloc(4 * count, sizeof(WIDE));
  WIDE *expected_gradient = calloc(count, sizeof(WIDE));
  for (size_t row = 0; row < rows; ++row) {
    for (size_t j = 0; j < hidden; ++j) {
      const size_t at = 4 * hidden * row + j, h = hidden * row + j;
      const WIDE q = gates[at], r = NAME(exact_sigmoid)(gates[at + hidden]), z = NAME(exact_sigmoid)(gates[at + 2 * hidden]);
      const WIDE n = W(tanh)(gates[at + 3 * hidden] + r * q);
      expected_next[h] = (1 - z) * n + z * previous[h];
      const WIDE dh = gradient[h], dn = dh * (1 - z) * (1 - n * n);
      expected_gates[at] = dn * r;
      expected_gates[at + hidden] = dn * q * r * (1 - r);
      expected_gates[at + 2 * hidden] = dh * (previous[h] - n) * z * (1 - z);
      expected_gates[at + 3 * hidden] = dn;
      expected_gradient[h] = dh * z;
    }
  }
  NAME(gru_forward)(rows, hidden, gates, previous, next);
  NAME(expect_close)("GRU's state", next, expected_next, count, NAME(cell_roundings));
  NAME(gru_backward)(rows, hidden, gates, previous, next, gradient);
  NAME(expect_close)("GRU's gradient of the gates", gates, expected_gates, 4 * count, NAME(cell_roundings));
  NAME(expect_close)("GRU's gradient of the state", gradient, expected_gradient, count, NAME(cell_roundings));
  NAME(check_guards)("GRU");
  free(expected_next);
  free(expected_gates);
  free(expected_gradient);
}

static void NAME(check_optimizers)(void) {
  enum { count = 101, roundings = 12 };
  const REAL scale = (REAL)0.75, limit = (REAL)0.5, rate = (REAL)0.125, decay = (REAL)0.01, epsilon = (REAL)1e-3;
  const REAL momentum = (REAL)0.9, beta2 = (REAL)0.99, rest1 = (REAL)(1 - (WIDE)0.9), rest2 = (REAL)(1 - (WIDE)0.99);
  REAL *g = NAME(numbers)(count, 1), *p = NAME(numbers)(count, 1);
  WIDE expected[count], clipped[count], first[count], second[count];
  for (size_t i = 0; i < count; ++i) {
    const WIDE scaled = (WIDE)scale * g[i];
    clipped[i] = scaled > limit ? limit : scaled < -limit ? -limit : scaled;
  }

  for (int nesterov = 0; nesterov < 2; ++nesterov) {
    REAL *buffer = NAME(numbers)(count, 1), *q = NAME(copy)(p, count);
    for (size_t i = 0; i < count; ++i) {
      const WIDE whole = clipped[i] + (WIDE)decay * p[i];
      first[i] = (WIDE)momentum * buffer[i] + whole;
      expected[i] = p[i] - rate * (nesterov ? whole + momentum * first[i] : first[i]);
    }
    K(sgd)(count, q, g, buffer, scale, limit, rate, momentum, decay, nesterov);
    NAME(expect_close)("SGD's parameters", q, expected, count, roundings);
    NAME(expect_close)("SGD's buffer", buffer, first, count, roundings);
  }

  REAL *square = NAME(numbers)(count, 1), *q = NAME(copy)(p, count);
  for (size_t i = 0; i < count; ++i) {
    square[i] = square[i] < 0 ? -square[i] : square[i];
    const WIDE whole = clipped[i] + (WIDE)decay * p[i];
    second[i] = (WIDE)beta2 * square[i] + rest2 * whole * whole;
    expected[i] = p[i] - rate * whole / (W(sqrt)(second[i]) + epsilon);
  }
  K(rmsprop)(count, q, g, square, scale, limit, rate, beta2, rest2, epsilon, decay);
  NAME(expect_close)("RMSProp's parameters", q, expected, count, roundings);
  NAME(expect_close)("RMSProp's squares", square, second, count, roundings);

  REAL *mean = NAME(numbers)(count, 1), *variance = NAME(copy)(square, count);
  q = NAME(copy)(p, count);
  const REAL root = (REAL)1.5, decoupled = (REAL)0.001;
  for (size_t i = 0; i < count; ++i) {
    const WIDE whole = clipped[i] + (WIDE)decay * p[i];
    first[i] = (WIDE)momentum * mean[i] + rest1 * whole;
    second[i] = (WIDE)beta2 * variance[i] + rest2 * whole * whole;
    expected[i] = p[i] - (WIDE)decoupled * p[i] - rate * first[i] / (W(sqrt)(second[i]) * root + epsilon);
  }
  K(adam)(count, q, g, mean, variance, scale, limit, rate, momentum, rest1, beta2, rest2, root, epsilon, decay, decoupled);
  NAME(expect_close)("Adam's parameters", q, expected, count, roundings);
  NAME(expect_close)("Adam's first moments", mean, first, count, roundings);
  NAME(expect_close)("Adam's second moments", variance, second, count, roundings);
  NAME(check_guards)("optimizers");
}

static void NAME(check_all)(void) {
  NAME(check_activations)();
  NAME(check_products)();
  for (size_t rows = 0; rows < 10; ++rows) NAME(check_column_sums)(rows, 37);
  // The high word of the counter changes in the second; all are kept, half, and none but one in 2³².
  NAME(check_dropout)(0, 0);
  NAME(check_dropout)(0xffffffff - 100, 0x80000000);
  NAME(check_dropout)(7, 0xffffffff);
  for (size_t hidden = 1; hidden < 70; hidden += 11) {
    NAME(check_lstm)(3, hidden);
    NAME(check_gru)(3, hidden);
  }
  NAME(check_optimizers)();
}

// Products with a matrix most of which is zeros: of each strip of 16 columns those rows alone that are not all zeros. The
// units of a reservoir that share what they read make such strips. Packed it is, first, lists of whole numbers, and behind
// them the values, 16 for each row that is there:
//   starts [strips + 1]   the first row of each strip, counted through all strips; and their number
//   rows [≤ strips · inner]

#define STRIP 16
// Strips that are computed side by side, so that their chains do not wait for their own results.
#define STRIPS_AT_ONCE (RK_REGISTER_WIDTH >= 64 ? 4 : 2)

static size_t ID(sparse_strips)(size_t columns) { return (columns + STRIP - 1) / STRIP; }

// Scalars that the lists take, a multiple of 16.
static size_t ID(sparse_lists)(size_t inner, size_t columns) {
  const size_t strips = ID(sparse_strips)(columns);
  const size_t bytes = (strips * inner + strips + 1) * sizeof(int32_t);
  return (bytes / sizeof(REAL) + 16) / 16 * 16;
}

static size_t ID(sparse_count)(size_t inner, size_t columns) {
  return ID(sparse_lists)(inner, columns) + ID(sparse_strips)(columns) * inner * STRIP;
}

static void ID(pack_sparse)(size_t inner, size_t columns, const REAL *b, size_t row_stride, size_t column_stride,
                            REAL *packed) {
  const size_t strips = ID(sparse_strips)(columns);
  int32_t *starts = (int32_t *)(void *)packed, *rows = starts + strips + 1;
  REAL *values = packed + ID(sparse_lists)(inner, columns);
  size_t count = 0;
  for (size_t strip = 0; strip < strips; ++strip) {
    const size_t first = strip * STRIP, width = columns - first < STRIP ? columns - first : STRIP;
    starts[strip] = (int32_t)count;
    for (size_t k = 0; k < inner; ++k) {
      const REAL *source = b + k * row_stride + first * column_stride;
      int is_there = 0;
      // What is no number is no zero.
      for (size_t j = 0; j < width; ++j) is_there |= !(source[j * column_stride] == 0);
      if (!is_there) continue;
      for (size_t j = 0; j < STRIP; ++j) values[count * STRIP + j] = j < width ? source[j * column_stride] : 0;
      rows[count++] = (int32_t)k;
    }
  }
  starts[strips] = (int32_t)count;
}

RK_OVERLOAD void multiply_strip(ID(vector16) *sum, const REAL *a, const int32_t *rows, const REAL *values, size_t count) {
  for (size_t k = 0; k < count; ++k) {
    ID(vector16) row;
    __builtin_memcpy(&row, values + k * STRIP, sizeof row);
    *sum = FMA((ID(vector16))a[rows[k]], row, *sum);
  }
}

// Some strips of one row of C.
static void ID(multiply_strips)(size_t strips, size_t columns, const REAL *a, const int32_t *starts, const int32_t *rows,
                                const REAL *values, REAL *c) {
  ID(vector16) sums[STRIPS_AT_ONCE];
  const int32_t *places[STRIPS_AT_ONCE];
  const REAL *streams[STRIPS_AT_ONCE];
  size_t strip = 0;
  for (; strip + STRIPS_AT_ONCE <= strips; strip += STRIPS_AT_ONCE) {
    size_t common = (size_t)(starts[strip + 1] - starts[strip]);
    RK_UNROLL
    for (size_t i = 0; i < STRIPS_AT_ONCE; ++i) {
      const size_t start = (size_t)starts[strip + i], count = (size_t)starts[strip + i + 1] - start;
      if (count < common) common = count;
      places[i] = rows + start;
      streams[i] = values + start * STRIP;
      const size_t first = (strip + i) * STRIP;
      ID(load_block)(&sums[i], c + first, columns - first);
    }
    for (size_t k = 0; k < common; ++k) {
      RK_UNROLL
      for (size_t i = 0; i < STRIPS_AT_ONCE; ++i) {
        ID(vector16) row;
        __builtin_memcpy(&row, streams[i] + k * STRIP, sizeof row);
        sums[i] = FMA((ID(vector16))a[places[i][k]], row, sums[i]);
      }
    }
    RK_UNROLL
    for (size_t i = 0; i < STRIPS_AT_ONCE; ++i) {
      const size_t count = (size_t)(starts[strip + i + 1] - starts[strip + i]), first = (strip + i) * STRIP;
      multiply_strip(&sums[i], a, places[i] + common, streams[i] + common * STRIP, count - common);
      if (columns - first >= STRIP)
        __builtin_memcpy(c + first, &sums[i], sizeof sums[i]);
      else
        store_rest(c + first, sums[i], columns - first);
    }
  }
  for (; strip < strips; ++strip) {
    const size_t start = (size_t)starts[strip], first = strip * STRIP;
    ID(vector16) sum;
    ID(load_block)(&sum, c + first, columns - first);
    multiply_strip(&sum, a, rows + start, values + start * STRIP, (size_t)starts[strip + 1] - start);
    if (columns - first >= STRIP)
      __builtin_memcpy(c + first, &sum, sizeof sum);
    else
      store_rest(c + first, sum, columns - first);
  }
}

static void ID(multiply_sparse)(size_t rows, size_t columns, size_t inner, const REAL *a, size_t a_stride,
                                const REAL *packed, REAL *c, size_t c_stride) {
  const size_t strips = ID(sparse_strips)(columns);
  const int32_t *starts = (const int32_t *)(const void *)packed;
  const REAL *values = packed + ID(sparse_lists)(inner, columns);
  for (size_t row = 0; row < rows; ++row)
    ID(multiply_strips)(strips, columns, a + row * a_stride, starts, starts + strips + 1, values, c + row * c_stride);
}

#undef STRIP
#undef STRIPS_AT_ONCE

// Rows and columns of matrices.

static void ID(broadcast_rows)(size_t rows, size_t columns, const REAL *bias, REAL *matrix, size_t stride) {
  for (size_t row = 0; row < rows; ++row) FOR_EACH_VECTOR(columns, STORE(matrix + row * stride, LOAD(bias)););
}

// Four rows per pass over the sums; each sum still takes them one after the other.
static void ID(column_sums)(size_t rows, size_t columns, const REAL *matrix, size_t stride, REAL *sums) {
  FOR_EACH_VECTOR(columns, STORE(sums, SPLAT(0)););
  size_t row = 0;
  for (; row + 4 <= rows; row += 4) {
    const REAL *a = matrix + row * stride, *b = a + stride, *c = b + stride, *d = c + stride;
    FOR_EACH_VECTOR(columns, STORE(sums, LOAD(sums) + LOAD(a) + LOAD(b) + LOAD(c) + LOAD(d)););
  }
  for (; row < rows; ++row) ID(add)(columns, matrix + row * stride, sums);
}

static void ID(gather_rows)(size_t rows, size_t columns, const REAL *table, size_t table_stride,
                            const int32_t *indices, REAL *matrix, size_t stride) {
  for (size_t row = 0; row < rows; ++row) {
    const REAL *source = table + (size_t)indices[row] * table_stride;
    FOR_EACH_VECTOR(columns, STORE(matrix + row * stride, LOAD(source)););
  }
}

static void ID(scatter_add_rows)(size_t rows, size_t columns, const REAL *matrix, size_t stride,
                                 const int32_t *indices, REAL *table, size_t table_stride) {
  for (size_t row = 0; row < rows; ++row)
    ID(add)(columns, matrix + row * stride, table + (size_t)indices[row] * table_stride);
}

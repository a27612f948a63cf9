// Rows and columns of matrices.

static void ID(broadcast_rows)(size_t rows, size_t columns, const REAL *bias, REAL *matrix, size_t stride) {
  for (size_t row = 0; row < rows; ++row) FOR_EACH_VECTOR(columns, STORE(matrix + row * stride, LOAD(bias)););
}

// Four rows per pass over the sums; each sum still takes them one after the other.
static void ID(add_column_sums)(size_t rows, size_t columns, const REAL *matrix, size_t stride, REAL *sums) {
  for (; rows >= 4; rows -= 4) {
    const REAL *d = matrix + (rows - 4) * stride, *c = d + stride, *b = c + stride, *a = b + stride;
    FOR_EACH_VECTOR(columns, STORE(sums, LOAD(sums) + LOAD(a) + LOAD(b) + LOAD(c) + LOAD(d)););
  }
  for (; rows > 0; --rows) ID(add)(columns, matrix + (rows - 1) * stride, sums);
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
  for (size_t row = rows; row-- > 0;)
    ID(add)(columns, matrix + row * stride, table + (size_t)indices[row] * table_stride);
}

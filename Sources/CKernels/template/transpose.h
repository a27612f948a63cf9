// Transposition by squares of 4 × 4, which fit the registers of every instruction set.

// Two rounds of interleaving row i with row i + 2 transpose a square.
RK_INLINE void ID(transpose_square)(const REAL *in, size_t in_stride, REAL *out, size_t out_stride) {
  ID(vector4) square[4], zipped[4];
  RK_UNROLL
  for (size_t i = 0; i < 4; ++i) __builtin_memcpy(&square[i], in + i * in_stride, sizeof square[i]);
  RK_UNROLL
  for (int round = 0; round < 2; ++round) {
    RK_UNROLL
    for (int i = 0; i < 2; ++i) {
      zipped[2 * i] = __builtin_shufflevector(square[i], square[i + 2], 0, 4, 1, 5);
      zipped[2 * i + 1] = __builtin_shufflevector(square[i], square[i + 2], 2, 6, 3, 7);
    }
    RK_UNROLL
    for (int i = 0; i < 4; ++i) square[i] = zipped[i];
  }
  RK_UNROLL
  for (size_t i = 0; i < 4; ++i) __builtin_memcpy(out + i * out_stride, &square[i], sizeof square[i]);
}

// A block that stays in the first-level cache whatever the strides.
static void ID(transpose_block)(size_t rows, size_t columns, const REAL *in, size_t in_stride, REAL *out,
                                size_t out_stride) {
  const size_t whole_rows = rows & ~(size_t)3, whole_columns = columns & ~(size_t)3;
  for (size_t i = 0; i < whole_rows; i += 4)
    for (size_t j = 0; j < whole_columns; j += 4)
      ID(transpose_square)(in + i * in_stride + j, in_stride, out + j * out_stride + i, out_stride);
  for (size_t i = 0; i < rows; ++i)
    for (size_t j = i < whole_rows ? whole_columns : 0; j < columns; ++j)
      out[j * out_stride + i] = in[i * in_stride + j];
}

static void ID(transpose)(size_t rows, size_t columns, const REAL *in, size_t in_stride, REAL *out,
                          size_t out_stride) {
  const size_t block = 32;
  for (size_t i = 0; i < rows; i += block)
    for (size_t j = 0; j < columns; j += block)
      ID(transpose_block)(rows - i < block ? rows - i : block, columns - j < block ? columns - j : block,
                          in + i * in_stride + j, in_stride, out + j * out_stride + i, out_stride);
}

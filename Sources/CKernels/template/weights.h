// How the numbers of a packed matrix are stored. Those of 16 bits are widened as they are read, which is exact: a product
// gives the bits that it gives with the widened numbers.

// Bytes of a row of a panel.
#define ROW_SIZE(weights) (PANEL * (weights == RK_FULL ? sizeof(REAL) : sizeof(uint16_t)))

typedef uint16_t ID(halves) __attribute__((ext_vector_type(LANES)));

// IEEE 754 binary16 in the precision of the kernels. Denormals are numbers, whatever the control word flushes.
RK_INLINE ID(vector) ID(from_float16)(const char *halves) {
#if RK_CONVERTS_HALVES
  typedef _Float16 stored __attribute__((ext_vector_type(LANES)));
  stored values;
  __builtin_memcpy(&values, halves, sizeof values);
  return __builtin_convertvector(values, ID(vector));
#else
  typedef uint32_t bits __attribute__((ext_vector_type(LANES)));
  typedef float single __attribute__((ext_vector_type(LANES)));
  ID(halves) values;
  __builtin_memcpy(&values, halves, sizeof values);
  const bits wide = __builtin_convertvector(values, bits), rest = (wide & 0x7fff) << 13;
  // Exponents are 112 less than a Float's. What has none is a denormal: its digits are added to a number, and that taken away.
  const bits one = (bits)(113u << 23), normal = rest + (112u << 23), large = rest | 0x7f800000;
  const bits denormal = (bits)((single)(rest + one) - (single)one);
  bits result = rest < (1u << 23) ? denormal : normal;
  result = rest >= (0x7c00u << 13) ? large : result;
  return __builtin_convertvector((single)(result | (wide & 0x8000) << 16), ID(vector));
#endif
}

// The first or second vector of a row of a panel. In bfloat16 column i of both stands in lane i of the row: a shift or a
// mask widens it, on every instruction set.
RK_INLINE ID(vector) ID(row_vector)(rk_weights weights, const char *row, size_t which) {
  ID(vector) v;
  if (weights == RK_FULL) {
    __builtin_memcpy(&v, row + which * sizeof v, sizeof v);
  } else if (weights == RK_BFLOAT16) {
    ID(vector_bits) pairs;
    __builtin_memcpy(&pairs, row, sizeof pairs);
    pairs = which == 0 ? pairs << 16 : pairs & (INTEGER)0xffff0000;
    __builtin_memcpy(&v, &pairs, sizeof v);
  } else {
    v = ID(from_float16)(row + which * sizeof(ID(halves)));
  }
  return v;
}

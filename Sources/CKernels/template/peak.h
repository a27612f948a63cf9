// What the processor can do at most, for the benchmarks: arithmetic without memory, and reading without arithmetic to
// speak of. At least twelve independent chains hide the latency of a multiplication and an addition one after the other.
#define CHAINS (RK_ACCUMULATORS < 12 ? 12 : RK_ACCUMULATORS)

static size_t ID(peak_flops)(void) { return 2 * LANES * CHAINS; }

static REAL ID(total_of_chains)(const ID(vector) *chains) {
  ID(vector) sum = chains[0];
  for (int i = 1; i < CHAINS; ++i) sum += chains[i];
  REAL total = 0;
  for (size_t lane = 0; lane < LANES; ++lane) total += sum[lane];
  return total;
}

static REAL ID(peak)(size_t iterations, REAL factor, REAL addend) {
  ID(vector) chains[CHAINS];
  RK_UNROLL
  for (int i = 0; i < CHAINS; ++i) chains[i] = (ID(vector))(REAL)(i + 1);
  for (size_t n = 0; n < iterations; ++n)
    RK_UNROLL
    for (int i = 0; i < CHAINS; ++i)
      chains[i] = FMA(chains[i], (ID(vector))factor, (ID(vector))addend);
  return ID(total_of_chains)(chains);
}

static REAL ID(read_sum)(size_t count, const REAL *x) {
  ID(vector) chains[CHAINS];
  RK_UNROLL
  for (int i = 0; i < CHAINS; ++i) chains[i] = (ID(vector))(REAL)0;
  size_t i = 0;
  for (; i + CHAINS * LANES <= count; i += CHAINS * LANES)
    RK_UNROLL
    for (int v = 0; v < CHAINS; ++v) {
      ID(vector) read;
      load(&read, x + i + v * LANES, LANES);
      chains[v] += read;
    }
  REAL total = ID(total_of_chains)(chains);
  for (; i < count; ++i) total += x[i];
  return total;
}

#undef CHAINS

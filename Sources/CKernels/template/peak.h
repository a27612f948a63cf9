// What the processor can do at most, for the benchmarks: arithmetic without memory, and reading without arithmetic to
// speak of. As many independent chains as a product keeps sums in registers, enough to hide the latency of each.

static size_t ID(peak_flops)(void) { return 2 * LANES * RK_ACCUMULATORS; }

static REAL ID(total_of_chains)(const ID(vector) *chains) {
  ID(vector) sum = chains[0];
  for (int i = 1; i < RK_ACCUMULATORS; ++i) sum += chains[i];
  REAL total = 0;
  for (size_t lane = 0; lane < LANES; ++lane) total += sum[lane];
  return total;
}

static REAL ID(peak)(size_t iterations, REAL factor, REAL addend) {
  ID(vector) chains[RK_ACCUMULATORS];
  RK_UNROLL
  for (int i = 0; i < RK_ACCUMULATORS; ++i) chains[i] = (ID(vector))(REAL)(i + 1);
  for (size_t n = 0; n < iterations; ++n)
    RK_UNROLL
    for (int i = 0; i < RK_ACCUMULATORS; ++i)
      chains[i] = FMA(chains[i], (ID(vector))factor, (ID(vector))addend);
  return ID(total_of_chains)(chains);
}

static REAL ID(read_sum)(size_t count, const REAL *x) {
  ID(vector) chains[RK_ACCUMULATORS];
  RK_UNROLL
  for (int i = 0; i < RK_ACCUMULATORS; ++i) chains[i] = (ID(vector))(REAL)0;
  size_t i = 0;
  for (; i + RK_ACCUMULATORS * LANES <= count; i += RK_ACCUMULATORS * LANES)
    RK_UNROLL
    for (int v = 0; v < RK_ACCUMULATORS; ++v) {
      ID(vector) read;
      load(&read, x + i + v * LANES, LANES);
      chains[v] += read;
    }
  REAL total = ID(total_of_chains)(chains);
  for (; i < count; ++i) total += x[i];
  return total;
}

// The recursions of connectionist temporal classification, one step over all states. -Inf is a probability of 0.

static void ID(ctc_step)(size_t states, const REAL *stay, const REAL *move, const REAL *skip, const REAL *allowed,
                         const REAL *emission, REAL *result) {
  FOR_EACH_BATCH(states, {
    const VECTOR a = LOAD(stay), b = LOAD(move), c = LOAD(skip) + LOAD(allowed);
    const VECTOR greater = b > a ? b : a, lesser = b > a ? a : b;
    const VECTOR most = c > greater ? c : greater, middle = c > greater ? greater : c;
    // Where all are -Inf their differences would be NaN.
    const VECTOR base = most == SPLAT(-__builtin_inf()) ? SPLAT(0) : most;
    const VECTOR sum = most + log1p_of(decay_of(base - lesser) + decay_of(base - middle));
    STORE(result, sum + LOAD(emission));
  });
}

static void ID(ctc_occupancy)(size_t states, const REAL *before, const REAL *after, const REAL *emission, REAL total,
                              REAL *result) {
  FOR_EACH_BATCH(states, {
    const VECTOR start = LOAD(before), joint = start + (LOAD(after) - LOAD(emission));
    STORE(result, start == SPLAT(-__builtin_inf()) ? SPLAT(0) : decay_of(SPLAT(total) - joint));
  });
}

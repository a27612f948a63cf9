// Optimizers, with the definitions of PyTorch.
//
// 1 - β comes from the caller, who subtracts in double precision and rounds the difference: 1 - 0.999f is off by 5e-5.

// The gradient at i: scaled and then clamped to ±limit, which is infinite where nothing is to be clamped.
#define CLIPPED(g) AT_MOST(AT_LEAST(LOAD(g) * SPLAT(scale), SPLAT(-bound)), SPLAT(bound))
#define BOUND(limit) ((limit) > 0 ? (limit) : (REAL)__builtin_inf())

static void ID(sgd)(size_t count, REAL *p, const REAL *g, REAL *buffer, REAL scale, REAL limit, REAL rate,
                    REAL momentum, REAL weight_decay, int nesterov) {
  const REAL bound = BOUND(limit);
  FOR_EACH_VECTOR(count, {
    const VECTOR old = LOAD(p);
    const VECTOR gradient = FMA(SPLAT(weight_decay), old, CLIPPED(g));
    const VECTOR velocity = FMA(SPLAT(momentum), LOAD(buffer), gradient);
    STORE(buffer, velocity);
    const VECTOR step = nesterov ? FMA(SPLAT(momentum), velocity, gradient) : velocity;
    STORE(p, FMA(SPLAT(-rate), step, old));
  });
}

static void ID(rmsprop)(size_t count, REAL *p, const REAL *g, REAL *square, REAL scale, REAL limit, REAL rate,
                        REAL decay, REAL one_minus_decay, REAL epsilon, REAL weight_decay) {
  const REAL bound = BOUND(limit);
  FOR_EACH_VECTOR(count, {
    const VECTOR old = LOAD(p);
    const VECTOR gradient = FMA(SPLAT(weight_decay), old, CLIPPED(g));
    const VECTOR mean = FMA(SPLAT(decay), LOAD(square), SPLAT(one_minus_decay) * gradient * gradient);
    STORE(square, mean);
    const VECTOR step = gradient / (__builtin_elementwise_sqrt(mean) + SPLAT(epsilon));
    STORE(p, FMA(SPLAT(-rate), step, old));
  });
}

static void ID(adam)(size_t count, REAL *p, const REAL *g, REAL *first, REAL *second, REAL scale, REAL limit,
                     REAL step, REAL beta1, REAL one_minus_beta1, REAL beta2, REAL one_minus_beta2, REAL inverse_root,
                     REAL epsilon, REAL coupled_decay, REAL decoupled_decay) {
  const REAL bound = BOUND(limit);
  FOR_EACH_VECTOR(count, {
    const VECTOR old = LOAD(p);
    const VECTOR gradient = FMA(SPLAT(coupled_decay), old, CLIPPED(g));
    const VECTOR mean = FMA(SPLAT(beta1), LOAD(first), SPLAT(one_minus_beta1) * gradient);
    const VECTOR square = FMA(SPLAT(beta2), LOAD(second), SPLAT(one_minus_beta2) * gradient * gradient);
    STORE(first, mean);
    STORE(second, square);
    const VECTOR root = FMA(__builtin_elementwise_sqrt(square), SPLAT(inverse_root), SPLAT(epsilon));
    const VECTOR decayed = FMA(SPLAT(-decoupled_decay), old, old);
    STORE(p, FMA(SPLAT(-step), mean / root, decayed));
  });
}

#undef CLIPPED
#undef BOUND

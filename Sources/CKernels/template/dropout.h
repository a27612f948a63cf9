// Dropout and zoneout from a counter: no state, and the same decision for the same (seed, counter) everywhere.

typedef uint32_t ID(words) __attribute__((ext_vector_type(LANES)));
typedef int32_t ID(signed_words) __attribute__((ext_vector_type(LANES)));

// 32 random bits for the counters whose low words are `counter`. Two rounds of a 32-bit mixer (multipliers of
// C. Wellons' lowbias32) with a key before each: with one key alone two seeds would give shifted copies of one stream.
RK_INLINE ID(words) ID(random_words)(ID(words) counter, uint32_t key1, uint32_t key2) {
  ID(words) x = counter ^ (ID(words))key1;
  x = (x ^ x >> 16) * 0x7feb352du;
  x = (x ^ x >> 15) + (ID(words))key2;
  x = (x ^ x >> 15) * 0x846ca68bu;
  return x ^ x >> 16;
}

// Runs a statement for every VECTOR of a row of `count` elements, numbered from `first` on, with `chosen`: all bits of an
// element set where its random word is at least `threshold`.
#define FOR_EACH_CHOICE(count, seed, first, threshold, ...)                                           \
  do {                                                                                                \
    ID(words) lane;                                                                                   \
    for (uint32_t j = 0; j < LANES; ++j) lane[j] = j;                                                 \
    for (size_t done = 0, piece; done < (count); done += piece) {                                     \
      /* The high word of the counter goes into the key; it is constant up to a multiple of 2^32. */  \
      const uint64_t number = (first) + done, left = ((uint64_t)1 << 32) - (uint32_t)number;          \
      piece = (count) - done < left ? (count) - done : (size_t)left;                                  \
      const uint64_t key = mix((seed) ^ mix((number >> 32) + 0x9e3779b97f4a7c15u));                   \
      FOR_EACH_VECTOR(piece, {                                                                        \
        const ID(words) counter = lane + (uint32_t)(number + i);                                      \
        const ID(words) random = ID(random_words)(counter, (uint32_t)key, (uint32_t)(key >> 32));     \
        const ID(signed_words) words = random >= (ID(words))(threshold);                              \
        const ID(vector_bits) chosen = __builtin_convertvector(words, ID(vector_bits));               \
        __VA_ARGS__                                                                                   \
      });                                                                                             \
    }                                                                                                 \
  } while (0)

// Elements of `v` that are chosen, and 0 for the others.
#define CHOSEN(v, bits) ((VECTOR)((ID(vector_bits))(v) & (bits)))

static void ID(dropout)(size_t count, const REAL *x, REAL *y, uint64_t seed, uint64_t first, uint32_t threshold,
                        REAL scale) {
  FOR_EACH_CHOICE(count, seed, first, threshold, { STORE(y + done, CHOSEN(LOAD(x + done) * SPLAT(scale), chosen)); });
}

static void ID(zoneout)(size_t count, const REAL *previous, REAL *state, uint64_t seed, uint64_t first,
                        uint32_t threshold) {
  FOR_EACH_CHOICE(count, seed, first, threshold, {
    const VECTOR fresh = CHOSEN(LOAD(state + done), chosen);
    const VECTOR old = CHOSEN(LOAD(previous + done), ~chosen);
    STORE(state + done, (VECTOR)((ID(vector_bits))fresh | (ID(vector_bits))old));
  });
}

static void ID(zoneout_gradient)(size_t count, REAL *gradient, REAL *kept, uint64_t seed, uint64_t first,
                                 uint32_t threshold) {
  FOR_EACH_CHOICE(count, seed, first, threshold, {
    const VECTOR whole = LOAD(gradient + done);
    STORE(gradient + done, CHOSEN(whole, chosen));
    STORE(kept + done, CHOSEN(whole, ~chosen));
  });
}

static void ID(zoneout_mean)(size_t count, const REAL *previous, REAL *state, REAL rate) {
  FOR_EACH_VECTOR(count, {
    const VECTOR fresh = LOAD(state);
    STORE(state, FMA(SPLAT(rate), LOAD(previous) - fresh, fresh));
  });
}

static void ID(zoneout_mean_gradient)(size_t count, REAL *gradient, REAL *kept, REAL rate) {
  FOR_EACH_VECTOR(count, {
    const VECTOR whole = LOAD(gradient);
    STORE(kept, SPLAT(rate) * whole);
    STORE(gradient, SPLAT(1 - rate) * whole);
  });
}

#undef CHOSEN
#undef FOR_EACH_CHOICE

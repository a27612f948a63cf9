// Dropout from a counter: no state, and the same decision for the same (seed, counter) everywhere.

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

static void ID(dropout)(size_t count, const REAL *x, REAL *y, uint64_t seed, uint64_t first, uint32_t threshold,
                        REAL scale) {
  ID(words) lane;
  for (uint32_t j = 0; j < LANES; ++j) lane[j] = j;
  while (count > 0) {
    // The high word of the counter goes into the key; it is constant up to the next multiple of 2^32.
    const uint64_t left = ((uint64_t)1 << 32) - (uint32_t)first;
    const size_t piece = count < left ? count : (size_t)left;
    const uint64_t key = mix(seed ^ mix((first >> 32) + 0x9e3779b97f4a7c15u));
    FOR_EACH_VECTOR(piece, {
      const ID(words) counter = lane + (uint32_t)(first + i);
      const ID(words) random = ID(random_words)(counter, (uint32_t)key, (uint32_t)(key >> 32));
      const ID(signed_words) kept = random >= (ID(words))threshold;
      const ID(vector_bits) mask = __builtin_convertvector(kept, ID(vector_bits));
      STORE(y, (VECTOR)((ID(vector_bits))(LOAD(x) * SPLAT(scale)) & mask));
    });
    x += piece;
    y += piece;
    first += piece;
    count -= piece;
  }
}

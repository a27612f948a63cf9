// Rounds weights for what keeps them rounded.

#include "integer_rows.h"

#include "CKernels.h"

float rk_round_integers(size_t count, const float *weights, int8_t *rounded) {
  const rk_integer_scale scale = rk_weight_scale(rk_largest_bits(count, weights, 1));
  for (size_t k = 0; k < count; ++k) rounded[k] = rk_rounded(weights[k], scale.inverse);
  return scale.scale;
}

// Products in whole numbers of 8 bits on every processor.

#include "instruction_set.h"

#if defined(__ARM_FEATURE_FMA)
#define RK_FUSED 1
#else
#define RK_FUSED 0
#endif

#define RK_TABLE rk_integers_baseline
#define RK_TABLE_NAME "baseline"
#define RK_LANES 4
#define RK_TILE_ROWS 4
#define RK_ACCUMULATORS 8
#define RK_OFFSET 0
// The number at a place of the words, with its sign.
#define NUMBER(words, place) ((words) << (24 - 8 * (place)) >> 24)
#define PRODUCT(a, b, place) (NUMBER(a, place) * NUMBER(b, place))
#define RK_DOT(sums, a, b) ((sums) + PRODUCT(a, b, 0) + PRODUCT(a, b, 1) + PRODUCT(a, b, 2) + PRODUCT(a, b, 3))

#include "template/integer_product.h"

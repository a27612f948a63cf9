// Products of bfloat16 on every processor, widened.

#include "instruction_set.h"

#if defined(__ARM_FEATURE_FMA)
#define RK_FUSED 1
#else
#define RK_FUSED 0
#endif

#define RK_TABLE rk_pairs_baseline
#define RK_TABLE_NAME "baseline"
#define RK_LANES 4
#define RK_TILE_ROWS 4
#define RK_ACCUMULATORS 8

#include "template/widened_pairs.h"
#include "template/pair_product.h"

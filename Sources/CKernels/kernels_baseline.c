// The kernels every processor of the architecture can run: SSE2, NEON or generic 16-byte vectors.

#if defined(__aarch64__)
#define RK_TABLE_NAME "neon"
#define RK_CONVERTS_HALVES 1
#define RK_ACCUMULATORS 24
#define RK_TILE_ROWS 8
#else
#define RK_TABLE_NAME "baseline"
#define RK_CONVERTS_HALVES 0
#define RK_ACCUMULATORS 8
#define RK_TILE_ROWS 4
#endif

#if defined(__ARM_FEATURE_FMA)
#define RK_FUSED 1
#else
#define RK_FUSED 0
#endif

#define RK_TABLE rk_kernels_baseline
#define RK_REGISTER_WIDTH 16
#define RK_BATCH 4
#define RK_UNROLL_IN_PLACE RK_UNROLL_BY_4
#define RK_MASKS 0

#include "instruction_set.h"

#include "template/all.h"

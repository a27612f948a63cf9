// The kernels of one instruction set, as the files that compile them fill it.
#ifndef RECURRENT_INSTRUCTION_SET_H
#define RECURRENT_INSTRUCTION_SET_H

#include "CKernels.h"

#include <stdbool.h>

typedef struct {
  const char *name;
  rk_kernels f32, f64;
  rk_half_kernels halves;
} rk_instruction_set_kernels;

/// SSE2 on x86, NEON on arm64, whatever the compiler makes of 16-byte vectors elsewhere.
extern const rk_instruction_set_kernels rk_kernels_baseline;
extern const rk_rounding_kernels rk_integers_baseline;
extern const rk_rounding_kernels rk_pairs_baseline;

#if defined(__x86_64__)
extern const rk_instruction_set_kernels rk_kernels_avx2;
extern const rk_instruction_set_kernels rk_kernels_avx512;
extern const rk_rounding_kernels rk_integers_avx2;
extern const rk_rounding_kernels rk_integers_vnni;
extern const rk_rounding_kernels rk_pairs_avx2;
extern const rk_rounding_kernels rk_pairs_avx512;
extern const rk_rounding_kernels rk_pairs_bf16;
#endif

#endif

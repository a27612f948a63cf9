// Picks the kernels for this machine and exports them under their public names.

#include "CKernels.h"
#include "kernel_table.h"

#include <stdlib.h>
#include <string.h>

static const rk_kernel_table *chosen = &rk_kernels_baseline;

void rk_choose_instruction_set(const char *wanted) {
  chosen = &rk_kernels_baseline;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (wanted != NULL && strcmp(wanted, rk_kernels_baseline.name) == 0) return;
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return;
  chosen = &rk_kernels_avx2;
  if (wanted != NULL && strcmp(wanted, rk_kernels_avx2.name) == 0) return;
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512dq")) return;
  if (!__builtin_cpu_supports("avx512bw") || !__builtin_cpu_supports("avx512vl")) return;
  chosen = &rk_kernels_avx512;
#endif
}

// Before main, so that no call ever sees the choice change: a packed matrix is laid out for one instruction set.
__attribute__((constructor)) static void choose(void) {
  rk_choose_instruction_set(getenv("RECURRENT_INSTRUCTION_SET"));
}

const char *rk_instruction_set(void) { return chosen->name; }

#define REAL float
#define KERNEL(result, name, parameters, arguments) \
  result rk_##name##_f32 parameters { return chosen->f32.name arguments; }
#include "kernel_list.h"
#undef KERNEL
#undef REAL

#define REAL double
#define KERNEL(result, name, parameters, arguments) \
  result rk_##name##_f64 parameters { return chosen->f64.name arguments; }
#include "kernel_list.h"

// Picks the kernels for this machine.

#include "instruction_set.h"

#include <stdlib.h>
#include <string.h>

static const rk_instruction_set_kernels *chosen = &rk_kernels_baseline;
static const rk_rounding_kernels *integers = &rk_integers_baseline;
static const rk_rounding_kernels *pairs = &rk_pairs_baseline;

void rk_choose_instruction_set(const char *wanted) {
  chosen = &rk_kernels_baseline;
  integers = &rk_integers_baseline;
  pairs = &rk_pairs_baseline;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (wanted != NULL && strcmp(wanted, rk_kernels_baseline.name) == 0) return;
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return;
  if (!__builtin_cpu_supports("f16c")) return;
  chosen = &rk_kernels_avx2;
  integers = &rk_integers_avx2;
  pairs = &rk_pairs_avx2;
  if (wanted != NULL && (strcmp(wanted, rk_kernels_avx2.name) == 0 || strcmp(wanted, "avx2") == 0)) return;
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512dq")) return;
  if (!__builtin_cpu_supports("avx512bw") || !__builtin_cpu_supports("avx512vl")) return;
  chosen = &rk_kernels_avx512;
  pairs = __builtin_cpu_supports("avx512bf16") ? &rk_pairs_bf16 : &rk_pairs_avx512;
  if (__builtin_cpu_supports("avx512vnni")) integers = &rk_integers_vnni;
#else
  (void)wanted;
#endif
}

// Before main, so that no call ever sees the choice change: a packed matrix is laid out for one instruction set.
__attribute__((constructor)) static void choose(void) {
  rk_choose_instruction_set(getenv("RECURRENT_INSTRUCTION_SET"));
}

const char *rk_instruction_set(void) { return chosen->name; }

const rk_kernels *rk_kernels_f32(void) { return &chosen->f32; }

const rk_kernels *rk_kernels_f64(void) { return &chosen->f64; }

const rk_half_kernels *rk_halves(void) { return &chosen->halves; }

const rk_rounding_kernels *rk_integers(void) { return integers; }

const rk_rounding_kernels *rk_pairs(void) { return pairs; }

const rk_cell *rk_cell_named(const rk_kernels *kernels, const char *name) {
#define KERNEL(result, kernel, parameters, arguments)
#define CELL(cell, gates, states, saved, vectors) \
  if (strcmp(name, #cell) == 0) return &kernels->cell;
#define TWO_STAGE_CELL CELL
#include "kernel_list.h"
  return NULL;
}

// Vectorised kernels for recurrent cells, small products and optimizers.
//
// Every kernel exists for float (suffix _f32) and double (_f64) and is chosen at start-up for the
// instruction set of the machine. Matrices are row-major; strides and leading dimensions count scalars.
// No kernel allocates, keeps state or calls another library. Unless said otherwise arguments must not overlap,
// lengths may be any number from 0 up, and pointers need only the alignment of their scalar.
#ifndef RECURRENT_CKERNELS_H
#define RECURRENT_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#define RK_REAL float
#define RK_NAME(name) rk_##name##_f32
#include "kernel_set.h"
#undef RK_REAL
#undef RK_NAME

#define RK_REAL double
#define RK_NAME(name) rk_##name##_f64
#include "kernel_set.h"
#undef RK_REAL
#undef RK_NAME

/// Name of the instruction set in use: "avx512", "avx2+fma", "neon" or "baseline". The environment variable
/// RECURRENT_INSTRUCTION_SET may name a lower one than the machine has, for tests and support.
const char *rk_instruction_set(void);

/// Chooses as the environment variable does, for tests: a process that has computed anything must not call it.
void rk_choose_instruction_set(const char *wanted);

/// Sets flush-to-zero and denormals-are-zero for the calling thread and returns the previous control word.
uint64_t rk_flush_denormals(void);

/// Restores the control word that `rk_flush_denormals` returned.
void rk_restore_denormals(uint64_t control);

/// A hint to the processor that the thread is spinning.
void rk_spin_hint(void);

#endif

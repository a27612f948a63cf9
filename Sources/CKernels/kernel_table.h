// The kernels of one instruction set as a table of function pointers.
#ifndef RECURRENT_KERNEL_TABLE_H
#define RECURRENT_KERNEL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KERNEL(result, name, parameters, arguments) result(*name) parameters;

#define REAL float
typedef struct {
#include "kernel_list.h"
} rk_table_f32;
#undef REAL

#define REAL double
typedef struct {
#include "kernel_list.h"
} rk_table_f64;
#undef REAL

#undef KERNEL

typedef struct {
  const char *name;
  rk_table_f32 f32;
  rk_table_f64 f64;
} rk_kernel_table;

/// SSE2 on x86, NEON on arm64, whatever the compiler makes of 16-byte vectors elsewhere.
extern const rk_kernel_table rk_kernels_baseline;

#if defined(__x86_64__)
extern const rk_kernel_table rk_kernels_avx2;
extern const rk_kernel_table rk_kernels_avx512;
#endif

#endif

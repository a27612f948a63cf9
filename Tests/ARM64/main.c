// Checks the C kernels of the machine it runs on: packed products, activations, cells, dropout, sums, optimizers and the
// checksum. scripts/check-arm64 builds it for arm64 and runs it in an emulator. Where multiply-adds are fused, the last
// line is the same on every instruction set.

#include "CKernels.h"
#include "CStorage.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#pragma STDC FP_CONTRACT OFF

static int checks, failures;
static bool is_fused;

__attribute__((format(printf, 2, 3))) static void expect(bool holds, const char *format, ...) {
  ++checks;
  if (holds) return;
  ++failures;
  va_list arguments;
  va_start(arguments, format);
  fputs("FAILED  ", stdout);
  vprintf(format, arguments);
  fputs("\n", stdout);
  va_end(arguments);
}

/// FNV-1a over the results that must be the same everywhere.
static uint64_t digest = 0xcbf29ce484222325;

static void record(const void *bytes, size_t count) {
  for (size_t i = 0; i < count; ++i) digest = (digest ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3;
}

/// A number of at most 1 rounded to so many binary digits, ties to even; none is smaller than 2⁻²⁴.
static double round_to(double x, int digits) {
  int exponent;
  frexp(x, &exponent);
  const double unit = ldexp(1, exponent - digits < -24 ? -24 : exponent - digits);
  return nearbyint(x / unit) * unit;
}

static uint64_t mix(uint64_t x) {
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return x ^ x >> 31;
}

/// SplitMix64, in [0, 1).
static double random_unit(void) {
  static uint64_t state;
  return ldexp((double)(mix(state += 0x9e3779b97f4a7c15) >> 11), -53);
}

/// What dropout draws for an element.
static uint32_t random_word(uint64_t seed, uint64_t number) {
  const uint64_t key = mix(seed ^ mix((number >> 32) + 0x9e3779b97f4a7c15));
  uint32_t x = (uint32_t)number ^ (uint32_t)key;
  x = (x ^ x >> 16) * 0x7feb352d;
  x = (x ^ x >> 15) + (uint32_t)(key >> 32);
  x = (x ^ x >> 15) * 0x846ca68b;
  return x ^ x >> 16;
}

enum { GUARDS = 32, GUARD = 12345 };

typedef struct {
  void *all, *row;
  size_t count;
} made_row;

static made_row rows_made[64];
static size_t row_count;

#define NAME(name) name##_f32
#define TYPE "float"
#define REAL float
#define WIDE double
#define R(function) function##f
#define W(function) function
#define EPSILON FLT_EPSILON
#define DIGITS FLT_MANT_DIG
#define LEAST_EXPONENT FLT_MIN_EXP
#include "adapter.h"
#include "support.h"
#include "checks.h"
#undef NAME
#undef TYPE
#undef REAL
#undef WIDE
#undef R
#undef W
#undef EPSILON
#undef DIGITS
#undef LEAST_EXPONENT
#undef ROUNDOFF
#undef K

#define NAME(name) name##_f64
#define TYPE "double"
#define REAL double
#define WIDE long double
#define R(function) function
#define W(function) function##l
#define EPSILON DBL_EPSILON
#define DIGITS DBL_MANT_DIG
#define LEAST_EXPONENT DBL_MIN_EXP
#include "adapter.h"
#include "support.h"
#include "checks.h"

/// Whole numbers, the largest magnitude becoming 127; returns their scale, for weights of 16 significant bits.
static float round_whole(size_t count, const float *x, size_t stride, bool is_weight, int *whole) {
  float largest = 0;
  for (size_t k = 0; k < count; ++k) largest = fmaxf(largest, fabsf(x[k * stride]));
  float scale = largest / 127, inverse = 127 / largest;
  if (is_weight && largest > 0) {
    const float unit = ldexpf(1, ilogbf(scale) - 15);
    scale = roundf(scale / unit) * unit;
    inverse = 1 / scale;
  }
  for (size_t k = 0; k < count; ++k) whole[k] = largest > 0 ? (int)rintf(x[k * stride] * inverse) : 0;
  return scale;
}

/// C = S + A·B in whole numbers of 8 bits: exact sums, one multiply-add with both scales for each 4,096 products.
static void check_integers(size_t rows, size_t columns, size_t inner) {
  float *a = numbers_f32(rows * inner + 1, 1), *b = numbers_f32(inner * columns + 1, 1);
  float *c = numbers_f32(rows * columns, 1), *expected = copy_f32(c, rows * columns);
  int *left = malloc((inner + 1) * sizeof *left), *right = malloc((inner + 1) * sizeof *right);
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < columns; ++j) {
      const float weight_scale = round_whole(inner, b + j, columns, true, right);
      for (size_t k = 0; k < inner; k += 4096) {
        const size_t depth = inner - k < 4096 ? inner - k : 4096;
        const float scale = round_whole(depth, a + i * inner + k, 1, false, left);
        long sum = 0;
        for (size_t l = 0; l < depth; ++l) sum += (long)left[l] * right[k + l];
        expected[i * columns + j] = multiply_add_f32((float)sum, weight_scale * scale, expected[i * columns + j]);
      }
    }
  }
  const size_t bytes = rk_integers()->packed_count(inner, columns) * sizeof(float);
  void *packed = aligned_alloc(64, (bytes + 127) / 64 * 64);
  rk_integers()->pack(inner, columns, b, columns, 1, packed);
  rk_integers()->multiply(rows, columns, inner, a, inner, packed, c, columns, c, columns);
  expect_same_f32("product in whole numbers", c, expected, rows * columns);
  free(packed);
  free(left);
  free(right);
  check_guards_f32("product in whole numbers");
}

/// C = S + A·B in pairs of bfloat16: one chain of multiply-adds of rounded numbers, as products of two are exact.
static void check_pairs(size_t rows, size_t columns, size_t inner) {
  float *a = numbers_f32(rows * inner + 1, 1), *b = numbers_f32(inner * columns + 1, 1);
  float *c = numbers_f32(rows * columns, 1), *expected = copy_f32(c, rows * columns);
  for (size_t i = 0; i < rows; ++i)
    for (size_t j = 0; j < columns; ++j)
      for (size_t k = 0; k < inner; ++k)
        expected[i * columns + j] = multiply_add_f32((float)round_to((double)a[i * inner + k], 8),
                                                     (float)round_to((double)b[k * columns + j], 8),
                                                     expected[i * columns + j]);
  const size_t bytes = rk_pairs()->packed_count(inner, columns) * sizeof(float);
  void *packed = aligned_alloc(64, (bytes + 127) / 64 * 64);
  rk_pairs()->pack(inner, columns, b, columns, 1, packed);
  rk_pairs()->multiply(rows, columns, inner, a, inner, packed, c, columns, c, columns);
  expect_same_f32("product in pairs", c, expected, rows * columns);
  free(packed);
  check_guards_f32("product in pairs");
}

static void check_checksum(void) {
  uint8_t bytes[259];
  for (size_t i = 0; i < sizeof bytes; ++i) bytes[i] = (uint8_t)mix(i);
  for (size_t start = 0; start < 9; ++start) {
    for (size_t count = 0; count < 250; count += 7) {
      uint32_t crc = 0xffffffff;
      for (size_t i = 0; i < count; ++i) {
        crc ^= bytes[start + i];
        for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
      }
      expect(rk_crc32c(0, bytes + start, count) == ~crc, "CRC-32C of %zu bytes", count);
      expect(rk_crc32c_by_table(0, bytes + start, count) == ~crc, "CRC-32C by table of %zu bytes", count);
      const uint32_t first = rk_crc32c(0, bytes + start, count / 3);
      expect(rk_crc32c(first, bytes + start + count / 3, count - count / 3) == ~crc, "CRC-32C in pieces");
    }
  }
}

static void check_denormals(void) {
  const volatile float least = FLT_MIN, half = 0.5f;
  const uint64_t before = rk_flush_denormals();
  const float flushed = least * half;
  rk_restore_denormals(before);
  expect(flushed == 0, "a denormal is flushed to 0");
  expect(least * half > 0, "denormals are back");
  rk_spin_hint();
}

int main(void) {
  const char *set = rk_instruction_set();
  is_fused = strcmp(set, "baseline") != 0;
  printf("%s\n", set);
  check_all_f32();
  check_all_f64();
  const size_t shapes[][3] = {{1, 1, 1}, {1, 31, 17}, {2, 67, 129}, {3, 100, 61}, {4, 33, 5}, {5, 16, 385}, {13, 34, 70},
                              {97, 19, 23}, {2, 9, 4100}, {1, 4, 0}};
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; ++i) {
    check_integers(shapes[i][0], shapes[i][1], shapes[i][2]);
    check_pairs(shapes[i][0], shapes[i][1], shapes[i][2]);
  }
  check_checksum();
  check_denormals();
  printf("  %d checks, %d failed\n", checks, failures);
  printf("%016llx\n", (unsigned long long)digest);
  return failures > 0;
}

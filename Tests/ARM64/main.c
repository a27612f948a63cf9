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
  check_checksum();
  check_denormals();
  printf("  %d checks, %d failed\n", checks, failures);
  printf("%016llx\n", (unsigned long long)digest);
  return failures > 0;
}

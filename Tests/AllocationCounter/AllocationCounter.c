#define _GNU_SOURCE

#include "AllocationCounter.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif

#if defined(__GLIBC__) && !defined(SANITIZED)

#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static atomic_bool is_counting;
// Where the calls are printed; negative: nowhere.
static int trace_file = -1;
static atomic_long allocations;
// Bytes of those on cache lines or coarser.
static atomic_long aligned_bytes;
// Printing allocates too.
static _Thread_local bool is_printing;

static void trace(void) {
  is_printing = true;
  void *calls[40];
  const int count = backtrace(calls, sizeof calls / sizeof *calls);
  // The first three are this function, note and the allocator.
  if (count > 3) backtrace_symbols_fd(calls + 3, count - 3, trace_file);
  dprintf(trace_file, "\n");
  is_printing = false;
}

/// Whether OpenBLAS itself allocates: its kernels of small matrices for SkylakeX pack into memory that they ask for.
static bool is_of_openblas(const void *caller) {
  Dl_info place;
  return dladdr(caller, &place) != 0 && place.dli_fname != NULL && strstr(place.dli_fname, "libopenblas") != NULL;
}

static __attribute__((noinline)) void note(const void *caller) {
  if (!atomic_load_explicit(&is_counting, memory_order_relaxed) || is_printing || is_of_openblas(caller)) return;
  atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
  if (trace_file >= 0) trace();
}

void *malloc(size_t size) {
  note(__builtin_return_address(0));
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  note(__builtin_return_address(0));
  return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
  note(__builtin_return_address(0));
  return __libc_realloc(old, size);
}

static void note_aligned(size_t alignment, size_t size, const void *caller) {
  note(caller);
  if (atomic_load_explicit(&is_counting, memory_order_relaxed) && alignment >= 64)
    atomic_fetch_add_explicit(&aligned_bytes, (long)size, memory_order_relaxed);
}

void *memalign(size_t alignment, size_t size) {
  note_aligned(alignment, size, __builtin_return_address(0));
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  note_aligned(alignment, size, __builtin_return_address(0));
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
  note_aligned(alignment, size, __builtin_return_address(0));
  *result = __libc_memalign(alignment, size);
  return *result ? 0 : ENOMEM;
}

bool allocation_counter_works(void) { return true; }

void allocation_counter_start(void) {
  const char *path = getenv("RECURRENT_TRACE_ALLOCATIONS");
  if (path && trace_file < 0) trace_file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
  atomic_store(&allocations, 0);
  atomic_store(&aligned_bytes, 0);
  atomic_store(&is_counting, true);
}

long allocation_counter_stop(void) {
  atomic_store(&is_counting, false);
  return atomic_load(&allocations);
}

long allocation_counter_aligned_bytes(void) { return atomic_load(&aligned_bytes); }

#else

bool allocation_counter_works(void) { return false; }

void allocation_counter_start(void) {}

long allocation_counter_stop(void) { return -1; }

long allocation_counter_aligned_bytes(void) { return -1; }

#endif

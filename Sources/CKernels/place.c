// On which processor a thread runs, and how it keeps off others.

#if defined(__linux__)
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#endif

#include "CKernels.h"

#if defined(__linux__)

int32_t rk_processor(void) { return sched_getcpu(); }

uint64_t rk_thread(void) { return (uint64_t)pthread_self(); }

bool rk_keep_off(uint64_t other, size_t count, const int32_t *processors, bool returns) {
  // The set of a machine of more than 1,024 processors does not fit: then nobody moves.
  cpu_set_t allowed, free;
  if (pthread_getaffinity_np((pthread_t)other, sizeof allowed, &allowed) != 0) return false;
  free = allowed;
  for (size_t i = 0; i < count; ++i) {
    if (processors[i] >= 0 && processors[i] < CPU_SETSIZE) CPU_CLR(processors[i], &free);
  }
  if (CPU_COUNT(&free) == 0 || sched_setaffinity(0, sizeof free, &free) != 0) return false;
  if (returns) sched_setaffinity(0, sizeof allowed, &allowed);
  return true;
}

#else

int32_t rk_processor(void) { return -1; }

uint64_t rk_thread(void) { return 0; }

bool rk_keep_off(uint64_t other, size_t count, const int32_t *processors, bool returns) {
  (void)other, (void)count, (void)processors, (void)returns;
  return false;
}

#endif

// Sleeping until a number in memory changes: the futex of Linux.

#include "CKernels.h"

#if defined(__linux__)

#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

void rk_sleep_while_equal(const uint32_t *word, uint32_t value) {
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

void rk_wake_sleepers(const uint32_t *word) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0); }

#else

#include <time.h>

// Nobody is woken: a sleep is short instead.
void rk_sleep_while_equal(const uint32_t *word, uint32_t value) {
  (void)word, (void)value;
  nanosleep(&(struct timespec){.tv_nsec = 50000}, NULL);
}

void rk_wake_sleepers(const uint32_t *word) { (void)word; }

#endif

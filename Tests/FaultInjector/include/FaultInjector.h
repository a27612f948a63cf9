// Makes the system calls that write files fail, at a position of one's choice.
//
// The program that links this gets open, write and their kin from here; they hand on to glibc's. Elsewhere, and under a
// sanitizer, which has replacements of its own, nothing is replaced and nothing can fail.
//
// Built as a shared library with FAULT_INJECTOR_PRELOAD and put into LD_PRELOAD, it does the same to a program as it is,
// told by the environment: see FaultInjector.c.
#ifndef FAULT_INJECTOR_H
#define FAULT_INJECTOR_H

#include <stdbool.h>

enum FaultCall {
  FAULT_CALL_OPEN,
  FAULT_CALL_WRITE,
  FAULT_CALL_PWRITE,
  FAULT_CALL_FSYNC,
  FAULT_CALL_CLOSE,
  FAULT_CALL_RENAME,
  FAULT_CALL_LINK,
  FAULT_CALL_UNLINK,
  FAULT_CALL_COUNT
};

// What happens instead of the call, but for FAULT_SHORT: half of the bytes are written, at least one. A close that
// fails has closed all the same, as on Linux.
enum FaultKind { FAULT_NONE, FAULT_ERROR, FAULT_SHORT };

bool fault_injector_works(void);

// At most this many faults at once.
#define FAULT_LIMIT 4

// Once this thread is armed, the call of kind `call` at `position` meets the fault; where it `stays`, all later ones of
// that kind too. `error` is the number that FAULT_ERROR gives.
void fault_injector_add(enum FaultCall call, long position, enum FaultKind kind, int error, bool stays);

// From now on this thread's calls are counted from 0 and meet the faults.
void fault_injector_arm(void);

// Ends that and forgets the faults.
void fault_injector_disarm(void);

// Calls of this thread while it was last armed.
long fault_injector_count(enum FaultCall call);

#endif

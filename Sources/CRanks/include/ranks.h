// The processes that mpirun has started, for Swift: no type of MPI is in here, as each MPI has others. Without the trait MPI
// there are none, and every call says so.
//
// All calls are those of the thread that called ranks_start. They return 0, a code of MPI's, or one of these:

#ifndef RANKS_H
#define RANKS_H

#include <stddef.h>

enum {
  RANKS_NOT_BUILT = -1,     // the package was built without the trait
  RANKS_TIMED_OUT = -2,     // nothing came, or nothing could be sent, for as long as was allowed
  RANKS_NO_MEMORY = -3,
  RANKS_OTHER_THREAD = -4,  // this MPI, or this call, is of another thread than the one that started it
};

// Whether this is a build with MPI.
int ranks_is_built(void);

int ranks_start(int *rank, int *count);

// An exchange: any number of pieces, then ranks_wait. Pieces of two ranks arrive in the order in which they are sent. What is sent
// is to come before what is received: else links carry one way at a time.
int ranks_send(int rank, const void *bytes, size_t count);
int ranks_receive(int rank, void *bytes, size_t count);

// Until all pieces are there; at most so many seconds without any of them being done.
int ranks_wait(double patience);

// Moves on what is on its way without waiting, as MPI does so in calls alone; `done`: whether all pieces are there. It may be
// called often: what comes sooner than some microseconds after the last call does nothing.
int ranks_progress(int *done);

// What a code means, cut to the capacity.
void ranks_message(int code, char *text, size_t capacity);

int ranks_finish(void);

// Ends all processes, with this exit code.
_Noreturn void ranks_abort(int code);

#endif

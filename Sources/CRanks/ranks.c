// The processes of an MPI job: point-to-point messages of bytes, waited for with a time-out.

#include "ranks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef RANKS_MPI

#include <mpi.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>

// Counts of MPI are int: longer pieces go in several messages.
static const size_t longest_message = (size_t)1 << 30;

static MPI_Comm communicator;
static pthread_t owner;
// Of the messages that are on their way; kept from one exchange to the next.
static MPI_Request *requests;
static size_t request_count, request_capacity;

int ranks_is_built(void) { return 1; }

int ranks_start(int *rank, int *count) {
  int provided = MPI_THREAD_SINGLE;
  int code = MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
  if (code == MPI_SUCCESS && provided < MPI_THREAD_FUNNELED) return RANKS_OTHER_THREAD;
  // A communicator of our own: nobody else's messages are on it, and its errors are ours to report.
  if (code == MPI_SUCCESS) code = MPI_Comm_dup(MPI_COMM_WORLD, &communicator);
  if (code == MPI_SUCCESS) code = MPI_Comm_set_errhandler(communicator, MPI_ERRORS_RETURN);
  if (code == MPI_SUCCESS) code = MPI_Comm_rank(communicator, rank);
  if (code == MPI_SUCCESS) code = MPI_Comm_size(communicator, count);
  owner = pthread_self();
  return code;
}

static MPI_Request *next_request(void) {
  if (request_count == request_capacity) {
    size_t capacity = request_capacity ? 2 * request_capacity : 64;
    MPI_Request *more = realloc(requests, capacity * sizeof *more);
    if (!more) return NULL;
    requests = more;
    request_capacity = capacity;
  }
  return &requests[request_count];
}

static int begin(int rank, char *bytes, size_t count, int sends) {
  if (!pthread_equal(owner, pthread_self())) return RANKS_OTHER_THREAD;
  while (count > 0) {
    size_t length = count < longest_message ? count : longest_message;
    MPI_Request *request = next_request();
    if (!request) return RANKS_NO_MEMORY;
    int code = sends ? MPI_Isend(bytes, (int)length, MPI_BYTE, rank, 0, communicator, request)
                     : MPI_Irecv(bytes, (int)length, MPI_BYTE, rank, 0, communicator, request);
    if (code != MPI_SUCCESS) return code;
    request_count++;
    bytes += length;
    count -= length;
  }
  return 0;
}

int ranks_send(int rank, const void *bytes, size_t count) { return begin(rank, (char *)bytes, count, 1); }

int ranks_receive(int rank, void *bytes, size_t count) { return begin(rank, bytes, count, 0); }

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

// Tests rather than waits: MPI's own waiting knows no time-out, and keeps a processor that others may need.
int ranks_wait(double patience) {
  if (!pthread_equal(owner, pthread_self())) return RANKS_OTHER_THREAD;
  double start = 0;
  while (request_count > 0) {
    // One after the other, the last first: those that are done are gone, and are progress.
    size_t before = request_count;
    for (size_t index = request_count; index-- > 0;) {
      int done = 0;
      int code = MPI_Test(&requests[index], &done, MPI_STATUS_IGNORE);
      if (code != MPI_SUCCESS) return code;
      if (done) requests[index] = requests[--request_count];
    }
    if (request_count == 0) break;
    double time = now();
    if (start == 0 || request_count < before) start = time;
    double waited = time - start;
    if (waited > patience) return RANKS_TIMED_OUT;
    if (waited > 0.01) {
      struct timespec pause = {0, 50000};
      nanosleep(&pause, NULL);
    } else if (waited > 0.0001) {
      sched_yield();
    }
  }
  return 0;
}

// A look at one message lets MPI move all of them on, as far as the sockets' buffers go. Two of them: what one look has received
// may let something be sent.
int ranks_progress(int *done) {
  static double last;
  *done = 0;
  if (!pthread_equal(owner, pthread_self())) return RANKS_OTHER_THREAD;
  double time = now();
  if (time - last < 50e-6) return 0;
  for (int looks = 0; request_count > 0 && looks < 2;) {
    int complete = 0;
    int code = MPI_Test(&requests[request_count - 1], &complete, MPI_STATUS_IGNORE);
    if (code != MPI_SUCCESS) return code;
    if (complete) {
      request_count--;
    } else {
      looks++;
    }
  }
  *done = request_count == 0;
  last = now();
  return 0;
}

void ranks_message(int code, char *text, size_t capacity) {
  if (capacity == 0) return;
  if (code == RANKS_TIMED_OUT) {
    snprintf(text, capacity, "nothing came from it any more");
  } else if (code == RANKS_NO_MEMORY) {
    snprintf(text, capacity, "no memory for its messages");
  } else if (code == RANKS_OTHER_THREAD) {
    snprintf(text, capacity, "MPI is called by another thread than the one that started it");
  } else {
    char own[MPI_MAX_ERROR_STRING];
    int length = 0;
    if (MPI_Error_string(code, own, &length) != MPI_SUCCESS) length = 0;
    snprintf(text, capacity, "MPI: %.*s", length, own);
  }
}

int ranks_finish(void) {
  int code = MPI_Comm_free(&communicator);
  return code == MPI_SUCCESS ? MPI_Finalize() : code;
}

_Noreturn void ranks_abort(int code) {
  int started = 0, finished = 0;
  MPI_Initialized(&started);
  MPI_Finalized(&finished);
  if (started && !finished) MPI_Abort(MPI_COMM_WORLD, code);
  _exit(code);
}

#else

int ranks_is_built(void) { return 0; }

int ranks_start(int *rank, int *count) {
  *rank = 0;
  *count = 1;
  return RANKS_NOT_BUILT;
}

int ranks_send(int rank, const void *bytes, size_t count) {
  (void)rank, (void)bytes, (void)count;
  return RANKS_NOT_BUILT;
}

int ranks_receive(int rank, void *bytes, size_t count) {
  (void)rank, (void)bytes, (void)count;
  return RANKS_NOT_BUILT;
}

int ranks_wait(double patience) {
  (void)patience;
  return RANKS_NOT_BUILT;
}

int ranks_progress(int *done) {
  *done = 0;
  return RANKS_NOT_BUILT;
}

void ranks_message(int code, char *text, size_t capacity) {
  (void)code;
  snprintf(text, capacity, "built without MPI");
}

int ranks_finish(void) { return RANKS_NOT_BUILT; }

_Noreturn void ranks_abort(int code) { _exit(code); }

#endif

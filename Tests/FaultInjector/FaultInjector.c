#define _GNU_SOURCE

#include "FaultInjector.h"

// Any header of the C library's own says whether it is glibc.
#include <errno.h>
#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif

#if defined(__GLIBC__) && !defined(SANITIZED)

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#ifdef FAULT_INJECTOR_PRELOAD
#define PER_THREAD
#else
#define PER_THREAD _Thread_local
#endif

struct fault {
  enum FaultCall call;
  long position;
  enum FaultKind kind;
  int error;
  bool stays;
};

struct state {
  bool armed;
  struct fault faults[FAULT_LIMIT];
  int fault_count;
  long counts[FAULT_CALL_COUNT];
  long all;
};

static PER_THREAD struct state state;

// Of a preloaded library: only calls on files whose path contains this count.
static const char *watched_path;
// The open files among them.
static bool watched_files[1024];
// The process kills itself instead of making the call at this position, all kinds counted together.
static long kill_position = -1;

// The next definition of `name` after ours, glibc's.
#define REAL(type, name, ...)                                     \
  static type (*_Atomic real)(__VA_ARGS__);                       \
  if (!real) real = (type(*)(__VA_ARGS__))(size_t)dlsym(RTLD_NEXT, name)

static bool watches_path(const char *path) { return !watched_path || strstr(path, watched_path); }

static bool watches_file(int file) {
  return !watched_path || (file >= 0 && file < (int)(sizeof watched_files) && watched_files[file]);
}

// What happens to this call, which is counted.
static enum FaultKind meet(enum FaultCall call) {
  if (!state.armed) return FAULT_NONE;
  const long position = state.counts[call]++;
  if (state.all++ == kill_position) kill(getpid(), SIGKILL);
  for (int index = 0; index < state.fault_count; ++index) {
    const struct fault *fault = &state.faults[index];
    if (call == fault->call && (position == fault->position || (position > fault->position && fault->stays))) {
      if (fault->kind == FAULT_ERROR) errno = fault->error;
      return fault->kind;
    }
  }
  return FAULT_NONE;
}

static size_t half(size_t count) { return count > 1 ? count / 2 : count; }

static int opened(int file, const char *path) {
  if (watched_path && file >= 0 && file < (int)(sizeof watched_files)) watched_files[file] = watches_path(path);
  return file;
}

#define OPEN(name)                                                          \
  int name(const char *path, int flags, ...) {                              \
    REAL(int, #name, const char *, int, ...);                               \
    mode_t mode = 0;                                                        \
    if (flags & (O_CREAT | O_TMPFILE)) {                                    \
      va_list arguments;                                                    \
      va_start(arguments, flags);                                           \
      mode = va_arg(arguments, mode_t);                                     \
      va_end(arguments);                                                    \
    }                                                                       \
    if (watches_path(path) && meet(FAULT_CALL_OPEN) == FAULT_ERROR) return -1; \
    return opened(real(path, flags, mode), path);                           \
  }

OPEN(open)
OPEN(open64)

ssize_t write(int file, const void *bytes, size_t count) {
  REAL(ssize_t, "write", int, const void *, size_t);
  const enum FaultKind kind = watches_file(file) ? meet(FAULT_CALL_WRITE) : FAULT_NONE;
  if (kind == FAULT_ERROR) return -1;
  return real(file, bytes, kind == FAULT_SHORT ? half(count) : count);
}

#define PWRITE(name, offset_type)                                                           \
  ssize_t name(int file, const void *bytes, size_t count, offset_type offset) {             \
    REAL(ssize_t, #name, int, const void *, size_t, offset_type);                           \
    const enum FaultKind kind = watches_file(file) ? meet(FAULT_CALL_PWRITE) : FAULT_NONE;  \
    if (kind == FAULT_ERROR) return -1;                                                     \
    return real(file, bytes, kind == FAULT_SHORT ? half(count) : count, offset);            \
  }

PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

int fsync(int file) {
  REAL(int, "fsync", int);
  if (watches_file(file) && meet(FAULT_CALL_FSYNC) == FAULT_ERROR) return -1;
  return real(file);
}

int close(int file) {
  REAL(int, "close", int);
  const bool fails = watches_file(file) && meet(FAULT_CALL_CLOSE) == FAULT_ERROR;
  if (watched_path && file >= 0 && file < (int)(sizeof watched_files)) watched_files[file] = false;
  const int error = errno;
  const int result = real(file);
  if (!fails) return result;
  errno = error;
  return -1;
}

int rename(const char *old, const char *new) {
  REAL(int, "rename", const char *, const char *);
  if (watches_path(new) && meet(FAULT_CALL_RENAME) == FAULT_ERROR) return -1;
  return real(old, new);
}

int link(const char *old, const char *new) {
  REAL(int, "link", const char *, const char *);
  if (watches_path(new) && meet(FAULT_CALL_LINK) == FAULT_ERROR) return -1;
  return real(old, new);
}

int unlink(const char *path) {
  REAL(int, "unlink", const char *);
  if (watches_path(path) && meet(FAULT_CALL_UNLINK) == FAULT_ERROR) return -1;
  return real(path);
}

bool fault_injector_works(void) { return true; }

void fault_injector_add(enum FaultCall call, long position, enum FaultKind kind, int error, bool stays) {
  if (state.fault_count == FAULT_LIMIT) abort();
  state.faults[state.fault_count++] = (struct fault){call, position, kind, error, stays};
}

void fault_injector_arm(void) {
  memset(state.counts, 0, sizeof state.counts);
  state.all = 0;
  state.armed = true;
}

void fault_injector_disarm(void) {
  state.armed = false;
  state.fault_count = 0;
}

long fault_injector_count(enum FaultCall call) { return state.counts[call]; }

#ifdef FAULT_INJECTOR_PRELOAD

static const char *const names[FAULT_CALL_COUNT] = {
    "open", "write", "pwrite", "fsync", "close", "rename", "link", "unlink"};

static long number(const char *name, long otherwise) {
  const char *text = getenv(name);
  return text ? atol(text) : otherwise;
}

// Reads what to do from the environment:
//
//     FAULT_PATH      only files whose path contains this
//     FAULT_CALL      open, write, pwrite, fsync, close, rename, link or unlink
//     FAULT_POSITION  which call of that kind, from 0
//     FAULT_ERROR     ENOSPC, EIO, EINTR, EPERM or SHORT
//     FAULT_STAYS     1: all later calls of that kind as well
//     FAULT_KILL      instead of all that: SIGKILL before the call of this position, all kinds counted together
//     FAULT_REPORT    a file for the counts at the end
__attribute__((constructor)) static void begin(void) {
  watched_path = getenv("FAULT_PATH");
  if (!watched_path) return;
  kill_position = number("FAULT_KILL", -1);
  const char *call = getenv("FAULT_CALL");
  const char *error = getenv("FAULT_ERROR");
  enum FaultCall chosen = FAULT_CALL_COUNT;
  for (int index = 0; index < FAULT_CALL_COUNT; ++index) {
    if (call && !strcmp(call, names[index])) chosen = (enum FaultCall)index;
  }
  int code = 0;
  enum FaultKind kind = FAULT_NONE;
  if (error) {
    kind = strcmp(error, "SHORT") ? FAULT_ERROR : FAULT_SHORT;
    static const struct {
      const char *name;
      int code;
    } errors[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO}, {"EINTR", EINTR}, {"EPERM", EPERM}};
    for (size_t index = 0; index < sizeof errors / sizeof *errors; ++index) {
      if (!strcmp(error, errors[index].name)) code = errors[index].code;
    }
    if (kind == FAULT_ERROR && code == 0) abort();
  }
  fault_injector_add(chosen, number("FAULT_POSITION", 0), kind, code, number("FAULT_STAYS", 0) == 1);
  fault_injector_arm();
}

// A line for each kind: its name and how many calls there were.
__attribute__((destructor)) static void end(void) {
  const char *path = getenv("FAULT_REPORT");
  if (!path || !state.armed) return;
  state.armed = false;
  FILE *file = fopen(path, "w");
  if (!file) return;
  for (int index = 0; index < FAULT_CALL_COUNT; ++index) fprintf(file, "%s %ld\n", names[index], state.counts[index]);
  fprintf(file, "all %ld\n", state.all);
  fclose(file);
}

#endif

#else

bool fault_injector_works(void) { return false; }

void fault_injector_add(enum FaultCall call, long position, enum FaultKind kind, int error, bool stays) {
  (void)call, (void)position, (void)kind, (void)error, (void)stays;
}

void fault_injector_arm(void) {}

void fault_injector_disarm(void) {}

long fault_injector_count(enum FaultCall call) {
  (void)call;
  return 0;
}

#endif

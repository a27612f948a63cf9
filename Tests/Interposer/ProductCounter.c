// A library to be preloaded: counts the matrix products that a process asks of a BLAS, by shape. At its end the process
// appends to the file that PRODUCT_COUNTS names, or writes to standard error:
//
//     process 1234
//     <count> <s or d> <m> <k> <n> <transpose of A: N or T> <of B>
//
// Only what goes through cblas_sgemm and cblas_dgemm is seen: not what LAPACK does inside, nor a BLAS that is linked into
// the program itself. scripts/count-products uses it.

#define _GNU_SOURCE

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TRANSPOSED = 112, CONJUGATED = 113 };

struct shape {
  char type, a, b;
  int m, n, k;
  unsigned long count;
};

enum { MOST_SHAPES = 4096 };

static struct shape shapes[MOST_SHAPES];
static unsigned long uncounted;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void count(char type, int transpose_a, int transpose_b, int m, int n, int k) {
  const char a = transpose_a == TRANSPOSED || transpose_a == CONJUGATED ? 'T' : 'N';
  const char b = transpose_b == TRANSPOSED || transpose_b == CONJUGATED ? 'T' : 'N';
  const unsigned long hash = (unsigned long)m * 0x9e3779b1 ^ (unsigned long)n * 0x85ebca77 ^ (unsigned long)k * 0xc2b2ae3d;
  pthread_mutex_lock(&lock);
  for (unsigned long probe = 0; probe < MOST_SHAPES; ++probe) {
    struct shape *shape = &shapes[(hash + probe) % MOST_SHAPES];
    if (shape->count == 0) *shape = (struct shape){type, a, b, m, n, k, 0};
    if (shape->type == type && shape->a == a && shape->b == b && shape->m == m && shape->n == n && shape->k == k) {
      ++shape->count;
      pthread_mutex_unlock(&lock);
      return;
    }
  }
  ++uncounted;
  pthread_mutex_unlock(&lock);
}

/// The next definition after ours, the BLAS's own.
static void *next(const char *name) {
  void *function = dlsym(RTLD_NEXT, name);
  if (function == NULL) {
    fprintf(stderr, "ProductCounter: no %s behind this one\n", name);
    abort();
  }
  return function;
}

#define COUNTED(name, type, scalar)                                                                                   \
  void name(int order, int transpose_a, int transpose_b, int m, int n, int k, scalar alpha, const scalar *a, int lda, \
            const scalar *b, int ldb, scalar beta, scalar *c, int ldc) {                                              \
    static void (*_Atomic real)(int, int, int, int, int, int, scalar, const scalar *, int, const scalar *, int,       \
                                scalar, scalar *, int);                                                               \
    if (real == NULL) real = next(#name);                                                                             \
    count(type, transpose_a, transpose_b, m, n, k);                                                                   \
    real(order, transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);                              \
  }

COUNTED(cblas_sgemm, 's', float)
COUNTED(cblas_dgemm, 'd', double)

__attribute__((destructor)) static void report(void) {
  const char *path = getenv("PRODUCT_COUNTS");
  const int file = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666) : STDERR_FILENO;
  if (file < 0) {
    perror(path);
    return;
  }
  dprintf(file, "process %d\n", (int)getpid());
  for (int i = 0; i < MOST_SHAPES; ++i) {
    const struct shape *s = &shapes[i];
    if (s->count) dprintf(file, "%lu %c %d %d %d %c %c\n", s->count, s->type, s->m, s->k, s->n, s->a, s->b);
  }
  if (uncounted) dprintf(file, "uncounted %lu\n", uncounted);
  if (path) close(file);
}

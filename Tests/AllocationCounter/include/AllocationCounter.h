// Counts the allocations of the whole process, all threads together, between two calls; those of OpenBLAS itself apart.
//
// The program that links this gets malloc and its kin from here; they hand on to glibc's. Elsewhere, and under a
// sanitizer, which replaces malloc itself, nothing is replaced and nothing can be counted.
#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

#include <stdbool.h>

bool allocation_counter_works(void);

// Begins to count. Where the environment names a file in RECURRENT_TRACE_ALLOCATIONS, the calls that lead to each
// allocation are appended to it (`swift demangle` makes them readable).
void allocation_counter_start(void);

// Ends counting; the number of allocations since the start.
long allocation_counter_stop(void);

// Bytes that were allocated since the start on cache lines of 64 bytes or coarser, as arenas are.
long allocation_counter_aligned_bytes(void);

#endif

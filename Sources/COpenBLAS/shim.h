// OpenBLAS's cblas (with its thread control) and LAPACKE, as Debian and Homebrew install them.
#include <cblas.h>
#include <lapacke.h>

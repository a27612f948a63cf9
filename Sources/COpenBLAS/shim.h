// OpenBLAS's cblas (with its thread control) and LAPACKE, as Debian installs them.
#include <cblas.h>
#include <lapacke.h>

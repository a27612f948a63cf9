// What the table holds: each kernel of the list under one type for both precisions.

#define KERNEL(result, name, parameters, arguments) \
  static result ID(entry_##name) parameters { return ID(name) arguments; }
#define CELL(...)
#define TWO_STAGE_CELL(...)
#include "kernel_list.h"
#undef KERNEL
#undef CELL
#undef TWO_STAGE_CELL

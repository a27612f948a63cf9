// All kernels in the precision REAL; with products of weights of 16 bits where RK_HAS_HALVES is 1.

#include "vector.h"

#include "activations.h"
#include "cells.h"
#include "lstm_variants.h"
#include "gru.h"
#include "diagonal.h"
#include "exponential.h"
#include "norm.h"
#include "norm_cells.h"
#include "blocks.h"
#include "steps.h"
#include "transpose.h"
#include "pack.h"
#include "weights.h"
#include "tile.h"
#include "product.h"
#if RK_HAS_HALVES
#include "half_product.h"
#endif
#include "transposed_product.h"
#include "sparse_product.h"
#include "rows.h"
#include "bfloat16.h"
#include "losses.h"
#include "ctc.h"
#include "dropout.h"
#include "optimizers.h"
#include "peak.h"
#include "entries.h"

#include "vector_end.h"

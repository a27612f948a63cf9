// All kernels in the precision REAL.

#include "vector.h"

#include "activations.h"
#include "cells.h"
#include "lstm_variants.h"
#include "gru.h"
#include "diagonal.h"
#include "norm.h"
#include "norm_cells.h"
#include "transpose.h"
#include "pack.h"
#include "tile.h"
#include "product.h"
#include "transposed_product.h"
#include "rows.h"
#include "losses.h"
#include "ctc.h"
#include "dropout.h"
#include "optimizers.h"
#include "peak.h"

#include "vector_end.h"

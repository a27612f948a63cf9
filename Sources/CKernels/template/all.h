// Compiles every kernel for one instruction set in both precisions and fills its table. The including file says
//   RK_TABLE, RK_TABLE_NAME   the table and the public name of the instruction set
//   RK_REGISTER_WIDTH         bytes of a vector register
//   RK_BATCH                  registers that an activation works on at once
//   RK_FUSED                  1 where a fused multiply-add is one instruction
//   RK_TILE_ROWS              rows of the largest register tile of a product
//   RK_ACCUMULATORS           sums of a product that fit the registers
//   RK_UNROLL_IN_PLACE        how the compiler is to unroll a tile's loop where A is read in place
//   RK_CONVERTS_HALVES        1 where an instruction widens numbers of 16 bits
//   RK_MASKS                  1 where it brings masked_load and masked_store for the part of a register

// Only what is written as fused may be fused: the instruction sets with FMA then agree to the bit.
#pragma STDC FP_CONTRACT OFF

// Vectors wider than a register pass between functions here, but every one of those is inlined: there is no ABI.
#pragma clang diagnostic ignored "-Wpsabi"

#include "../activation_coefficients.h"
#include "../activation_limits.h"

#include "unrolling.h"
#include "halves.h"
#include "logarithm.h"
#include "mixer.h"
#include "sums.h"

#define REAL float
#define INTEGER int32_t
#define ID(name) name##_f32
#define RK_HAS_HALVES 1
#include "kernels.h"
#undef RK_HAS_HALVES
#undef REAL
#undef INTEGER
#undef ID

#define REAL double
#define INTEGER int64_t
#define ID(name) name##_f64
#define RK_HAS_HALVES 0
#include "kernels.h"
#undef RK_HAS_HALVES
#undef REAL
#undef INTEGER
#undef ID

// A cell's entry in the table of a precision, which the suffix names.
#define ONE_STAGE(cell, suffix, gate_count, state_count, saved_count, vector_count) \
  .cell = {.gates = gate_count,                                                     \
           .states = state_count,                                                   \
           .saved = saved_count,                                                    \
           .vectors = vector_count,                                                 \
           .forward = cell##_forward_step_##suffix,                                 \
           .backward = cell##_backward_step_##suffix},
#define TWO_STAGES(cell, suffix, gate_count, state_count, saved_count, vector_count) \
  .cell = {.gates = gate_count,                                                      \
           .states = state_count,                                                    \
           .saved = saved_count,                                                     \
           .vectors = vector_count,                                                  \
           .forward = cell##_forward_1_step_##suffix,                                \
           .backward = cell##_backward_2_step_##suffix,                              \
           .forward_second_stage = cell##_forward_2_step_##suffix,                   \
           .backward_first_stage = cell##_backward_1_step_##suffix},

const rk_instruction_set_kernels RK_TABLE = {
    .name = RK_TABLE_NAME,
    .halves = {.pack = pack_half_f32, .multiply = multiply_half_f32},
#define KERNEL(result, kernel, parameters, arguments) .kernel = entry_##kernel##_f32,
#define CELL(cell, ...) ONE_STAGE(cell, f32, __VA_ARGS__)
#define TWO_STAGE_CELL(cell, ...) TWO_STAGES(cell, f32, __VA_ARGS__)
    .f32 = {
#include "kernel_list.h"
    },
#undef KERNEL
#undef CELL
#undef TWO_STAGE_CELL
#define KERNEL(result, kernel, parameters, arguments) .kernel = entry_##kernel##_f64,
#define CELL(cell, ...) ONE_STAGE(cell, f64, __VA_ARGS__)
#define TWO_STAGE_CELL(cell, ...) TWO_STAGES(cell, f64, __VA_ARGS__)
    .f64 = {
#include "kernel_list.h"
    },
#undef KERNEL
#undef CELL
#undef TWO_STAGE_CELL
};

#undef ONE_STAGE
#undef TWO_STAGES

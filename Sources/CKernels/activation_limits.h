// Where the activations saturate, and the layout of the two floating-point formats.
#ifndef RECURRENT_ACTIVATION_LIMITS_H
#define RECURRENT_ACTIVATION_LIMITS_H

enum { mantissa_f32 = 23, mantissa_f64 = 52, exponent_bias_f32 = 127, exponent_bias_f64 = 1023 };

// x + rounder - rounder is x rounded to an integer, which is then also in the low bits of x + rounder.
static const float rounder_f32 = 0x1.8p23f;
static const double rounder_f64 = 0x1.8p52;

// e^-x is a normal number up to here; beyond, the losses take it as 0.
static const float decay_most_f32 = 87.0f;
static const double decay_most_f64 = 708.0;

// sigmoid works with 2^-shift·(1 + e^-x), which does not overflow before sigmoid itself has become 0. Above `most`
// the result is 1, below `least` it is 0.
enum { sigmoid_shift_f32 = 26, sigmoid_shift_f64 = 56 };
static const float sigmoid_unit_f32 = 0x1p-26f;
static const double sigmoid_unit_f64 = 0x1p-56;
static const float sigmoid_least_f32 = -105.0f, sigmoid_most_f32 = 20.0f;
static const double sigmoid_least_f64 = -746.0, sigmoid_most_f64 = 40.0;

// tanh is ±1 beyond these.
static const float tanh_most_f32 = 12.0f;
static const double tanh_most_f64 = 20.0;

// The least normal number.
static const float least_normal_f32 = 0x1p-126f;
static const double least_normal_f64 = 0x1p-1022;

#endif

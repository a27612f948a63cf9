// Written by scripts/activation-coefficients; do not edit.
#ifndef RECURRENT_ACTIVATION_COEFFICIENTS_H
#define RECURRENT_ACTIVATION_COEFFICIENTS_H

// ln 2 = ln2_high + ln2_low; n·ln2_high is exact for every n that occurs.

static const float log2_e_f32 = 0x1.7154760000000p+0f;
static const float ln2_high_f32 = 0x1.62e4000000000p-1f;
static const float ln2_low_f32 = 0x1.7f7d1c0000000p-20f;

static const double log2_e_f64 = 0x1.71547652b82fep+0;
static const double ln2_high_f64 = 0x1.62e42fefa3000p-1;
static const double ln2_low_f64 = 0x1.3de6af278ece6p-42;

// e^-r = 1 - r + r²·Σ c_j r^j on |r| <= 0.347; largest relative error 3.25e-9.
static const float exp_tail_f32[] = {
    0x1.fffffc0000000p-2f,
    -0x1.55548a0000000p-3f,
    0x1.55584e0000000p-5f,
    -0x1.123f320000000p-7f,
    0x1.6ad1880000000p-10f,
};

// e^-r = 1 - r + r²·Σ c_j r^j on |r| <= 0.347; largest relative error 1.87e-17.
static const double exp_tail_f64[] = {
    0x1.000000000000ap-1,
    -0x1.5555555555500p-3,
    0x1.55555555505f4p-5,
    -0x1.1111111125928p-7,
    0x1.6c16c184b6544p-10,
    -0x1.a01a01396569bp-13,
    0x1.a01998fbfaefdp-16,
    -0x1.71def2ad470e1p-19,
    0x1.28adcecd8a568p-22,
    -0x1.adef13bdc8ec0p-26,
};

// atanh(f) = f·(1 + f²·Σ c_j f^2j) on |f| <= 0.1716; largest relative error 1.23e-18.
static const double atanh_tail_f64[] = {
    0x1.5555555555592p-2,
    0x1.999999997ff09p-3,
    0x1.24924941e36d3p-3,
    0x1.c71c521190c95p-4,
    0x1.74663db5773bdp-4,
    0x1.39a1cf1c95466p-4,
    0x1.2f04f30172525p-4,
};

#endif

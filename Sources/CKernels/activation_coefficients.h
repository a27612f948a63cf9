// Written by scripts/activation-coefficients; do not edit.
#ifndef RECURRENT_ACTIVATION_COEFFICIENTS_H
#define RECURRENT_ACTIVATION_COEFFICIENTS_H

// ln 2 = ln2_high + ln2_low; n·ln2_high is exact for every n that occurs.

static const float log2_e_f32 = 0x1.7154760000000p+0f;
static const float ln2_f32 = 0x1.62e4300000000p-1f;
static const float ln2_high_f32 = 0x1.62e4000000000p-1f;
static const float ln2_low_f32 = 0x1.7f7d1c0000000p-20f;

static const double log2_e_f64 = 0x1.71547652b82fep+0;
static const double ln2_f64 = 0x1.62e42fefa39efp-1;
static const double ln2_high_f64 = 0x1.62e42fefa3000p-1;
static const double ln2_low_f64 = 0x1.3de6af278ece6p-42;

// e^-r = 1 - r + r²·Σ c_j r^j on |r| <= 0.347; largest relative error 4.38e-9.
static const float exp_tail_f32[] = {
    0x1.fffffc0000000p-2f,
    -0x1.5554900000000p-3f,
    0x1.5558f60000000p-5f,
    -0x1.123a8e0000000p-7f,
    0x1.6a232a0000000p-10f,
};

// e^-r = 1 - r + r²·Σ c_j r^j on |r| <= 0.347; largest relative error 8.95e-18.
static const double exp_tail_f64[] = {
    0x1.000000000000ap-1,
    -0x1.55555555554f9p-3,
    0x1.55555555507cdp-5,
    -0x1.1111111127f31p-7,
    0x1.6c16c184537d1p-10,
    -0x1.a01a01298a1e9p-13,
    0x1.a019999577124p-16,
    -0x1.71df2664b5cf4p-19,
    0x1.28ade5fc1815fp-22,
    -0x1.ad7ee64d59570p-26,
};

// (1 - e^-2h)/2 = h + h²·Σ c_j h^j on |h| <= 0.1735; largest relative error 1.76e-8.
static const float tanh_tail_f32[] = {
    -0x1.fffffe0000000p-1f,
    0x1.5554b00000000p-1f,
    -0x1.5556740000000p-2f,
    0x1.1228180000000p-3f,
    -0x1.6bebf80000000p-5f,
};

// (1 - e^-2h)/2 = h + h²·Σ c_j h^j on |h| <= 0.1735; largest relative error 3.11e-17.
static const double tanh_tail_f64[] = {
    -0x1.0000000000005p+0,
    0x1.5555555555539p-1,
    -0x1.5555555552243p-2,
    0x1.11111111190cep-3,
    -0x1.6c16c17efc355p-5,
    0x1.a01a0174cae1bp-7,
    -0x1.a019a7070607ep-9,
    0x1.71de885f01cc8p-11,
    -0x1.28a24d2281a11p-13,
    0x1.ae6baec678ed6p-16,
};

// atanh(f) = f·(1 + f²·Σ c_j f^2j) on |f| <= 0.1716; largest relative error 8.5e-10.
static const float atanh_tail_f32[] = {
    0x1.55557a0000000p-2f,
    0x1.995ec20000000p-3f,
    0x1.31e2660000000p-3f,
};

// atanh(f) = f·(1 + f²·Σ c_j f^2j) on |f| <= 0.1716; largest relative error 1.73e-18.
static const double atanh_tail_f64[] = {
    0x1.5555555555592p-2,
    0x1.999999997fdd1p-3,
    0x1.24924941f1749p-3,
    0x1.c71c5207cc971p-4,
    0x1.74663f7b74298p-4,
    0x1.39a1a5b54fe28p-4,
    0x1.2f06728272b1ep-4,
};

#endif

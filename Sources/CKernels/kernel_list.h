// Every kernel once: KERNEL(result, name, (parameters), (arguments)), with REAL as the scalar type.
// Included where the table of function pointers is declared, where it is filled and where it is called;
// the public declarations in kernel_set.h keep the signatures honest.

KERNEL(void, tanh, (size_t count, const REAL *x, REAL *y), (count, x, y))
KERNEL(void, sigmoid, (size_t count, const REAL *x, REAL *y), (count, x, y))
KERNEL(void, add, (size_t count, const REAL *x, REAL *y), (count, x, y))
KERNEL(void, scale, (size_t count, REAL factor, const REAL *x, REAL *y), (count, factor, x, y))
KERNEL(void, multiply, (size_t count, const REAL *x, const REAL *y, REAL *z), (count, x, y, z))
KERNEL(void, multiply_add, (size_t count, const REAL *x, const REAL *y, REAL *z), (count, x, y, z))

KERNEL(void, elman_tanh_forward, (size_t hidden, REAL *gates, REAL *next), (hidden, gates, next))
KERNEL(void, elman_tanh_backward, (size_t hidden, REAL *gates, const REAL *next, REAL *gradient),
       (hidden, gates, next, gradient))
KERNEL(void, elman_relu_forward, (size_t hidden, REAL *gates, REAL *next), (hidden, gates, next))
KERNEL(void, elman_relu_backward, (size_t hidden, REAL *gates, const REAL *next, REAL *gradient),
       (hidden, gates, next, gradient))

KERNEL(void, lstm_forward, (size_t hidden, REAL *gates, const REAL *previous, REAL *next, REAL *saved),
       (hidden, gates, previous, next, saved))
KERNEL(void, lstm_backward,
       (size_t hidden, REAL *gates, const REAL *previous, const REAL *saved, REAL *gradient),
       (hidden, gates, previous, saved, gradient))

KERNEL(void, gru_forward, (size_t hidden, REAL *gates, const REAL *previous, REAL *next),
       (hidden, gates, previous, next))
KERNEL(void, gru_backward, (size_t hidden, REAL *gates, const REAL *previous, REAL *gradient),
       (hidden, gates, previous, gradient))
KERNEL(void, gru_before_forward_1, (size_t hidden, REAL *gates, const REAL *previous, REAL *saved),
       (hidden, gates, previous, saved))
KERNEL(void, gru_before_forward_2, (size_t hidden, REAL *gates, const REAL *previous, REAL *next),
       (hidden, gates, previous, next))
KERNEL(void, gru_before_backward_2, (size_t hidden, REAL *gates, const REAL *previous, REAL *gradient),
       (hidden, gates, previous, gradient))
KERNEL(void, gru_before_backward_1,
       (size_t hidden, REAL *gates, const REAL *previous, const REAL *operand_gradient, REAL *gradient),
       (hidden, gates, previous, operand_gradient, gradient))

KERNEL(void, lstm_peephole_forward,
       (size_t hidden, REAL *gates, const REAL *previous, REAL *next, REAL *saved, const REAL *vectors),
       (hidden, gates, previous, next, saved, vectors))
KERNEL(void, lstm_peephole_backward,
       (size_t hidden, REAL *gates, const REAL *previous, const REAL *next, const REAL *saved, REAL *gradient,
        const REAL *vectors, REAL *vector_gradient),
       (hidden, gates, previous, next, saved, gradient, vectors, vector_gradient))
KERNEL(void, lstm_coupled_forward, (size_t hidden, REAL *gates, const REAL *previous, REAL *next, REAL *saved),
       (hidden, gates, previous, next, saved))
KERNEL(void, lstm_coupled_backward,
       (size_t hidden, REAL *gates, const REAL *previous, const REAL *saved, REAL *gradient),
       (hidden, gates, previous, saved, gradient))

KERNEL(void, rnn_norm_forward, (size_t hidden, REAL *gates, REAL *next, const REAL *vectors),
       (hidden, gates, next, vectors))
KERNEL(void, rnn_norm_backward,
       (size_t hidden, REAL *gates, const REAL *next, REAL *gradient, const REAL *vectors, REAL *vector_gradient),
       (hidden, gates, next, gradient, vectors, vector_gradient))
KERNEL(void, lstm_norm_forward,
       (size_t hidden, REAL *gates, const REAL *previous, REAL *next, REAL *saved, const REAL *vectors),
       (hidden, gates, previous, next, saved, vectors))
KERNEL(void, lstm_norm_backward,
       (size_t hidden, REAL *gates, const REAL *previous, const REAL *next, const REAL *saved, REAL *gradient,
        const REAL *vectors, REAL *vector_gradient),
       (hidden, gates, previous, next, saved, gradient, vectors, vector_gradient))
KERNEL(void, gru_norm_forward,
       (size_t hidden, REAL *gates, const REAL *previous, REAL *next, REAL *saved, const REAL *vectors),
       (hidden, gates, previous, next, saved, vectors))
KERNEL(void, gru_norm_backward,
       (size_t hidden, REAL *gates, const REAL *previous, const REAL *saved, REAL *gradient, const REAL *vectors,
        REAL *vector_gradient),
       (hidden, gates, previous, saved, gradient, vectors, vector_gradient))

KERNEL(void, mingru_forward, (size_t hidden, REAL *gates, const REAL *previous, REAL *next),
       (hidden, gates, previous, next))
KERNEL(void, mingru_backward, (size_t hidden, REAL *gates, const REAL *previous, REAL *gradient),
       (hidden, gates, previous, gradient))
KERNEL(void, indrnn_forward,
       (size_t hidden, REAL *gates, const REAL *previous, REAL *next, const REAL *vectors),
       (hidden, gates, previous, next, vectors))
KERNEL(void, indrnn_backward,
       (size_t hidden, REAL *gates, const REAL *previous, const REAL *next, REAL *gradient, const REAL *vectors,
        REAL *vector_gradient),
       (hidden, gates, previous, next, gradient, vectors, vector_gradient))

KERNEL(size_t, packed_count, (size_t inner, size_t columns), (inner, columns))
KERNEL(void, pack,
       (size_t inner, size_t columns, const REAL *b, size_t row_stride, size_t column_stride, REAL *packed),
       (inner, columns, b, row_stride, column_stride, packed))
KERNEL(void, multiply_packed,
       (size_t rows, size_t columns, size_t inner, const REAL *a, size_t a_stride, const REAL *packed,
        const REAL *start, size_t start_stride, REAL *c, size_t c_stride),
       (rows, columns, inner, a, a_stride, packed, start, start_stride, c, c_stride))
KERNEL(void, multiply_transposed,
       (size_t rows, size_t columns, size_t inner, const REAL *a, size_t a_stride, const REAL *b, size_t b_stride, REAL *c,
        size_t c_stride),
       (rows, columns, inner, a, a_stride, b, b_stride, c, c_stride))

KERNEL(void, broadcast_rows, (size_t rows, size_t columns, const REAL *bias, REAL *matrix, size_t stride),
       (rows, columns, bias, matrix, stride))
KERNEL(void, add_column_sums, (size_t rows, size_t columns, const REAL *matrix, size_t stride, REAL *sums),
       (rows, columns, matrix, stride, sums))
KERNEL(void, gather_rows,
       (size_t rows, size_t columns, const REAL *table, size_t table_stride, const int32_t *indices, REAL *matrix,
        size_t stride),
       (rows, columns, table, table_stride, indices, matrix, stride))
KERNEL(void, scatter_add_rows,
       (size_t rows, size_t columns, const REAL *matrix, size_t stride, const int32_t *indices, REAL *table,
        size_t table_stride),
       (rows, columns, matrix, stride, indices, table, table_stride))
KERNEL(void, transpose,
       (size_t rows, size_t columns, const REAL *in, size_t in_stride, REAL *out, size_t out_stride),
       (rows, columns, in, in_stride, out, out_stride))

KERNEL(double, softmax_cross_entropy, (size_t count, REAL *logits, size_t target, REAL scale),
       (count, logits, target, scale))
KERNEL(double, softmax, (size_t count, REAL *logits, REAL scale), (count, logits, scale))
KERNEL(double, spread_cross_entropy,
       (size_t count, REAL *logits, size_t target, double own, const REAL *others, double weight, REAL scale),
       (count, logits, target, own, others, weight, scale))
KERNEL(double, binary_cross_entropy,
       (size_t count, REAL *logits, const REAL *target, const REAL *positive, REAL scale),
       (count, logits, target, positive, scale))
KERNEL(double, squared_error, (size_t count, REAL *output, const REAL *target, REAL scale),
       (count, output, target, scale))
KERNEL(double, absolute_error, (size_t count, REAL *output, const REAL *target, REAL scale),
       (count, output, target, scale))
KERNEL(double, huber_error, (size_t count, REAL *output, const REAL *target, REAL delta, REAL scale),
       (count, output, target, delta, scale))
KERNEL(void, ctc_step,
       (size_t states, const REAL *stay, const REAL *move, const REAL *skip, const REAL *allowed,
        const REAL *emission, REAL *result),
       (states, stay, move, skip, allowed, emission, result))
KERNEL(void, ctc_occupancy,
       (size_t states, const REAL *before, const REAL *after, const REAL *emission, REAL total, REAL *result),
       (states, before, after, emission, total, result))

KERNEL(void, dropout,
       (size_t count, const REAL *x, REAL *y, uint64_t seed, uint64_t first, uint32_t threshold, REAL scale),
       (count, x, y, seed, first, threshold, scale))
KERNEL(void, zoneout,
       (size_t count, const REAL *previous, REAL *state, uint64_t seed, uint64_t first, uint32_t threshold),
       (count, previous, state, seed, first, threshold))
KERNEL(void, zoneout_gradient,
       (size_t count, REAL *gradient, REAL *kept, uint64_t seed, uint64_t first, uint32_t threshold),
       (count, gradient, kept, seed, first, threshold))
KERNEL(void, zoneout_mean, (size_t count, const REAL *previous, REAL *state, REAL rate),
       (count, previous, state, rate))
KERNEL(void, zoneout_mean_gradient, (size_t count, REAL *gradient, REAL *kept, REAL rate),
       (count, gradient, kept, rate))

KERNEL(double, sum_of_squares, (size_t count, const REAL *x), (count, x))
KERNEL(void, sgd,
       (size_t count, REAL *p, const REAL *g, REAL *buffer, REAL scale, REAL limit, REAL rate, REAL momentum,
        REAL weight_decay, int nesterov),
       (count, p, g, buffer, scale, limit, rate, momentum, weight_decay, nesterov))
KERNEL(void, rmsprop,
       (size_t count, REAL *p, const REAL *g, REAL *square, REAL scale, REAL limit, REAL rate, REAL decay,
        REAL one_minus_decay, REAL epsilon, REAL weight_decay),
       (count, p, g, square, scale, limit, rate, decay, one_minus_decay, epsilon, weight_decay))
KERNEL(void, adam,
       (size_t count, REAL *p, const REAL *g, REAL *first, REAL *second, REAL scale, REAL limit, REAL step,
        REAL beta1, REAL one_minus_beta1, REAL beta2, REAL one_minus_beta2, REAL inverse_root, REAL epsilon,
        REAL coupled_decay, REAL decoupled_decay),
       (count, p, g, first, second, scale, limit, step, beta1, one_minus_beta1, beta2, one_minus_beta2, inverse_root,
        epsilon, coupled_decay, decoupled_decay))

KERNEL(size_t, peak_flops, (void), ())
KERNEL(REAL, peak, (size_t iterations, REAL factor, REAL addend), (iterations, factor, addend))
KERNEL(REAL, read_sum, (size_t count, const REAL *x), (count, x))

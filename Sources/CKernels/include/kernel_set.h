// The kernels of one precision. Included twice by CKernels.h; never include it on its own.

// Elementwise. x and y may be the same pointer. NaN propagates, ±Inf gives the limit, tanh is odd to the bit.

/// y[i] = tanh(x[i])
void RK_NAME(tanh)(size_t count, const RK_REAL *x, RK_REAL *y);
/// y[i] = 1 / (1 + exp(-x[i]))
void RK_NAME(sigmoid)(size_t count, const RK_REAL *x, RK_REAL *y);
/// y[i] += x[i]
void RK_NAME(add)(size_t count, const RK_REAL *x, RK_REAL *y);
/// y[i] = factor · x[i]
void RK_NAME(scale)(size_t count, RK_REAL factor, const RK_REAL *x, RK_REAL *y);
/// z[i] = x[i] · y[i]; z may be x or y.
void RK_NAME(multiply)(size_t count, const RK_REAL *x, const RK_REAL *y, RK_REAL *z);
/// z[i] += x[i] · y[i], fused.
void RK_NAME(multiply_add)(size_t count, const RK_REAL *x, const RK_REAL *y, RK_REAL *z);

// Cells, one row (one sequence at one step) of `hidden` units. In `forward`, `gates` holds pre-activations and is
// overwritten by what `backward` needs; in `backward` it is overwritten by the gradient of the pre-activations.
// `previous` and `next` are the states before and after the step; `gradient` holds dL/d(next) and is overwritten by
// the part of dL/d(previous) that does not pass through a matrix product.

/// Elman network: h = tanh(a). gates: [H]; previous, next, gradient: [H].
void RK_NAME(elman_tanh_forward)(size_t hidden, RK_REAL *gates, RK_REAL *next);
void RK_NAME(elman_tanh_backward)(size_t hidden, RK_REAL *gates, const RK_REAL *next, RK_REAL *gradient);
/// Elman network: h = max(a, 0); the derivative at 0 is 0; NaN propagates.
void RK_NAME(elman_relu_forward)(size_t hidden, RK_REAL *gates, RK_REAL *next);
void RK_NAME(elman_relu_backward)(size_t hidden, RK_REAL *gates, const RK_REAL *next, RK_REAL *gradient);

/// LSTM. gates: [4H] as i f g o; previous, next, gradient: [2H] as h c; saved: [H], tanh(c).
///   i = σ(a_i)  f = σ(a_f)  g = tanh(a_g)  o = σ(a_o)   c = f·c' + i·g   h = o·tanh(c)
void RK_NAME(lstm_forward)(size_t hidden, RK_REAL *gates, const RK_REAL *previous, RK_REAL *next, RK_REAL *saved);
void RK_NAME(lstm_backward)(size_t hidden, RK_REAL *gates, const RK_REAL *previous, const RK_REAL *saved,
                            RK_REAL *gradient);

/// GRU, reset after the product. gates: [4H] as q r z n, where q = Whn·h' + bhn is kept apart from a_n;
/// previous, next, gradient: [H].
///   r = σ(a_r)  z = σ(a_z)  n = tanh(a_n + r·q)   h = (1 - z)·n + z·h'
/// forward leaves q r z n; backward leaves the gradients of (q, a_r, a_z, a_n).
void RK_NAME(gru_forward)(size_t hidden, RK_REAL *gates, const RK_REAL *previous, RK_REAL *next);
void RK_NAME(gru_backward)(size_t hidden, RK_REAL *gates, const RK_REAL *previous, RK_REAL *gradient);

/// GRU, reset before the product. gates: [3H] as r z n; the second product uses saved = r·h' as its operand.
/// Stage 1: r = σ(a_r), z = σ(a_z), saved = r·h'.   Stage 2: n = tanh(a_n), h = (1 - z)·n + z·h'.
void RK_NAME(gru_before_forward_1)(size_t hidden, RK_REAL *gates, const RK_REAL *previous, RK_REAL *saved);
void RK_NAME(gru_before_forward_2)(size_t hidden, RK_REAL *gates, const RK_REAL *previous, RK_REAL *next);
/// Runs first: from `gradient` = dL/dh leaves the gradients of a_z and a_n in `gates` (r untouched) and the direct
/// part z·dL/dh in `gradient`.
void RK_NAME(gru_before_backward_2)(size_t hidden, RK_REAL *gates, const RK_REAL *previous, RK_REAL *gradient);
/// Runs second: from `operand_gradient` = dL/d(r·h') leaves the gradient of a_r in `gates` and adds
/// r·operand_gradient to `gradient`.
void RK_NAME(gru_before_backward_1)(size_t hidden, RK_REAL *gates, const RK_REAL *previous,
                                    const RK_REAL *operand_gradient, RK_REAL *gradient);

// Cells with vectors of their own: `vectors` holds blocks of [H]; `backward` adds its row's part of dL/d(vectors) to
// `vector_gradient`, laid out alike.

/// LSTM with peepholes. vectors: [3H] as p_i p_f p_o; the rest as the LSTM.
///   i = σ(a_i + p_i·c')  f = σ(a_f + p_f·c')  g = tanh(a_g)   c = f·c' + i·g   o = σ(a_o + p_o·c)   h = o·tanh(c)
void RK_NAME(lstm_peephole_forward)(size_t hidden, RK_REAL *gates, const RK_REAL *previous, RK_REAL *next,
                                    RK_REAL *saved, const RK_REAL *vectors);
void RK_NAME(lstm_peephole_backward)(size_t hidden, RK_REAL *gates, const RK_REAL *previous, const RK_REAL *next,
                                     const RK_REAL *saved, RK_REAL *gradient, const RK_REAL *vectors,
                                     RK_REAL *vector_gradient);
/// LSTM with coupled gates. gates: [3H] as i g o; the rest as the LSTM.
///   i = σ(a_i)  g = tanh(a_g)  o = σ(a_o)   c = (1 - i)·c' + i·g   h = o·tanh(c)
void RK_NAME(lstm_coupled_forward)(size_t hidden, RK_REAL *gates, const RK_REAL *previous, RK_REAL *next,
                                   RK_REAL *saved);
void RK_NAME(lstm_coupled_backward)(size_t hidden, RK_REAL *gates, const RK_REAL *previous, const RK_REAL *saved,
                                    RK_REAL *gradient);

// Cells with layer normalisation, N(x) = gain·(x - mean)/√(variance + 10⁻⁵) + bias over the H scalars of a block of one
// row, the variance being Σ (x - mean)² / H. All gains come first in `vectors`, then all biases.

/// h = tanh(N(a)). gates: [H]; vectors: [2H]. forward leaves the deviations a - mean in `gates`.
void RK_NAME(rnn_norm_forward)(size_t hidden, RK_REAL *gates, RK_REAL *next, const RK_REAL *vectors);
void RK_NAME(rnn_norm_backward)(size_t hidden, RK_REAL *gates, const RK_REAL *next, RK_REAL *gradient,
                                const RK_REAL *vectors, RK_REAL *vector_gradient);
/// As the LSTM, with N(a) for each gate and h = o·tanh(N(c)). vectors: [10H], gains and biases in the order i f g o c.
/// saved: [5H], the gates' deviations and tanh(N(c)).
void RK_NAME(lstm_norm_forward)(size_t hidden, RK_REAL *gates, const RK_REAL *previous, RK_REAL *next, RK_REAL *saved,
                                const RK_REAL *vectors);
void RK_NAME(lstm_norm_backward)(size_t hidden, RK_REAL *gates, const RK_REAL *previous, const RK_REAL *next,
                                 const RK_REAL *saved, RK_REAL *gradient, const RK_REAL *vectors,
                                 RK_REAL *vector_gradient);
/// As the GRU with the reset after the product, with N(q), N(a_r), N(a_z) and N(a_n). vectors: [8H], gains and biases in
/// the order q r z n. saved: [4H], the deviations. forward leaves N(q) r z n in `gates`.
void RK_NAME(gru_norm_forward)(size_t hidden, RK_REAL *gates, const RK_REAL *previous, RK_REAL *next, RK_REAL *saved,
                               const RK_REAL *vectors);
void RK_NAME(gru_norm_backward)(size_t hidden, RK_REAL *gates, const RK_REAL *previous, const RK_REAL *saved,
                                RK_REAL *gradient, const RK_REAL *vectors, RK_REAL *vector_gradient);

// Cells without a recurrent product.

/// Minimal GRU. gates: [2H] as z a_h; previous, next, gradient: [H].
///   z = σ(a_z)   h = (1 - z)·h' + z·a_h
void RK_NAME(mingru_forward)(size_t hidden, RK_REAL *gates, const RK_REAL *previous, RK_REAL *next);
void RK_NAME(mingru_backward)(size_t hidden, RK_REAL *gates, const RK_REAL *previous, RK_REAL *gradient);
/// Independently recurrent network: h = max(a + u·h', 0); the derivative at 0 is 0; NaN propagates.
/// gates, previous, next, gradient: [H]; vectors: [H], u.
void RK_NAME(indrnn_forward)(size_t hidden, RK_REAL *gates, const RK_REAL *previous, RK_REAL *next,
                             const RK_REAL *vectors);
void RK_NAME(indrnn_backward)(size_t hidden, RK_REAL *gates, const RK_REAL *previous, const RK_REAL *next,
                              RK_REAL *gradient, const RK_REAL *vectors, RK_REAL *vector_gradient);

// Packed products. The right-hand matrix B [inner, columns] is packed once and used many times.

/// Scalars that a packed matrix takes on this machine.
size_t RK_NAME(packed_count)(size_t inner, size_t columns);
/// Packs B; element (k, j) is b[k * row_stride + j * column_stride], so a transpose is packed by swapping the strides.
/// `packed` must be aligned to 64 bytes.
void RK_NAME(pack)(size_t inner, size_t columns, const RK_REAL *b, size_t row_stride, size_t column_stride,
                   RK_REAL *packed);
/// C[rows, columns] = S + A[rows, inner] · B, where row i of S is at start + i * start_stride: C itself to add to it, a
/// bias with a stride of 0, or a null pointer for 0. Each element of C is one chain of fused multiply-adds over k in
/// ascending order that starts from its element of S, so a row's result does not depend on how many rows go along.
/// Takes 144 KiB of the stack.
void RK_NAME(multiply_packed)(size_t rows, size_t columns, size_t inner, const RK_REAL *a, size_t a_stride,
                              const RK_REAL *packed, const RK_REAL *start, size_t start_stride, RK_REAL *c,
                              size_t c_stride);
/// C[rows, columns] += Aᵀ·B with A[inner, rows] and B[inner, columns] as they come. Each element of C is a chain as
/// above but over k in descending order: a part of C does not depend on the parts computed beside it, and the rows of A
/// and B may be handed in piece by piece, the last ones first. Takes 128 KiB of the stack.
void RK_NAME(multiply_transposed)(size_t rows, size_t columns, size_t inner, const RK_REAL *a, size_t a_stride,
                                  const RK_REAL *b, size_t b_stride, RK_REAL *c, size_t c_stride);

// Rows and columns.

/// Writes `bias` [columns] into each row of `matrix`.
void RK_NAME(broadcast_rows)(size_t rows, size_t columns, const RK_REAL *bias, RK_REAL *matrix, size_t stride);
/// sums[j] += Σ_i matrix[i, j], from the last row to the first (each column one chain, whatever the other columns).
void RK_NAME(add_column_sums)(size_t rows, size_t columns, const RK_REAL *matrix, size_t stride, RK_REAL *sums);
/// Copies row table[indices[i]] to row i of `matrix`.
void RK_NAME(gather_rows)(size_t rows, size_t columns, const RK_REAL *table, size_t table_stride,
                          const int32_t *indices, RK_REAL *matrix, size_t stride);
/// Adds row i of `matrix` to row table[indices[i]], from the last row to the first.
void RK_NAME(scatter_add_rows)(size_t rows, size_t columns, const RK_REAL *matrix, size_t stride,
                               const int32_t *indices, RK_REAL *table, size_t table_stride);
/// out[j * out_stride + i] = in[i * in_stride + j], blocked for the cache.
void RK_NAME(transpose)(size_t rows, size_t columns, const RK_REAL *in, size_t in_stride, RK_REAL *out,
                        size_t out_stride);

// Losses, one row.

/// Returns logsumexp(logits) - logits[target], with the maximum subtracted first, and overwrites the logits by
/// scale · (softmax(logits) - onehot(target)).
double RK_NAME(softmax_cross_entropy)(size_t count, RK_REAL *logits, size_t target, RK_REAL scale);
/// Returns logsumexp(logits) and overwrites the logits by scale · softmax(logits).
double RK_NAME(softmax)(size_t count, RK_REAL *logits, RK_REAL scale);
/// Cross-entropy with a target that is spread over the classes: `own` to one of them and others[c] to each. `weight` is
/// the sum of all that, which the caller knows. With L = logsumexp(logits) returns
/// own · (L - logits[target]) + Σ others · (L - logits), and overwrites the logits by
/// scale · (weight · softmax(logits) - others - own · onehot(target)).
double RK_NAME(spread_cross_entropy)(size_t count, RK_REAL *logits, size_t target, double own, const RK_REAL *others,
                                     double weight, RK_REAL scale);
/// With p = 1 / (1 + exp(-logit)) and targets t in [0, 1], returns -Σ (positive · t · log p + (1 - t) · log(1 - p)) and
/// overwrites the logits by scale · ((1 - t) · p - positive · t · (1 - p)). Neither logarithm nor difference is taken of
/// p itself.
double RK_NAME(binary_cross_entropy)(size_t count, RK_REAL *logits, const RK_REAL *target, const RK_REAL *positive,
                                     RK_REAL scale);
/// Returns Σ (output - target)² and overwrites output by scale · 2 · (output - target).
double RK_NAME(squared_error)(size_t count, RK_REAL *output, const RK_REAL *target, RK_REAL scale);
/// Returns Σ |output - target| and overwrites output by scale times the sign of the difference, which is 0 at 0.
double RK_NAME(absolute_error)(size_t count, RK_REAL *output, const RK_REAL *target, RK_REAL scale);
/// With d = output - target returns Σ (|d| <= delta ? d²/2 : delta · (|d| - delta/2)) and overwrites output by
/// scale · d, d being clamped to ±delta.
double RK_NAME(huber_error)(size_t count, RK_REAL *output, const RK_REAL *target, RK_REAL delta, RK_REAL scale);

// Connectionist temporal classification (Graves et al. 2006), one step over the states; all are logarithms, and -Inf is
// a probability of 0.

/// result = log(e^stay + e^move + e^(skip + allowed)) + emission: the probabilities of the states from those of the step
/// before (or after) in the same state, in its neighbour and in the one beyond, which `allowed` (0 or -Inf) admits.
void RK_NAME(ctc_step)(size_t states, const RK_REAL *stay, const RK_REAL *move, const RK_REAL *skip,
                       const RK_REAL *allowed, const RK_REAL *emission, RK_REAL *result);
/// result = e^(before + after - emission - total), 0 where `before` is -Inf: how likely each state is at a step, from
/// the recursions over the steps up to it and from it on, which both contain its emission.
void RK_NAME(ctc_occupancy)(size_t states, const RK_REAL *before, const RK_REAL *after, const RK_REAL *emission,
                            RK_REAL total, RK_REAL *result);

// Dropout. Element i is kept where a hash of (seed, first + i) is at least `threshold` of 2^32; what is kept is
// multiplied by `scale`, what is not becomes 0. The same (seed, first + i) always decides the same way, on every
// instruction set. x and y may be the same pointer.
void RK_NAME(dropout)(size_t count, const RK_REAL *x, RK_REAL *y, uint64_t seed, uint64_t first, uint32_t threshold,
                      RK_REAL scale);

// Zoneout. Element i keeps its old value where a hash of (seed, first + i), as above, is below `threshold` of 2^32.

/// state[i] = previous[i] where element i keeps it.
void RK_NAME(zoneout)(size_t count, const RK_REAL *previous, RK_REAL *state, uint64_t seed, uint64_t first,
                      uint32_t threshold);
/// Moves the gradient of what was kept: where element i kept its value, kept[i] = gradient[i] and gradient[i] = 0;
/// elsewhere kept[i] = 0.
void RK_NAME(zoneout_gradient)(size_t count, RK_REAL *gradient, RK_REAL *kept, uint64_t seed, uint64_t first,
                               uint32_t threshold);
/// The expectation of both: state = rate · previous + (1 − rate) · state.
void RK_NAME(zoneout_mean)(size_t count, const RK_REAL *previous, RK_REAL *state, RK_REAL rate);
/// kept = rate · gradient, gradient = (1 − rate) · gradient.
void RK_NAME(zoneout_mean_gradient)(size_t count, RK_REAL *gradient, RK_REAL *kept, RK_REAL rate);

// Optimizers, on a piece of the flat parameter block. Every gradient is first multiplied by `scale` (the global-norm
// clip) and then, if `limit` > 0, clamped to ±limit (NaN propagates).

/// Σ x², accumulated in double in a fixed order.
double RK_NAME(sum_of_squares)(size_t count, const RK_REAL *x);
/// g += weight_decay·p;  buffer = momentum·buffer + g;  p -= rate·(nesterov ? g + momentum·buffer : buffer)
void RK_NAME(sgd)(size_t count, RK_REAL *p, const RK_REAL *g, RK_REAL *buffer, RK_REAL scale, RK_REAL limit,
                  RK_REAL rate, RK_REAL momentum, RK_REAL weight_decay, int nesterov);
/// g += weight_decay·p;  square = decay·square + (1 - decay)·g²;  p -= rate·g / (sqrt(square) + epsilon)
void RK_NAME(rmsprop)(size_t count, RK_REAL *p, const RK_REAL *g, RK_REAL *square, RK_REAL scale, RK_REAL limit,
                      RK_REAL rate, RK_REAL decay, RK_REAL one_minus_decay, RK_REAL epsilon, RK_REAL weight_decay);
/// g += coupled_decay·p;  p -= decoupled_decay·p (already multiplied by the rate);
/// first = β1·first + (1 - β1)·g;  second = β2·second + (1 - β2)·g²;
/// p -= step · first / (sqrt(second)·inverse_root + epsilon)
/// where the caller gives step = rate / (1 - β1^t) and inverse_root = 1 / sqrt(1 - β2^t).
void RK_NAME(adam)(size_t count, RK_REAL *p, const RK_REAL *g, RK_REAL *first, RK_REAL *second, RK_REAL scale,
                   RK_REAL limit, RK_REAL step, RK_REAL beta1, RK_REAL one_minus_beta1, RK_REAL beta2,
                   RK_REAL one_minus_beta2, RK_REAL inverse_root, RK_REAL epsilon, RK_REAL coupled_decay,
                   RK_REAL decoupled_decay);

// Measures of the machine, for benchmarks.

/// Floating-point operations of one iteration of `peak`: two for each scalar of each chain.
size_t RK_NAME(peak_flops)(void);
/// Independent chains x = factor·x + addend in registers, `iterations` times each; returns the sum of what they end
/// with. |factor| < 1 keeps them finite.
RK_REAL RK_NAME(peak)(size_t iterations, RK_REAL factor, RK_REAL addend);
/// Σ x: one load and one addition a vector, in as many chains as fit the registers.
RK_REAL RK_NAME(read_sum)(size_t count, const RK_REAL *x);

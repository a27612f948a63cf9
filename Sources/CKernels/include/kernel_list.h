// Every kernel once: KERNEL(result, name, (parameters), (arguments)). Included where the table of function pointers is
// declared (CKernels.h) and where each instruction set fills it (template/all.h).
//
// RK_IN and RK_OUT are arrays of the table's precision, read or (also) written; a number of that precision is passed as
// a double, which holds it exactly. Matrices are row-major; strides and leading dimensions count scalars.

// Elementwise. x and y may be the same pointer. NaN propagates, ±Inf gives the limit, tanh is odd to the bit.

/// y[i] = tanh(x[i])
KERNEL(void, tanh, (size_t count, RK_IN x, RK_OUT y), (count, x, y))
/// y[i] = 1 / (1 + exp(-x[i]))
KERNEL(void, sigmoid, (size_t count, RK_IN x, RK_OUT y), (count, x, y))
/// y[i] += x[i]
KERNEL(void, add, (size_t count, RK_IN x, RK_OUT y), (count, x, y))
/// y[i] = factor · x[i]
KERNEL(void, scale, (size_t count, double factor, RK_IN x, RK_OUT y), (count, factor, x, y))
/// z[i] = x[i] · y[i]; z may be x or y.
KERNEL(void, multiply, (size_t count, RK_IN x, RK_IN y, RK_OUT z), (count, x, y, z))
/// z[i] += x[i] · y[i], fused.
KERNEL(void, multiply_add, (size_t count, RK_IN x, RK_IN y, RK_OUT z), (count, x, y, z))
/// y[i] = x[i] rounded to bfloat16 (the upper half of a float), to the nearest, ties to even.
KERNEL(void, round_bfloat16, (size_t count, RK_IN x, RK_OUT y), (count, x, y))
/// The same as numbers of 16 bits, one after the other.
KERNEL(void, pack_bfloat16, (size_t count, RK_IN x, RK_OUT packed), (count, x, packed))
/// y[i] = such a number, which is exact.
KERNEL(void, unpack_bfloat16, (size_t count, RK_IN packed, RK_OUT y), (count, packed, y))

// Packed products. The right-hand matrix B [inner, columns] is packed once and used many times.

/// Scalars that a packed matrix takes on this machine.
KERNEL(size_t, packed_count, (size_t inner, size_t columns), (inner, columns))
/// Packs B; element (k, j) is b[k * row_stride + j * column_stride], so a transpose is packed by swapping the strides.
/// `packed` must be aligned to 64 bytes.
KERNEL(void, pack, (size_t inner, size_t columns, RK_IN b, size_t row_stride, size_t column_stride, RK_OUT packed),
       (inner, columns, b, row_stride, column_stride, packed))
/// C[rows, columns] = S + A[rows, inner] · B, where row i of S is at start + i * start_stride: C itself to add to it, a
/// bias with a stride of 0, or a null pointer for 0. Each element of C is one chain of fused multiply-adds over k in
/// ascending order that starts from its element of S, so a row's result does not depend on how many rows go along.
/// Takes 144 KiB of the stack.
KERNEL(void, multiply_packed, (size_t rows, size_t columns, size_t inner, RK_IN a, size_t a_stride, RK_IN packed,
       RK_IN_OR_NULL start, size_t start_stride, RK_OUT c, size_t c_stride), (rows, columns, inner, a, a_stride,
       packed, start, start_stride, c, c_stride))
/// C[rows, columns] += Aᵀ·B with A[inner, rows] and B[inner, columns] as they come. Each element of C is a chain as
/// above but over k in descending order: a part of C does not depend on the parts computed beside it, and the rows of A
/// and B may be handed in piece by piece, the last ones first. Takes 128 KiB of the stack.
KERNEL(void, multiply_transposed, (size_t rows, size_t columns, size_t inner, RK_IN a, size_t a_stride, RK_IN b,
       size_t b_stride, RK_OUT c, size_t c_stride), (rows, columns, inner, a, a_stride, b, b_stride, c, c_stride))

// Products with a matrix B [inner, columns] most of which is zeros.

/// Scalars that it takes when packed: room for all of it.
KERNEL(size_t, sparse_count, (size_t inner, size_t columns), (inner, columns))
/// Packs B as `pack` takes it: of each 16 columns those rows alone that are not all zeros.
KERNEL(void, pack_sparse, (size_t inner, size_t columns, RK_IN b, size_t row_stride, size_t column_stride, RK_OUT packed),
       (inner, columns, b, row_stride, column_stride, packed))
/// C[rows, columns] += A[rows, inner] · B: to the bit what `multiply_packed` gives where A is finite, whose chains of
/// multiply-adds these are, without those that add a zero (the sign of a zero apart).
KERNEL(void, multiply_sparse, (size_t rows, size_t columns, size_t inner, RK_IN a, size_t a_stride, RK_IN packed,
       RK_OUT c, size_t c_stride), (rows, columns, inner, a, a_stride, packed, c, c_stride))

// Rows and columns.

/// Writes `bias` [columns] into each row of `matrix`.
KERNEL(void, broadcast_rows, (size_t rows, size_t columns, RK_IN bias, RK_OUT matrix, size_t stride), (rows, columns,
       bias, matrix, stride))
/// sums[j] += Σ_i matrix[i, j], from the last row to the first (each column one chain, whatever the other columns).
KERNEL(void, add_column_sums, (size_t rows, size_t columns, RK_IN matrix, size_t stride, RK_OUT sums), (rows, columns,
       matrix, stride, sums))
/// Copies row table[indices[i]] to row i of `matrix`.
KERNEL(void, gather_rows, (size_t rows, size_t columns, RK_IN table, size_t table_stride, const int32_t *_Nonnull
       indices, RK_OUT matrix, size_t stride), (rows, columns, table, table_stride, indices, matrix, stride))
/// Adds row i of `matrix` to row table[indices[i]], from the last row to the first.
KERNEL(void, scatter_add_rows, (size_t rows, size_t columns, RK_IN matrix, size_t stride, const int32_t *_Nonnull
       indices, RK_OUT table, size_t table_stride), (rows, columns, matrix, stride, indices, table, table_stride))
/// out[j * out_stride + i] = in[i * in_stride + j], blocked for the cache.
KERNEL(void, transpose, (size_t rows, size_t columns, RK_IN in, size_t in_stride, RK_OUT out, size_t out_stride),
       (rows, columns, in, in_stride, out, out_stride))

// Residual blocks, row by row.

/// y = gain · x / √(mean of x² + 10⁻⁶); the sum is in double. y may be x.
KERNEL(void, rms_norm, (size_t rows, size_t columns, RK_IN x, size_t x_stride, RK_IN gain, RK_OUT y, size_t y_stride),
       (rows, columns, x, x_stride, gain, y, y_stride))
/// The derivative by x and its terms by the gain, which are to be summed over the rows: from dy to dx, or where `adds` is 1
/// to what is added to dx; dx may be dy where nothing is added.
KERNEL(void, rms_norm_backward, (size_t rows, size_t columns, RK_IN x, size_t x_stride, RK_IN gain, RK_IN dy, size_t
       dy_stride, RK_OUT dx, size_t dx_stride, int adds, RK_OUT terms, size_t terms_stride), (rows, columns, x, x_stride,
       gain, dy, dy_stride, dx, dx_stride, adds, terms, terms_stride))
/// product = gate · σ(gate) · up; product may be gate.
KERNEL(void, swiglu, (size_t rows, size_t columns, RK_IN gate, size_t gate_stride, RK_IN up, size_t up_stride, RK_OUT
       product, size_t product_stride), (rows, columns, gate, gate_stride, up, up_stride, product, product_stride))
/// The derivative: gate and up are overwritten by those by them.
KERNEL(void, swiglu_backward, (size_t rows, size_t columns, RK_IN gradient, size_t gradient_stride, RK_OUT gate, size_t
       gate_stride, RK_OUT up, size_t up_stride), (rows, columns, gradient, gradient_stride, gate, gate_stride, up,
       up_stride))

// Losses, one row.

/// Returns logsumexp(logits) - logits[target], with the maximum subtracted first, and overwrites the logits by
/// scale · (softmax(logits) - onehot(target)).
KERNEL(double, softmax_cross_entropy, (size_t count, RK_OUT logits, size_t target, double scale), (count, logits,
       target, scale))
/// Returns logsumexp(logits) and overwrites the logits by scale · softmax(logits).
KERNEL(double, softmax, (size_t count, RK_OUT logits, double scale), (count, logits, scale))
/// Cross-entropy with a target that is spread over the classes: `own` to one of them and others[c] to each. `weight` is
/// the sum of all that, which the caller knows. With L = logsumexp(logits) returns
/// own · (L - logits[target]) + Σ others · (L - logits), and overwrites the logits by
/// scale · (weight · softmax(logits) - others - own · onehot(target)).
KERNEL(double, spread_cross_entropy, (size_t count, RK_OUT logits, size_t target, double own, RK_IN others, double
       weight, double scale), (count, logits, target, own, others, weight, scale))
/// With p = 1 / (1 + exp(-logit)) and targets t in [0, 1], returns -Σ (positive · t · log p + (1 - t) · log(1 - p)) and
/// overwrites the logits by scale · ((1 - t) · p - positive · t · (1 - p)). Neither logarithm nor difference is taken of
/// p itself.
KERNEL(double, binary_cross_entropy, (size_t count, RK_OUT logits, RK_IN target, RK_IN positive, double scale),
       (count, logits, target, positive, scale))
/// Returns Σ (output - target)² and overwrites output by scale · 2 · (output - target).
KERNEL(double, squared_error, (size_t count, RK_OUT output, RK_IN target, double scale), (count, output, target,
       scale))
/// Returns Σ |output - target| and overwrites output by scale times the sign of the difference, which is 0 at 0.
KERNEL(double, absolute_error, (size_t count, RK_OUT output, RK_IN target, double scale), (count, output, target,
       scale))
/// With d = output - target returns Σ (|d| <= delta ? d²/2 : delta · (|d| - delta/2)) and overwrites output by
/// scale · d, d being clamped to ±delta.
KERNEL(double, huber_error, (size_t count, RK_OUT output, RK_IN target, double delta, double scale), (count, output,
       target, delta, scale))

// Connectionist temporal classification (Graves et al. 2006), one step over the states; all are logarithms, and -Inf is
// a probability of 0.

/// result = log(e^stay + e^move + e^(skip + allowed)) + emission: the probabilities of the states from those of the step
/// before (or after) in the same state, in its neighbour and in the one beyond, which `allowed` (0 or -Inf) admits.
KERNEL(void, ctc_step, (size_t states, RK_IN stay, RK_IN move, RK_IN skip, RK_IN allowed, RK_IN emission, RK_OUT
       result), (states, stay, move, skip, allowed, emission, result))
/// result = e^(before + after - emission - total), 0 where `before` is -Inf: how likely each state is at a step, from
/// the recursions over the steps up to it and from it on, which both contain its emission.
KERNEL(void, ctc_occupancy, (size_t states, RK_IN before, RK_IN after, RK_IN emission, double total, RK_OUT result),
       (states, before, after, emission, total, result))

// Dropout. Element i is kept where a hash of (seed, first + i) is at least `threshold` of 2^32; what is kept is
// multiplied by `scale`, what is not becomes 0. The same (seed, first + i) always decides the same way, on every
// instruction set. x and y may be the same pointer.
KERNEL(void, dropout, (size_t count, RK_IN x, RK_OUT y, uint64_t seed, uint64_t first, uint32_t threshold, double
       scale), (count, x, y, seed, first, threshold, scale))

// Zoneout. Element i keeps its old value where a hash of (seed, first + i), as above, is below `threshold` of 2^32.

/// state[i] = previous[i] where element i keeps it.
KERNEL(void, zoneout, (size_t count, RK_IN previous, RK_OUT state, uint64_t seed, uint64_t first, uint32_t threshold),
       (count, previous, state, seed, first, threshold))
/// Moves the gradient of what was kept: where element i kept its value, kept[i] = gradient[i] and gradient[i] = 0;
/// elsewhere kept[i] = 0.
KERNEL(void, zoneout_gradient, (size_t count, RK_OUT gradient, RK_OUT kept, uint64_t seed, uint64_t first, uint32_t
       threshold), (count, gradient, kept, seed, first, threshold))
/// The expectation of both: state = rate · previous + (1 − rate) · state.
KERNEL(void, zoneout_mean, (size_t count, RK_IN previous, RK_OUT state, double rate), (count, previous, state, rate))
/// kept = rate · gradient, gradient = (1 − rate) · gradient.
KERNEL(void, zoneout_mean_gradient, (size_t count, RK_OUT gradient, RK_OUT kept, double rate), (count, gradient, kept,
       rate))

// Optimizers, on a piece of the flat parameter block. Every gradient is first multiplied by `scale` (the global-norm
// clip) and then, if `limit` > 0, clamped to ±limit (NaN propagates).

/// Σ x², accumulated in double in a fixed order.
KERNEL(double, sum_of_squares, (size_t count, RK_IN x), (count, x))
/// g += weight_decay·p;  buffer = momentum·buffer + g;  p -= rate·(nesterov ? g + momentum·buffer : buffer)
KERNEL(void, sgd, (size_t count, RK_OUT p, RK_IN g, RK_OUT buffer, double scale, double limit, double rate, double
       momentum, double weight_decay, int nesterov), (count, p, g, buffer, scale, limit, rate, momentum, weight_decay,
       nesterov))
/// g += weight_decay·p;  square = decay·square + (1 - decay)·g²;  p -= rate·g / (sqrt(square) + epsilon)
KERNEL(void, rmsprop, (size_t count, RK_OUT p, RK_IN g, RK_OUT square, double scale, double limit, double rate, double
       decay, double one_minus_decay, double epsilon, double weight_decay), (count, p, g, square, scale, limit, rate,
       decay, one_minus_decay, epsilon, weight_decay))
/// g += coupled_decay·p;  p -= decoupled_decay·p (already multiplied by the rate);
/// first = β1·first + (1 - β1)·g;  second = β2·second + (1 - β2)·g²;
/// p -= step · first / (sqrt(second)·inverse_root + epsilon)
/// where the caller gives step = rate / (1 - β1^t) and inverse_root = 1 / sqrt(1 - β2^t).
KERNEL(void, adam, (size_t count, RK_OUT p, RK_IN g, RK_OUT first, RK_OUT second, double scale, double limit, double
       step, double beta1, double one_minus_beta1, double beta2, double one_minus_beta2, double inverse_root, double
       epsilon, double coupled_decay, double decoupled_decay), (count, p, g, first, second, scale, limit, step, beta1,
       one_minus_beta1, beta2, one_minus_beta2, inverse_root, epsilon, coupled_decay, decoupled_decay))

// Measures of the machine, for benchmarks.

/// Floating-point operations of one iteration of `peak`: two for each scalar of each chain.
KERNEL(size_t, peak_flops, (void), ())
/// Independent chains x = factor·x + addend in registers, `iterations` times each; returns the sum of what they end
/// with. |factor| < 1 keeps them finite.
KERNEL(double, peak, (size_t iterations, double factor, double addend), (iterations, factor, addend))
/// Σ x: one load and one addition a vector, in as many chains as fit the registers.
KERNEL(double, read_sum, (size_t count, RK_IN x), (count, x))

// Cells: the blocks of [H] in a row of gates, of states, of what is saved and of the cell's own vectors. What each cell
// computes is said where it is written (template/…); all have one signature, of `rk_step`.

CELL(elman_tanh, 1, 1, 0, 0)
CELL(elman_relu, 1, 1, 0, 0)
CELL(lstm, 4, 2, 1, 0)
CELL(lstm_peephole, 4, 2, 1, 3)
CELL(lstm_coupled, 3, 2, 1, 0)
CELL(gru, 4, 1, 0, 0)
TWO_STAGE_CELL(gru_before, 3, 1, 1, 0)
CELL(mingru, 2, 1, 0, 0)
CELL(indrnn, 1, 1, 0, 1)
CELL(minlstm, 3, 1, 1, 0)
CELL(rglru, 3, 1, 2, 1)
CELL(slstm, 4, 3, 0, 0)
CELL(leaky, 1, 1, 0, 1)
CELL(rnn_norm, 1, 1, 0, 2)
CELL(lstm_norm, 4, 2, 5, 10)
CELL(gru_norm, 4, 1, 4, 8)

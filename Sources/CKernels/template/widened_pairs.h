// The dot product of pairs of bfloat16 without an instruction for it: both numbers are widened, which is exact.

#define HIGH(words) ((reals)((words) & (int32_t)0xffff0000))
#define LOW(words) ((reals)((words) << 16))
#define RK_DOT(sums, a, b) FMA(LOW(a), LOW(b), FMA(HIGH(a), HIGH(b), sums))

#define RK_ROUND_ROWS(count, first, second, words) \
  for (size_t word_ = 0; word_ < (count); ++word_) (words)[word_] = pair((first)[word_], (second)[word_])
#define RK_ROUND_WORDS(count, a, words) \
  for (size_t word_ = 0; word_ < (count); ++word_) (words)[word_] = pair((a)[2 * word_], (a)[2 * word_ + 1])

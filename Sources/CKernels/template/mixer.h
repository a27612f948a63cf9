// The hash behind dropout.
#ifndef RECURRENT_MIXER_H
#define RECURRENT_MIXER_H

// A bijection of 64 bits in which every input bit reaches every output bit (Stafford's variant 13 of the finaliser
// of MurmurHash3).
RK_INLINE uint64_t mix(uint64_t x) {
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

#endif

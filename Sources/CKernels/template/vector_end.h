// Takes back what vector.h defined, for the next precision.
#undef LANES
#undef VECTOR
#undef BITS
#undef SPLAT
#undef FMA
#undef AT_MOST
#undef AT_LEAST
#undef FOR_EACH_VECTOR
#undef LOAD
#undef STORE
#undef PANEL
#undef POLYNOMIAL

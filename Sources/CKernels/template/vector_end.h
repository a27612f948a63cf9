// Takes back what the other files defined, for the next precision.
#undef LANES
#undef BATCH_LANES
#undef FMA
#undef AT_MOST
#undef AT_LEAST
#undef FOR_EACH_VECTOR
#undef FOR_EACH_BATCH
#undef LOAD
#undef STORE
#undef SPLAT
#undef PANEL
#undef STRIPS
#undef STRIP_ROWS
#undef STRIP_START
#undef GROUP_ROWS
#undef LONGEST_PIECE

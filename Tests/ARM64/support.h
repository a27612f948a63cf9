// What the checks of one precision share. Included for each of them.

/// The largest relative error of one rounding.
#define ROUNDOFF ((WIDE)EPSILON / 2)

/// A row of memory, off the alignment of vectors, with guards on either side that `NAME(check_guards)` looks at.
static REAL *NAME(row)(size_t count) {
  REAL *all = malloc((count + 2 * GUARDS + 1) * sizeof(REAL));
  for (size_t i = 0; i < count + 2 * GUARDS + 1; ++i) all[i] = GUARD;
  REAL *row = all + GUARDS + 1;
  rows_made[row_count++] = (made_row){all, row, count};
  return row;
}

/// A row of numbers between -bound and bound, the same on every machine.
static REAL *NAME(numbers)(size_t count, double bound) {
  REAL *row = NAME(row)(count);
  for (size_t i = 0; i < count; ++i) row[i] = (REAL)(bound * (random_unit() * 2 - 1));
  return row;
}

static REAL *NAME(copy)(const REAL *source, size_t count) {
  return memcpy(NAME(row)(count), source, count * sizeof(REAL));
}

/// Requires that nothing was written beside a row, and lets go of all rows.
static void NAME(check_guards)(const char *what) {
  bool intact = true;
  while (row_count > 0) {
    const made_row made = rows_made[--row_count];
    const REAL *all = made.all, *row = made.row;
    for (const REAL *p = all; p < row; ++p) intact &= *p == GUARD;
    for (size_t i = 0; i < GUARDS; ++i) intact &= row[made.count + i] == GUARD;
    free(made.all);
  }
  expect(intact, "%s " TYPE ": wrote beside its row", what);
}

/// Requires the very numbers.
static void NAME(expect_same)(const char *what, const REAL *actual, const REAL *expected, size_t count) {
  record(actual, count * sizeof(REAL));
  size_t i = 0;
  while (i < count && actual[i] == expected[i]) ++i;
  expect(i == count, "%s " TYPE "[%zu]: %.17g instead of %.17g", what, i, i < count ? (double)actual[i] : 0,
         i < count ? (double)expected[i] : 0);
}

/// Requires an error of at most so many roundings of a number of the size of the expected one, or of 1 if that is more.
static void NAME(expect_close)(const char *what, const REAL *actual, const WIDE *expected, size_t count, double roundings) {
  record(actual, count * sizeof(REAL));
  double worst = 0;
  for (size_t i = 0; i < count; ++i) {
    const WIDE size = expected[i] < -1 ? -expected[i] : expected[i] > 1 ? expected[i] : 1;
    const WIDE difference = actual[i] - expected[i];
    const double error = (double)((difference < 0 ? -difference : difference) / (size * ROUNDOFF));
    if (!(error <= worst)) worst = error;  // a NaN, too
  }
  expect(worst <= roundings, "%s " TYPE ": off by %.1f roundings, at most %.0f are allowed", what, worst, roundings);
}

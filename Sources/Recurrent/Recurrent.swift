// The public module: `import Recurrent` is enough.

public import Kernels

/// Vectorised functions for the row functions of cells of your own.
public typealias VectorMath = Kernels.VectorMath

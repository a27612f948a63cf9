// The public module: `import Recurrent` is enough.
//
// `Kernels` is exported for its few public names (`VectorMath`); everything else in it is for this package.
@_exported public import Kernels

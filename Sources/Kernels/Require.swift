// What stops a program at wrong use, for everything above the kernels too.
@_exported public import func Storage.require
@_exported public import func Storage.stop

package import Recurrent

/// One node about to be run: its inputs, and how much memory a result may take.
package struct Call {
  package let node: Node
  /// nil for an optional input that is left out.
  package let inputs: [ONNXTensor?]
  /// Bytes that the results may take.
  package let room: Int
  /// Who multiplies in a recurrent layer.
  package let products: Products
  /// Workers for a recurrent layer; 0: one for each processor.
  package let threads: Int

  package func optional(_ index: Int) -> ONNXTensor? { index < inputs.count ? inputs[index] : nil }

  package func required(_ index: Int) throws(ONNXError) -> ONNXTensor {
    guard let tensor = optional(index) else { throw node.invalid("input \(index) is missing") }
    return tensor
  }

  /// An integer tensor of rank 0 or 1.
  package func integers(_ index: Int) throws(ONNXError) -> [Int]? {
    guard let tensor = optional(index) else { return nil }
    guard tensor.shape.count <= 1, let values = tensor.integers else {
      throw node.invalid("input \(index) must be a list of integers; it is \(tensor.type) \(tensor.shape)")
    }
    return values
  }

  /// The values of an attribute, which newer operator sets have as an input.
  package func integers(_ index: Int, or attribute: String) throws(ONNXError) -> [Int]? {
    if let values = try integers(index) { return values }
    return try node.ints(attribute)
  }

  /// Refuses a result that would not fit; elements of 8 bytes are assumed.
  @discardableResult
  package func count(of shape: [Int]) throws(ONNXError) -> Int {
    guard shape.count <= Shape.maximumRank else {
      throw node.invalid("a result of \(shape.count) dimensions; at most \(Shape.maximumRank) are supported")
    }
    guard let count = Shape.count(shape), count <= room / 8 else {
      throw .tooLarge(
        file: node.file, what: "node \(node.label)",
        reason: "a result of shape \(shape) does not fit in the \(room) bytes that are left to the run")
    }
    return count
  }

  package func axis(_ axis: Int, of tensor: ONNXTensor) throws(ONNXError) -> Int {
    guard let position = Shape.axis(axis, rank: tensor.shape.count) else {
      throw node.invalid("axis \(axis) of a tensor of shape \(tensor.shape)")
    }
    return position
  }

  /// Different axes, in increasing order.
  package func axes(_ axes: [Int], rank: Int) throws(ONNXError) -> [Int] {
    var result: Set<Int> = []
    for axis in axes {
      guard let position = Shape.axis(axis, rank: rank), result.insert(position).inserted else {
        throw node.invalid("axes \(axes) of \(rank)")
      }
    }
    return result.sorted()
  }
}

/// Where a parameter of a model comes from, for reports.
package struct ImportedTensor: Sendable, Hashable {
  /// Names in the file; none where the parameter is 0 because the file has no biases.
  package let sources: [String]
  /// Of the first source, as the file has it.
  package let type: String
  package let shape: [Int]
  /// The parameter's name and shape in the model.
  package let parameter: String
  package let parameterShape: [Int]
}

import Recurrent
import RecurrentExchange
import RecurrentONNX
import Storage

/// Weights that are NaN or infinite: nothing is predicted with them, and whatever else is done with them says so.
enum NonFinite {
  /// In one line; nil where there are none.
  static func summary(_ found: [NonFiniteValues]) -> String? {
    guard !found.isEmpty else { return nil }
    let shown = found.prefix(4).map(\.description).joined(separator: "; ")
    return found.count > 4 ? shown + "; and \(found.count - 4) more such tensors" : shown
  }

  /// - Throws: `Failure` where the model has any.
  static func refuse<S: Scalar>(_ model: Model<S>, _ path: String) throws(Failure) {
    if let summary = summary(model.nonFiniteParameters) {
      throw Failure(message: "\(path) cannot predict: \(summary); an earlier checkpoint may be sound")
    }
  }

  /// For `rnn inspect`.
  static func facts(_ found: [NonFiniteValues]) -> [[String]] { found.map { ["not finite", $0.description] } }

  static func json(_ found: [NonFiniteValues]) -> JSON {
    .array(
      found.map {
        .object([
          (key: "name", value: .string($0.name)), (key: "count", value: .integer($0.count)),
          (key: "first", value: .array($0.place.map { .integer($0) })), (key: "value", value: .string($0.value)),
        ])
      })
  }

  static func warn(_ found: [NonFiniteValues], in path: String) {
    if let summary = summary(found) { Note.warning("\(path): \(summary)") }
  }
}

extension ArrayFile {
  /// Of the arrays of floating-point numbers, in their order.
  var nonFiniteValues: [NonFiniteValues] {
    get throws(ExchangeError) {
      var found: [NonFiniteValues] = []
      for entry in entries where type(of: entry)?.isFloatingPoint == true {
        // In `Double`, which holds all of them: none becomes infinite on the way.
        let values: [Double] = try values(entry.name)
        if let some = NonFiniteValues(of: values.span, name: entry.name, shape: entry.shape) { found.append(some) }
      }
      return found
    }
  }
}

extension ONNXModel {
  /// Of the constants of floating-point numbers. An infinite number that stands alone may well be meant: a mask's.
  var nonFiniteValues: [NonFiniteValues] {
    constants.compactMap { name, tensor in
      switch tensor.values {
      case .float(let values) where values.count > 1 || values.contains(where: \.isNaN):
        NonFiniteValues(of: values.span, name: name, shape: tensor.shape)
      case .double(let values) where values.count > 1 || values.contains(where: \.isNaN):
        NonFiniteValues(of: values.span, name: name, shape: tensor.shape)
      default: nil
      }
    }
  }
}

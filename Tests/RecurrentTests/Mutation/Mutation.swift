/// One fault in a formula. The parts of the formula are numbered, each kind from 0.
///
/// That a factor has the wrong sign is not a fault of its own: it is that of its term.
enum Mutation: Hashable, Sendable {
  /// −x or 0 for a term x of a sum. What is stored is a term, too.
  case negated(term: Int)
  case dropped(term: Int)
  /// 1 for a factor x of a product.
  case ignored(factor: Int)
  /// Something else for 1 − y.
  case complement(Int, WrongComplement)
  /// Something else for the slope of an activation with the result y: y(1 − y) of σ, 1 − y² of tanh.
  case slope(Int, WrongSlope)
  /// Another function for an activation.
  case activation(Int, WrongActivation)
  /// Two blocks of the row of gates taken for each other where they are read, or written.
  case read(Int, Int)
  case written(Int, Int)
  /// Two of the cell's own vectors taken for each other, or the places of their gradients.
  case vector(Int, Int)
  case vectorGradient(Int, Int)
  case slip(Slip)
}

enum WrongComplement: String, Sendable, CaseIterable {
  case one = "1"
  case itself = "y"
  case sum = "1 + y"
  case negative = "-y"
}

enum WrongSlope: String, Sendable, CaseIterable {
  case one = "1"
  case itself = "y"
  case complement = "1 - y"
  case plusSquare = "1 + y²"
  case minusSquare = "-y²"
  case timesSum = "y(1 + y)"
  case otherActivation = "of the other activation"
}

enum WrongActivation: String, Sendable, CaseIterable {
  case none
  case other = "tanh for σ or max, σ for tanh"
}

/// Faults that are no single part of a formula.
enum Slip: String, Sendable, CaseIterable {
  case nextForPrevious, previousForNext
  /// c where tanh(c) belongs.
  case cellForItsTanh
  /// What `gradient` held left in its place.
  case keptStateGradient, keptCellGradient
  /// The condition of max(a, 0) the other way round.
  case invertedCondition
  /// 1 − z for z, and so z for 1 − z.
  case exchangedWithComplement
  /// r·h' for an h' on which the reset does not act.
  case resetOfPrevious
  /// c' given to the next step.
  case staleCell
  /// A matrix taken for its transpose.
  case transposed
  /// The last row where a sum over all rows belongs.
  case lastRowOnly
  /// The target of the row before.
  case shiftedTarget
  /// A row's part written over the sum of the rows before, not added.
  case overwrittenSum
  /// A variance with n − 1 for n.
  case sampleVariance
  /// What was not centred for what was.
  case keptMean
}

/// How many parts of each kind a formula has.
struct Sites: Sendable {
  var terms = 0
  var factors = 0
  var complements = 0
  var slopes = 0
  var activations = 0
  /// Blocks of the row of gates that are read, and that are written.
  var read = 0
  var written = 0
  /// Vectors of the cell's own that are read, and whose gradients are written.
  var vectors = 0
  var vectorGradients = 0
  var slips: [Slip] = []

  var mutations: [Mutation] {
    func pairs(_ count: Int) -> [(Int, Int)] {
      (0..<count).flatMap { first in (first..<count).dropFirst().map { (first, $0) } }
    }
    var all: [Mutation] = []
    for site in 0..<terms { all += [.negated(term: site), .dropped(term: site)] }
    for site in 0..<factors { all.append(.ignored(factor: site)) }
    for site in 0..<complements { all += WrongComplement.allCases.map { .complement(site, $0) } }
    for site in 0..<slopes { all += WrongSlope.allCases.map { .slope(site, $0) } }
    for site in 0..<activations { all += WrongActivation.allCases.map { .activation(site, $0) } }
    all += pairs(read).map { .read($0.0, $0.1) }
    all += pairs(written).map { .written($0.0, $0.1) }
    all += pairs(vectors).map { .vector($0.0, $0.1) }
    all += pairs(vectorGradients).map { .vectorGradient($0.0, $0.1) }
    all += slips.map { .slip($0) }
    return all
  }
}

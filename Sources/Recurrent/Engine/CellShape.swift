/// What of a cell's structure the engine needs in its steps (`CellStructure` has arrays).
struct CellShape: Sendable {
  let gateCount: Int
  let rowGateCount: Int
  let stateCount: Int
  let savedCount: Int
  let vectorCount: Int
  let recurrentProduct: CellStructure.RecurrentProduct
  let apartCount: Int
  let secondStageCount: Int

  init(_ structure: CellStructure) {
    gateCount = structure.gateCount
    rowGateCount = structure.rowGateCount
    stateCount = structure.stateCount
    savedCount = structure.savedCount
    vectorCount = structure.vectorCount
    recurrentProduct = structure.recurrentProduct
    apartCount = structure.apartCount
    secondStageCount = structure.secondStageCount
  }
}

import Kernels
import Testing

@Suite("Regions of a memory")
struct RegionTests {
  private let region = Region(offset: 7, rows: 4, columns: 5, stride: 9)

  @Test("Slices keep the stride and start where their first scalar lies")
  func slices() {
    #expect(region.rows(1..<3) == Region(offset: 16, rows: 2, columns: 5, stride: 9))
    #expect(region.rows(4..<4) == Region(offset: 43, rows: 0, columns: 5, stride: 9))
    #expect(region.columns(2..<5) == Region(offset: 9, rows: 4, columns: 3, stride: 9))
    #expect(region.columns(5..<5) == Region(offset: 12, rows: 4, columns: 0, stride: 9))
    #expect(region.row(3) == Region(offset: 34, rows: 1, columns: 5, stride: 9))
    #expect(region.moved(by: 10) == Region(offset: 17, rows: 4, columns: 5, stride: 9))
    #expect(region.counted(from: 2).row(2) == region.row(0))
    #expect(region.counted(from: 2).rows == 6)
    #expect(region.count == 20)
    #expect(Region(offset: 1, rows: 2, columns: 3).stride == 3)
    #expect(Region.empty.count == 0)
  }

  @Test("What is written to a region is read from it, and nothing beside it changes")
  func places() {
    let arena = Arena<Int32>(count: 50, filledWith: -1)
    let memory = arena.memory
    let values = (0..<20).map { Int32($0) }
    memory.write(values.span, to: region)
    for index in 0..<50 {
      let (row, column) = ((index - 7) / 9, (index - 7) % 9)
      #expect(memory[index] == (index >= 7 && row < 4 && column < 5 ? Int32(row * 5 + column) : -1))
    }
    #expect(memory.array(region) == values)
    #expect(memory.array(region.columns(1..<3)) == [1, 2, 6, 7, 11, 12, 16, 17])
    var copy = [Int32](repeating: 0, count: 20)
    var span = copy.mutableSpan
    memory.read(region, into: &span)
    #expect(copy == values)
    #expect((0..<5).map { memory.span(region, 2)[$0] } == [10, 11, 12, 13, 14])

    memory.copy(region.rows(0..<1), to: region.rows(3..<4))
    #expect(memory.array(region.row(3)) == [0, 1, 2, 3, 4])
    memory.fill(region.columns(4..<5), with: 9)
    #expect(memory.array(region.row(1)) == [5, 6, 7, 8, 9])
    #expect(memory[20] == 9 && memory[21] == -1)
    var row = memory.mutableSpan(region, 1)
    row[0] = 100
    #expect(memory[16] == 100)
  }

  @Test("A region may end with its memory, and one without rows lies anywhere")
  func ends() {
    let arena = Arena<Float>(count: 39, filledWith: 1)
    #expect(arena.memory.array(region) == [Float](repeating: 1, count: 20))
    #expect(arena.memory.array(Region(offset: 39, rows: 0, columns: 5)).isEmpty)
    let behind = region.columns(2..<5).rows(4..<4)
    #expect(behind.offset == 45 && arena.memory.array(behind).isEmpty)
    let start = unsafe Int(bitPattern: arena.memory.pointer(behind))
    #expect(start % 64 == 0, "not the memory's own address")
    #expect(arena.memory.array(Region(offset: 39, rows: 1, columns: 0)).isEmpty)
    #expect(Arena<Float>(count: 0, filledWith: 1).memory.count == 0)
  }

  @Test("An arena is filled, on a cache line, and keeps its element type", arguments: [1, 100, 1_500_000])
  func arena(count: Int) {
    let arena = Arena<Double>(count: count, filledWith: 0.5)
    #expect(arena.memory[0] == 0.5 && arena.memory[count - 1] == 0.5)
    let start = unsafe Int(bitPattern: arena.memory.pointer(Region(offset: 0, rows: 1, columns: count)))
    #expect(start % 64 == 0)
    arena.memory.assuming(Double.self)[count - 1] = 2
    #expect(arena.memory[count - 1] == 2)
  }
}

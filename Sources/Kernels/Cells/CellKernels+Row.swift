internal import CKernels

/// One row of a step in spans of their own, outside of any memory: what a cell's row function is called with.
extension CellKernels {
  package func forward(
    gates: inout MutableSpan<Element>, previous: Span<Element>, next: inout MutableSpan<Element>,
    saved: inout MutableSpan<Element>, vectors: Span<Element>
  ) {
    let hidden = hidden(ofState: next.count)
    check(hidden, gates: gates.count, previous: previous.count, saved: saved.count, vectors: vectors.count)
    unsafe gates.withUnsafeMutableBufferPointer { gates in
      unsafe previous.withUnsafeBufferPointer { previous in
        unsafe next.withUnsafeMutableBufferPointer { next in
          unsafe saved.withUnsafeMutableBufferPointer { saved in
            unsafe vectors.withUnsafeBufferPointer { vectors in
              var row = unsafe rk_step()
              unsafe (row.rows, row.hidden, row.gates, row.previous) = (
                1, hidden, .init(gates.baseAddress), .init(previous.baseAddress)
              )
              unsafe (row.next, row.saved, row.vectors) = (
                .init(next.baseAddress), .init(saved.baseAddress), .init(vectors.baseAddress)
              )
              unsafe cell.forward(&row)
            }
          }
        }
      }
    }
  }

  package func backward(
    gates: inout MutableSpan<Element>, previous: Span<Element>, next: Span<Element>, saved: Span<Element>,
    gradient: inout MutableSpan<Element>, vectors: Span<Element>, vectorGradient: inout MutableSpan<Element>
  ) {
    let hidden = hidden(ofState: gradient.count)
    check(hidden, gates: gates.count, previous: previous.count, saved: saved.count, vectors: vectors.count)
    require(next.count == gradient.count, "expected a state of \(gradient.count) scalars, got \(next.count)")
    require(
      vectorGradient.count == vectors.count,
      "expected a gradient of \(vectors.count) scalars of vectors, got \(vectorGradient.count)")
    unsafe gates.withUnsafeMutableBufferPointer { gates in
      unsafe previous.withUnsafeBufferPointer { previous in
        unsafe next.withUnsafeBufferPointer { next in
          unsafe saved.withUnsafeBufferPointer { saved in
            unsafe gradient.withUnsafeMutableBufferPointer { gradient in
              unsafe vectors.withUnsafeBufferPointer { vectors in
                unsafe vectorGradient.withUnsafeMutableBufferPointer { vectorGradient in
                  // Backward reads `next` and `saved`, which are written in forward only.
                  var row = unsafe rk_step()
                  unsafe (row.rows, row.hidden, row.gates, row.previous) = (
                    1, hidden, .init(gates.baseAddress), .init(previous.baseAddress)
                  )
                  unsafe (row.next, row.saved) = (.init(mutating: next.baseAddress), .init(mutating: saved.baseAddress))
                  unsafe (row.gradient, row.vectors) = (.init(gradient.baseAddress), .init(vectors.baseAddress))
                  unsafe row.vector_gradient = .init(vectorGradient.baseAddress)
                  unsafe cell.backward(&row)
                }
              }
            }
          }
        }
      }
    }
  }

  package func forwardSecondStage(
    gates: inout MutableSpan<Element>, previous: Span<Element>, next: inout MutableSpan<Element>
  ) {
    let hidden = hidden(ofState: next.count)
    check(hidden, gates: gates.count, previous: previous.count)
    unsafe gates.withUnsafeMutableBufferPointer { gates in
      unsafe previous.withUnsafeBufferPointer { previous in
        unsafe next.withUnsafeMutableBufferPointer { next in
          var row = unsafe rk_step()
          unsafe (row.rows, row.hidden, row.gates) = (1, hidden, .init(gates.baseAddress))
          unsafe (row.previous, row.next) = (.init(previous.baseAddress), .init(next.baseAddress))
          unsafe secondStage(&row)
        }
      }
    }
  }

  package func backwardFirstStage(
    gates: inout MutableSpan<Element>, previous: Span<Element>, operandGradient: Span<Element>,
    gradient: inout MutableSpan<Element>
  ) {
    let hidden = hidden(ofState: gradient.count)
    check(hidden, gates: gates.count, previous: previous.count)
    require(
      operandGradient.count == hidden,
      "expected an operand's gradient of \(hidden) scalars, got \(operandGradient.count)")
    unsafe gates.withUnsafeMutableBufferPointer { gates in
      unsafe previous.withUnsafeBufferPointer { previous in
        unsafe operandGradient.withUnsafeBufferPointer { operandGradient in
          unsafe gradient.withUnsafeMutableBufferPointer { gradient in
            var row = unsafe rk_step()
            unsafe (row.rows, row.hidden, row.gates) = (1, hidden, .init(gates.baseAddress))
            unsafe (row.previous, row.gradient) = (.init(previous.baseAddress), .init(gradient.baseAddress))
            unsafe row.operand_gradient = .init(operandGradient.baseAddress)
            unsafe firstStage(&row)
          }
        }
      }
    }
  }

  private func hidden(ofState count: Int) -> Int {
    require(count % blocks.states == 0, "expected a state of \(blocks.states) blocks of units, got \(count) scalars")
    return count / blocks.states
  }

  private func check(_ hidden: Int, gates: Int, previous: Int, saved: Int? = nil, vectors: Int? = nil) {
    require(gates == blocks.gates * hidden, "expected \(blocks.gates * hidden) scalars of gates, got \(gates)")
    require(
      previous == blocks.states * hidden, "expected \(blocks.states * hidden) scalars of a state, got \(previous)")
    if let saved { require(saved == blocks.saved * hidden, "expected \(blocks.saved * hidden) saved, got \(saved)") }
    if let vectors {
      require(
        vectors == blocks.vectors * hidden, "expected \(blocks.vectors * hidden) scalars of vectors, got \(vectors)")
    }
  }
}

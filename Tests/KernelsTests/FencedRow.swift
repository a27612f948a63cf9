import Foundation
import Kernels

/// Scalars between two pages that nobody may touch, close to one of them: reading beside them ends the process.
@safe final class FencedRow<Element: KernelScalar> {
  private let pages: UnsafeMutableRawPointer
  private let byteCount: Int
  let start: UnsafeMutablePointer<Element>
  let count: Int

  /// - Parameter atEnd: whether the last scalar lies against the page behind, or the first against the one before.
  init(_ values: [Element], atEnd: Bool) {
    let page = sysconf(Int32(_SC_PAGESIZE))
    let bytes = values.count * MemoryLayout<Element>.stride
    let inner = max(1, (bytes + page - 1) / page) * page
    byteCount = inner + 2 * page
    count = values.count
    let all = unsafe mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let pages = unsafe all, unsafe all != MAP_FAILED else { fatalError("no memory") }
    unsafe self.pages = unsafe pages
    let place = unsafe pages + page + (atEnd ? inner - bytes : 0)
    unsafe start = place.bindMemory(to: Element.self, capacity: values.count)
    for index in values.indices { unsafe start[index] = values[index] }
    let isFenced = unsafe mprotect(pages, page, PROT_NONE) == 0 && mprotect(pages + page + inner, page, PROT_NONE) == 0
    precondition(isFenced)
  }

  deinit { unsafe munmap(pages, byteCount) }

  var values: [Element] { (0..<count).map { unsafe start[$0] } }
}

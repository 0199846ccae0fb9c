import Synchronization

/// Batches that several threads take from, and the answers that they bring.
final class SharedAnswers<Answer: Sendable>: Sendable {
  private struct State {
    var batch = 0
    var answers: [Answer] = []
    var error: SearchError?
  }
  private let state = Mutex(State())
  private let batches: Int

  init(batches: Int) { self.batches = batches }

  /// The next batch; nil when none is left, or one went wrong.
  func next() -> Int? {
    state.withLock { state in
      guard state.batch < batches, state.error == nil else { return nil }
      defer { state.batch += 1 }
      return state.batch
    }
  }

  func add(_ answers: [Answer], _ error: SearchError?) {
    state.withLock { state in
      state.answers += answers
      if let error { state.error = error }
    }
  }

  var answers: [Answer] { state.withLock { $0.answers } }
  var error: SearchError? { state.withLock { $0.error } }
}

/// Hands a search to the one thread that will use it.
struct UncheckedSearch: @unchecked Sendable {
  let search: SequenceSearch
  init(_ search: SequenceSearch) { self.search = search }
}

import Dispatch
import Reachability
import Synchronization

/// Hands a value over to the thread that asked for it; only one thread at a time uses it.
private struct Handed<Value>: @unchecked Sendable { let value: Value }

/// What each zone can send, worked out side by side: each has a packet space of its own.
///
/// - Throws: `EngineError.tooLarge` when the sets of some zone outgrew their limit, so that they mean nothing.
func allFlows(_ map: NetworkMap) throws(EngineError) -> [OriginFlows] {
  let references = map.topology.references
  let found = Mutex([Handed<OriginFlows>?](repeating: nil, count: references.count))
  DispatchQueue.concurrentPerform(iterations: references.count) { index in
    let flows = Handed(value: OriginFlows(map, from: references[index]))
    found.withLock { $0[index] = flows }
  }
  let flows = found.withLock { $0 }.compactMap { $0?.value }
  if let exhausted = flows.first(where: \.isExhausted) {
    throw .tooLarge(device: map.topology.label(exhausted.origin))
  }
  return flows
}

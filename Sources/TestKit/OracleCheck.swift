import PacketSets
import Reachability
import RuleModel

/// How a vector compares with the reader's rule model.
public enum OracleComparison: Sendable, Equatable {
  case agrees
  /// The bounds leave it open; the reader says so, which is no disagreement.
  case open
  case disagrees(String)
}

/// Runs one vector against the devices of its file.
public func compare(_ vector: OracleVector, devices: [Device]) -> OracleComparison {
  var candidates = devices.filter { vector.instance == nil || $0.instance == vector.instance }
  // A device with one virtual instance is that instance, named or not.
  if candidates.isEmpty, devices.count == 1, devices[0].instance == nil { candidates = devices }
  guard let device = candidates.first else { return .disagrees("no device for \(vector.instance ?? "the file")") }
  let evaluator = ConcreteEvaluator(
    device: withoutTranslation(device), ingress: vector.from ?? "", egress: vector.to ?? "")
  let verdict: PacketVerdict
  if let filter = vector.filter, vector.scope == "acl" || vector.scope == "chain" {
    guard let list = device.lists.firstIndex(where: { $0.name == filter }) else {
      return .disagrees("no list \(filter)")
    }
    verdict = evaluator.evaluate(list: list, vector.packet)
  } else {
    verdict = evaluator.forward(vector.packet)
  }
  if verdict.mayPermit, verdict.mayDeny { return .open }
  if verdict.isPermitted == vector.isPermitted { return .agrees }
  let by = verdict.trace.map { "\($0.place) \($0.rule) \($0.effect)" }.joined(separator: "; ")
  return .disagrees("oracle says \(vector.isPermitted ? "permit" : "deny") by \(vector.line); here: \(by)")
}

/// The oracle applies no address translation.
private func withoutTranslation(_ device: Device) -> Device {
  var device = device
  device.pipeline.removeAll { if case .translate = $0.work { true } else { false } }
  return device
}

import Findings
import PacketSets
import Reachability
import RuleModel
import SitePolicy
import SourceText

/// Follows one packet through the network, device by device and rule by rule.
///
/// - Parameters:
///   - text: the packet, see `docs/network.md`.
///   - from: the zone that sends it; nil for the one that its source lies in.
/// - Throws: `EngineError.invalid` when the packet or the zone is not understood.
public func trace(_ text: String, from: String?, _ network: SiteNetwork) throws(EngineError) -> TraceReport {
  let packet = try network.packet(text)
  var origin = network.zone(of: packet.source)
  if let from {
    let end = try network.end(from, "--from")
    guard end.parts.count == 1 else { throw .invalid(["--from: \(end.text) lies in several zones; name one"]) }
    origin = end.parts[0].zone
  }
  let limit = 1_000
  let ways = NetworkWalk(network.topology).ways(of: packet, from: origin, limit: limit)
  let trace = PacketTrace(network: network, packet: packet, origin: origin, ways: ways)
  return trace.report(isCut: ways.count >= limit)
}

extension SiteNetwork {
  /// The zone that an address lies in.
  func zone(of address: IPAddress) -> ZoneReference {
    topology.references.first { topology.networks(of: $0).contains(address) } ?? .unzoned
  }
}

private struct PacketTrace {
  let network: SiteNetwork
  let packet: Packet
  let origin: ZoneReference
  let ways: [Walk]
  private static let shown = 12

  private var arrivals: [Walk] { ways.filter { $0.arrival != nil } }

  func report(isCut: Bool) -> TraceReport {
    let target = network.zone(of: packet.destination)
    // Short ways first, those that arrive before those that end on the way.
    let stops = ways.filter { $0.arrival == nil }.enumerated().sorted {
      ($0.element.steps.count, $0.offset) < ($1.element.steps.count, $1.offset)
    }.map(\.element)
    let ordered = arrivals + stops
    let (outcome, verdict) = end(target, stops)
    return TraceReport(
      frame: network.frame, packet: packet, from: network.title(origin), to: network.title(target),
      ways: ordered.prefix(Self.shown).map(way), omitted: max(0, ordered.count - Self.shown), outcome: outcome,
      verdict: verdict + (isCut ? "; there are more paths than were followed" : ""))
  }

  private func way(_ walk: Walk) -> TraceWay {
    TraceWay(
      hops: walk.steps.map { step in
        hop(step)
      }, arrival: walk.arrival.map { network.title($0) }, isOpen: isOpen(walk))
  }

  /// Whether it could also end otherwise.
  private func isOpen(_ walk: Walk) -> Bool {
    guard walk.arrival == nil, let last = walk.steps.last else { return walk.mayStop }
    return last.verdict.mayPermit || walk.steps.dropLast().contains { $0.verdict.mayDeny }
  }

  private func hop(_ step: WalkStep) -> TraceHop {
    let device = network.topology.devices[step.hop.device].device
    return TraceHop(
      hop: network.hops([step.hop])[0], packet: step.packet,
      lines: step.verdict.trace.map { line in
        let isPlain = line.rule != "default" || line.isExplicit
        return TraceLine(
          list: line.place, rule: network.line(line, device), effect: line.effect,
          reason: isPlain ? nil : "no rule before takes it",
          isImplied: !line.isExplicit && line.effect.hasPrefix("permit")
            && step.verdict.trace.contains(where: \.isExplicit))
      }, fate: step.verdict.isDenied ? .stopped : step.verdict.mayDeny ? .mayPass : .passes)
  }

  /// The outcome, and the sentence that says it.
  private func end(_ target: ZoneReference, _ stops: [Walk]) -> (TraceReport.Outcome, String) {
    let label = network.topology.label(target)
    if ways.isEmpty { return (.noPath, noPath(target)) }
    let places = unique(arrivals.compactMap(\.arrival).map { network.topology.label($0) }).joined(separator: ", ")
    let sure = arrivals.filter { !$0.mayStop }
    let stoppers = unique(stops.compactMap(stopper)).joined(separator: "; ")
    if arrivals.isEmpty { return (.stopped, "the packet does not reach \(label): \(stoppers)") }
    if stops.isEmpty, sure.count == arrivals.count { return (.arrives, "the packet reaches \(places)") }
    if sure.isEmpty {
      return (.mayArrive, "the packet may reach \(places); a rule on the way is known only between bounds")
    }
    return (
      .mayArrive,
      "the packet reaches \(places) on \(sure.count) of \(ways.count) paths; on others it is stopped (\(stoppers)), and "
        + "the routes do not tell which path is taken"
    )
  }

  private func stopper(_ walk: Walk) -> String? {
    guard let step = walk.steps.last else { return nil }
    let device = network.topology.devices[step.hop.device].device
    guard let line = step.verdict.stop else { return "\(device.label) stops it" }
    let place = network.line(line, device)
    return "\(device.label) stops it, \(line.reason) (\(place.name), \(place.place))"
  }

  private func noPath(_ target: ZoneReference) -> String {
    let from = network.topology.label(origin)
    if target == origin, origin != .unzoned {
      return "both ends lie in \(from): hosts of one zone reach each other, no device stands between"
    }
    for bound in network.topology.devices
    where bound.device.interfaces.contains(where: { $0.addresses.contains { $0.address == packet.destination } }) {
      return
        "the packet is for \(bound.device.label) itself, not forwarded; `bulkhead check` judges what devices accept"
    }
    if network.topology.entrances(of: origin).isEmpty {
      return "no device of the site has \(from) at an interface, so nothing from there is judged"
    }
    return
      "no path: no device that \(from) reaches leads to \(network.topology.label(target)), or its routes lead elsewhere"
  }

  private func unique(_ texts: [String]) -> [String] {
    texts.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}

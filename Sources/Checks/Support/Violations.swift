import Findings
import PacketSets
import Reachability
import RuleModel
import SitePolicy
import SourceText

/// The forbidden traffic of one path that one rule lets through.
struct ViolationPart {
  var traffic: ZoneTraffic
  var flow: PathFlow
  /// In end-to-end form.
  var packets: SetBounds
}

/// Everything forbidden that one rule lets through.
struct RuleViolation {
  var place: RulePlace
  var parts: [ViolationPart]

  var isCertain: Bool { parts.contains { !$0.packets.lower.isEmpty } }
}

extension SiteContext {
  /// The flows that this check's policy rule answers for, with what of them is forbidden, rule by rule.
  ///
  /// Of several devices on the path, the last one is blamed that has a rule of the file for the traffic: it is the one that
  /// guards the target.
  ///
  /// - Parameters:
  ///   - selecting: which zone pairs to look at; by default those that the policy rule answers for.
  ///   - forbidden: the forbidden packets of a flow, in end-to-end form.
  func violations(
    selecting: ((ZoneReference, ZoneReference) -> Bool)? = nil, forbidden: (ZoneTraffic, PathFlow) -> PacketSet
  ) -> [RuleViolation] {
    collected(selecting, forbidden) { packets, flow, _ in topology.blame(packets, flow) }
  }

  /// The same with every device on the path to blame for what it lets through.
  func violationsOfEveryDevice(
    selecting: (ZoneReference, ZoneReference) -> Bool, forbidden: (ZoneTraffic, PathFlow, Int) -> PacketSet
  ) -> [RuleViolation] {
    withoutActuallyEscaping(selecting) { selecting in
      collected(selecting, { traffic, _ in traffic.space.all }) { packets, flow, traffic in
        flow.path.indices.flatMap { hop in
          topology.blame(packets.intersection(forbidden(traffic, flow, hop)), flow, hop: hop)
        }
      }
    }
  }

  private func collected(
    _ selecting: ((ZoneReference, ZoneReference) -> Bool)?, _ forbidden: (ZoneTraffic, PathFlow) -> PacketSet,
    blame: (SetBounds, PathFlow, ZoneTraffic) -> [(RulePlace, SetBounds)]
  ) -> [RuleViolation] {
    var order: [RulePlace] = []
    var parts: [RulePlace: [ViolationPart]] = [:]
    for traffic in self.traffic {
      for flow in traffic.flows.flows {
        guard selecting?(flow.from, flow.to) ?? policy.answers(rule, flow.from, flow.to, topology) else { continue }
        let packets = flow.branch.endToEnd.intersection(forbidden(traffic, flow))
        if packets.upper.isEmpty { continue }
        // What a rule permits to a device's own addresses alone is not forwarded.
        let own = flow.path.reduce(AddressSet.empty) { $0.union(topology.devices[$1.device].device.ownAddresses) }
        let local = traffic.space.set(PacketMatch(destinations: own))
        for (place, blamed) in blame(packets, flow, traffic) where !blamed.upper.subtracting(local).isEmpty {
          var part = blamed
          // Nor is it sure that something is, when only packets for the device itself are.
          if part.lower.subtracting(local).isEmpty { part.lower = traffic.space.empty }
          if parts[place] == nil { order.append(place) }
          parts[place, default: []].append(ViolationPart(traffic: traffic, flow: flow, packets: part))
        }
      }
    }
    return order.map { RuleViolation(place: $0, parts: parts[$0] ?? []) }
  }

  /// Whether a rule that stands in the file lets the packets through, and not a default.
  func isExplicit(_ share: PermitShare, _ flow: PathFlow) -> Bool { topology.isExplicit(share, flow) }

  /// The device of a place.
  func device(of place: RulePlace) -> Device { topology.devices[place.device].device }

  /// The rule of a place; nil for a default.
  func rule(at place: RulePlace) -> Rule? {
    guard let list = place.list, let rule = place.rule else { return nil }
    return device(of: place).lists[list].rules[rule]
  }

  /// Where to look for a place in the file.
  func location(of place: RulePlace) -> SourceRange { topology.location(of: place) }

  /// How an engineer would name a place.
  func name(of place: RulePlace) -> String {
    topology.name(of: place) ?? "\(device(of: place).label), which filters nothing,"
  }
}

extension Device {
  /// The addresses of its interfaces that are up.
  var ownAddresses: AddressSet {
    interfaces.filter { !$0.isShutdown }.flatMap(\.addresses).reduce(.empty) { $0.union(AddressSet($1.address)) }
  }
}

import Findings
import PacketSets
import Reachability
import RuleModel
import SitePolicy
import SourceText

extension Check {
  static let withoutFilter = Check(
    "SEG013", "without-filter", .high,
    "Two zones meet without a filter: on one interface, network or bridge, over a dual-homed host, or round the firewall.",
    work: .site { context in
      sharedInterfaces(context) + sharedNetworks(context) + bridges(context) + dualHomedAssets(context)
        + waysRound(context)
    })
}

/// A pair of zones that a filter should part: different levels, or a safety system and something else.
private func mustBeParted(_ a: Zone, _ b: Zone) -> Bool {
  guard a.level < .corporate || b.level < .corporate || a.isSafety || b.isSafety else { return false }
  return a.level != b.level || a.isSafety != b.isSafety
}

/// The pairs of some zones that a filter should part.
private func pairs(_ zones: some Sequence<Int>, _ site: Site) -> [(Zone, Zone)] {
  let sorted = zones.sorted()
  return sorted.enumerated().flatMap { index, a in
    sorted[(index + 1)...].map { (site.zones[a], site.zones[$0]) }
  }.filter { mustBeParted($0.0, $0.1) }
}

extension SiteContext {
  fileprivate func meeting(
    _ a: Zone, _ b: Zone, device: Device?, subject: String, at location: SourceRange, _ message: String, help: String,
    certain: Bool = true
  ) -> Finding {
    var finding = Finding(
      code: check.code, name: check.name, severity: rule.severity ?? check.severity,
      confidence: certain ? .certain : .possible, message: message, device: device?.label,
      property: "\(a.name) -> \(b.name)", subject: subject, location: location, help: help)
    finding.consequence = [a.touched, b.touched].compactMap { $0 }.max()
    finding.counts = certain || rule.possibleCounts
    return finding
  }

  fileprivate func label(_ zone: Zone) -> String {
    site.zones.firstIndex { $0.name == zone.name }.map { topology.label(.zone($0)) } ?? zone.name
  }
}

/// Zones that are wired to one interface: what passes between them never comes to the device.
private func sharedInterfaces(_ context: SiteContext) -> [Finding] {
  context.topology.devices.flatMap { bound in
    bound.interfaces.flatMap { interface in
      pairs(interface.attached, context.site).map { a, b in
        context.meeting(
          a, b, device: bound.device, subject: "interface \(interface.name)", at: interface.source,
          "\(context.label(a)) and \(context.label(b)) lie behind one interface, \(interface.name) of "
            + "\(bound.device.label): nothing filters between them",
          help: """
            give each zone an interface or VLAN of its own; if another device stands between the two, add it to the site \
            file, and if they are one network, make them one zone
            """)
      }
    }
  }
}

/// One network with interfaces in different zones.
private func sharedNetworks(_ context: SiteContext) -> [Finding] {
  var seen: [IPPrefix: (zones: Set<Int>, device: Device)] = [:]
  var findings: [Finding] = []
  for bound in context.topology.devices {
    for interface in bound.interfaces where !interface.attached.isEmpty {
      let own = bound.device.interfaces.first { $0.name == interface.name }?.addresses.map(\.network) ?? []
      for network in own {
        guard let other = seen[network] else {
          seen[network] = (interface.attached, bound.device)
          continue
        }
        for (a, b) in pairs(interface.attached.union(other.zones), context.site)
        where interface.attached != other.zones {
          findings.append(
            context.meeting(
              a, b, device: bound.device, subject: "network \(network)", at: interface.source,
              "\(network) is bound to \(context.label(a)) and to \(context.label(b)), at \(other.device.label) and at "
                + "\(bound.device.label), \(interface.name): on one network nothing filters between them",
              help: "correct the interfaces in the site file, or give each zone a network of its own"))
        }
      }
    }
  }
  return findings
}

/// Ports of one bridge in different zones: a bridge switches frames before any routed rule sees them.
private func bridges(_ context: SiteContext) -> [Finding] {
  context.topology.devices.flatMap { bound -> [Finding] in
    var ports: [String: Set<Int>] = [:]
    for interface in bound.device.interfaces {
      guard interface.vlan == nil, let bridge = interface.parent else { continue }
      ports[bridge, default: []].formUnion(bound.interfaces.first { $0.name == interface.name }?.attached ?? [])
    }
    return ports.sorted { $0.key < $1.key }.flatMap { bridge, zones in
      pairs(zones, context.site).map { a, b in
        context.meeting(
          a, b, device: bound.device, subject: "bridge \(bridge)",
          at: bound.device.interfaces.first { $0.parent == bridge }?.source ?? bound.device.source,
          "\(context.label(a)) and \(context.label(b)) are ports of one bridge, \(bridge) of \(bound.device.label): "
            + "whether its rules see what is switched between them is not known",
          help: "route between the two zones instead of bridging them, or filter in the bridge and show that it does",
          certain: false)
      }
    }
  }
}

/// Hosts with addresses in two zones are a way past every firewall, whatever they forward.
private func dualHomedAssets(_ context: SiteContext) -> [Finding] {
  context.site.assets.flatMap { asset in
    let zones = context.site.zones.indices.filter { context.site.zones[$0].networks.overlaps(asset.addresses) }
    return pairs(zones, context.site).map { a, b in
      context.meeting(
        a, b, device: nil, subject: "asset \(asset.name)", at: asset.source,
        "\(asset.name) has addresses in \(context.label(a)) and in \(context.label(b)): whoever holds it is in both",
        help: "give the host one address and let its other traffic pass the firewall, or put a diode in its place")
    }
  }
}

/// Paths whose devices filter nothing, beside others that do.
private func waysRound(_ context: SiteContext) -> [Finding] {
  var seen: Set<String> = []
  return context.traffic.flatMap { traffic in
    traffic.flows.flows.compactMap { flow -> Finding? in
      guard let from = context.topology.zone(flow.from), let to = context.topology.zone(flow.to),
        mustBeParted(from, to), !flow.path.contains(where: { context.topology.filters($0) }),
        let last = flow.path.last, seen.insert("\(from.name) \(to.name) \(context.name(of: flow.path))").inserted
      else { return nil }
      let others = context.map.paths(from: flow.from, to: flow.to).paths
      let guarded = others.first { path in path.path.contains { context.topology.filters($0) } }
      guard let guarded else { return nil }
      let device = context.topology.devices[last.device].device
      return context.meeting(
        from, to, device: device, subject: "way round", at: device.source,
        "\(context.name(of: flow.path)) leads from \(context.label(from)) to \(context.label(to)) without a filter, round "
          + context.name(of: guarded.path),
        help: "take the route or the cable away, or filter there as the other device does")
    }
  }
}

extension SiteTopology {
  /// Whether the device has any filter for what enters and leaves so.
  fileprivate func filters(_ hop: Hop) -> Bool {
    devices[hop.device].device.pipeline.contains { stage in
      guard case .filter = stage.work else { return false }
      return !stage.isPreparatory && stage.ingress.contains(hop.ingress) && stage.egress.contains(hop.egress)
    }
  }
}

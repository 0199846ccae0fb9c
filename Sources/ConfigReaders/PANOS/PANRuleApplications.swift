import PacketSets
import RuleModel
import SourceText

/// What a rule says about services and applications together, between two bounds.
struct PANTraffic {
  /// Alternatives: services with the industrial functions that they may carry.
  var lower: [(services: [Service], functions: IntervalSet<UInt16>)]
  var upper: [(services: [Service], functions: IntervalSet<UInt16>)]
  var uncertainties: [Uncertainty]
}

/// Services and App-IDs of rules.
///
/// The first lookup of a session knows addresses, ports and zones only; packets are let through on it until the
/// application is known, which are "only TCP/SSL handshakes", and then the rules are asked again with the application
/// (Palo Alto Networks knowledge base, kA10g000000POF8CAO). Hence:
///
/// - Packets that carry an industrial function are judged by the applications that stand for it.
/// - Packets without any may pass a permitting rule on all ports of its services whatever its applications are, and do
///   so surely on the standard ports of applications that are known; no rule surely stops them by application.
extension PANDevice {
  /// Nil when the rule has no services or no applications.
  mutating func traffic(of rule: Int, _ scope: Int, isPermit: Bool) -> PANTraffic? {
    let services = tree.children(of: tree.child("service", of: rule))
    let applications = tree.children(of: tree.child("application", of: rule))
    guard !services.isEmpty, !applications.isEmpty else { return nil }
    let followsApplications = services.contains { tree.name(of: $0) == "application-default" }
    let named = union(
      services.filter { tree.name(of: $0) != "application-default" }.map {
        service(tree.name(of: $0), tree.range(of: $0), scope)
      })
    if applications.contains(where: { tree.name(of: $0) == "any" }) {
      return anyApplication(named, followsApplications ? tree.range(of: services[0]) : nil)
    }
    var known: [PANApplication] = []
    var open: [Uncertainty] = []
    for application in applications {
      collect(tree.name(of: application), tree.range(of: application), scope, depth: 0, &known, &open)
    }
    if let override {
      open.append(
        Uncertainty(
          range: override, reason: "application override rules decide what traffic counts as which application"))
    }
    return bounds(known, named, followsApplications, isPermit: isPermit, open, tree.range(of: applications[0]))
  }

  /// Rules that name no application are about ports alone.
  private func anyApplication(_ named: ServiceBounds, _ useOfDefault: SourceRange?) -> PANTraffic {
    var traffic = PANTraffic(
      lower: [(named.lower, .all)], upper: [(named.upper, .all)], uncertainties: named.uncertainties)
    if let useOfDefault {
      traffic.upper = [([.any], .all)]
      traffic.uncertainties.append(
        Uncertainty(
          range: useOfDefault,
          reason: "the standard ports of every application (`application-default`) are not in the file"))
    }
    return traffic
  }

  private func bounds(
    _ known: [PANApplication], _ named: ServiceBounds, _ followsApplications: Bool, isPermit: Bool,
    _ open: [Uncertainty], _ use: SourceRange
  ) -> PANTraffic {
    let isOverridden = override != nil
    let none = IntervalSet<UInt16>(0)
    var lower: [IntervalSet<UInt16>: [Service]] = [:]
    var upper: [IntervalSet<UInt16>: [Service]] = [:]
    for application in known {
      var possible = named.upper
      var sure = meet(named.lower, application.services ?? [])
      if followsApplications {
        possible += application.services.map { $0 + application.more } ?? [.any]
        sure += application.services ?? []
      }
      upper[isOverridden ? .all : application.possibly.union(none), default: []] += possible
      let functions = isPermit ? application.surely.union(none) : application.surely
      if !isOverridden, !functions.isEmpty { lower[functions, default: []] += sure }
    }
    let below = merged(lower)
    let above = merged(upper)
    var reasons = limited(open + named.uncertainties)
    let isExact = below.elementsEqual(above) { $0.services == $1.services && $0.functions == $1.functions }
    if !isExact || !reasons.isEmpty {
      reasons.append(
        Uncertainty(
          range: use, reason: "packets pass or are stopped by ports alone until App-ID has told the application"))
    }
    return PANTraffic(lower: below, upper: above, uncertainties: reasons)
  }

  /// Joins alternatives with the same services, as those of a rule with many functions of one protocol.
  private func merged(
    _ groups: [IntervalSet<UInt16>: [Service]]
  ) -> [(services: [Service], functions: IntervalSet<UInt16>)] {
    var result: [(services: [Service], functions: IntervalSet<UInt16>)] = []
    var places: [[Service]: Int] = [:]
    let sorted = groups.map { (functions: $0.key, services: distinct($0.value)) }.sorted {
      $0.functions.intervals.map(\.lowerBound).lexicographicallyPrecedes($1.functions.intervals.map(\.lowerBound))
    }
    for group in sorted where !group.services.isEmpty {
      if let place = places[group.services] {
        result[place].functions = result[place].functions.union(group.functions)
      } else {
        places[group.services] = result.count
        result.append((group.services, group.functions))
      }
    }
    return result
  }

  /// What both lists of alternatives take.
  private func meet(_ a: [Service], _ b: [Service]) -> [Service] {
    a.flatMap { one in b.compactMap { one.intersection($0) } }
  }

  private func distinct(_ services: [Service]) -> [Service] {
    if services.contains(.any) { return [.any] }
    var seen: Set<Service> = []
    return services.filter { seen.insert($0).inserted }
  }

  // MARK: Applications by name

  /// The applications that a name stands for: groups are followed, filters and applications of one's own are bounded.
  private mutating func collect(
    _ name: String, _ use: SourceRange, _ scope: Int, depth: Int, _ known: inout [PANApplication],
    _ open: inout [Uncertainty]
  ) {
    guard depth < Self.depthLimit, resolving.insert("application \(name)").inserted else {
      open.append(circle("application group", name, use))
      return known.append(.unknown)
    }
    defer { resolving.remove("application \(name)") }
    if let node = object(name, in: "application-group", scope) {
      for member in tree.children(of: tree.child("members", of: node)) {
        collect(tree.name(of: member), tree.range(of: member), scope, depth: depth + 1, &known, &open)
      }
    } else if let node = object(name, in: "application", scope) {
      open.append(Uncertainty(range: tree.range(of: node), reason: "what a custom application matches is not known"))
      known.append(custom(node))
    } else if let application = PANApplicationTable.application(name) {
      if application.surely != application.possibly {
        open.append(
          Uncertainty(
            range: use, reason: "which functions App-ID `\(printable(name))` stands for is not published in full"))
      }
      known.append(application)
    } else {
      open.append(
        Uncertainty(range: use, reason: "what App-ID `\(printable(name))` matches is not in the file"))
      known.append(.unknown)
    }
  }

  /// An application of one's own: its ports are in the file, what it carries is not.
  private func custom(_ node: Int) -> PANApplication {
    var application = PANApplication.unknown
    let ports = tree.node(["default", "port"], from: node).map { tree.children(of: $0) } ?? []
    var services: [Service] = []
    for port in ports {
      let parts = tree.name(of: port).split(separator: "/", maxSplits: 1)
      guard parts.count == 2, let proto = ["tcp": IPProtocol.tcp, "udp": IPProtocol.udp][String(parts[0])],
        let set = PANText.ports(String(parts[1]))
      else { return application }
      services.append(Service(proto: proto, destinationPorts: set))
    }
    if !services.isEmpty { application.services = services }
    return application
  }
}

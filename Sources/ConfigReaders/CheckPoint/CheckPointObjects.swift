import PacketSets
import RuleModel
import SourceText

/// What objects of the management server stand for, resolved once.
struct CheckPointObjects {
  let answers: CheckPointAnswers
  var notes: CheckPointNotes
  private var addresses: [String: AddressBounds] = [:]
  private var services: [String: ServiceBounds] = [:]
  /// Groups that are being resolved, to find circles.
  private var resolving: Set<String> = []
  private static let depthLimit = 64

  init(answers: CheckPointAnswers, notes: CheckPointNotes) {
    self.answers = answers
    self.notes = notes
  }

  private mutating func undefined(_ node: DocumentNode) -> Uncertainty {
    let message = "object `\(answers.name(node))` is not in this file"
    notes.issue(
      .undefinedReference, node.range, message,
      help: "export with `details-level full` and an objects dictionary, or add the lists of objects")
    return Uncertainty(range: node.range, reason: message)
  }

  private mutating func dynamic(_ object: DocumentNode, _ kind: String) -> Uncertainty {
    let message = "\(kind) `\(printable(object["name"]?.text ?? "?"))`: what it stands for is not in this file"
    let range = object.entry(named: "name")?.range ?? object.range
    notes.issue(.dynamicObject, range, message, help: "use fixed addresses and ports where segmentation must be proved")
    return Uncertainty(range: range, reason: message)
  }

  private mutating func circle(_ object: DocumentNode) -> Uncertainty {
    let message = "group `\(printable(object["name"]?.text ?? "?"))` contains itself, or groups are nested too deeply"
    notes.issue(.dynamicObject, object.range, message, help: "take the group out of its own members")
    return Uncertainty(range: object.range, reason: message)
  }

  // MARK: Addresses

  /// What the values of a source or destination column stand for.
  mutating func addressBounds(_ nodes: [DocumentNode]) -> AddressBounds {
    union(of: nodes.map { address($0, depth: 0) })
  }

  private mutating func address(_ node: DocumentNode, depth: Int) -> AddressBounds {
    guard let object = answers.object(node), let uid = object["uid"]?.text else { return .unknown(undefined(node)) }
    if let known = addresses[uid] { return known }
    guard depth < Self.depthLimit, resolving.insert(uid).inserted else { return .unknown(circle(object)) }
    let bounds = resolvedAddress(object, depth: depth)
    resolving.remove(uid)
    addresses[uid] = bounds
    return bounds
  }

  private mutating func resolvedAddress(_ object: DocumentNode, depth: Int) -> AddressBounds {
    let type = object["type"]?.text ?? ""
    switch type {
    case "CpmiAnyObject": return AddressBounds(.all)
    case "group":
      guard let members = object["members"]?.items else { return .unknown(dynamic(object, "group")) }
      return union(of: members.map { address($0, depth: depth + 1) } + [.empty])
    case "group-with-exclusion":
      guard let include = object["include"], let except = object["except"] else {
        return .unknown(dynamic(object, "group with exclusion"))
      }
      return address(include, depth: depth + 1).subtracting(address(except, depth: depth + 1))
    case "host", "network", "address-range", "multicast-address-range", "wildcard":
      guard let set = plainAddresses(object, type) else { return .unknown(dynamic(object, type)) }
      return withTranslation(set, object)
    case "CpmiHostCkp", "checkpoint-host", "simple-gateway", "simple-cluster", "CpmiGatewayCluster", "cluster-member",
      "CpmiClusterMember", "CpmiGatewayPlain", "interoperable-device":
      return gateway(object)
    default: return .unknown(dynamic(object, type.isEmpty ? "object" : type))
    }
  }

  private func text(_ object: DocumentNode, _ key: String) -> String? {
    guard let text = object[key]?.text, !text.isEmpty else { return nil }
    return text
  }

  private func plainAddresses(_ object: DocumentNode, _ type: String) -> AddressSet? {
    var sets: [AddressSet?] = []
    switch type {
    case "host":
      for key in ["ipv4-address", "ipv6-address"] {
        if let text = text(object, key) { sets.append(IPAddress(text).map { AddressSet($0) }) }
      }
    case "network":
      for version in ["4", "6"] {
        guard let base = text(object, "subnet\(version)") else { continue }
        sets.append(
          text(object, "mask-length\(version)").flatMap { IPPrefix("\(base)/\($0)") }.map { AddressSet($0) })
      }
    case "wildcard":
      guard let base = text(object, "ipv4-address").flatMap({ IPAddress($0) }), base.family == .v4,
        let mask = text(object, "ipv4-mask-wildcard").flatMap({ IPAddress($0) }), mask.family == .v4
      else { return nil }
      sets.append(AddressSet(v4: base.v4, mask: ~mask.v4))
    default:
      for version in ["ipv4", "ipv6"] {
        guard let first = text(object, "\(version)-address-first") ?? text(object, "\(version)-address") else {
          continue
        }
        let last = text(object, "\(version)-address-last") ?? first
        guard let low = IPAddress(first), let high = IPAddress(last) else { return nil }
        sets.append(AddressSet(first: low, last: high))
      }
    }
    guard !sets.isEmpty, !sets.contains(nil) else { return nil }
    return union(of: sets.compactMap { $0 })
  }

  /// With automatic static NAT an object may also be matched by the address that it has outside.
  private func withTranslation(_ set: AddressSet, _ object: DocumentNode) -> AddressBounds {
    guard let nat = object["nat-settings"], nat["auto-rule"]?.text == "true", nat["method"]?.text == "static",
      let outside = text(nat, "ipv4-address").flatMap({ IPAddress($0) })
    else { return AddressBounds(set) }
    let reason = Uncertainty(range: nat.range, reason: "rules may match the object by its translated address too")
    return AddressBounds(lower: set, upper: set.union(AddressSet(outside)), uncertainties: [reason])
  }

  /// A gateway stands for the addresses of all its interfaces, which short answers leave out.
  private mutating func gateway(_ object: DocumentNode) -> AddressBounds {
    let main = text(object, "ipv4-address").flatMap { IPAddress($0) }.map { AddressSet($0) } ?? .empty
    let reason = Uncertainty(
      range: object.entry(named: "name")?.range ?? object.range,
      reason: "a gateway stands for all its addresses, and not all of them may be in this file")
    guard let interfaces = object["interfaces"]?.items, !interfaces.isEmpty else {
      return AddressBounds(lower: main, upper: .all, uncertainties: [reason])
    }
    let own = interfaces.flatMap { interface in
      ["ipv4-address", "ipv6-address"].compactMap { text(interface, $0).flatMap { IPAddress($0) } }.map {
        AddressSet($0)
      }
    }
    return AddressBounds(lower: main, upper: union(of: own + [main]), uncertainties: [reason])
  }

  // MARK: Services

  /// What the values of a service column stand for.
  mutating func serviceBounds(_ nodes: [DocumentNode]) -> ServiceBounds { union(nodes.map { service($0, depth: 0) }) }

  private mutating func service(_ node: DocumentNode, depth: Int) -> ServiceBounds {
    guard let object = answers.object(node), let uid = object["uid"]?.text else { return .unknown(undefined(node)) }
    if let known = services[uid] { return known }
    guard depth < Self.depthLimit, resolving.insert(uid).inserted else { return .unknown(circle(object)) }
    let bounds = resolvedService(object, depth: depth)
    resolving.remove(uid)
    services[uid] = bounds
    return bounds
  }

  private mutating func resolvedService(_ object: DocumentNode, depth: Int) -> ServiceBounds {
    let type = object["type"]?.text ?? ""
    switch type {
    case "CpmiAnyObject": return ServiceBounds([.any])
    case "service-group":
      guard let members = object["members"]?.items else { return .unknown(dynamic(object, "service group")) }
      return union(members.map { service($0, depth: depth + 1) })
    case "service-tcp": return ported(object, IPProtocol.tcp)
    case "service-udp": return ported(object, IPProtocol.udp)
    case "service-sctp": return ported(object, IPProtocol.sctp)
    case "service-icmp": return typed(object, IPProtocol.icmp)
    case "service-icmp6": return typed(object, IPProtocol.icmpV6)
    case "service-other": return other(object)
    default:
      // Applications, sites, RPC programs: known by what packets carry, or by ports that a server hands out.
      return .unknown(dynamic(object, type.isEmpty ? "service" : type))
    }
  }

  /// `80`, `80-90`, `>1023`, `<1024`; several separated by commas.
  private func ports(_ text: String) -> IntervalSet<UInt16>? {
    var ranges: [ClosedRange<UInt16>] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let word = part.filter { $0 != " " }
      if word.first == ">", let number = UInt16(word.dropFirst()), number < .max {
        ranges.append(number + 1...UInt16.max)
      } else if word.first == "<", let number = UInt16(word.dropFirst()), number > 0 {
        ranges.append(0...number - 1)
      } else {
        let ends = word.split(separator: "-", omittingEmptySubsequences: false)
        guard (1...2).contains(ends.count), let first = UInt16(ends[0]), let last = UInt16(ends[ends.count - 1]),
          first <= last
        else { return nil }
        ranges.append(first...last)
      }
    }
    return IntervalSet(ranges)
  }

  private mutating func ported(_ object: DocumentNode, _ proto: UInt8) -> ServiceBounds {
    guard let destination = text(object, "port").flatMap({ ports($0) }) else {
      return .unknown(dynamic(object, "service"))
    }
    var service = Service(proto: proto, destinationPorts: destination)
    if let source = text(object, "source-port") {
      guard let set = ports(source) else { return .unknown(dynamic(object, "service")) }
      service.sourcePorts = set
    }
    if object["match-by-protocol-signature"]?.text == "true" {
      let reason = Uncertainty(range: object.range, reason: "the service also asks what the packets carry")
      return ServiceBounds(lower: [], upper: [service], uncertainties: [reason])
    }
    return ServiceBounds([service])
  }

  private mutating func typed(_ object: DocumentNode, _ proto: UInt8) -> ServiceBounds {
    var service = Service(proto: proto)
    for (key, path) in [("icmp-type", \Service.icmpTypes), ("icmp-code", \Service.icmpCodes)] {
      guard let value = text(object, key), !(object[key]?.isNull ?? true) else { continue }
      guard let number = UInt8(value) else { return .unknown(dynamic(object, "service")) }
      service[keyPath: path] = IntervalSet(number)
    }
    return ServiceBounds([service])
  }

  private mutating func other(_ object: DocumentNode) -> ServiceBounds {
    guard let number = text(object, "ip-protocol").flatMap({ UInt8($0) }) else {
      return .unknown(dynamic(object, "service"))
    }
    let service = Service(proto: number)
    if text(object, "match") != nil || text(object, "action") != nil {
      let reason = Uncertainty(range: object.range, reason: "the service has an expression of its own")
      return ServiceBounds(lower: [], upper: [service], uncertainties: [reason])
    }
    return ServiceBounds([service])
  }
}

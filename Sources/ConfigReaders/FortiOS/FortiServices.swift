import PacketSets
import RuleModel
import SourceText

/// Service objects and groups.
extension FortiDomain {
  private static let depthLimit = 48

  /// What a list of service names stands for.
  mutating func serviceBounds(_ setting: FortiSetting) -> ServiceBounds {
    if setting.isBroken {
      return .unknown(Uncertainty(range: setting.range, reason: "the quotation marks of this line do not pair up"))
    }
    return union(setting.words.map { service($0, setting.range, depth: 0) })
  }

  private mutating func service(_ name: String, _ use: SourceRange, depth: Int) -> ServiceBounds {
    if let known = services[name] { return known }
    guard depth < Self.depthLimit, resolving.insert("service \(name)").inserted else {
      return .unknown(circle("service group", name, use))
    }
    let bounds = resolvedService(name, use, depth: depth)
    resolving.remove("service \(name)")
    services[name] = bounds
    return bounds
  }

  private mutating func resolvedService(_ name: String, _ use: SourceRange, depth: Int) -> ServiceBounds {
    if let node = entry(name, in: "firewall service custom") { return serviceObject(node) }
    if let node = entry(name, in: "firewall service group") { return serviceGroup(node, depth: depth) }
    if let factory = FortiFactory.services[name] { return ServiceBounds(factory) }
    if let members = FortiFactory.serviceGroups[name] {
      return union(members.map { service($0, use, depth: depth + 1) })
    }
    if name == "webproxy" {
      return .unknown(Uncertainty(range: use, reason: "service `webproxy` means traffic of the explicit web proxy"))
    }
    return .unknown(undefined("service", name, use, like: ["firewall service custom", "firewall service group"]))
  }

  private mutating func serviceGroup(_ node: Int, depth: Int) -> ServiceBounds {
    let range = tree.nodes[node].range
    guard let members = tree.setting("member", of: node), !members.isBroken, unknownStatements(of: node).isEmpty,
      !tree.isEnabled("proxy", of: node), !tree.isEnabled("explicit-proxy", of: node)
    else { return .unknown(Uncertainty(range: range, reason: "the service group is not fully understood")) }
    return union(members.words.map { service($0, members.range, depth: depth + 1) })
  }

  private mutating func serviceObject(_ node: Int) -> ServiceBounds {
    let range = tree.nodes[node].range
    guard unknownStatements(of: node).isEmpty, !tree.nodes[node].settings.contains(where: \.isBroken) else {
      return .unknown(Uncertainty(range: range, reason: "the service is not fully understood"))
    }
    if tree.isEnabled("proxy", of: node) || tree.isEnabled("explicit-proxy", of: node) {
      return .unknown(Uncertainty(range: range, reason: "the service means traffic of the explicit web proxy"))
    }
    guard var services = plainService(node) else {
      notes.gap(range, .notRecognised, matters: true, "the service has a protocol or port that cannot be read")
      return .unknown(Uncertainty(range: range, reason: "the service cannot be read"))
    }
    var open: [Uncertainty] = []
    if let kind = tree.value("app-service-type", of: node), kind != "disable" {
      open.append(Uncertainty(range: range, reason: "the service also asks for an application"))
    }
    // `0.0.0.0` and an empty FQDN are the defaults.
    if let limit = tree.value("iprange", of: node), limit != "0.0.0.0" {
      open.append(Uncertainty(range: range, reason: "the service is limited to certain destinations"))
    }
    if let limit = tree.value("fqdn", of: node), !limit.isEmpty {
      open.append(Uncertainty(range: range, reason: "the service is limited to a domain name"))
    }
    if tree.setting("udplite-portrange", of: node) != nil {
      // The packet model knows no ports of UDP-Lite (RFC 3828, protocol 136).
      services.append(Service(proto: 136))
      open.append(Uncertainty(range: range, reason: "the service names UDP-Lite ports"))
    }
    if services.isEmpty {
      let reason = Uncertainty(range: range, reason: "the service names no port")
      return ServiceBounds(lower: [], upper: [Service(protocols: IPProtocol.withPorts)], uncertainties: open + [reason])
    }
    return open.isEmpty
      ? ServiceBounds(services) : ServiceBounds(lower: [], upper: services, uncertainties: open)
  }

  /// Protocols, ports and types of one object; nil when something cannot be read.
  private func plainService(_ node: Int) -> [Service]? {
    switch tree.value("protocol", of: node) ?? "TCP/UDP/SCTP" {
    case "IP":
      let number = tree.value("protocol-number", of: node) ?? "0"
      guard let proto = UInt8(number) else { return nil }
      // Number 0 stands for every protocol (the factory service ALL).
      return [proto == 0 ? .any : Service(proto: proto)]
    case "ICMP": return icmp(node, IPProtocol.icmp)
    case "ICMP6": return icmp(node, IPProtocol.icmpV6)
    case "TCP/UDP/SCTP", "TCP/UDP/UDP-Lite/SCTP", "TCP", "UDP", "SCTP": return portServices(node)
    case "ALL": return [.any]
    default: return nil
    }
  }

  private func icmp(_ node: Int, _ proto: UInt8) -> [Service]? {
    var service = Service(proto: proto)
    if let type = tree.value("icmptype", of: node) {
      guard let number = UInt8(type) else { return nil }
      service.icmpTypes = IntervalSet(number)
    }
    if let code = tree.value("icmpcode", of: node) {
      guard let number = UInt8(code) else { return nil }
      service.icmpCodes = IntervalSet(number)
    }
    return [service]
  }

  private func portServices(_ node: Int) -> [Service]? {
    var result: [Service] = []
    let attributes: [(String, UInt8)] = [
      ("tcp-portrange", IPProtocol.tcp), ("udp-portrange", IPProtocol.udp), ("sctp-portrange", IPProtocol.sctp),
    ]
    for (attribute, proto) in attributes {
      var plain: [ClosedRange<UInt16>] = []
      for word in tree.words(attribute, of: node) {
        let parts = word.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let destination = LiteralText.ports(parts[0]) else { return nil }
        if parts.count == 2 {
          guard let source = LiteralText.ports(parts[1]) else { return nil }
          result.append(
            Service(proto: proto, destinationPorts: IntervalSet(destination), sourcePorts: IntervalSet(source)))
        } else {
          plain.append(destination)
        }
      }
      if !plain.isEmpty { result.append(Service(proto: proto, destinationPorts: IntervalSet(plain))) }
    }
    return result
  }
}

import PacketSets
import RuleModel
import SourceText

/// Service objects and groups.
extension PANDevice {
  /// Services that every device has (PAN-OS web interface help, "Objects > Services").
  private static let predefined: [String: [Service]] = [
    "service-http": [Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet([80...80, 8080...8080]))],
    "service-https": [Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet(443))],
  ]

  /// What one name stands for.
  mutating func service(_ name: String, _ use: SourceRange, _ scope: Int, depth: Int = 0) -> ServiceBounds {
    if name == "any" { return ServiceBounds([.any]) }
    if let known = services[scope][name] { return known }
    guard depth < Self.depthLimit, resolving.insert("service \(scope) \(name)").inserted else {
      return .unknown(circle("service group", name, use))
    }
    let bounds = resolvedService(name, use, scope, depth: depth)
    resolving.remove("service \(scope) \(name)")
    services[scope][name] = bounds
    return bounds
  }

  private mutating func resolvedService(
    _ name: String, _ use: SourceRange, _ scope: Int, depth: Int
  ) -> ServiceBounds {
    for place in scopeLists[scope] {
      if let node = tree.node(["service", name], from: place) { return serviceObject(node) }
      if let node = tree.node(["service-group", name], from: place) {
        let members = tree.children(of: tree.child("members", of: node))
        if members.isEmpty {
          return .unknown(Uncertainty(range: tree.range(of: node), reason: "the group has no member"))
        }
        return union(members.map { service(tree.name(of: $0), tree.range(of: $0), scope, depth: depth + 1) })
      }
    }
    if let known = Self.predefined[name] { return ServiceBounds(known) }
    return .unknown(undefined("service", name, use))
  }

  private mutating func serviceObject(_ node: Int) -> ServiceBounds {
    let known: [String: UInt8] = ["tcp": IPProtocol.tcp, "udp": IPProtocol.udp, "sctp": IPProtocol.sctp]
    var result: [Service] = []
    for kind in tree.children(of: tree.child("protocol", of: node)) {
      guard let proto = known[tree.name(of: kind)], let ports = ports("port", of: kind),
        let sources = portsOrAll("source-port", of: kind)
      else { return unreadable(service: node) }
      result.append(Service(proto: proto, destinationPorts: ports, sourcePorts: sources))
    }
    return result.isEmpty ? unreadable(service: node) : ServiceBounds(result)
  }

  private func ports(_ attribute: String, of node: Int) -> IntervalSet<UInt16>? {
    tree.value(attribute, of: node).flatMap { PANText.ports($0) }
  }

  private func portsOrAll(_ attribute: String, of node: Int) -> IntervalSet<UInt16>? {
    tree.child(attribute, of: node) == nil ? .all : ports(attribute, of: node)
  }

  private mutating func unreadable(service node: Int) -> ServiceBounds {
    let range = tree.range(of: node)
    notes.gap(range, .notRecognised, matters: true, "the service has a protocol or port that cannot be read")
    return .unknown(Uncertainty(range: range, reason: "the service cannot be read"))
  }
}

/// A policy with one term for each rule (`r1`, `r2`, …), and the networks and services that it names.
func capircaFiles(_ set: RuleSet) -> [(suffix: String, bytes: [UInt8])] {
  var policy = ByteText()
  var networks = Definitions<Interval<UInt128>>(prefix: "N")
  var services = Definitions<ServiceKey>(prefix: "S")
  policy.append("header {\n  target:: cisco OUTSIDE_in extended\n}\n")
  for (index, rule) in set.rules.enumerated() {
    let box = rule.box
    policy.append("term r\(index + 1) {\n")
    if box.source != set.family.any { policy.append("  source-address:: \(networks.name(box.source))\n") }
    if box.destination != set.family.any {
      policy.append("  destination-address:: \(networks.name(box.destination))\n")
    }
    if box.proto != Service.anyProtocol { policy.append("  protocol:: \(protocolName(box.proto.low))\n") }
    if box.sourcePort != .all {
      policy.append("  source-port:: \(services.name(ServiceKey(proto: box.proto.low, ports: box.sourcePort)))\n")
    }
    if box.destinationPort != .all {
      let key = ServiceKey(proto: box.proto.low, ports: box.destinationPort)
      policy.append("  destination-port:: \(services.name(key))\n")
    }
    policy.append(rule.permits ? "  action:: accept\n}\n" : "  action:: deny\n}\n")
  }
  var networkText = ByteText()
  for (name, network) in networks.inOrder {
    networkText.append("\(name) = ")
    networkText.append(prefix: network, set.family)
    networkText.append("\n")
  }
  var serviceText = ByteText()
  for (name, service) in services.inOrder {
    serviceText.append("\(name) = ")
    serviceText.append(ports: service.ports, "-")
    serviceText.append("/\(protocolName(service.proto))\n")
  }
  return [
    (".capirca/pol/\(set.name).pol", policy.bytes), (".capirca/def/networks.net", networkText.bytes),
    (".capirca/def/services.svc", serviceText.bytes),
  ]
}

/// What a service definition says.
struct ServiceKey: Hashable {
  var proto: UInt16
  var ports: Interval<UInt16>
}

/// Names for things that a policy refers to, each made at first use.
struct Definitions<Thing: Hashable> {
  let prefix: String
  private var names: [Thing: String] = [:]
  private(set) var inOrder: [(name: String, thing: Thing)] = []

  init(prefix: String) { self.prefix = prefix }

  mutating func name(_ thing: Thing) -> String {
    if let known = names[thing] { return known }
    let name = "\(prefix)\(inOrder.count)"
    names[thing] = name
    inOrder.append((name, thing))
    return name
  }
}

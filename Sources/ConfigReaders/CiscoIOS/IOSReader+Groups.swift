import PacketSets
import RuleModel
import SourceText

/// How deep groups may nest.
private let nestingLimit = 64

extension IOSReader {
  /// `object-group network|service NAME`; a second block of the same name adds to the first.
  mutating func beginGroup() {
    mark(.used)
    let kind = words.takeText() ?? ""
    switch kind {
    case "network", "service", "v6-network", "v6-service", "protocol":
      guard let name = words.takeText() else { return unrecognised("object group") }
      open(name, holdsAddresses: kind.hasSuffix("network"))
    default:
      // Users, security group tags, host names: not in the packet.
      let name = words.takeText() ?? kind
      open(name, holdsAddresses: kind != "ip")
      gap(changes: true, "`object-group \(printable(kind))` stands for something that is not modelled")
      let reason = notInPacket(name)
      config.groups[name]?.members.append(.unknown(reason))
      block = .notModelled
    }
  }

  private mutating func open(_ name: String, holdsAddresses: Bool) {
    block = .group(name)
    guard config.groups[name] == nil else { return }
    config.groups[name] = IOSObjectGroup(name: name, holdsAddresses: holdsAddresses, source: here)
  }

  private func notInPacket(_ name: String) -> Uncertainty {
    Uncertainty(range: here, reason: "what object group `\(printable(name))` stands for is not in the file")
  }

  mutating func groupStatement(_ name: String) {
    mark(.used)
    guard let group = config.groups[name] else { return mark(.notRecognised) }
    if words.takes("description") || words.takes("description:") { return mark(.irrelevant) }
    let removes = words.isNext("no")
    guard let member = group.holdsAddresses ? takeAddressMember() : takeServiceMember(), words.isAtEnd else {
      if removes { config.groups[name]?.mayLackMembers = true }
      let reason = Uncertainty(range: here, reason: "a member of `\(printable(name))` is not understood")
      config.groups[name]?.members.append(.unknown(reason))
      return unrecognised("member of `\(printable(name))`")
    }
    config.groups[name]?.members.append(member)
  }

  /// `host A`, `A NETMASK`, `A/LEN`, `range A B`, `any`, `group-object NAME`: network masks here, not wildcards
  /// (Cisco IOS Security Command Reference, `object-group (Catalyst 6500 series)` and "Object Groups for ACLs").
  private mutating func takeAddressMember() -> IOSMember? {
    if words.takes("group-object") { return words.takeText().map { .group($0, here) } }
    _ = words.takes("network-object")
    if words.takes("any") { return .addresses(.all) }
    if words.takes("host") {
      guard let word = words.take() else { return nil }
      if let address = IPAddress(words.text(word)) { return .addresses(AddressSet(address)) }
      return .unknown(
        Uncertainty(
          range: here, reason: "host name `\(printable(words.text(word)))`: its address is not in this file"))
    }
    if words.takes("range") {
      guard let low = words.take().flatMap({ IPAddress(words.text($0)) }),
        let high = words.take().flatMap({ IPAddress(words.text($0)) })
      else { return nil }
      return AddressSet(first: low, last: high).map { .addresses($0) }
    }
    guard let word = words.next else { return nil }
    if file.bytes[word].contains(UInt8(ascii: "/")), let prefix = IPPrefix(words.text(word)) {
      _ = words.take()
      return .addresses(AddressSet(prefix))
    }
    guard let quad = words.quad(word) else { return nil }
    _ = words.take()
    guard let mask = words.take().flatMap(words.quad) else { return nil }
    return AddressSet(v4: quad, mask: mask).map { .addresses($0) }
  }

  /// `tcp|udp|tcp-udp [source PORTS] [PORTS]`, `icmp [MESSAGE]`, a protocol, or `group-object NAME`.
  private mutating func takeServiceMember() -> IOSMember? {
    if words.takes("group-object") { return words.takeText().map { .group($0, here) } }
    _ = words.takes("protocol-object")
    guard let protocols = takeProtocol() else { return nil }
    var service = Service(protocols: protocols)
    if protocols == IntervalSet(IPProtocol.icmp) {
      if let message = takeMessage(isV6: false) {
        service.icmpTypes = IntervalSet(message.type)
        if let code = message.code { service.icmpCodes = IntervalSet(code) }
      }
      return .service(service)
    }
    if words.takes("source") {
      guard let ports = takePorts() else { return nil }
      service.sourcePorts = ports
    }
    // `eq` may be left out.
    if let port = takePort() {
      service.destinationPorts = IntervalSet(port)
    } else {
      guard let ports = takePorts() else { return nil }
      service.destinationPorts = ports
    }
    return .service(service)
  }

  // MARK: - Resolution

  /// The addresses of an object group; once only for each name.
  mutating func addresses(of name: String, at range: SourceRange) -> AddressBounds {
    var path: [String] = []
    return addresses(of: name, at: range, &path)
  }

  private mutating func addresses(of name: String, at range: SourceRange, _ path: inout [String]) -> AddressBounds {
    if let known = resolvedAddresses[name] { return known }
    guard path.count < nestingLimit, !path.contains(name), let group = config.groups[name] else {
      return .unknown(unresolved(name, range))
    }
    path.append(name)
    var lower = IntervalCollector()
    var upper = IntervalCollector()
    var uncertainties: [Uncertainty] = []
    for member in group.members {
      let bounds: AddressBounds
      switch member {
      case .addresses(let set): bounds = AddressBounds(set)
      case .group(let inner, let place): bounds = addresses(of: inner, at: place, &path)
      case .unknown(let reason): bounds = .unknown(reason)
      case .service:
        bounds = .unknown(Uncertainty(range: group.source, reason: "`\(printable(name))` holds no addresses"))
      }
      if !group.mayLackMembers { lower.add(bounds.lower) }
      upper.add(bounds.upper)
      uncertainties += bounds.uncertainties
    }
    path.removeLast()
    let result = AddressBounds(lower: lower.set, upper: upper.set, uncertainties: Array(uncertainties.prefix(8)))
    resolvedAddresses[name] = result
    return result
  }

  /// The services of an object group; once only for each name.
  mutating func services(of name: String, at range: SourceRange) -> ServiceBounds {
    var path: [String] = []
    return services(of: name, at: range, &path)
  }

  private mutating func services(of name: String, at range: SourceRange, _ path: inout [String]) -> ServiceBounds {
    if let known = resolvedServices[name] { return known }
    guard path.count < nestingLimit, !path.contains(name), let group = config.groups[name] else {
      return .unknown(unresolved(name, range))
    }
    path.append(name)
    var lower: [Service] = []
    var upper: [Service] = []
    var uncertainties: [Uncertainty] = []
    for member in group.members {
      let bounds: ServiceBounds
      switch member {
      case .service(let service): bounds = ServiceBounds([service])
      case .group(let inner, let place): bounds = services(of: inner, at: place, &path)
      case .unknown(let reason): bounds = .unknown(reason)
      case .addresses:
        bounds = .unknown(Uncertainty(range: group.source, reason: "`\(printable(name))` holds no services"))
      }
      if !group.mayLackMembers { lower += bounds.lower }
      upper += bounds.upper
      uncertainties += bounds.uncertainties
    }
    path.removeLast()
    // A group may be reached on many ways; each service is needed once.
    var seen: Set<Service> = []
    lower = lower.filter { seen.insert($0).inserted }
    seen.removeAll()
    upper = upper.filter { seen.insert($0).inserted }
    let result = ServiceBounds(lower: lower, upper: upper, uncertainties: Array(uncertainties.prefix(8)))
    resolvedServices[name] = result
    return result
  }

  private mutating func unresolved(_ name: String, _ range: SourceRange) -> Uncertainty {
    guard config.groups[name] != nil else {
      undefined("object group", name, at: range, among: { $0.groups.keys.sorted() })
      return Uncertainty(range: range, reason: "object group `\(printable(name))` is not defined in this file")
    }
    let message = "`\(printable(name))` contains itself, or is nested more than \(nestingLimit) deep"
    issues.append(
      ReadIssue(
        kind: .undefinedReference, range: range, message: message, help: "remove the group from its own members",
        couldChangeVerdict: true))
    return Uncertainty(range: range, reason: message)
  }
}

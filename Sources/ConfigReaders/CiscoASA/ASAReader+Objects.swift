import PacketSets
import RuleModel
import SourceText

extension ASAReader {
  /// `object network|service NAME`; a second block of the same name adds to the first (that is how NAT is printed).
  mutating func beginObject() {
    mark(.used)
    let kind: ASAGroupKind
    if words.takes("network") {
      kind = .network
    } else if words.takes("service") {
      kind = .service
    } else {
      kind = .identity
      _ = words.take()
    }
    guard let name = words.takeText() else { return unrecognised("object") }
    open(name, kind, isGroup: false)
    // In scripts the value may follow on the same line.
    if !words.isAtEnd { objectStatement(name) }
  }

  mutating func beginObjectGroup() {
    mark(.used)
    _ = words.takes("group")
    var protocols = IntervalSet<UInt8>.empty
    let kindWord = words.takeText() ?? ""
    guard let name = words.takeText() else { return unrecognised("object group") }
    let kind: ASAGroupKind
    switch kindWord {
    case "network": kind = .network
    case "service":
      protocols = takeProtocols() ?? .empty
      kind = protocols.isEmpty ? .service : .ports
    case "protocol": kind = .protocols
    case "icmp-type": kind = .icmpTypes
    default: kind = .identity
    }
    open(name, kind, isGroup: true)
    config.objects[name]?.portProtocols = protocols
  }

  private mutating func open(_ name: String, _ kind: ASAGroupKind, isGroup: Bool) {
    block = .object(name)
    guard config.objects[name] == nil else { return }
    config.objects[name] = ASAObject(name: name, kind: kind, isGroup: isGroup, source: here)
  }

  mutating func objectStatement(_ name: String) {
    mark(.used)
    guard let kind = config.objects[name]?.kind else { return mark(.notRecognised) }
    if words.takes("description") { return mark(.irrelevant) }
    if words.takes("nat") { return natLine(object: name) }
    if kind == .identity {
      // Users, security groups and applications are not in the packet; what uses them is bounded.
      let reason = notInPacket(name)
      config.objects[name]?.members.append(.unknown(reason))
      return mark(.notModelled)
    }
    let removes = words.isNext("no")
    guard let member = takeMember(kind), words.isAtEnd else {
      let reason = Uncertainty(range: here, reason: "a member of `\(printable(name))` is not understood")
      if removes { config.objects[name]?.mayLackMembers = true }
      config.objects[name]?.members.append(.unknown(reason))
      return unrecognised("member of `\(printable(name))`")
    }
    if config.objects[name]?.isGroup == false {
      config.objects[name]?.members.removeAll()
      config.objects[name]?.mayLackMembers = false
    }
    config.objects[name]?.members.append(member)
  }

  private func notInPacket(_ name: String) -> Uncertainty {
    Uncertainty(
      range: here, reason: "`\(printable(name))` stands for users, security groups or applications, not for addresses")
  }

  /// One member; nil when it is not understood.
  private mutating func takeMember(_ kind: ASAGroupKind) -> ASAMember? {
    if words.takes("group-object"), let name = words.takeText() { return .group(name, here) }
    switch kind {
    case .network: return takeNetworkMember()
    case .service: return takeServiceMember()
    case .ports: return words.takes("port-object") ? takePorts().map { .ports($0.set) } : nil
    case .protocols: return words.takes("protocol-object") ? takeProtocols().map { .protocols($0) } : nil
    case .icmpTypes: return words.takes("icmp-object") ? takeICMPType().map { .icmp(v4: $0.v4, v6: $0.v6) } : nil
    case .identity: return nil
    }
  }

  private mutating func takeNetworkMember() -> ASAMember? {
    if words.takes("fqdn") {
      let text = words.rest
      words.position = words.ranges.count
      issues.append(
        ReadIssue(
          kind: .dynamicObject, range: here, message: "the addresses of `\(printable(text))` are not in this file",
          help:
            "rules that use it are checked for every address it may have; use fixed addresses where safety depends on it",
          couldChangeVerdict: true))
      return .unknown(
        Uncertainty(range: here, reason: "FQDN `\(printable(text))`: its addresses are not in this file"))
    }
    let isGroupMember = words.takes("network-object")
    if words.takes("object") { return words.takeText().map { .object($0, here) } }
    if words.takes("host") { return words.take().flatMap(address).map { .addresses(AddressSet($0)) } }
    if words.takes("range") {
      guard let low = words.take().flatMap(address), let high = words.take().flatMap(address) else { return nil }
      return AddressSet(first: low, last: high).map { .addresses($0) }
    }
    guard words.takes("subnet") || isGroupMember else { return nil }
    return takeNetwork().map { .addresses($0) }
  }

  /// `service-object …`, or `service …` of an `object service`.
  private mutating func takeServiceMember() -> ASAMember? {
    guard words.takes("service-object") || words.takes("service") else {
      // A port group whose head does not name its protocol.
      return words.takes("port-object") ? takePorts().map { .ports($0.set) } : nil
    }
    if words.takes("object") { return words.takeText().map { .object($0, here) } }
    guard let protocols = takeProtocols() else { return nil }
    var service = Service(protocols: protocols)
    if protocols == IntervalSet(IPProtocol.icmp) || protocols == IntervalSet(IPProtocol.icmpV6) {
      return takeICMPMember(&service)
    }
    if words.takes("source") {
      guard let ports = takePorts() else { return nil }
      service.sourcePorts = ports.set
    }
    if words.takes("destination") || !words.isAtEnd {
      guard let ports = takePorts() else { return nil }
      service.destinationPorts = ports.set
    }
    return .services([service])
  }

  private mutating func takeICMPMember(_ service: inout Service) -> ASAMember? {
    guard !words.isAtEnd else { return .services([service]) }
    guard let types = takeICMPType() else { return nil }
    let isV6 = service.protocols.contains(IPProtocol.icmpV6)
    guard let type = isV6 ? types.v6 : types.v4 else { return nil }
    service.icmpTypes = IntervalSet(type)
    if let code = words.takeNumber(UInt8.self) { service.icmpCodes = IntervalSet(code) }
    return .services([service])
  }
}

import PacketSets
import RuleModel
import SourceText

extension ASAReader {
  // MARK: - Binding

  /// `access-group NAME in|out interface IF [per-user-override|control-plane]` or `access-group NAME global`.
  mutating func accessGroup() {
    mark(.used)
    guard let list = words.takeText() else { return unrecognised("binding") }
    if words.takes("global") {
      config.bindings.append(ASABinding(list: list, place: .global, source: here))
      return
    }
    let isInbound = words.takes("in")
    guard isInbound || words.takes("out"), words.takes("interface"), let interface = words.takeText() else {
      return unrecognised("binding")
    }
    var place = isInbound ? ASABinding.Place.inbound(interface) : .outbound(interface)
    while let option = words.takeText() {
      switch option {
      case "control-plane": place = .controlPlane(interface)
      case "per-user-override":
        gap(
          changes: true,
          "lists that users bring from an authentication server override this one and are not in this file")
      default: unrecognised("option of `access-group`")
      }
    }
    config.bindings.append(ASABinding(list: list, place: place, source: here))
  }

  // MARK: - Routes

  mutating func routeLine() {
    mark(.used)
    guard let interface = words.takeText(), let network = takeNetwork() else { return unknownRoute() }
    addRoute(interface, network, isV6: false)
  }

  mutating func ipv6Line() {
    switch words.takeText() ?? "" {
    case "route":
      mark(.used)
      guard let interface = words.takeText(), let network = takeNetwork() else { return unknownRoute() }
      addRoute(interface, network, isV6: true)
    case "router": dynamicRouting()
    case "icmp": controlEntry(isV6: true)
    case "access-list": accessListLine(isIPv6: true)
    default: mark(.irrelevant)
    }
  }

  private mutating func addRoute(_ interface: String, _ network: AddressSet, isV6: Bool) {
    guard let prefix = network.prefix else { return unknownRoute() }
    let gateway = words.take().flatMap { word in words.quad(word).map { IPAddress(v4: $0) } ?? address(word) }
    let distance: Int? = words.takeNumber()
    if words.takes("tunneled") {
      return gap(changes: false, "a default route for decrypted traffic only is not modelled")
    }
    // A tracked route goes away when its target does not answer (command reference, `route`).
    if words.ranges.contains(where: { words.text($0) == "track" }) { config.hasOtherRoutes = true }
    let drops = interface.lowercased() == "null0"
    config.routes.append(
      Route(
        network: prefix, interface: drops ? nil : interface, gateway: gateway?.value == 0 ? nil : gateway,
        distance: distance ?? 1, source: here))
  }

  /// A route that is left out may be a more specific one than those that are read.
  private mutating func unknownRoute() {
    config.hasOtherRoutes = true
    unrecognised("route")
  }

  mutating func dynamicRouting() {
    let name = words.takeText() ?? ""
    block = .irrelevant
    config.hasOtherRoutes = true
    config.otherLines.append(line)
    gap(changes: true, "routes learned by a routing protocol are not in this file")
    guard let services = ASAReader.routingServices[name] else { return }
    config.listeners.append(
      ASAListener(
        interface: nil, name: "routing protocol \(name)", services: services, sources: .all,
        doubt: "the interfaces and neighbours of the routing protocol are not modelled", source: here))
  }

  private static let routingServices: [String: [Service]] = [
    "bgp": [Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet(179))],
    "eigrp": [Service(proto: 88)],
    "ospf": [Service(proto: 89)],
    "isis": [],
    "rip": [Service(proto: IPProtocol.udp, destinationPorts: IntervalSet(520))],
  ]

  mutating func ipLine() {
    config.otherLines.append(line)
    if words.takes("verify") {
      if words.takes("reverse-path"), words.takes("interface"), let name = words.takeText() {
        config.reversePathChecks.insert(name)
      }
      // Reverse-path check: drops more, and never a packet whose source lies behind the interface it came by.
      return gap(changes: false, "packets with a source that is not routed back this way are dropped as well")
    }
    mark(.irrelevant)
  }

  // MARK: - The device itself

  /// `ssh|telnet|http NETWORK MASK IF`; other forms are settings.
  mutating func managementLine(_ service: String) {
    mark(.irrelevant)
    if service == "http", words.takes("server") {
      guard words.takes("enable") else { return }
      mark(.used)
      config.isWebServerOn = true
      config.webServerPort = words.takeNumber() ?? 443
      return
    }
    guard let sources = takeNetwork(), let interface = words.takeText() else { return }
    mark(.used)
    let isWeb = service == "http"
    config.management.append(
      ManagementAccess(
        service: isWeb ? "https" : service, interface: interface, sources: sources,
        isClearText: service == "telnet", source: here))
  }

  /// `[ipv6] icmp permit|deny ADDRESS [TYPE] IF`.
  mutating func controlEntry(isV6: Bool) {
    let permits = words.takes("permit")
    guard permits || words.takes("deny") else { return mark(.irrelevant) }
    mark(.used)
    let sources: AddressSet?
    if words.takes("any") {
      sources = isV6 ? .allV6 : .allV4
    } else if words.takes("host") {
      sources = words.take().flatMap(address).map { AddressSet($0) }
    } else {
      sources = takeNetwork()
    }
    var service = Service(proto: isV6 ? IPProtocol.icmpV6 : IPProtocol.icmp)
    if words.position + 1 < words.ranges.count {
      if let types = takeICMPType(), let type = isV6 ? types.v6 : types.v4 {
        service.icmpTypes = IntervalSet(type)
      } else {
        _ = words.take()
        unrecognised("ICMP type")
      }
    }
    guard let sources, let interface = words.takeText() else { return unrecognised("ICMP rule") }
    config.controlEntries.append(
      ASAControlEntry(
        interface: interface, permits: permits, match: PacketMatch(sources: sources, services: [service]), source: here)
    )
  }

  /// `snmp-server host IF ADDRESS [trap|poll] … [version 1|2c|3]`; community strings are never looked at.
  mutating func snmpLine() {
    guard words.takes("host") || words.takes("host-group") else { return mark(.irrelevant) }
    mark(.used)
    guard let interface = words.takeText(), let word = words.take() else { return unrecognised("SNMP host") }
    if words.takes("trap") { return }
    var isClearText = true
    while let option = words.take() {
      guard matches(file.bytes.span, option, "version") else { continue }
      isClearText = !words.takes("3")
    }
    // A host group names a network object; its addresses bound the stations from above.
    let name = words.text(word)
    let sources = address(word).map { AddressSet($0) }
    config.management.append(
      ManagementAccess(
        service: "snmp", interface: interface, sources: sources ?? addresses(of: name, at: here).upper,
        isClearText: isClearText, source: here))
  }

  mutating func dhcpLine(_ first: String) {
    guard words.takes("enable"), let interface = words.takeText() else { return mark(.irrelevant) }
    mark(.used)
    config.listeners.append(
      ASAListener(
        interface: interface, name: first,
        services: [Service(proto: IPProtocol.udp, destinationPorts: IntervalSet(67))], sources: .all, source: here))
  }
}

import PacketSets
import RuleModel
import SourceText

extension IOSReader {
  /// A statement at the left margin.
  mutating func topLevel(_ first: String) {
    _ = words.take()
    switch first {
    case "hostname":
      mark(.used)
      if let name = words.takeText() { config.hostname = name }
    case "version": versionLine()
    case "interface": beginInterface()
    case "access-list": numberedListLine()
    case "ip": ipLine()
    case "ipv6": ipv6Line()
    case "object-group": beginGroup()
    case "class-map": beginClassMap()
    case "policy-map": beginPolicyMap()
    case "zone": beginZone()
    case "zone-pair": beginZonePair()
    case "vlan": vlanLine()
    case "vrf": vrfLine()
    case "route-map": beginRouteMap()
    case "line": beginLine()
    case "snmp-server": snmpLine()
    case "control-plane": beginControlPlane()
    case "router": dynamicRouting()
    case "crypto": cryptoLine()
    case "banner": bannerLine()
    case "macro" where words.isNext("name"): openMacro()
    case "no": negated()
    default: otherStatement(first)
    }
  }

  private mutating func otherStatement(_ first: String) {
    switch first {
    case "template", "service-chain", "sdwan", "utd", "appqoe":
      block = .notModelled
      config.hasOtherRoutes = true
      return gap(changes: true, "`\(first)` changes what passes the device and is not modelled")
    case "nat64", "nat66", "bridge":
      return gap(changes: true, "`\(first)` changes how packets pass the device and is not modelled")
    case "scada" where words.takes("modbus"):
      // Industrial Ethernet switches serve their own state by Modbus (IE 4000 software configuration guide, "MODBUS TCP").
      mark(.used)
      return addService(
        "modbus", [Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet(502))], isClearText: true)
    default: break
    }
    let noise = first.split(separator: ":").first.map(String.init) ?? first
    if IOSStatements.topLevel.contains(first) || IOSStatements.captureNoise.contains(noise) {
      block = .irrelevant
      config.otherLines.append(line)
      return mark(.irrelevant)
    }
    block = .unknown
    // A wrapped line may begin with part of a key; only what looks like a command word is shown.
    let isWord = first.utf8.count <= 24 && first.utf8.allSatisfy { ASCII.lowercased($0) &- 97 < 26 || $0 == 0x2D }
    let what = isWord ? "`\(first)`" : "that begins here"
    gap(.notRecognised, changes: true, "the statement \(what), with what stands below it, is not known")
  }

  private mutating func versionLine() {
    mark(.used)
    let numbers = (words.takeText() ?? "").split(separator: ".").map { Int($0) }
    if numbers.count == 2, let major = numbers[0], let minor = numbers[1] { config.version = (major, minor) }
  }

  // MARK: - ip and ipv6

  private mutating func ipLine() {
    let second = words.takeText() ?? ""
    switch second {
    case "access-list": namedListLine()
    case "route": routeLine()
    case "nat": natLine()
    case "vrf": beginVRF()
    case "http": webServerLine()
    case "inspect": inspectLine()
    case "port-map": portMapLine()
    case "verify", "ips":
      gap(changes: false, "`ip \(second)` drops more packets than the rules do")
    case "auth-proxy", "admission":
      gap(changes: true, "users that authenticate bring access lists of their own, which are not in this file")
    case "slb", "default-network", "wccp":
      config.hasOtherRoutes = true
      gap(changes: true, "`ip \(second)` changes where packets go and is not modelled")
    case _ where IOSStatements.ip.contains(second):
      block = .irrelevant
      config.otherLines.append(line)
      mark(.irrelevant)
    default:
      block = .unknown
      unrecognised("statement")
    }
  }

  private mutating func ipv6Line() {
    let second = words.takeText() ?? ""
    switch second {
    case "access-list":
      mark(.used)
      guard let name = words.takeText() else { return unrecognised("access list") }
      // `ipv6 access-list log-update threshold` sets the logging of all lists.
      if name == "log-update" { return mark(.irrelevant) }
      block = .list(listIndex(name, .ipv6))
    case "route": routeLine()
    case "router": dynamicRouting()
    case "inspect": inspectLine()
    case "port-map": portMapLine()
    case "nat":
      gap(changes: true, "IPv6 address translation is not modelled")
    case _ where IOSStatements.ipv6.contains(second):
      block = .irrelevant
      config.otherLines.append(line)
      mark(.irrelevant)
    default:
      block = .unknown
      unrecognised("statement")
    }
  }

  // MARK: - Without effect on filtering

  private mutating func bannerLine() {
    let kinds: Set<String> = ["motd", "login", "exec", "incoming", "slip-ppp", "prompt-timeout", "config-save"]
    if let next = words.next, kinds.contains(words.text(next)) { _ = words.take() }
    guard let delimiter = words.take() else { return mark(.irrelevant) }
    openText(delimiter)
  }

  private mutating func cryptoLine() {
    block = .irrelevant
    config.otherLines.append(line)
    mark(.irrelevant)
    guard words.isNext("isakmp") || words.isNext("ikev2") || words.isNext("map") else { return }
    guard !config.hasIPsec else { return }
    config.hasIPsec = true
    let ports = IntervalSet<UInt16>([500...500, 4500...4500])
    config.listeners.append(
      IOSListener(
        name: "IPsec",
        services: [Service(proto: IPProtocol.udp, destinationPorts: ports), Service(proto: IPProtocol.esp)],
        isClearText: false, isManagement: false, doubt: "where IPsec listens depends on where it is bound", source: here
      ))
  }

  private mutating func dynamicRouting() {
    let name = words.takeText() ?? ""
    block = .irrelevant
    config.hasOtherRoutes = true
    config.otherLines.append(line)
    gap(changes: true, "routes learned by a routing protocol are not in this file")
    guard let services = IOSStatements.routingServices[name] else { return }
    config.listeners.append(
      IOSListener(
        name: "routing protocol \(name)", services: services, isClearText: false, isManagement: false,
        doubt: "the interfaces and neighbours of the routing protocol are not modelled", source: here))
  }

  mutating func addService(_ name: String, _ services: [Service], isClearText: Bool) {
    config.listeners.append(
      IOSListener(name: name, services: services, isClearText: isClearText, isManagement: true, source: here))
  }

  // MARK: - no …

  /// `no …`: almost always the statement that a default is off.
  private mutating func negated() {
    let what = words.takeText() ?? ""
    switch what {
    case "access-list":
      guard let name = words.takeText() else { return removes("access-list") }
      if words.isAtEnd { return removeList(name, isV6: false) }
      // Older software takes the whole list away for one entry.
      if let index = config.listIndex[name] { config.lists[index].mayLackEntries = true }
      removes("access-list")
    case "ip", "ipv6":
      let second = words.takeText() ?? ""
      switch second {
      case "access-list":
        if what == "ip" { _ = words.take() }
        if let name = words.takeText(), words.isAtEnd { return removeList(name, isV6: what == "ipv6") }
        removes("\(what) access-list")
      case "nat", "inspect", "port-map":
        // `no ip nat service …` and `no ip nat create …` are settings; only the statements that translate matter.
        let third = words.next.map(words.text) ?? ""
        if second == "nat", !["inside", "outside", "pool", "source"].contains(third) { return mark(.irrelevant) }
        removes("\(what) \(second)")
      case "route", "vrf": removes("\(what) \(second)")
      default: noted()
      }
    case "object-group", "class-map", "policy-map", "zone", "zone-pair", "interface", "vlan", "vrf", "route-map":
      // `no vlan …` of a switch that has none does not filter; `no vlan filter` takes a map away.
      if what == "vlan", !words.isNext("filter"), !words.isNext("access-map") { return noted() }
      removes(what)
    default: noted()
    }
  }

  private mutating func noted() {
    block = .irrelevant
    mark(.irrelevant)
  }

  private mutating func removes(_ what: String) {
    gap(changes: true, "a command that removes `\(what)`; give the resulting configuration instead")
  }
}

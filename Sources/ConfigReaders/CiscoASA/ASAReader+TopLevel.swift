import PacketSets
import RuleModel
import SourceText

extension ASAReader {
  /// A statement at the left margin.
  mutating func topLevel(_ first: String) {
    _ = words.take()
    switch first {
    case "ASA", "NGFW", "PIX", "FWSM": versionLine(first)
    case "hostname": hostnameLine()
    case "changeto": changeContext()
    case "context", "mode", "admin-context", "allocate-interface": contextLine(first)
    case "firewall": firewallMode()
    case "name": mark(.irrelevant)
    case "interface": beginInterface()
    case "object": beginObject()
    case "object-group": beginObjectGroup()
    case "access-list": mark(.irrelevant)
    case "access-group": accessGroup()
    case "same-security-traffic": sameSecurity()
    case "nat": natLine(object: nil)
    case "static", "global", "nat-control", "alias":
      gap(
        changes: true,
        "address translation of software before 8.3 is not modelled; migrate or check these lines by hand")
    case "conduit", "outbound", "apply", "established", "filter", "shun", "sunrpc-server":
      gap(changes: true, "`\(first)` permits or blocks besides the access lists and is not modelled")
    case "route": routeLine()
    case "ipv6": ipv6Line()
    case "ip": ipLine()
    case "ssh", "telnet", "http": managementLine(first)
    case "icmp": controlEntry(isV6: false)
    case "snmp-server": snmpLine()
    case "management-access":
      gap(changes: false, "lets VPN peers manage the device by this interface's address")
    default: topLevelRest(first)
    }
  }

  private mutating func topLevelRest(_ first: String) {
    switch first {
    case "crypto": cryptoLine()
    case "webvpn":
      block = .webvpn
      mark(.used)
    case "sysopt": sysopt(isOn: true)
    case "no": negated()
    case "policy-map": policyMap()
    case "service-policy": mark(.used)
    case "class-map", "group-policy", "route-map", "time-range", "dynamic-access-policy-record":
      block = .irrelevant
      config.otherLines.append(line)
      mark(.irrelevant)
    case "router": dynamicRouting()
    case "dhcpd", "dhcprelay": dhcpLine(first)
    case "hardware-bypass": hardwareBypass()
    case "zone", "inline-set", "multicast-routing", "policy-route", "nve", "vni":
      block = .notModelled
      if first != "multicast-routing" { config.hasOtherRoutes = true }
      gap(changes: true, "`\(first)` changes how packets pass the device and is not modelled")
    case "regex", "tcp-map", "url-list", "ldap", "aaa-server":
      block = .irrelevant
      mark(.irrelevant)
    default: otherStatement(first)
    }
  }

  private mutating func otherStatement(_ first: String) {
    // `Cryptochecksum:…` is one word with the sum in it.
    let noise = first.split(separator: ":").first.map(String.init) ?? first
    if ASATables.irrelevant.contains(first) || ASATables.captureNoise.contains(first)
      || ASATables.captureNoise.contains(noise)
    {
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

  // MARK: - What the file is of

  private mutating func versionLine(_ product: String) {
    guard words.takes("Version") else { return unrecognised("statement") }
    if config.version != nil || config.isThreatDefense {
      finishConfiguration()
      gap(changes: true, "a second configuration begins here; it is read as a device of its own")
    }
    mark(.used)
    let text = words.takeText() ?? ""
    let numbers = text.split(whereSeparator: { !$0.isNumber }).prefix(2).compactMap { Int($0) }
    if numbers.count == 2 { config.version = ASAVersion(major: numbers[0], minor: numbers[1]) }
    guard product == "NGFW" else { return }
    // Numbered apart from the ASA software inside, which has unified lists and new NAT in every release.
    config.version = ASAVersion(major: 9, minor: 6)
    config.isThreatDefense = true
    mark(.used)
    issues.append(
      ReadIssue(
        kind: .dynamicObject, range: file.range(ofLine: line),
        message:
          "Threat Defense: rules of the Snort engine (applications, intrusion policy, Modbus and other OT inspection) are not in this file",
        help: "judge them in the management centre; this file shows only what the engine before Snort decides",
        couldChangeVerdict: true)
    )
  }

  private mutating func hostnameLine() {
    mark(.used)
    if let name = words.takeText() { config.hostname = name }
  }

  /// `changeto context NAME` in a capture: what follows is another device.
  private mutating func changeContext() {
    mark(.used)
    let isContext = words.takes("context")
    let hostname = config.hostname ?? config.inheritedHostname
    finishConfiguration()
    config.inheritedHostname = hostname
    config.context = isContext ? words.takeText() : "system"
  }

  private mutating func contextLine(_ first: String) {
    if first == "mode", words.takes("single") { return mark(.irrelevant) }
    block = .notModelled
    gap(
      changes: true,
      "security contexts filter by configurations of their own; give each context's configuration as a file")
  }

  private mutating func firewallMode() {
    mark(.used)
    if words.takes("transparent") { config.isTransparent = true }
  }

  // MARK: - Switches

  private mutating func sameSecurity() {
    mark(.used)
    guard words.takes("permit") else { return unrecognised("statement") }
    if words.takes("inter-interface") {
      config.permitsSameLevel = true
    } else if words.takes("intra-interface") {
      config.permitsSameInterface = true
    } else {
      unrecognised("statement")
    }
  }

  private mutating func sysopt(isOn: Bool) {
    guard words.takes("connection"), words.takes("permit-vpn") || words.takes("permit-ipsec") else {
      return mark(.irrelevant)
    }
    mark(.used)
    config.vpnBypassesLists = isOn
  }

  /// `no …`: almost always the statement that a default is off.
  private mutating func negated() {
    let what = words.takeText() ?? ""
    switch what {
    case "sysopt": sysopt(isOn: false)
    case "access-list", "access-group", "nat", "object", "object-group", "interface", "same-security-traffic", "route",
      "ipv6":
      gap(changes: true, "a command that removes `\(printable(what))`; give the resulting configuration instead")
    case "snmp-server", "http", "ssh", "telnet", "service-policy": mark(.irrelevant)
    default:
      block = .irrelevant
      mark(.irrelevant)
    }
  }

  // MARK: - Inspection

  private mutating func policyMap() {
    mark(.irrelevant)
    block = .policyMap(isInspection: words.takes("type"))
  }

  /// `inspect ftp` and the like let announced sessions pass; only what bypasses or drops is of note.
  mutating func policyMapStatement(isInspection: Bool) {
    let text = words.statement
    if text.contains("tcp-state-bypass") {
      return gap(changes: true, "packets of this class pass without session state, which is not modelled")
    }
    if isInspection, words.ranges.contains(where: { ["drop", "drop-connection", "reset"].contains(words.text($0)) }) {
      return gap(changes: true, "protocol inspection drops packets here, which is not modelled")
    }
    if words.isNext("class") || words.isNext("match") { config.otherLines.append(line) }
    mark(words.isNext("inspect") ? .used : .irrelevant)
  }

  // MARK: - Tunnels

  private mutating func cryptoLine() {
    block = .irrelevant
    config.otherLines.append(line)
    mark(.irrelevant)
    // Reverse route injection adds the networks behind peers to the table (command reference, `crypto map set reverse-route`).
    if words.ranges.contains(where: { words.text($0) == "reverse-route" }) {
      mark(.used)
      config.hasOtherRoutes = true
    }
    if words.takes("map") {
      _ = words.take()
      if words.takes("interface") {
        mark(.used)
        config.tunnels.append(here)
      }
    } else if words.takes("ikev1") || words.takes("ikev2") || words.takes("isakmp"), words.takes("enable"),
      let interface = words.takeText()
    {
      mark(.used)
      let ports = IntervalSet<UInt16>([500...500, 4500...4500])
      config.listeners.append(
        ASAListener(
          interface: interface, name: "IPsec",
          services: [Service(proto: IPProtocol.udp, destinationPorts: ports), Service(proto: IPProtocol.esp)],
          sources: .all, source: here))
      if words.takes("client-services") {
        addWebListener(on: interface, port: words.takes("port") ? words.takeNumber() ?? 443 : 443)
      }
    }
  }

  private mutating func addWebListener(on interface: String, port: UInt16) {
    let ports = IntervalSet<UInt16>(port)
    config.listeners.append(
      ASAListener(
        interface: interface, name: "SSL VPN",
        services: [
          Service(proto: IPProtocol.tcp, destinationPorts: ports),
          Service(proto: IPProtocol.udp, destinationPorts: ports),
        ], sources: .all, source: here))
  }

  mutating func webvpnStatement() {
    // The device prints `port` before `enable`.
    if words.takes("port"), let port = words.takeNumber(UInt16.self) { config.webVPNPort = port }
    guard words.takes("enable"), let interface = words.takeText() else { return mark(.irrelevant) }
    mark(.used)
    config.tunnels.append(here)
    addWebListener(on: interface, port: config.webVPNPort)
  }

  // MARK: - Bypass

  private mutating func hardwareBypass() {
    if words.takes("manual") {
      gap(changes: true, "hardware bypass is switched on by hand: the pair passes everything unfiltered")
    } else if words.takes("boot-delay") {
      mark(.irrelevant)
    } else if words.statement.hasSuffix("sticky") {
      gap(
        changes: true,
        "after a power failure the pair passes everything unfiltered until bypass is switched off by hand")
    } else {
      gap(changes: false, "while the device has no power, the pair passes everything unfiltered")
    }
  }
}

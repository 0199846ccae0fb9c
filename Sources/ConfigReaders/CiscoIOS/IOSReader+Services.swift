import PacketSets
import RuleModel
import SourceText

extension IOSReader {
  // MARK: - Terminal lines

  /// `line vty 0 4`; consoles and auxiliary lines are reached by wire.
  mutating func beginLine() {
    block = .irrelevant
    mark(.irrelevant)
    guard words.takes("vty") else { return }
    mark(.used)
    block = .line(config.terminals.count)
    config.terminals.append(IOSLine(source: here))
  }

  mutating func lineStatement(_ index: Int) {
    mark(.irrelevant)
    switch words.takeText() ?? "" {
    case "access-class":
      guard let name = words.takeText() else { return unrecognised("access class") }
      // `out` limits where users of the line may go on to.
      guard words.isNext("in") else { return config.otherLines.append(line) }
      mark(.used)
      config.terminals[index].accessClass = name
    case "ipv6" where words.takes("access-class"):
      guard let name = words.takeText() else { return unrecognised("access class") }
      guard words.isNext("in") else { return }
      mark(.used)
      config.terminals[index].accessClassV6 = name
    case "transport" where words.takes("input"):
      mark(.used)
      var transports: [String] = []
      while let word = words.takeText() { transports.append(word) }
      config.terminals[index].transports = transports
    default: break
    }
  }

  // MARK: - Web and SNMP

  /// `ip http server`, `ip http secure-server`, `ip http access-class …`.
  mutating func webServerLine() {
    mark(.used)
    if words.takes("server") {
      addService("http", [Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet(80))], isClearText: true)
    } else if words.takes("secure-server") {
      addService("https", [Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet(443))], isClearText: false)
    } else if words.takes("port"), let port: UInt16 = words.takeNumber() {
      setWebPort("http", port)
    } else if words.takes("secure-port"), let port: UInt16 = words.takeNumber() {
      setWebPort("https", port)
    } else if words.takes("access-class") {
      webAccessClass()
    } else {
      mark(.irrelevant)
      config.otherLines.append(line)
    }
  }

  private mutating func webAccessClass() {
    let isV6 = words.takes("ipv6")
    if !isV6 { _ = words.takes("ipv4") }
    guard let name = words.takeText() else { return unrecognised("access class") }
    if isV6 { webList.v6 = name } else { webList.v4 = name }
  }

  private mutating func setWebPort(_ name: String, _ port: UInt16) {
    webPorts[name] = port
  }

  /// `snmp-server community STRING [view V] [RO|RW] [ipv6 ACL] [ACL]` and `snmp-server group … v3 …`; the string is never
  /// looked at.
  mutating func snmpLine() {
    mark(.irrelevant)
    let service = [Service(proto: IPProtocol.udp, destinationPorts: IntervalSet(161))]
    if words.takes("community") {
      mark(.used)
      guard words.take() != nil else { return unrecognised("community") }
      var listener = IOSListener(
        name: "snmp", services: service, isClearText: true, isManagement: true, source: here)
      readSNMPOptions(&listener)
      config.listeners.append(listener)
    } else if words.takes("group") {
      mark(.used)
      guard words.take() != nil, let version = words.takeText() else { return unrecognised("SNMP group") }
      var listener = IOSListener(
        name: "snmp", services: service, isClearText: version != "v3", isManagement: true, source: here)
      readSNMPOptions(&listener)
      config.listeners.append(listener)
    } else {
      config.otherLines.append(line)
    }
  }

  private mutating func readSNMPOptions(_ listener: inout IOSListener) {
    while let option = words.takeText() {
      switch option.lowercased() {
      case "view", "context", "read", "write", "notify", "match": _ = words.take()
      case "ro", "rw", "auth", "noauth", "priv", "access", "exact", "prefix": break
      case "ipv6": listener.listV6 = words.takeText()
      default: listener.list = option
      }
    }
  }

  // MARK: - Control plane

  mutating func beginControlPlane() {
    mark(.irrelevant)
    block = .controlPlane
  }

  mutating func controlPlaneStatement() {
    config.otherLines.append(line)
    if words.isNext("service-policy") {
      return gap(changes: false, "control-plane policing drops packets to the device itself, which is not modelled")
    }
    mark(.irrelevant)
  }

  // MARK: - Lowering

  /// What answers on the device, management first.
  mutating func allListeners() -> [IOSListener] {
    var listeners = config.listeners
    for index in listeners.indices {
      if let port = webPorts[listeners[index].name] {
        listeners[index].services = [Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet(port))]
      }
      if listeners[index].name == "http" || listeners[index].name == "https" {
        listeners[index].list = webList.v4
        listeners[index].listV6 = webList.v6
      }
    }
    var seen: Set<[String]> = []
    for terminal in config.terminals {
      // Releases differ in what a line takes without `transport input`; then both are assumed to be open.
      let transports = terminal.transports ?? ["telnet", "ssh"]
      for (name, port) in [("ssh", UInt16(22)), ("telnet", 23)]
      where transports.contains(name) || transports.contains("all") {
        let listener = IOSListener(
          name: name, services: [Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet(port))],
          isClearText: name == "telnet", isManagement: true, list: terminal.accessClass,
          listV6: terminal.accessClassV6,
          doubt: terminal.transports == nil
            ? "what a line takes without `transport input` depends on the release" : nil, source: terminal.source)
        // Ranges of lines mostly say the same.
        let key = [name, listener.list ?? "", listener.listV6 ?? "", listener.doubt ?? ""]
        if seen.insert(key).inserted { listeners.append(listener) }
      }
    }
    return listeners
  }

  /// The addresses that a list lets manage the device: all of a family without a list of it, and with one that is not
  /// defined or empty.
  mutating func managers(_ listener: IOSListener) -> AddressBounds {
    sources(of: listener.list, isV6: false, at: listener.source)
      .union(sources(of: listener.listV6, isV6: true, at: listener.source))
  }

  private mutating func sources(of name: String?, isV6: Bool, at range: SourceRange) -> AddressBounds {
    let family: AddressSet = isV6 ? .allV6 : .allV4
    guard let name else { return AddressBounds(family) }
    guard let index = isV6 ? config.listIndexV6[name] : config.listIndex[name] else {
      undefined(
        "access list", name, at: range, among: { $0.lists.map(\.name) }, consequence: "; without it everybody is let in"
      )
      return AddressBounds(family)
    }
    if let known = managerSources[index] { return known }
    let sources =
      config.lists[index].hasEntries ? permittedSources(device.lists[index].rules, family) : AddressBounds(family)
    managerSources[index] = sources
    return sources
  }

  /// The sources that some packet of a list may be permitted from, and those that all are permitted from.
  private func permittedSources(_ rules: RuleTable, _ family: AddressSet) -> AddressBounds {
    var upper = AddressSet.empty
    var lower = AddressSet.empty
    var mayBeDecided = AddressSet.empty
    var isDenied = AddressSet.empty
    var uncertainties: [Uncertainty] = []
    for rule in rules.prefix(10_000) {
      uncertainties += uncertainties.count < 8 ? rule.match.uncertainties : []
      let possible = rule.match.upper.reduce(AddressSet.empty) { $0.union($1.sources) }
      let certain = rule.match.lower.filter { $0.destinations.v4.isAll || $0.destinations.v6.isAll }
        .filter { $0.services == [.any] }.reduce(AddressSet.empty) { $0.union($1.sources) }
      if rule.action != .deny(rejects: false) { upper = upper.union(possible.subtracting(isDenied)) }
      if rule.action == .permit {
        lower = lower.union(certain.subtracting(mayBeDecided))
      } else {
        if rule.action != .unknown { isDenied = isDenied.union(certain) }
        mayBeDecided = mayBeDecided.union(possible)
      }
    }
    if rules.count > 10_000 { upper = family }
    return AddressBounds(
      lower: lower.intersection(upper), upper: upper.intersection(family), uncertainties: uncertainties)
  }
}

import PacketSets
import RuleModel
import SourceText

/// Interfaces, bridges and interface lists of a router.
struct RouterOSInterfaces {
  struct Bridge {
    var ports: [String] = []
    var range: SourceRange
    /// Why packets may not pass between its ports, or not without the IP firewall.
    var doubts: [Uncertainty] = []
  }

  private(set) var all: [Interface] = []
  private var index: [String: Int] = [:]
  var bridges: [String: Bridge] = [:]
  /// The bridge or bond of each port.
  private(set) var masters: [String: String] = [:]
  /// Members of interface lists.
  var lists: [String: [String]] = [:]
  var included: [String: [String]] = [:]
  var excluded: [String: [String]] = [:]
  /// Interfaces with an address that the file does not hold.
  var dynamic: Set<String> = []
  /// Interfaces of point-to-point clients and servers.
  var pointToPoint: Set<String> = []

  /// A name that is no pattern: one that ends in `+` would stand for others as well.
  static func plain(_ name: String) -> String {
    name.hasSuffix("+") ? String(name.dropLast()) + "_" : name
  }

  /// The interface of that name, made when it is new.
  @discardableResult
  mutating func ensure(_ name: String, _ range: SourceRange) -> Int {
    let plain = Self.plain(name)
    if let known = index[plain] { return known }
    index[plain] = all.count
    all.append(Interface(name: plain, source: range))
    return all.count - 1
  }

  mutating func change(_ name: String, _ range: SourceRange, _ body: (inout Interface) -> Void) {
    let place = ensure(name, range)
    body(&all[place])
  }

  /// `set [ find default-name=ether1 ] name=wan`.
  mutating func rename(_ hardware: String, to name: String, _ range: SourceRange) {
    change(name, range) { if hardware != name, !$0.aliases.contains(hardware) { $0.aliases.append(hardware) } }
  }

  mutating func addPort(_ port: String, to bridge: String, _ range: SourceRange) {
    let plain = Self.plain(port)
    bridges[bridge, default: Bridge(range: range)].ports.append(plain)
    masters[plain] = bridge
    change(port, range) { $0.parent = Self.plain(bridge) }
  }

  mutating func addSlave(_ slave: String, of bond: String, _ range: SourceRange) {
    masters[Self.plain(slave)] = bond
    change(slave, range) { $0.parent = Self.plain(bond) }
  }

  /// The name with the ports of the bridge behind it: packets that enter by a port come from the bridge.
  func withPorts(_ name: String) -> [String] {
    [Self.plain(name)] + (bridges[name]?.ports ?? [])
  }

  /// The members of a list, lists within it included; nil when the file does not define it, or not all of it.
  func members(of list: String) -> [String]? {
    var known: [String: [String]?] = [:]
    return members(of: list, &known, depth: 0)
  }

  /// Each list is looked at once, and a list that leads back to itself is not defined.
  private func members(of list: String, _ known: inout [String: [String]?], depth: Int) -> [String]? {
    if let answer = known[list] { return answer }
    known[list] = .some(nil)
    guard let own = lists[list], depth < 32 else { return nil }
    var members = own
    var left: Set<String> = []
    for other in included[list] ?? [] {
      guard let inner = self.members(of: other, &known, depth: depth + 1) else { return nil }
      members += inner
    }
    for other in excluded[list] ?? [] {
      guard let inner = self.members(of: other, &known, depth: depth + 1) else { return nil }
      left.formUnion(inner)
    }
    members.removeAll(where: left.contains)
    known[list] = .some(members)
    return members
  }

  /// The interface whose network holds a gateway.
  func interface(holding gateway: IPAddress) -> String? {
    all.first { interface in
      !interface.isShutdown && interface.networks.contains(gateway)
    }?.name
  }
}

extension RouterOSReader {
  /// Menus under `/interface`.
  mutating func readInterface(_ statement: RouterOSStatement) {
    let path = statement.path
    use(statement)
    switch path {
    case "interface ethernet": readEthernet(statement)
    case "interface bridge": addBridge(statement)
    case "interface bridge port": addPort(statement)
    case "interface bridge settings":
      if statement["use-ip-firewall"] == "yes" { usesIPFirewall = statement.range }
    case "interface bridge filter", "interface bridge nat":
      guard statement.verb == "add", !statement.isDisabled else { return }
      bridgeFilter = statement.range
      gap(statement, .notModelled, "rules of bridges are not modelled; what passes between ports of a bridge is open")
    case "interface vlan":
      addLink(statement, parent: statement["interface"], tag: statement["vlan-id"].flatMap { Int($0) })
    case "interface list": addList(statement)
    case "interface list member": addMember(statement)
    case "interface ethernet switch", "interface ethernet switch port":
      if statement["l3-hw-offloading"] == "yes" { hardwareRouting = statement.range }
    default: addLink(statement, parent: statement["interface"], tag: nil)
    }
  }

  private mutating func readEthernet(_ statement: RouterOSStatement) {
    guard statement.verb == "set", let target = statement.targets.first else { return }
    let hardware = expressionValue(target.text, "default-name") ?? (target.isExpression ? nil : target.text)
    guard let hardware else { return }
    interfaces.rename(hardware, to: statement["name"] ?? hardware, statement.range)
    describe(statement["name"] ?? hardware, statement)
  }

  /// The value of a key in `[ find key=value ]`.
  func expressionValue(_ text: String, _ key: String) -> String? {
    var words = RouterOSWords(Array(text.utf8.filter { $0 != UInt8(ascii: "[") && $0 != UInt8(ascii: "]") }))
    return words.commands().joined().first { $0.key == key }?.text
  }

  private mutating func describe(_ name: String, _ statement: RouterOSStatement) {
    interfaces.change(name, statement.range) { interface in
      if statement.isDisabled { interface.isShutdown = true }
      if let comment = statement["comment"], !comment.isEmpty { interface.aliases.append(printable(comment)) }
    }
  }

  private mutating func addBridge(_ statement: RouterOSStatement) {
    guard statement.verb == "add" else { return }
    let name = statement["name"] ?? "bridge1"
    describe(name, statement)
    var bridge = interfaces.bridges[name] ?? RouterOSInterfaces.Bridge(range: statement.range)
    bridge.range = statement.range
    if statement["vlan-filtering"] == "yes" {
      bridge.doubts.append(
        Uncertainty(range: statement.range, reason: "the bridge keeps VLANs apart, which is not followed"))
    }
    interfaces.bridges[name] = bridge
  }

  private mutating func addPort(_ statement: RouterOSStatement) {
    guard statement.verb == "add", !statement.isDisabled, let bridge = statement["bridge"], bridge != "none",
      let port = statement["interface"]
    else { return }
    ports.append((port, bridge, statement))
    if statement["horizon"].map({ $0 != "none" }) ?? false {
      interfaces.bridges[bridge, default: RouterOSInterfaces.Bridge(range: statement.range)].doubts.append(
        Uncertainty(range: statement.range, reason: "ports of one horizon do not reach each other"))
    }
  }

  /// Ties ports to their bridges; a list of interfaces may be a port too.
  mutating func addPorts() {
    for (port, bridge, statement) in ports {
      for name in interfaces.members(of: port) ?? [port] { interfaces.addPort(name, to: bridge, statement.range) }
    }
  }

  /// Interfaces that are made by a line with a name: VLANs, tunnels, bonds, wireless.
  private mutating func addLink(_ statement: RouterOSStatement, parent: String?, tag: Int?) {
    guard let name = statement["name"] ?? (statement.verb == "set" ? named(statement) : nil) else { return }
    let kind = String(statement.path.dropFirst("interface ".count))
    // Menus with settings under interfaces have names too, but make no interface.
    guard !kind.contains(" ") || ["wireless", "wifi"].contains(where: kind.hasPrefix), !kind.hasSuffix("profiles")
    else {
      return
    }
    if kind.contains(" ") { return }
    describe(name, statement)
    interfaces.change(name, statement.range) {
      $0.vlan = tag
      if let parent { $0.parent = RouterOSInterfaces.plain(parent) }
    }
    if kind.hasSuffix("-client") || kind.hasSuffix("-server") {
      interfaces.pointToPoint.insert(name)
      interfaces.dynamic.insert(name)
      if kind.hasSuffix("-client"), statement["add-default-route"] == "yes" { learnedRoutes[name] = statement.range }
    }
    if kind == "lte" { learnedRoutes[name] = statement.range }
    for slave in statement["slaves"]?.split(separator: ",").map(String.init) ?? [] {
      interfaces.addSlave(slave, of: name, statement.range)
    }
  }

  /// `set wlan1 …`, `set [ find default-name=wlan1 ] …`.
  private func named(_ statement: RouterOSStatement) -> String? {
    guard let target = statement.targets.first else { return nil }
    return target.isExpression ? expressionValue(target.text, "default-name") : target.text
  }

  private mutating func addList(_ statement: RouterOSStatement) {
    guard statement.verb == "add", let name = statement["name"] else { return }
    interfaces.lists[name, default: []] += []
    interfaces.included[name] = statement["include"]?.split(separator: ",").map(String.init)
    interfaces.excluded[name] = statement["exclude"]?.split(separator: ",").map(String.init)
  }

  private mutating func addMember(_ statement: RouterOSStatement) {
    guard statement.verb == "add", !statement.isDisabled, let list = statement["list"],
      let interface = statement["interface"]
    else { return }
    interfaces.lists[list, default: []].append(interface)
    interfaces.ensure(interface, statement.range)
  }

  // MARK: in rules

  /// The interfaces that a rule names; `isCertain` is false when that is not all known.
  mutating func interfaceMatch(_ word: String, _ statement: RouterOSStatement) -> (
    match: InterfaceMatch, doubt: String?
  ) {
    let isNegated = word.hasPrefix("!")
    let name = isNegated ? String(word.dropFirst()) : word
    let groups = ["all-ppp": "ppp", "all-ethernet": "ethernet", "all-vlan": "vlan", "all-wireless": "wireless"]
    if name == "all-ppp" {
      return (InterfaceMatch(["all-ppp"] + interfaces.pointToPoint.sorted(), isNegated: isNegated), nil)
    }
    if name == "all" { return (isNegated ? InterfaceMatch([]) : .any, nil) }
    if let kind = groups[name] { return (.any, "which interfaces are of the kind \(kind) is not all in the file") }
    if let master = interfaces.masters[RouterOSInterfaces.plain(name)] {
      return (
        InterfaceMatch([RouterOSInterfaces.plain(name)], isNegated: isNegated),
        "`\(printable(name))` is a port of `\(printable(master))`; the device cannot match it in a rule"
      )
    }
    interfaces.ensure(name, statement.range)
    return (InterfaceMatch(interfaces.withPorts(name), isNegated: isNegated), nil)
  }

  /// The interfaces of a list that a rule names.
  mutating func interfaceListMatch(_ word: String, _ range: SourceRange) -> (match: InterfaceMatch, doubt: String?) {
    let isNegated = word.hasPrefix("!")
    let name = isNegated ? String(word.dropFirst()) : word
    switch name {
    case "all": return (isNegated ? InterfaceMatch([]) : .any, nil)
    case "none": return (isNegated ? .any : InterfaceMatch([]), nil)
    case "static", "dynamic": return (.any, "which interfaces are \(name) is not in the file")
    default: break
    }
    if let known = listMatches[word] { return known }
    guard let members = interfaces.members(of: name) else {
      let why = notes.undefined("interface list", name, range, among: interfaces.lists.keys.sorted())
      return (.any, why.reason)
    }
    let match = InterfaceMatch(members.flatMap { interfaces.withPorts($0) }, isNegated: isNegated)
    listMatches[word] = (match, nil)
    return (match, nil)
  }
}

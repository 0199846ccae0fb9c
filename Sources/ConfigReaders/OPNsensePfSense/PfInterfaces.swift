import PacketSets
import RuleModel
import SourceText

/// An assigned interface, by the key that rules use (`lan`, `opt1`).
struct PfInterface {
  var key: String
  /// The device (`igb0`, `ovpns1`).
  var port: String
  var range: SourceRange
  /// What stands for `<network>key</network>` and `<network>keyip</network>`.
  var networks = AddressBounds.empty
  var addresses = AddressBounds.empty
  var isEnabled = true
  /// Leads to a gateway: what the products call a WAN type interface.
  var hasGateway = false
  var element: XMLElement
}

/// The interfaces and groups of a configuration.
struct PfInterfaceTable {
  var all: [PfInterface] = []
  private(set) var index: [String: Int] = [:]
  /// Members of interface groups, by name.
  var groups: [String: PfInterfaceGroup] = [:]

  subscript(key: String) -> PfInterface? { index[key].map { all[$0] } }

  mutating func append(_ interface: PfInterface) {
    index[interface.key] = all.count
    all.append(interface)
  }

  /// Keys of the interfaces whose device begins with one of these.
  func keys(ofPorts prefixes: [String]) -> [String] {
    all.filter { interface in prefixes.contains { interface.port.hasPrefix($0) } }.map(\.key)
  }

  var names: [String] { all.map(\.key) + groups.keys.sorted() }
}

/// A group of interfaces; rules on it come before those of single interfaces.
struct PfInterfaceGroup {
  var members: [String]
  /// OPNsense orders groups by it.
  var sequence = 0
  /// Members that may belong to it.
  var possible: [String] = []
}

/// Names of rule tabs that are no assigned interface, with the prefixes of the devices that belong to them.
private let virtualGroups: [String: [String]] = [
  "openvpn": ["ovpn"], "wireguard": ["wg", "tun_wg"], "enc0": [], "ipsec": [], "l2tp": [], "pppoe": [], "pptp": [],
]

extension PfReader {
  mutating func readInterfaces() {
    guard let section = root.element(named: "interfaces") else {
      notes.issue(
        .truncated, device.source, "the configuration has no <interfaces>", help: "download the whole configuration")
      return
    }
    markTags(section)
    let elements = section.elements
    // Files that were written by hand may leave <enable> out altogether.
    let marksEnabled = elements.contains { $0.has("enable") }
    for element in elements {
      use(element)
      guard interfaces[element.name] == nil else {
        notes.gap(
          element.range, .notModelled, matters: true,
          "the interface `\(printable(element.name))` is there twice; the first is used")
        continue
      }
      readInterface(element, marksEnabled: marksEnabled)
    }
    readVirtualAddresses()
    readGroups()
    readLinks()
  }

  private mutating func readInterface(_ element: XMLElement, marksEnabled: Bool) {
    let port = element.value("if") ?? element.name
    if element.value("type") == "group" {
      interfaces.groups[element.name] = group(element.name, members: [])
      return
    }
    // The loopback forwards nothing.
    if port == "lo0" { return }
    var interface = PfInterface(key: element.name, port: port, range: Self.startTag(of: element), element: element)
    interface.isEnabled = !marksEnabled || element.has("enable")
    let isDynamic = ["dhcp", "pppoe", "ppp", "l2tp", "pptp"].contains(element.value("ipaddr") ?? "")
    interface.hasGateway = isDynamic || element.value("gateway").map { $0 != "none" } ?? false
    var entry = Interface(name: element.name, source: element.range)
    entry.aliases = [port] + (element.value("descr").map { [printable($0)] } ?? [])
    entry.isShutdown = !interface.isEnabled
    addAddresses(element, &interface, &entry)
    interfaces.append(interface)
    device.interfaces.append(entry)
  }

  private mutating func addAddresses(_ element: XMLElement, _ interface: inout PfInterface, _ entry: inout Interface) {
    for (name, subnet, family) in [("ipaddr", "subnet", IPFamily.v4), ("ipaddrv6", "subnetv6", .v6)] {
      guard let text = element.value(name), text != "none" else { continue }
      let all = family == .v4 ? AddressSet.allV4 : .allV6
      if let address = IPAddress(text), address.family == family,
        let length = element.value(subnet).flatMap({ Int($0) }),
        let network = IPPrefix(address, length: length)
      {
        add(InterfaceAddress(address: address, network: network), &interface, &entry)
      } else {
        let isKnown = [
          "dhcp", "dhcp6", "pppoe", "ppp", "l2tp", "pptp", "slaac", "track6", "6rd", "6to4", "idassoc6", "pppoev6",
        ]
        let reason =
          "the \(family == .v4 ? "IPv4" : "IPv6") address of `\(printable(element.name))` (\(printable(text))) is not in the file"
        if !isKnown.contains(text) {
          notes.gap(
            element.element(named: name)?.range ?? element.range, .notRecognised, matters: true,
            "`\(printable(text))` is no address that is understood; the addresses of the interface are open")
        }
        let open = AddressBounds(
          lower: .empty, upper: all,
          uncertainties: [Uncertainty(range: element.element(named: name)?.range ?? element.range, reason: reason)])
        interface.networks = interface.networks.union(open)
        interface.addresses = interface.addresses.union(open)
      }
    }
  }

  private func add(_ own: InterfaceAddress, _ interface: inout PfInterface, _ entry: inout Interface) {
    entry.addresses.append(own)
    interface.networks = interface.networks.union(AddressBounds(AddressSet(own.network)))
    interface.addresses = interface.addresses.union(AddressBounds(AddressSet(own.address)))
  }

  /// CARP and alias addresses belong to their interface; proxy ARP and others are answered for, but on no interface.
  private mutating func readVirtualAddresses() {
    guard let section = root.element(named: "virtualip") else { return }
    markTags(section)
    for vip in section.elements {
      use(vip)
      guard ["carp", "ipalias"].contains(vip.value("mode") ?? ""), let key = vip.value("interface"),
        let text = vip.value("subnet"), let address = IPAddress(text)
      else { continue }
      let length = vip.value("subnet_bits").flatMap { Int($0) } ?? address.family.bits
      guard let network = IPPrefix(address, length: length), let place = interfaces.index[key],
        let entry = device.interfaces.firstIndex(where: { $0.name == key })
      else { continue }
      add(InterfaceAddress(address: address, network: network), &interfaces.all[place], &device.interfaces[entry])
    }
  }

  private mutating func readGroups() {
    if let section = root.element(named: "ifgroups") {
      markTags(section)
      for entry in section.elements where entry.name == "ifgroupentry" {
        use(entry)
        guard let name = entry.value("ifname") else { continue }
        var group = group(name, members: entry.value("members").map { pfList($0) } ?? [])
        group.sequence = entry.value("sequence").flatMap { Int($0) } ?? 0
        interfaces.groups[name] = group
      }
    }
    for name in virtualGroups.keys where interfaces.groups[name] == nil && interfaces[name] == nil {
      interfaces.groups[name] = group(name, members: [])
    }
    addVirtualInterfaces()
  }

  /// A group with what belongs to it by its devices' names; the name stands for unassigned devices as well.
  private func group(_ name: String, members: [String]) -> PfInterfaceGroup {
    guard let prefixes = virtualGroups[name.lowercased()] else { return PfInterfaceGroup(members: members) }
    let own = name == "ipsec" ? "enc0" : name
    var group = PfInterfaceGroup(members: members + [own] + interfaces.keys(ofPorts: prefixes))
    // Which of the two interfaces of a routed tunnel filters depends on a setting.
    if ["enc0", "ipsec"].contains(name) { group.possible = interfaces.keys(ofPorts: ["ipsec"]) }
    return group
  }

  /// Interfaces of tunnels that are not assigned: rules name them by their group.
  ///
  /// Tunnels bring routes: networks behind peers, and what an OpenVPN server pushes (OPNsense documentation, "OpenVPN",
  /// remote network; pfSense documentation, "IPsec and routing": policies come before the routing table).
  private mutating func addVirtualInterfaces() {
    let sections: [(name: String, elements: [XMLElement?])] = [
      ("openvpn", [root.element(named: "openvpn"), models?.descendant("OpenVPN", "Instances")]),
      ("enc0", [root.element(named: "ipsec"), models?.descendant("Swanctl", "Connections")]),
      ("wireguard", [models?.element(named: "wireguard")]), ("l2tp", [root.element(named: "l2tp")]),
      ("pppoe", [root.element(named: "pppoes")]),
    ]
    for (name, elements) in sections {
      let used = elements.compactMap { $0 }.first { element in
        name == "wireguard" ? element.descendant("general", "enabled")?.text == "1" : !element.elements.isEmpty
      }
      guard let used else { continue }
      if ["openvpn", "enc0", "wireguard"].contains(name), used.elements.contains(where: { !$0.isVoid }) {
        device.hasOtherRoutes = true
      }
      if interfaces[name] != nil { continue }
      device.interfaces.append(Interface(name: name, source: Self.startTag(of: used)))
    }
  }

  /// VLANs, aggregates and bridges: which device an interface sits on.
  private mutating func readLinks() {
    var parents: [String: (parent: String, tag: Int?)] = [:]
    if let section = root.element(named: "vlans") {
      markTags(section)
      for vlan in section.elements {
        use(vlan)
        guard let parent = vlan.value("if"), let name = vlan.value("vlanif") else { continue }
        parents[name] = (parent, vlan.value("tag").flatMap { Int($0) })
      }
    }
    for index in device.interfaces.indices {
      guard let port = interfaces[device.interfaces[index].name]?.port, let link = parents[port] else { continue }
      device.interfaces[index].parent = link.parent
      device.interfaces[index].vlan = link.tag
    }
    for name in ["laggs", "qinqs", "gifs", "gres", "wireless", "ppps"] { use(root.element(named: name)) }
    readBridges()
  }

  /// Packets that a bridge carries are checked on its members; those that are routed through its own address are checked on
  /// the bridge as well, which the model does not hold.
  private mutating func readBridges() {
    guard let section = root.element(named: "bridges") else { return }
    markTags(section)
    for bridge in section.elements {
      use(bridge)
      guard let port = bridge.value("bridgeif"), let members = bridge.value("members") else { continue }
      for index in device.interfaces.indices where pfList(members).contains(device.interfaces[index].name) {
        device.interfaces[index].parent = port
      }
      notes.gap(
        bridge.range, .notModelled, matters: true,
        "members of the bridge `\(printable(port))` are taken as interfaces of their own; packets that are routed through"
          + " the bridge meet the rules of the member and of the bridge, of which only the latter are looked at")
    }
  }
}

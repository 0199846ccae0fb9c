import PacketSets
import RuleModel
import SourceText

/// Logical interfaces: `ge-0/0/0` with `unit 0` is `ge-0/0/0.0`.
extension JunosSystem {
  /// Interfaces of the routing engine, which never forward ("Management Interface Overview": fxp0, em0, me0 are out of
  /// band; lo0 is the device itself).
  private static let managementPrefixes = ["fxp", "em", "me", "vme", "lo"]

  mutating func lowerInterfaces() {
    let vlans = readVLANs()
    guard let interfaces = tree.find(["interfaces"], below: own) else { return }
    let shared = tree.allChildren(interfaces).filter { tree.word($0) == "interface-range" }
    for range in shared { expandRange(range, in: interfaces) }
    for physical in tree.allChildren(interfaces) where tree.word(physical) != "interface-range" {
      lowerPhysical(physical, vlans)
    }
    for range in shared { tree.markBelow(range, .used) }
  }

  private mutating func lowerPhysical(_ physical: Int, _ vlans: [String: (name: String, id: Int?)]) {
    let name = tree.word(physical)
    let units = tree.allChildren(physical).filter { tree.word($0) == "unit" }.flatMap { tree.allChildren($0) }
    let isDown = tree.isInactive(physical) || tree.child(physical, "disable") != nil
    for unit in units {
      var interface = Interface(name: "\(name).\(tree.word(unit))", source: tree.range(unit))
      if tree.word(unit) == "0" { interface.aliases.append(name) }
      for node in [unit, physical] {
        if let text = tree.text(node, "description") { interface.aliases.append(text) }
      }
      interface.isShutdown = isDown || tree.isInactive(unit) || tree.child(unit, "disable") != nil
      interface.isManagementOnly = Self.managementPrefixes.contains { prefix in
        name.hasPrefix(prefix) && name.dropFirst(prefix.count).allSatisfy(\.isNumber)
      }
      interface.vlan = tree.text(unit, "vlan-id").flatMap { Int($0) }
      if let vlan = vlans[interface.name] {
        interface.aliases.append(vlan.name)
        interface.vlan = interface.vlan ?? vlan.id
      }
      readAddresses(of: unit, &interface)
      // Strict unless the mode says otherwise (Junos, "rpf-check (interfaces)"); a fail filter may let some packets through.
      // Without it nothing is known: screens of the zone may look at sources as well.
      if let check = tree.find(["family", "inet", "rpf-check"], below: unit), tree.children(check).isEmpty {
        interface.checksSourceAddress = true
      }
      if tree.text(unit, "vlan-id") != nil { interface.parent = name }
      // Ports of a switch are no interfaces of their own, unless zones name them (transparent mode).
      let isPort = tree.find(["family", "ethernet-switching"], below: unit) != nil && interface.addresses.isEmpty
      if !isPort, interfaceNames.insert(interface.name).inserted { device.interfaces.append(interface) }
      tree.mark(unit, .used)
    }
    tree.markBelow(physical, tree.isInactive(physical) ? .irrelevant : .used)
  }

  private mutating func readAddresses(of unit: Int, _ interface: inout Interface) {
    for family in ["inet", "inet6"] {
      guard let node = tree.find(["family", family], below: unit) else { continue }
      for address in tree.children(of: ["address"], below: node) {
        guard let own = LiteralText.interfaceAddress([tree.word(address)]) else {
          notes.gap(
            tree.range(address), .notRecognised, matters: true, "the address of the interface cannot be read")
          continue
        }
        interface.addresses.append(own)
      }
      let isLearned = ["dhcp", "dhcp-client", "dhcpv6-client"].contains { tree.child(node, $0) != nil }
      if isLearned, family == "inet", !interface.isShutdown, let all = IPPrefix(IPAddress(v4: 0), length: 0) {
        // The client installs the server's default route as an access-internal one (preference 12).
        device.routes.append(
          Route(network: all, interface: interface.name, gateway: nil, distance: 12, source: tree.range(node)))
      }
    }
  }

  /// Names and tags of VLANs by their layer-3 interface.
  private mutating func readVLANs() -> [String: (name: String, id: Int?)] {
    var result: [String: (name: String, id: Int?)] = [:]
    for path in ["vlans", "bridge-domains"] {
      for vlan in tree.children(of: [path], below: own) {
        guard let interface = tree.text(vlan, "l3-interface") ?? tree.text(vlan, "routing-interface") else { continue }
        result[interface] = (tree.word(vlan), tree.text(vlan, "vlan-id").flatMap { Int($0) })
      }
    }
    return result
  }

  /// Copies what an interface range says to its members ("Interface Ranges": member, member-range A to B).
  private mutating func expandRange(_ keyword: Int, in interfaces: Int) {
    for range in tree.children(keyword) {
      var members: [String] = []
      for member in tree.children(of: ["member"], below: range) {
        let word = tree.word(member)
        if word.contains(where: { "*[?".contains($0) }) {
          members += tree.children(interfaces).map { tree.word($0) }.filter { glob(word, matches: $0) }
        } else {
          members.append(word)
        }
      }
      for first in tree.children(of: ["member-range"], below: range) {
        guard let last = tree.value(first, "to"), let names = ports(from: tree.word(first), to: tree.word(last)) else {
          notes.gap(tree.range(first), .notModelled, matters: true, "the range of interfaces cannot be read")
          continue
        }
        members += names
      }
      let (start, end) = (tree.range(range).start, tree.range(range).end)
      for member in members.prefix(4096) {
        let target = tree.makeChild(interfaces, member, start: start, end: end)
        for inner in tree.allChildren(range) where !["member", "member-range"].contains(tree.word(inner)) {
          let copy = tree.makeCopy(of: inner, below: target, isInherited: true)
          tree.copyContent(of: inner, to: copy.node, isInherited: true)
        }
      }
    }
  }

  /// `ge-0/0/1` to `ge-0/0/4`: names that differ in the last number.
  private func ports(from first: String, to last: String) -> [String]? {
    let digits = first.reversed().prefix { $0.isNumber }.count
    let stem = String(first.dropLast(digits))
    guard last.hasPrefix(stem), let low = Int(first.dropFirst(stem.count)), let high = Int(last.dropFirst(stem.count)),
      low <= high, high - low < 1024
    else { return nil }
    return (low...high).map { "\(stem)\($0)" }
  }
}

/// Whether a name fits a pattern with `*`, `?` and `[…]`.
///
/// - Complexity: O(length of the name × length of the pattern).
func glob(_ pattern: String, matches name: String) -> Bool {
  let p = Array(pattern.utf8)
  let n = Array(name.utf8)
  var (i, j) = (0, 0)
  var star: (pattern: Int, name: Int)?
  while j < n.count {
    if i < p.count, p[i] == UInt8(ascii: "*") {
      star = (i + 1, j)
      i += 1
    } else if i < p.count, let next = step(p, i, n[j]) {
      i = next
      j += 1
    } else if let last = star {
      star = (last.pattern, last.name + 1)
      (i, j) = (last.pattern, last.name + 1)
    } else {
      return false
    }
  }
  return p[i...].allSatisfy { $0 == UInt8(ascii: "*") }
}

/// Where the pattern goes on when its element at `i` takes the byte; nil when it does not.
private func step(_ p: [UInt8], _ i: Int, _ byte: UInt8) -> Int? {
  if p[i] == UInt8(ascii: "?") { return i + 1 }
  guard p[i] == UInt8(ascii: "["), let end = p[i...].firstIndex(of: UInt8(ascii: "]")), end > i + 1 else {
    return p[i] == byte ? i + 1 : nil
  }
  var set = Array(p[(i + 1)..<end])
  let isNegated = set.first == UInt8(ascii: "!") || set.first == UInt8(ascii: "^")
  if isNegated { set.removeFirst() }
  var isIn = false
  var k = 0
  while k < set.count {
    if k + 2 < set.count, set[k + 1] == UInt8(ascii: "-") {
      isIn = isIn || (set[k] <= byte && byte <= set[k + 2])
      k += 3
    } else {
      isIn = isIn || set[k] == byte
      k += 1
    }
  }
  return isIn != isNegated ? end + 1 : nil
}

import PacketSets
import RuleModel
import SourceText

/// Address objects, groups and literals.
extension PANDevice {
  /// What the members of a list attribute stand for; nil when there are none.
  mutating func addressBounds(_ attribute: String, of rule: Int, _ scope: Int) -> AddressBounds? {
    let members = tree.children(of: tree.child(attribute, of: rule))
    if members.isEmpty { return nil }
    return union(of: members.map { address(tree.name(of: $0), tree.range(of: $0), scope, depth: 0) })
  }

  /// What one name or literal stands for.
  mutating func address(_ name: String, _ use: SourceRange, _ scope: Int, depth: Int) -> AddressBounds {
    if name == "any" { return AddressBounds(.all) }
    if let known = addresses[scope][name] { return known }
    guard depth < Self.depthLimit, resolving.insert("address \(scope) \(name)").inserted else {
      return .unknown(circle("address group", name, use))
    }
    let bounds = resolvedAddress(name, use, scope, depth: depth)
    resolving.remove("address \(scope) \(name)")
    addresses[scope][name] = bounds
    return bounds
  }

  private mutating func resolvedAddress(
    _ name: String, _ use: SourceRange, _ scope: Int, depth: Int
  ) -> AddressBounds {
    // An object may be called like an address; the object counts.
    for place in scopeLists[scope] {
      if let node = tree.node(["address", name], from: place) { return addressObject(node) }
      if let node = tree.node(["address-group", name], from: place) { return addressGroup(node, scope, depth: depth) }
    }
    if let set = PANText.addresses(name) { return AddressBounds(set) }
    if let node = object(name, in: "external-list", scope) { return dynamic("external list", node) }
    if let node = object(name, in: "region", scope) { return region(node) }
    if name.first == "$" { return variable(name, use) }
    if isPredefined(name) {
      let reason = "`\(printable(name))` is a list of the vendor's: its addresses are not in this file"
      notes.issue(.dynamicObject, use, reason, help: "use fixed addresses where segmentation must be proved")
      return .unknown(Uncertainty(range: use, reason: reason))
    }
    return .unknown(undefined("address", name, use))
  }

  /// Country codes and the built-in external lists (PAN-OS administrator's guide, "Built-in External Dynamic Lists").
  private func isPredefined(_ name: String) -> Bool {
    if name.hasPrefix("panw-") { return true }
    return name.utf8.count == 2 && name.utf8.allSatisfy { 65...90 ~= $0 }
  }

  private mutating func dynamic(_ kind: String, _ node: Int) -> AddressBounds {
    let reason = "\(kind) `\(printable(tree.name(of: node)))`: its addresses are not in this file"
    notes.issue(
      .dynamicObject, tree.range(of: node), reason, help: "use fixed addresses where segmentation must be proved")
    return .unknown(Uncertainty(range: tree.range(of: node), reason: reason))
  }

  private mutating func addressObject(_ node: Int) -> AddressBounds {
    let range = tree.range(of: node)
    var found: AddressBounds?
    for attribute in tree.children(of: node) {
      guard let text = tree.value(of: attribute) else { continue }
      switch tree.name(of: attribute) {
      case "ip-netmask", "ip-range":
        if text.first == "$" {
          found = variable(text, range)
        } else if let set = PANText.addresses(text) {
          found = AddressBounds(set)
        }
      case "ip-wildcard": found = PANText.wildcard(text).map { AddressBounds($0) }
      case "fqdn": found = dynamic("FQDN object", node)
      case "description", "tag", "disable-override": continue
      default: return unreadable(node)
      }
      if found == nil { return unreadable(node) }
    }
    return found ?? .unknown(Uncertainty(range: range, reason: "the address has no value"))
  }

  private mutating func unreadable(_ node: Int) -> AddressBounds {
    let range = tree.range(of: node)
    notes.gap(range, .notRecognised, matters: true, "the address has no value that can be read")
    return .unknown(Uncertainty(range: range, reason: "the address cannot be read"))
  }

  private mutating func addressGroup(_ node: Int, _ scope: Int, depth: Int) -> AddressBounds {
    if tree.child("dynamic", of: node) != nil { return dynamic("dynamic group", node) }
    let members = tree.children(of: tree.child("static", of: node))
    if members.isEmpty {
      return .unknown(Uncertainty(range: tree.range(of: node), reason: "the group has no member"))
    }
    return union(of: members.map { address(tree.name(of: $0), tree.range(of: $0), scope, depth: depth + 1) })
  }

  /// A region of one's own; those of the vendor are country codes.
  private mutating func region(_ node: Int) -> AddressBounds {
    let members = tree.children(of: tree.child("address", of: node))
    let sets = members.map { PANText.addresses(tree.name(of: $0)) }
    guard !sets.isEmpty, !sets.contains(nil) else { return dynamic("region", node) }
    return AddressBounds(union(of: sets.compactMap { $0 }))
  }

  // MARK: Template variables

  /// The value of a template variable, the nearest definition; nil when the file has none.
  func variableValue(_ name: String) -> String? {
    for list in instance.variables {
      guard let entry = tree.child(name, of: list), let type = tree.child("type", of: entry),
        let kind = tree.value(of: type)
      else { continue }
      return tree.value(kind, of: type)
    }
    return nil
  }

  /// The addresses that a template variable stands for.
  private mutating func variable(_ name: String, _ use: SourceRange) -> AddressBounds {
    if let set = variableValue(name).flatMap({ PANText.addresses($0) }) { return AddressBounds(set) }
    return .unknown(undefined("variable", name, use))
  }
}

/// Text forms of addresses and ports.
enum PANText {
  /// `A`, `A/len`, or `A-B`.
  static func addresses(_ text: String) -> AddressSet? {
    if let prefix = IPPrefix(text) { return AddressSet(prefix) }
    let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard ends.count == 2, let first = IPAddress(ends[0]), let last = IPAddress(ends[1]) else { return nil }
    return AddressSet(first: first, last: last)
  }

  /// `A/W`: bits that are set in the wildcard mask may be anything (PAN-OS web interface help, "Objects > Addresses").
  static func wildcard(_ text: String) -> AddressSet? {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let base = IPAddress(parts[0]), let mask = IPAddress(parts[1]), base.family == .v4,
      mask.family == .v4
    else { return nil }
    return AddressSet(v4: base.v4, mask: ~mask.v4)
  }

  /// `A/len`, host bits kept.
  static func interfaceAddress(_ text: String) -> InterfaceAddress? {
    guard let network = IPPrefix(text), let address = IPAddress(text.prefix { $0 != "/" }) else { return nil }
    return InterfaceAddress(address: address, network: network)
  }

  /// `80`, `80,443`, `1000-2000`; nil when a part cannot be read.
  static func ports(_ text: String) -> IntervalSet<UInt16>? {
    var ranges: [ClosedRange<UInt16>] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map {
        $0.drop { $0 == " " }
      }
      guard let first = UInt16(ends[0]), let last = ends.count == 2 ? UInt16(ends[1]) : first, first <= last else {
        return nil
      }
      ranges.append(first...last)
    }
    return IntervalSet(ranges)
  }
}

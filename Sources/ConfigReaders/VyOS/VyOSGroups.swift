import PacketSets
import RuleModel
import SourceText

/// Groups of addresses, networks, ports and interfaces.
extension VyOSSystem {
  private static let depthLimit = 48

  private func groupNode(_ kind: String, _ name: String) -> Int? { tree.find(["firewall", "group", kind, name]) }

  /// What an address or network group holds; a `!` in front negates it.
  mutating func addressGroup(_ kind: String, _ node: Int, _ family: IPFamily) -> AddressBounds {
    let (name, isNegated) = negation(tree.word(node))
    let prefix = family == .v6 && !kind.hasPrefix("ipv6-") ? "ipv6-" : ""
    let bounds = addressGroup(prefix + kind, named: name, tree.range(node), depth: 0)
    return isNegated ? bounds.complement : bounds
  }

  private mutating func addressGroup(_ kind: String, named name: String, _ use: SourceRange, depth: Int)
    -> AddressBounds
  {
    let key = "\(kind) \(name)"
    if let known = groups[key] { return known }
    guard depth < Self.depthLimit, resolving.insert(key).inserted else {
      return .unknown(dynamic(use, "group `\(printable(name))` contains itself, or groups are nested too deeply"))
    }
    let bounds = resolved(kind, name, use, depth: depth)
    resolving.remove(key)
    groups[key] = bounds
    return bounds
  }

  private mutating func resolved(_ kind: String, _ name: String, _ use: SourceRange, depth: Int) -> AddressBounds {
    guard let node = groupNode(kind, name) else { return .unknown(undefined(kind, name, use)) }
    tree.mark(node, .used)
    var parts: [AddressBounds] = []
    for part in tree.children(node) {
      switch tree.word(part) {
      case "address", "network": parts += tree.children(part).map { literal($0) }
      case "include":
        let range = tree.range(part)
        parts += names(part).map { addressGroup(kind, named: $0, range, depth: depth + 1) }
      case "description": tree.markBelow(part, .irrelevant)
      default:
        parts.append(.unknown(notRecognised(part)))
        continue
      }
      if tree.word(part) != "description" { tree.markBelow(part, .used) }
    }
    if tree.isCutOff(node) { parts.append(.unknown(cutOff(node))) }
    return parts.isEmpty ? .empty : union(of: parts)
  }

  private mutating func literal(_ node: Int) -> AddressBounds {
    addressText(tree.word(node)).map { AddressBounds($0) } ?? .unknown(notRecognised(node))
  }

  /// `A`, `A/len` or `A-B`.
  func addressText(_ word: String) -> AddressSet? {
    if let prefix = IPPrefix(word) { return AddressSet(prefix) }
    return LiteralText.range(word)
  }

  /// Groups whose members the device learns (names, feeds, what rules add).
  mutating func learnedGroup(_ kind: String, _ node: Int) -> AddressBounds {
    tree.markBelow(node, .used)
    return .unknown(
      dynamic(tree.range(node), "\(kind) \(quoted(node)): its addresses are not in this file"))
  }

  // MARK: Ports

  mutating func portGroup(_ node: Int) -> PortBounds {
    let (name, isNegated) = negation(tree.word(node))
    let ports = portGroup(named: name, tree.range(node), depth: 0)
    return isNegated ? ports.complement : ports
  }

  private mutating func portGroup(named name: String, _ use: SourceRange, depth: Int) -> PortBounds {
    if let known = portGroups[name] { return known }
    guard depth < Self.depthLimit, resolving.insert("port-group \(name)").inserted else {
      return PortBounds(
        unknown: dynamic(use, "group `\(printable(name))` contains itself, or groups are nested too deeply"))
    }
    var result = PortBounds(.empty)
    if let node = groupNode("port-group", name) {
      tree.mark(node, .used)
      for part in tree.children(node) {
        switch tree.word(part) {
        case "port": for word in names(part) { result = result.union(ports(word, part)) }
        case "include":
          let range = tree.range(part)
          for inner in names(part) { result = result.union(portGroup(named: inner, range, depth: depth + 1)) }
        case "description": tree.markBelow(part, .irrelevant)
        default: result = result.union(PortBounds(unknown: notRecognised(part)))
        }
      }
      if tree.isCutOff(node) { result = result.union(PortBounds(unknown: cutOff(node))) }
    } else {
      result = PortBounds(unknown: undefined("port-group", name, use))
    }
    resolving.remove("port-group \(name)")
    portGroups[name] = result
    return result
  }

  /// `80`, `1000-2000`, `http`, and lists of them with commas; a `!` in front negates the list.
  mutating func ports(_ text: String, _ node: Int) -> PortBounds {
    let (list, isNegated) = negation(text)
    var found: [ClosedRange<UInt16>] = []
    var excluded: [ClosedRange<UInt16>] = []
    for piece in pieces(list, at: UInt8(ascii: ",")) {
      let (word, isOut) = negation(piece)
      guard let range = LiteralText.ports(word) ?? ServiceNames.ports(word)?.intervals.first else {
        return PortBounds(unknown: notRecognised(node))
      }
      if isOut { excluded.append(range) } else { found.append(range) }
    }
    var set = found.isEmpty && !excluded.isEmpty ? IntervalSet<UInt16>.all : IntervalSet(found)
    set = set.subtracting(IntervalSet(excluded))
    return PortBounds(isNegated ? set.complement : set)
  }

  func negation(_ word: String) -> (word: String, isNegated: Bool) {
    word.utf8.first == UInt8(ascii: "!") ? (String(word.dropFirst()), true) : (word, false)
  }

  // MARK: Interfaces

  /// Interfaces of a group, groups inside it opened up; nil when it is not defined.
  mutating func interfaceGroup(_ name: String, _ use: SourceRange) -> [String]? {
    var result: [String] = []
    var seen: Set<String> = []
    var open = [name]
    while let name = open.popLast() {
      guard seen.insert(name).inserted else { continue }
      guard let node = groupNode("interface-group", name) else {
        _ = undefined("interface-group", name, use)
        return nil
      }
      result += tree.children(of: ["interface"], below: node).map { pattern(tree.word($0)) }
      open += tree.children(of: ["include"], below: node).map { tree.word($0) }
      tree.markBelow(node, .used)
    }
    return result
  }

  /// `eth*` stands for every name that begins so.
  func pattern(_ word: String) -> String { word.hasSuffix("*") ? word.dropLast() + "+" : word }
}

import PacketSets
import RuleModel
import SourceText

/// Address books: the global one, books attached to zones, and books inside zones (before Junos 11.2).
extension JunosSystem {
  private static let depthLimit = 48

  mutating func readAddressBooks() {
    for (name, zone) in zones {
      if let book = tree.child(zone.node, "address-book") {
        books[name] = [book]
        tree.mark(book, .used)
      }
    }
    guard let security, let section = tree.child(security, "address-book") else { return }
    for book in tree.children(section) {
      tree.mark(book, .used)
      if let description = tree.child(book, "description") { tree.markBelow(description, .irrelevant) }
      guard let attach = tree.child(book, "attach") else { continue }
      for zone in tree.children(of: ["zone"], below: attach) { books[tree.word(zone), default: []].append(book) }
      tree.markBelow(attach, .used)
    }
  }

  private var globalBook: Int? { security.flatMap { tree.find(["address-book", "global"], below: $0) } }

  /// What names of addresses stand for, looked up in the books of a zone, then in the global one.
  ///
  /// "Address Books and Address Sets", NAT and policies: a name is looked for in the book of the zone first and, when it
  /// is not there, in the global book; translation rules use the global book alone.
  mutating func addressBounds(_ node: Int, zone: String?) -> AddressBounds {
    let range = tree.range(node)
    return union(of: names(node).map { address($0, zone: zone, range, depth: 0) })
  }

  mutating func address(_ name: String, zone: String?, _ use: SourceRange, depth: Int) -> AddressBounds {
    switch name {
    case "any": return AddressBounds(.all)
    case "any-ipv4": return AddressBounds(.allV4)
    case "any-ipv6": return AddressBounds(.allV6)
    default: break
    }
    let key = JunosAddressKey(zone: zone.flatMap { books[$0] == nil ? nil : $0 }, name: name)
    if let known = addresses[key] { return known }
    let mark = "address \(key)"
    guard depth < Self.depthLimit, resolving.insert(mark).inserted else {
      return .unknown(dynamic(use, "address set `\(printable(name))` contains itself, or sets are nested too deeply"))
    }
    let bounds = resolved(name, key.zone, use, depth: depth)
    resolving.remove(mark)
    addresses[key] = bounds
    return bounds
  }

  private mutating func resolved(_ name: String, _ zone: String?, _ use: SourceRange, depth: Int) -> AddressBounds {
    let places = (zone.flatMap { books[$0] } ?? []) + (globalBook.map { [$0] } ?? [])
    for book in places {
      if let node = tree.find(["address", name], below: book) { return addressObject(node) }
      if let node = tree.find(["address-set", name], below: book) { return addressSet(node, zone, depth: depth) }
    }
    // A literal where a book entry is expected: newer releases take prefixes in global policies.
    if let prefix = IPPrefix(name) { return AddressBounds(AddressSet(prefix)) }
    if let node = dynamicAddress(name) {
      return .unknown(
        dynamic(tree.range(node), "address `\(printable(name))` comes from a feed that is not in this file"))
    }
    return .unknown(undefined("address", name, use))
  }

  private func dynamicAddress(_ name: String) -> Int? {
    security.flatMap { tree.find(["dynamic-address", "address-name", name], below: $0) }
  }

  private mutating func addressSet(_ node: Int, _ zone: String?, depth: Int) -> AddressBounds {
    tree.mark(node, .used)
    var parts: [AddressBounds] = []
    for part in tree.children(node) {
      switch tree.word(part) {
      case "address", "address-set":
        let range = tree.range(part)
        parts += names(part).map { address($0, zone: zone, range, depth: depth + 1) }
      case "description", "apply-groups", "apply-groups-except": tree.markBelow(part, .irrelevant)
      default: parts.append(.unknown(notRecognised(part)))
      }
    }
    if tree.isCutOff(node) { parts.append(.unknown(cutOff(node))) }
    return union(of: parts)
  }

  private mutating func addressObject(_ node: Int) -> AddressBounds {
    tree.mark(node, .used)
    var parts: [AddressBounds] = []
    for part in tree.children(node) {
      switch tree.word(part) {
      case "description", "apply-groups", "apply-groups-except":
        tree.markBelow(part, .irrelevant)
        continue
      case "ip-prefix": parts += names(part).map { prefix($0, part) }
      case "range-address": parts += tree.children(part).map { rangeAddress($0) }
      case "wildcard-address": parts += names(part).map { wildcard($0, part) }
      case "dns-name", "domain-name":
        parts.append(
          .unknown(
            dynamic(tree.range(part), "address \(quoted(node)) is a domain name: its addresses are not in this file")))
      case let word where IPPrefix(word) != nil: parts.append(prefix(word, part))
      default:
        parts.append(.unknown(notRecognised(part)))
        continue
      }
      tree.markBelow(part, .used)
    }
    if parts.isEmpty || tree.isCutOff(node) {
      let reason = "address \(quoted(node)) has no value"
      notes.gap(tree.range(node), .notRecognised, matters: true, reason)
      parts.append(.unknown(Uncertainty(range: tree.range(node), reason: reason)))
    }
    return union(of: parts)
  }

  private mutating func prefix(_ word: String, _ node: Int) -> AddressBounds {
    IPPrefix(word).map { AddressBounds(AddressSet($0)) } ?? .unknown(notRecognised(node))
  }

  /// `A to B`
  private mutating func rangeAddress(_ first: Int) -> AddressBounds {
    guard let last = tree.text(first, "to"), let low = IPAddress(tree.word(first)), let high = IPAddress(last),
      let set = AddressSet(first: low, last: high)
    else { return .unknown(notRecognised(first)) }
    return AddressBounds(set)
  }

  /// `A/M`, where bits that are set in `M` must be equal ("wildcard-address": 192.168.0.11/255.255.0.255 matches
  /// 192.168.*.11).
  private mutating func wildcard(_ word: String, _ node: Int) -> AddressBounds {
    guard let set = masked(word) else {
      return .unknown(notModelled(node, "the wildcard cannot be read, or has more holes than are followed"))
    }
    return AddressBounds(set)
  }

  /// `A/M` with any mask.
  func masked(_ word: String) -> AddressSet? {
    let parts = pieces(word, at: UInt8(ascii: "/"))
    guard parts.count == 2, let base = IPAddress(parts[0]), let mask = IPAddress(parts[1]), base.family == .v4,
      mask.family == .v4
    else { return nil }
    return AddressSet(v4: base.v4, mask: mask.v4)
  }

  /// Where the names are defined that a rule's addresses came through.
  func addressReferences(_ node: Int?, zone: String?) -> [ObjectReference] {
    guard let node else { return [] }
    let places = (zone.flatMap { books[$0] } ?? []) + (globalBook.map { [$0] } ?? [])
    return tree.children(node).compactMap { child -> ObjectReference? in
      let name = tree.word(child)
      let object = places.lazy.compactMap { book in
        self.tree.find(["address", name], below: book) ?? self.tree.find(["address-set", name], below: book)
      }.first
      return object.map { ObjectReference(name: name, range: tree.range($0)) }
    }
  }
}

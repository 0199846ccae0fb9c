import PacketSets
import RuleModel
import SourceText

/// One address position of a `nat` statement.
struct ASATranslationAddress {
  var bounds: AddressBounds
  /// The address of the interface that the packet leaves by.
  var isInterface = false
}

/// One `nat` statement in the terms of the platform.
struct ASATranslation {
  enum Kind { case `static`, dynamic }
  /// Real and mapped interface; nil for `any`.
  var real: String?
  var mapped: String?
  var kind = Kind.static
  var source = ASATranslationAddress(bounds: AddressBounds(.all))
  var mappedSource = ASATranslationAddress(bounds: AddressBounds(.all))
  var destination: (mapped: ASATranslationAddress, real: ASATranslationAddress)?
  /// Twice NAT: first service holds real source and mapped destination ports, the second the reverse
  /// (CLI configuration guide, "Twice NAT", service objects). Object NAT: real and mapped port of the real host.
  var service: (first: Service, second: Service)?
  var isUnidirectional = false
  var isInactive = false
  var isAfterAuto = false
  /// The object that the statement stands in.
  var object: String?
  var name = ""
  var range: SourceRange

  /// Section of the table: twice NAT, object NAT, twice NAT after-auto ("NAT Rule Order", table 4-1).
  var section: Int { object != nil ? 2 : isAfterAuto ? 3 : 1 }
}

extension ASAReader {
  /// Files a `nat` statement, or reports one of software before 8.3.
  mutating func natLine(object: String?) {
    mark(.used)
    let isOld = object == nil && !words.ranges.contains { matches(file.bytes.span, $0, "source") }
    if isOld {
      config.otherLines.append(line)
      return gap(changes: true, "address translation of software before 8.3 is not modelled; migrate or check by hand")
    }
    config.translations.append(ASATranslationLine(line: line, object: object))
  }

  /// All translations in the order in which the device tries them.
  mutating func sortedTranslations() -> [ASATranslation] {
    var all: [ASATranslation] = []
    for statement in config.translations {
      line = statement.line
      words.load(file.lines.bounds(ofLine: line, in: file.bytes))
      while let word = words.take(), !matches(file.bytes.span, word, "nat") {}
      var translation = ASATranslation(object: statement.object, range: here)
      translation.name = printable(statement.object.map { "object \($0): " } ?? "") + printable(words.statement)
      let isUnderstood = statement.object == nil ? parseTwice(&translation) : parseObjectNAT(&translation)
      guard isUnderstood, words.isAtEnd else {
        gap(
          .notRecognised, changes: true,
          "this address translation is not understood; addresses are taken as not translated")
        continue
      }
      if !translation.isInactive { all.append(translation) }
    }
    let indexed = all.enumerated().sorted { a, b in
      if a.element.section != b.element.section { return a.element.section < b.element.section }
      if a.element.section == 2, let isFirst = precedes(a.element, b.element) { return isFirst }
      return a.offset < b.offset
    }
    return indexed.map(\.element)
  }

  /// Order inside section 2: static before dynamic, fewer real addresses, lower address, name ("NAT Rule Order").
  private func precedes(_ a: ASATranslation, _ b: ASATranslation) -> Bool? {
    if a.kind != b.kind { return a.kind == .static }
    let (x, y) = (a.source.bounds.upper, b.source.bounds.upper)
    let (xSize, ySize) = (size(x), size(y))
    if xSize != ySize { return xSize < ySize }
    if let first = x.first, let second = y.first, first != second { return first < second }
    return a.object == b.object ? nil : (a.object ?? "") < (b.object ?? "")
  }

  private func size(_ set: AddressSet) -> UInt128 {
    let (sum, overflow) = set.v4.count.addingReportingOverflow(set.v6.count)
    return overflow ? .max : sum
  }

  // MARK: - Syntax

  /// `(real,mapped)`, which may be missing.
  private mutating func parseInterfaces(_ translation: inout ASATranslation) {
    guard let word = words.next, file.bytes[word.lowerBound] == UInt8(ascii: "(") else { return }
    _ = words.take()
    let names = words.text(word).dropFirst().dropLast().split(separator: ",").map(String.init)
    guard names.count == 2 else { return }
    translation.real = names[0] == "any" ? nil : names[0]
    translation.mapped = names[1] == "any" ? nil : names[1]
  }

  private mutating func parseTwice(_ translation: inout ASATranslation) -> Bool {
    parseInterfaces(&translation)
    translation.isAfterAuto = words.takes("after-auto")
    // `nat (a,b) 1 source …`: a place in the section, not shown by the device.
    if !words.isNext("source"), words.takeNumber(Int.self) == nil { return false }
    guard words.takes("source"), parseKind(&translation), let real = takeAddress(of: nil) else { return false }
    translation.source = real
    guard parseMapped(&translation) else { return false }
    if words.takes("destination") {
      guard words.takes("static"), let mapped = takeAddress(of: translation.real), let real = takeAddress(of: nil)
      else {
        return false
      }
      translation.destination = (mapped, real)
    }
    if words.takes("service") {
      guard let first = takeService(), let second = takeService() else { return false }
      translation.service = (first, second)
    }
    parseFlags(&translation)
    return true
  }

  private mutating func parseObjectNAT(_ translation: inout ASATranslation) -> Bool {
    parseInterfaces(&translation)
    guard let object = translation.object, parseKind(&translation) else { return false }
    translation.source = ASATranslationAddress(bounds: addresses(of: object, at: here))
    guard parseMapped(&translation) else { return false }
    parseFlags(&translation)
    if words.takes("service") {
      guard let protocols = takeProtocols(), let real = takePortNumber(), let mapped = takePortNumber() else {
        return false
      }
      var first = Service(protocols: protocols)
      first.sourcePorts = IntervalSet(real)
      var second = first
      second.sourcePorts = IntervalSet(mapped)
      translation.service = (first, second)
    }
    parseFlags(&translation)
    return true
  }

  private mutating func parseKind(_ translation: inout ASATranslation) -> Bool {
    translation.kind = words.takes("dynamic") ? .dynamic : .static
    return translation.kind == .dynamic || words.takes("static")
  }

  /// The mapped source: an address, `interface`, `pat-pool X`, and `interface` once more as what is left when it is full.
  private mutating func parseMapped(_ translation: inout ASATranslation) -> Bool {
    var mapped: ASATranslationAddress?
    if !words.isNext("pat-pool") {
      mapped = takeMappedAddress(translation)
      if mapped == nil { return false }
    }
    if words.takes("pat-pool") {
      guard let pool = takeAddress(of: translation.mapped) else { return false }
      mapped = ASATranslationAddress(bounds: (mapped?.bounds ?? .empty).union(pool.bounds))
    }
    if mapped?.isInterface != true, words.takes("interface") {
      _ = words.takes("ipv6")
      let own = translation.mapped.map(interfaceAddresses) ?? .unknown(anyInterface)
      mapped = ASATranslationAddress(bounds: (mapped?.bounds ?? .empty).union(own))
    }
    while words.takes("extended") || words.takes("flat") || words.takes("include-reserve") || words.takes("round-robin")
      || words.takes("block-allocation")
    {}
    translation.mappedSource = mapped ?? ASATranslationAddress(bounds: .empty)
    return mapped != nil
  }

  /// An inline address maps a whole object by the mask of the object ("Network Object NAT", static NAT, mapped address).
  private mutating func takeMappedAddress(_ translation: ASATranslation) -> ASATranslationAddress? {
    guard translation.object != nil, translation.kind == .static, let word = words.next, let base = address(word),
      let real = translation.source.bounds.upper.prefix, real.base.family == base.family,
      let prefix = IPPrefix(base, length: real.length)
    else { return takeAddress(of: translation.mapped) }
    _ = words.take()
    return ASATranslationAddress(bounds: AddressBounds(AddressSet(prefix)))
  }

  /// `any`, an object or group by name, an inline address, or `interface` (of the interface named).
  private mutating func takeAddress(of interface: String?) -> ASATranslationAddress? {
    if words.takes("any") { return ASATranslationAddress(bounds: AddressBounds(.all)) }
    if words.takes("any4") { return ASATranslationAddress(bounds: AddressBounds(.allV4)) }
    if words.takes("any6") { return ASATranslationAddress(bounds: AddressBounds(.allV6)) }
    if words.takes("interface") {
      _ = words.takes("ipv6")
      let own = interface.map(interfaceAddresses) ?? .unknown(anyInterface)
      return ASATranslationAddress(bounds: own, isInterface: true)
    }
    _ = words.takes("object") || words.takes("object-group")
    guard let word = words.take() else { return nil }
    let name = words.text(word)
    if config.objects[name] == nil {
      if let address = address(word) { return ASATranslationAddress(bounds: AddressBounds(AddressSet(address))) }
      if let prefix = IPPrefix(name) { return ASATranslationAddress(bounds: AddressBounds(AddressSet(prefix))) }
    }
    return ASATranslationAddress(bounds: addresses(of: name, at: here))
  }

  private var anyInterface: Uncertainty {
    Uncertainty(range: here, reason: "the address of whichever interface the packet leaves by")
  }

  private mutating func takeService() -> Service? {
    if words.takes("any") { return .any }
    guard let name = words.takeText() else { return nil }
    // Port translation needs one service; of a broken object nothing is known.
    let bounds = services(of: name, at: here)
    return bounds.upper.count == 1 && bounds.uncertainties.isEmpty ? bounds.upper[0] : nil
  }

  private mutating func takePortNumber() -> UInt16? {
    if let number = words.takeNumber(UInt16.self) { return number }
    guard let word = words.take() else { return nil }
    return ASATables.ports[words.text(word)]
  }

  private mutating func parseFlags(_ translation: inout ASATranslation) {
    while true {
      if words.takes("dns") || words.takes("no-proxy-arp") || words.takes("route-lookup") || words.takes("net-to-net") {
        continue
      } else if words.takes("unidirectional") {
        translation.isUnidirectional = true
      } else if words.takes("inactive") {
        translation.isInactive = true
      } else if words.takes("description") {
        words.position = words.ranges.count
      } else {
        return
      }
    }
  }
}

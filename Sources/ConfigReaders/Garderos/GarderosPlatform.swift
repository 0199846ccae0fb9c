import SourceText

extension Platform {
  /// Garderos industrial cellular routers.
  static let garderos = Platform(
    id: "garderos", title: "Garderos router (GRS)", support: .exports,
    documentation: [
      "The vendor's manual is not public; semantics beyond what an export shows are left open (docs/formats/garderos.md)"
    ],
    modelled: ["input rules in the order of their numbers", "Ethernet interfaces, static routes", "SNMP agent"],
    bounded: ["what happens where no rule matches", "forwarding, of which exports seen so far hold no rule"],
    ignored: ["hardware, console, TACACS+, users, system"],
    detect: detectGarderos, read: readGarderos)
}

/// The first line that is no comment and not blank is `family.….key=value` of a family that GRS has, and so are the next.
private func detectGarderos(_ file: SourceFile) -> String? {
  let bytes = file.bytes.span
  var keys = 0
  var hasTelling = false
  for line in 1...min(file.lines.count, 400) {
    let bounds = file.lines.bounds(ofLine: line, in: file.bytes)
    guard let first = file.bytes[bounds].first(where: { !ASCII.isBlank($0) }), first != ASCII.hash,
      first != ASCII.carriageReturn
    else { continue }
    guard bounds.count < 4096, let key = GarderosKey(bytes, bounds, line: line), key.parts.count > 1,
      GarderosKey.families.contains(key.parts[0])
    else { return nil }
    keys += 1
    if key.parts.starts(with: ["acl", "ipv4"]) || key.parts.starts(with: ["interface", "eth"]) { hasTelling = true }
  }
  return keys > 0 && hasTelling ? "its keys `acl.ipv4.…` or `interface.eth.…`" : nil
}

/// One `a.b.c=value` line.
struct GarderosKey {
  var parts: [String]
  var value: String
  var line: Int

  /// The families of keys that were seen.
  static let families: Set<String> = [
    "acl", "hardware", "interface", "route", "service", "system", "tunnel", "user",
  ]

  /// Nil when the line is no `key=value`.
  init?(_ bytes: Span<UInt8>, _ bounds: Range<Int>, line: Int) {
    var end = bounds.upperBound
    while end > bounds.lowerBound, ASCII.isBlank(bytes[end - 1]) || bytes[end - 1] == ASCII.carriageReturn { end -= 1 }
    var equals = bounds.lowerBound
    while equals < end, bytes[equals] != UInt8(ascii: "=") {
      if ASCII.isBlank(bytes[equals]) { return nil }
      equals += 1
    }
    guard equals < end, equals > bounds.lowerBound else { return nil }
    parts = pieces(text(bytes, bounds.lowerBound..<equals), at: UInt8(ascii: "."))
    value = text(bytes, equals + 1..<end)
    self.line = line
  }
}

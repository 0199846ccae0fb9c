/// A release of FortiOS; the patch is nil when the header does not tell it (`5.02` is 5.2 of any patch).
struct FortiVersion: Equatable {
  var major: Int
  var minor: Int
  var patch: Int?

  /// Whether this release is at least the given one; nil when the unknown patch decides.
  func isAtLeast(_ major: Int, _ minor: Int, _ patch: Int) -> Bool? {
    if (self.major, self.minor) != (major, minor) { return (self.major, self.minor) > (major, minor) }
    if patch == 0 { return true }
    return self.patch.map { $0 >= patch }
  }
}

/// What the comment lines of an export tell: release and number of captures.
struct FortiHeader {
  var version: FortiVersion?
  /// How many `#config-version=` lines there are: one for each capture.
  var captures = 0

  /// Takes one comment line.
  ///
  /// `#config-version=FGT61E-7.0.14-FW-build0601-240206:opmode=0:vdom=1:user=admin`, or, from Oxidized,
  /// `# Version: FortiGate-91G v7.4.7,build2731`.
  mutating func read(_ line: String) {
    if line.hasPrefix("#config-version=") {
      captures += 1
      version = Self.version(in: line.utf8.dropFirst(16)) ?? version
    } else if version == nil, line.hasPrefix("# Version: ") {
      version = Self.version(in: line.utf8.dropFirst(11))
    }
  }

  /// The first `-7.0.14` or `v7.0.14`.
  private static func version(in text: Substring.UTF8View) -> FortiVersion? {
    let bytes = Array(text)
    for start in bytes.indices where bytes[start] == UInt8(ascii: "-") || bytes[start] == UInt8(ascii: "v") {
      var position = start + 1
      guard let major = number(bytes, &position), major < 100, take(bytes, &position, "."),
        let minor = number(bytes, &position)
      else { continue }
      let patch = take(bytes, &position, ".") ? number(bytes, &position) : nil
      return FortiVersion(major: major, minor: minor, patch: patch)
    }
    return nil
  }

  private static func number(_ bytes: [UInt8], _ position: inout Int) -> Int? {
    let start = position
    var value = 0
    while position < bytes.count, position - start < 5, bytes[position] &- 48 < 10 {
      value = value * 10 + Int(bytes[position] - 48)
      position += 1
    }
    return position > start ? value : nil
  }

  private static func take(_ bytes: [UInt8], _ position: inout Int, _ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }
}

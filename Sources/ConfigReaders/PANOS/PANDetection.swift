import SourceText

/// Why the file is of PAN-OS; nil when it is not.
@Sendable
func detectPANOS(_ file: SourceFile) -> String? {
  PANDetection.isXML(file) ? PANDetection.xml(file) : PANDetection.statements(file)
}

/// Tells PAN-OS from other XML and from other platforms' set commands.
enum PANDetection {
  /// Whether the first byte that is not blank opens a tag.
  static func isXML(_ file: SourceFile) -> Bool {
    let start = file.byteOrderMarkLength
    return file.bytes[start...].first { !ASCII.isBlank($0) && $0 != ASCII.lineFeed && $0 != ASCII.carriageReturn }
      == UInt8(ascii: "<")
  }

  /// A root `config` or an API answer, and sections that only PAN-OS has.
  static func xml(_ file: SourceFile) -> String? {
    let head = file.text(0..<min(file.bytes.count, 65536))
    guard let root = rootElement(head) else { return nil }
    let sections = ["<mgt-config", "<devices>", "<shared>", "<rulebase>", "<device-group>", "<deviceconfig>"]
    switch root.name {
    case "config":
      if root.attributes.contains("urldb=") { return "its root is <config urldb=…>" }
      if root.attributes.contains("xmlns") { return nil }
      let found = sections.first { head.contains($0) }
      return found.map { "its root is <config> and it holds \($0.hasSuffix(">") ? $0 : $0 + ">")" }
    case "response":
      guard head.contains("<result") else { return nil }
      let found = (sections + ["<config"]).first { head.contains($0) }
      return found == nil ? nil : "it is an answer of the PAN-OS XML API"
    default: return nil
    }
  }

  /// The first tag that is neither a declaration nor a comment.
  private static func rootElement(_ head: String) -> (name: Substring, attributes: Substring)? {
    var rest = Substring(head)
    while let open = rest.firstIndex(of: "<") {
      rest = rest[open...].dropFirst()
      let isComment = rest.hasPrefix("!--")
      var length = 0
      var dashes = 0
      for character in rest {
        if character == ">", !isComment || dashes >= 2 { break }
        dashes = character == "-" ? dashes + 1 : 0
        length += 1
      }
      let tag = rest.prefix(length)
      rest = rest.dropFirst(length)
      if rest.isEmpty { return nil }
      if isComment || tag.hasPrefix("?") || tag.hasPrefix("!") { continue }
      let name = tag.prefix { !$0.isWhitespace && $0 != "/" }
      return (name, tag.dropFirst(name.count))
    }
    return nil
  }

  /// Statements that only PAN-OS has among the first few hundred lines.
  static func statements(_ file: SourceFile) -> String? {
    var lastOpened = ""
    for number in 1...min(file.lines.count, 400) {
      let bounds = file.lines.bounds(ofLine: number, in: file.bytes)
      let line = file.text(bounds.lowerBound..<min(bounds.upperBound, bounds.lowerBound + 400))
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\r\n" })
      guard let first = words.first, first.first != "#", first.first != "!" else { continue }
      if first == "set", words.count > 2 {
        if isOwn(words.dropFirst()) { return "it holds `set \(printable(words[1...2].joined(separator: " ")))`" }
      } else if words.last == "{", words.count == 2 {
        let opened = lastOpened + "/" + first
        if first == "deviceconfig" || first == "mgt-config" || braces.contains(opened) {
          return "it holds `\(printable(String(first))) {`"
        }
        lastOpened = String(first)
      }
    }
    return nil
  }

  /// Sections with the one that opens right before; alone their names occur in other formats too.
  private static let braces: Set<String> = [
    "config/devices", "config/shared", "policy/panorama", "devices/localhost.localdomain",
  ]

  private static func isOwn(_ words: ArraySlice<Substring>) -> Bool {
    let place = words.startIndex
    let (first, second) = (words[place], words[place + 1])
    let third = words.count > 2 ? words[place + 2] : ""
    switch first {
    case "deviceconfig", "mgt-config", "device-group", "template-stack": return true
    case "rulebase":
      return ["security", "nat", "default-security-rules", "application-override", "decryption", "pbf"].contains(second)
    case "config": return ["devices", "shared", "mgt-config"].contains(second)
    case "policy": return second == "panorama"
    case "readonly": return second == "devices"
    case "network":
      return ["interface", "virtual-router", "logical-router", "profiles", "ike", "shared-gateway", "qos"]
        .contains(second)
    case "shared":
      return [
        "address", "address-group", "service", "service-group", "application", "application-group", "pre-rulebase",
        "post-rulebase", "log-settings", "profiles", "reports", "certificate",
      ].contains(second)
    case "zone": return third == "network"
    case "template": return ["config", "variable", "settings"].contains(third)
    case "vsys": return ["zone", "import", "rulebase", "address", "service"].contains(third)
    case "address": return ["ip-netmask", "ip-range", "fqdn", "ip-wildcard"].contains(third)
    case "address-group": return ["static", "dynamic"].contains(third)
    case "application-group": return words.contains("members")
    default: return false
    }
  }
}

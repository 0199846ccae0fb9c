import SourceText

extension Platform {
  /// Cisco IOS and IOS XE: routers, Catalyst and Industrial Ethernet switches.
  public static let ciscoIOS = Platform(
    id: "cisco-ios", title: "Cisco IOS and IOS XE", support: .samples,
    documentation: [
      "Cisco IOS Security Configuration Guide: Access Control Lists, \"IP Access List Overview\"",
      "Cisco IOS Security Configuration Guide: Zone-Based Policy Firewall; document 98628, its design guide",
      "Cisco IOS Security Command Reference, Cisco IOS IPv6 Command Reference",
      "Cisco document 6209, \"NAT Order of Operation\"; document 8014, \"Access Control Lists and IP Fragments\"",
      "Catalyst software configuration guides, \"Configuring Network Security with ACLs\"",
    ],
    modelled: [
      "standard, extended and IPv6 access lists, numbered and named, with sequence numbers, wildcards and object groups",
      "access groups and traffic filters, lists that are missing or empty, lists without use",
      "zone-based firewall: zones, pairs, inspection classes, nested and by access list, inspect, pass, drop, self zone",
      "returns of `ip inspect` and of reflexive lists; everything else needs a rule for its answers",
      "port lists and VLAN maps of switches; virtual routing tables",
      "`ip nat` inside and outside, static and dynamic; static routes",
      "terminal lines, web server and SNMP with their access lists",
    ],
    bounded: [
      "entries with time ranges, `dscp`, `ttl` and other header conditions, dynamic entries, `fragments`",
      "`match protocol` of applications without one well-known port; conditions on users",
      "undefined object groups, class maps and lists of classes; dynamic interface addresses",
    ],
    ignored: [
      "QoS, AAA, logging, spanning tree, routing protocols' details, certificates, banners, VPN settings",
      "MAC access lists, which filter frames that are not IP",
    ],
    detect: detectIOS, read: { IOSReader.read($0) })
}

/// Lines looked at: an export says what it is long before.
private let detectionLimit = 20_000

private func detectIOS(_ file: SourceFile) -> String? {
  let span = file.bytes.span
  var reason: String?
  for number in 1...min(file.lines.count, detectionLimit) {
    let bounds = file.lines.bounds(ofLine: number, in: file.bytes)
    guard !bounds.isEmpty else { continue }
    if isOtherPlatform(span, bounds) { return nil }
    if reason == nil { reason = claim(span, bounds).map { "line \(number) \($0)" } }
  }
  return reason
}

/// Lines that other platforms with a similar language have: ASA and its ancestors, NX-OS, IOS XR, EOS.
private func isOtherPlatform(_ span: Span<UInt8>, _ bounds: Range<Int>) -> Bool {
  var start = bounds.lowerBound
  skipBlanks(span, &start, end: bounds.upperBound)
  let rest = start..<bounds.upperBound
  return begins(span, rest, with: "ASA Version ") || begins(span, rest, with: "PIX Version ")
    || begins(span, rest, with: "NGFW Version ") || begins(span, rest, with: "FWSM Version ")
    || begins(span, rest, with: "nameif ") || begins(span, rest, with: "security-level ")
    || begins(span, bounds, with: "feature ") || begins(span, bounds, with: "!! IOS XR")
    || begins(span, bounds, with: "ipv4 access-list ") || begins(span, bounds, with: "! device: ")
    || begins(span, bounds, with: "! Command: ") || begins(span, bounds, with: "!Command: ")
}

/// What makes a line one of this platform.
private func claim(_ span: Span<UInt8>, _ bounds: Range<Int>) -> String? {
  if begins(span, bounds, with: "ip access-list extended ") || begins(span, bounds, with: "ip access-list standard ") {
    return "begins an IOS access list"
  }
  if begins(span, bounds, with: "access-list "), isNumbered(span, bounds) { return "is of a numbered IOS access list" }
  if begins(span, bounds, with: "zone security ") || begins(span, bounds, with: "zone-pair security ") {
    return "is of the zone-based firewall of IOS"
  }
  if begins(span, bounds, with: "ipv6 access-list ") { return "begins an IPv6 access list of IOS" }
  if begins(span, bounds, with: "ip nat inside source ") { return "is an address translation of IOS" }
  if begins(span, bounds, with: "! Cisco IOS") || begins(span, bounds, with: "!Cisco IOS")
    || begins(span, bounds, with: "Cisco IOS Software")
  {
    return "names Cisco IOS"
  }
  return isVersion(span, bounds) ? "is the version line of IOS" : nil
}

/// `access-list 101` with nothing, or an action or remark, behind the number.
private func isNumbered(_ span: Span<UInt8>, _ bounds: Range<Int>) -> Bool {
  var position = bounds.lowerBound
  _ = takeWord(span, &position, end: bounds.upperBound)
  guard let name = takeWord(span, &position, end: bounds.upperBound), decimal(span, name) != nil else { return false }
  guard let action = takeWord(span, &position, end: bounds.upperBound) else { return true }
  return matches(span, action, "permit") || matches(span, action, "deny") || matches(span, action, "remark")
    || matches(span, action, "dynamic")
}

/// `version 15.2`, `version 16.8`; NX-OS has a number in brackets behind it.
private func isVersion(_ span: Span<UInt8>, _ bounds: Range<Int>) -> Bool {
  guard begins(span, bounds, with: "version 1") else { return false }
  for place in bounds.lowerBound + 9..<bounds.upperBound {
    guard ASCII.isDigit(span[place]) || span[place] == UInt8(ascii: ".") || ASCII.isBlank(span[place]) else {
      return false
    }
  }
  return true
}

import RuleModel
import SourceText

extension Platform {
  /// Linux gateways: `nft list ruleset`, its JSON form, and files for `nft -f`.
  static let nftables = Platform(
    id: "nftables",
    title: "Linux nftables (nft list ruleset, text and JSON)", support: .samples,
    documentation: [
      "nft(8) 1.0.6, sections INPUT FILE FORMATS, CHAINS, RULES, SETS, EXPRESSIONS, STATEMENTS",
      "libnftables-json(5)", "wiki.nftables.org, Netfilter hooks",
      "Linux kernel, include/uapi/linux/netfilter_ipv4.h: enum nf_ip_hook_priorities",
    ],
    modelled: [
      "tables of families ip, ip6, inet and netdev; base chains by hook and priority with their policies; user chains",
      "accept, drop, reject, jump, goto, return, continue, verdict maps; several base chains on one hook",
      "named and anonymous sets, intervals, concatenations, variables; add, insert and flush commands",
      "addresses, masks, interfaces with wildcards, protocols, ports, ICMP types, TCP flags, session states, comments, counters",
      "snat, dnat, masquerade, redirect; log before a verdict as its logging; notrack",
    ],
    bounded: [
      "sets that rules fill or whose elements expire, empty sets, limits, quotas, time, marks, raw payload, fib, sockets",
      "ct status, ct direction, IPv6 next headers, translation by maps, queue, tproxy, synproxy, dup, fwd, xt",
      "tables of families bridge and arp", "replace and delete of rules, included files",
    ],
    ignored: [
      "chains at the output hook, which filter the gateway's own traffic only", "flowtables, helpers, counters",
    ],
    detect: detectNftables, read: readNftables)
}

/// Reads a ruleset of nftables, text or JSON.
@Sendable func readNftables(_ file: SourceFile) -> Reading {
  let isJSON = beginsAsJSON(file)
  var reading: Reading
  let ruleset: NFTRuleset
  if isJSON {
    var parser = NFTJSONParser(file)
    parser.parse()
    reading = Reading(ledger: parser.document.ledger)
    reading.issues = parser.issues
    ruleset = parser.result
  } else {
    var parser = NFTTextParser(file)
    parser.parse()
    reading = Reading(ledger: parser.ledger)
    reading.issues = parser.issues
    ruleset = parser.result
  }
  if ruleset.tables.isEmpty {
    reading.issues.append(
      ReadIssue(
        kind: .truncated, range: file.range(0, 0), message: "the file holds no table of nftables",
        help: "export with `nft list ruleset`", couldChangeVerdict: true))
  } else {
    var builder = NFTDeviceBuilder(file, ruleset, name: baseName(file.path), platform: "nftables")
    builder.build()
    reading.devices = [builder.device]
    reading.issues += builder.issues
    for gap in builder.gaps { reading.ledger.gap(gap) }
  }
  reading.ledger.finish(file)
  return reading
}

/// A table with its family or a command of nft at the head of a line, or JSON whose only key is `nftables`.
@Sendable private func detectNftables(_ file: SourceFile) -> String? {
  if beginsAsJSON(file) {
    let head = file.text(0..<min(file.bytes.count, 400))
    return head.drop { $0.isWhitespace || $0 == "{" || $0 == "\u{FEFF}" }.hasPrefix("\"nftables\"")
      ? "the JSON document holds `nftables`" : nil
  }
  let bytes = file.bytes.span
  for line in 1...file.lines.count {
    let bounds = file.lines.bounds(ofLine: line, in: file.bytes)
    if line == 1, begins(bytes, bounds, with: "#!"), file.text(bounds.prefix(80)).contains("nft") {
      return "line 1 runs nft"
    }
    guard !bounds.isEmpty, "tafni".utf8.contains(bytes[bounds.lowerBound]) else { continue }
    if opensTable(bytes, bounds) { return "line \(line) opens a table or adds to one as nft does" }
  }
  return nil
}

private func opensTable(_ bytes: Span<UInt8>, _ bounds: Range<Int>) -> Bool {
  var position = bounds.lowerBound
  var words: [String] = []
  while words.count < 5, let word = takeWord(bytes, &position, end: bounds.upperBound) {
    words.append(text(bytes, word.prefix(40)))
  }
  if words.first == "nft" { words.removeFirst() }
  guard words.count >= 2 else { return false }
  if words[0] == "flush", words[1] == "ruleset" { return true }
  if ["add", "create", "insert"].contains(words[0]),
    ["table", "chain", "rule", "set", "map", "element"].contains(words[1])
  {
    words.removeFirst()
    return words.count >= 3 && NFTFamily(rawValue: words[1]) != nil
  }
  guard words[0] == "table", words.count >= 3 else { return false }
  return NFTFamily(rawValue: words[1]) != nil && (words.count == 3 || words[3].hasPrefix("{"))
    || (words[2] == "{" && NFTFamily(rawValue: words[1]) == nil)
}

private func beginsAsJSON(_ file: SourceFile) -> Bool {
  file.bytes.dropFirst(file.byteOrderMarkLength).prefix(4096).first { !ASCII.isBlank($0) && $0 != 10 && $0 != 13 }
    == UInt8(ascii: "{")
}

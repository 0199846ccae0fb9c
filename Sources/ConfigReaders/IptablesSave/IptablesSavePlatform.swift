import RuleModel
import SourceText

extension Platform {
  /// Linux gateways: the output of iptables-save and ip6tables-save.
  static let iptablesSave = Platform(
    id: "iptables-save",
    title: "Linux iptables-save / ip6tables-save", support: .exports,
    documentation: [
      "iptables(8), sections TARGETS, TABLES, PARAMETERS", "iptables-extensions(8)", "iptables-save(8)",
      "Linux kernel, include/uapi/linux/netfilter_ipv4.h: enum nf_ip_hook_priorities",
    ],
    modelled: [
      "tables raw, mangle, nat, filter and security with their chains, policies and counters",
      "user chains with -j, -g and RETURN; -A, -I, -N, -P",
      "addresses, interfaces, protocols, ports, multiport, ICMP types, TCP flags, connection states, iprange, comment",
      "ACCEPT, DROP, REJECT, RETURN, DNAT, SNAT, MASQUERADE, REDIRECT, NETMAP; LOG before a verdict as its logging",
      "both families in one file",
    ],
    bounded: [
      "ipsets, host names, rate limits, recent, marks, address types, owner, payload, IPsec, time and every unknown match",
      "NFQUEUE, TPROXY, SYNPROXY and every unknown target", "connections that the raw table exempts from tracking",
      "-D, -R, -F after rules; shell variables in iptables command lines", "the family that the file does not hold",
    ],
    ignored: ["comments", "counters of chains", "the OUTPUT chains, which filter the gateway's own traffic only"],
    detect: detectIptablesSave, read: { readIptablesSave($0) })
}

/// A `*table` line with a chain declaration, a rule or COMMIT behind it; no other format has both.
private func detectIptablesSave(_ file: SourceFile) -> String? {
  let bytes = file.bytes.span
  var tableLine: Int?
  for line in 1...file.lines.count {
    let start = file.lines.start(ofLine: line)
    guard start < bytes.count else { continue }
    let first = bytes[start]
    guard "*:-C[".utf8.contains(first) else { continue }
    let bounds = file.lines.bounds(ofLine: line, in: file.bytes)
    if first == UInt8(ascii: "*"), bounds.count < 20, IptablesTable.names.contains(trimmed(bytes, bounds)) {
      tableLine = line
    } else if let tableLine,
      first == ASCII.colon || begins(bytes, bounds, with: "-A ")
        || begins(bytes, bounds, with: "COMMIT") || begins(bytes, bounds, with: "[")
    {
      return "line \(tableLine) opens a table as iptables-save writes it"
    }
  }
  return nil
}

private func trimmed(_ bytes: Span<UInt8>, _ bounds: Range<Int>) -> String {
  var position = bounds.lowerBound + 1
  return takeWord(bytes, &position, end: bounds.upperBound).map { text(bytes, $0) } ?? ""
}

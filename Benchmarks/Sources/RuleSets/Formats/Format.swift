/// A way of writing a list down.
public enum Format: String, Sendable, CaseIterable {
  /// A Cisco ASA configuration with one access list.
  case asa
  /// What iptables-save or ip6tables-save prints.
  case iptables
  /// One rule a line: action and the inclusive ranges of protocol, source, destination and ports.
  case tsv

  /// The whole file.
  public func text(of set: RuleSet) -> [UInt8] {
    switch self {
    case .asa: asaText(set)
    case .iptables: iptablesText(set)
    case .tsv: tableText(set)
    }
  }
}

/// Names of protocols as both firewalls write them; the others are numbers.
func protocolName(_ proto: UInt16, _ family: Family) -> String {
  switch proto {
  case 1: "icmp"
  case 6: "tcp"
  case 17: "udp"
  case 47: "gre"
  case 50: "esp"
  default: "\(proto)"
  }
}

private func tableText(_ set: RuleSet) -> [UInt8] {
  var text = ByteText()
  text.reserve(set.rules.count * 80)
  for rule in set.rules {
    text.append(rule.permits ? "permit" : "deny")
    func field(_ range: Interval<some FixedWidthInteger & UnsignedInteger & Sendable>) {
      text.append("\t")
      text.append(number: range.low)
      text.append("\t")
      text.append(number: range.high)
    }
    field(rule.box.proto)
    field(rule.box.source)
    field(rule.box.destination)
    field(rule.box.sourcePort)
    field(rule.box.destinationPort)
    text.append("\n")
  }
  return text.bytes
}

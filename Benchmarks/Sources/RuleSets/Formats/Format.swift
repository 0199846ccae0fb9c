/// A way of writing a list down.
public enum Format: String, Sendable, CaseIterable {
  /// A Cisco ASA configuration with one access list.
  case asa
  /// What iptables-save or ip6tables-save prints.
  case iptables
  /// One rule a line: action and the inclusive ranges of protocol, source, destination and ports.
  case tsv
  /// For `nft -f`.
  case nft
  /// Policy and definitions for `aclgen`; IPv4 only.
  case capirca
  /// A data file of Firewall Builder; IPv4 only.
  case fwb

  /// The files of a list, by what follows the list's name in theirs.
  public func files(of set: RuleSet) -> [(suffix: String, bytes: [UInt8])] {
    switch self {
    case .asa: [(".asa", asaText(set))]
    case .iptables: [(".iptables", iptablesText(set))]
    case .tsv: [(".tsv", tableText(set))]
    case .nft: [(".nft", nftText(set))]
    case .capirca: capircaFiles(set)
    case .fwb: [(".fwb", firewallBuilderText(set))]
    }
  }
}

/// Names of protocols as both firewalls write them; the others are numbers.
func protocolName(_ proto: UInt16) -> String {
  switch proto {
  case 1: "icmp"
  case 6: "tcp"
  case 17: "udp"
  case 47: "gre"
  case 50: "esp"
  default: "\(proto)"
  }
}

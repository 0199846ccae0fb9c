/// A table with the list as its forward chain.
func nftText(_ set: RuleSet) -> [UInt8] {
  let ip: StaticString = set.family == .v4 ? "ip" : "ip6"
  var text = ByteText()
  text.reserve(set.rules.count * 90)
  text.append("table ")
  text.append(ip)
  text.append(" filter {\n\tchain forward {\n\t\ttype filter hook forward priority 0; policy drop;\n")
  for rule in set.rules {
    let box = rule.box
    text.append("\t\t")
    for (field, network) in [(" saddr " as StaticString, box.source), (" daddr ", box.destination)]
    where network != set.family.any {
      text.append(ip)
      text.append(field)
      text.append(prefix: network, set.family)
      text.append(" ")
    }
    if box.proto != Service.anyProtocol {
      let hasPorts = box.sourcePort != .all || box.destinationPort != .all
      let name = box.proto.low == 58 ? "ipv6-icmp" : protocolName(box.proto.low)
      if !hasPorts { text.append("meta l4proto \(name) ") }
      for (field, ports) in [(" sport " as StaticString, box.sourcePort), (" dport ", box.destinationPort)]
      where ports != .all {
        text.append(name)
        text.append(field)
        text.append(ports: ports, "-")
        text.append(" ")
      }
    }
    text.append(rule.permits ? "accept\n" : "drop\n")
  }
  text.append("\t}\n}\n")
  return text.bytes
}

/// A small ASA with the list bound to its outside interface.
func asaText(_ set: RuleSet) -> [UInt8] {
  var text = ByteText()
  text.reserve(set.rules.count * 110)
  text.append(
    """
    ASA Version 9.16(4)
    !
    hostname bench
    !
    interface GigabitEthernet0/0
     nameif outside
     security-level 0
     ip address 198.51.100.1 255.255.255.0
    !
    interface GigabitEthernet0/1
     nameif inside
     security-level 100
     ip address 192.0.2.1 255.255.255.0
    !

    """)
  for rule in set.rules {
    let box = rule.box
    text.append("access-list OUTSIDE_in extended ")
    text.append(rule.permits ? "permit " : "deny ")
    if box.proto == Service.anyProtocol {
      text.append("ip")
    } else {
      text.append(box.proto.low == 58 ? "icmp6" : protocolName(box.proto.low))
    }
    // `any` is both families; where it stands on both sides the rule would match more than the set's family.
    let isOpen = box.source == set.family.any && box.destination == set.family.any
    text.append(asaAddress: box.source, set.family, isOpen)
    text.append(asaPorts: box.sourcePort)
    text.append(asaAddress: box.destination, set.family, isOpen)
    text.append(asaPorts: box.destinationPort)
    text.append("\n")
  }
  text.append("access-group OUTSIDE_in in interface outside\n")
  return text.bytes
}

extension ByteText {
  fileprivate mutating func append(asaAddress network: Interval<UInt128>, _ family: Family, _ isOpen: Bool) {
    if network == family.any {
      append(!isOpen ? " any" : family == .v4 ? " any4" : " any6")
    } else if network.isSingle {
      append(" host ")
      append(address: network.low, family)
    } else if family == .v6 {
      append(" ")
      append(prefix: network, family)
    } else {
      append(" ")
      append(address: network.low, family)
      append(" ")
      append(address: family.any.high - (network.high - network.low), family)
    }
  }

  fileprivate mutating func append(asaPorts ports: Interval<UInt16>) {
    guard ports != .all else { return }
    append(ports.isSingle ? " eq " : " range ")
    append(ports: ports, " ")
  }
}

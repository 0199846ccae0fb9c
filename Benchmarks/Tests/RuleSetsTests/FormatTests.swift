import Testing

@testable import RuleSets

@Suite struct FormatTests {
  private func lines(_ format: Format, _ family: Family, _ box: Box, permits: Bool = true) -> [String] {
    let set = RuleSet(
      name: "one", family: family, rules: [ListRule(permits: permits, box: box)], truth: nil)
    return String(decoding: format.files(of: set)[0].bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  private let web = Box(
    proto: Service.tcp, source: Family.v4.prefix(10 << 24, 8), destination: Family.v4.prefix(0xC000_0201, 32),
    sourcePort: Interval(1024, 65535), destinationPort: Interval(443))

  @Test func asa() {
    #expect(
      lines(.asa, .v4, web).contains(
        "access-list OUTSIDE_in extended permit tcp 10.0.0.0 255.0.0.0 range 1024 65535 host 192.0.2.1 eq 443"))
    let all = Box(proto: Service.anyProtocol, source: Family.v6.any, destination: Family.v6.any)
    #expect(lines(.asa, .v6, all, permits: false).contains("access-list OUTSIDE_in extended deny ip any6 any6"))
  }

  @Test func iptables() {
    #expect(
      lines(.iptables, .v4, web).contains(
        "-A FORWARD -s 10.0.0.0/8 -d 192.0.2.1/32 -p tcp -m tcp --sport 1024:65535 --dport 443 -j ACCEPT"))
    let ping = Box(
      proto: Interval(58), source: Family.v6.prefix(0xFD00 << 112, 16), destination: Family.v6.any)
    #expect(lines(.iptables, .v6, ping).contains("-A FORWARD -s fd00::/16 -p ipv6-icmp -j ACCEPT"))
  }

  @Test func table() {
    #expect(
      lines(.tsv, .v4, web) == ["permit\t6\t6\t167772160\t184549375\t3221225985\t3221225985\t1024\t65535\t443\t443"])
  }

  private static let addresses: [(UInt128, String)] = [
    (0, "::"), (1, "::1"), (0x2001_0DB8 << 96, "2001:db8::"), (0xFD00 << 112 | 0x1_0000_0001, "fd00::1:0:1"),
    (0x2001_0DB8_0000_0001 << 64 | 0x0001_0000_0000_0001, "2001:db8:0:1:1::1"),
  ]

  @Test(arguments: addresses)
  func addressesOfIPv6AreShort(address: UInt128, expected: String) {
    var text = ByteText()
    text.append(address: address, .v6)
    #expect(String(decoding: text.bytes, as: UTF8.self) == expected)
  }
}

import ConfigReaders
import PacketSets
import Reachability
import RuleModel
import SourceText
import Testing

/// Address translation of 8.3 and later.
@Suite struct CiscoASATranslationTests {
  private func translations(_ device: Device) -> [[TranslationRule]] {
    device.pipeline.compactMap { if case .translate(let rules) = $0.work { rules } else { nil } }
  }

  private func first(_ rules: [TranslationRule], _ from: String, _ packet: Packet) -> TranslationRule? {
    rules.first { $0.ingress.contains(from) && $0.match.upper.contains { $0.contains(packet) } }
  }

  private let server = """
    object network SRV
     host 10.30.0.10
    object network OFFICE
     subnet 10.0.0.0 255.255.255.0
    access-list OUT extended permit tcp any host 10.30.0.10 eq 443
    access-group OUT in interface outside

    """

  /// "Network Object NAT" and migration guide to 8.3, "Real IP Addresses": lists see the real address, packets come to
  /// the mapped one.
  @Test func listsSeeRealAddresses() throws {
    let device = try asaDevice(asaInterfaces + server + "object network SRV\n nat (dmz,outside) static 198.51.100.10\n")
    #expect(try asaVerdict(device, "outside", "dmz", asaPacket(6, "1.1.1.1", "198.51.100.10", 443)) == "permit")
    #expect(try asaVerdict(device, "outside", "dmz", asaPacket(6, "1.1.1.1", "198.51.100.10", 80)) == "deny")
    // The object keeps the address of its first block.
    #expect(device.lists[0].rules[0].match.isExact)
  }

  @Test func portTranslation() throws {
    let device = try asaDevice(
      asaInterfaces + server + "object network SRV\n nat (dmz,outside) static interface service tcp https 8443\n")
    #expect(try asaVerdict(device, "outside", "dmz", asaPacket(6, "1.1.1.1", "198.51.100.1", 8443)) == "permit")
    #expect(try asaVerdict(device, "outside", "dmz", asaPacket(6, "1.1.1.1", "198.51.100.1", 443)) == "deny")
  }

  /// "NAT Rule Order": section 1 twice NAT, section 2 object NAT (static before dynamic, fewer addresses first, lower
  /// address first, then name), section 3 after-auto. The addresses are the guide's own example.
  @Test func order() throws {
    let names = ["s24", "d24", "t24", "s32", "def", "abc"]
    let nets = [
      "192.168.1.0 255.255.255.0", "192.168.1.0 255.255.255.0", "10.1.1.0 255.255.255.0",
      "192.168.1.1 255.255.255.255", "172.16.1.0 255.255.255.0", "172.16.1.0 255.255.255.0",
    ]
    let kinds = [
      "static 1.0.0.0", "dynamic interface", "static 2.0.0.0", "static 3.0.0.1", "dynamic interface",
      "dynamic interface",
    ]
    var text = asaInterfaces
    for (name, net) in zip(names, nets) { text += "object network \(name)\n subnet \(net)\n" }
    text += "nat (inside,outside) after-auto source dynamic any interface\n"
    for (name, kind) in zip(names, kinds) { text += "object network \(name)\n nat (inside,outside) \(kind)\n" }
    text += "nat (inside,outside) source static s32 s32 destination static t24 t24\n"
    text += "nat (inside,outside) source dynamic abc interface inactive\n"
    let rules = try #require(try translations(asaDevice(text)).last)
    let order = rules.filter { $0.ingress.contains("inside") }.map(\.name)
    #expect(
      order.map { String($0.prefix { $0 != ":" }) }.dropFirst().dropLast() == [
        "object s32", "object t24", "object s24", "object abc", "object def", "object d24",
      ])
    #expect(order.first?.contains("source static s32 s32") == true)
    #expect(order.last?.contains("after-auto") == true)
    #expect(rules.first?.isExemption == true)
  }

  /// "Twice NAT": `destination static MAPPED REAL`; both addresses in one rule, in both directions for static.
  @Test func twiceNAT() throws {
    let device = try asaDevice(
      asaInterfaces + """
        object network HMI
         host 10.0.0.20
        object network HMI-M
         host 198.51.100.20
        object network VENDOR
         host 203.0.113.5
        object network VENDOR-M
         host 10.0.0.250
        nat (inside,outside) source static HMI HMI-M destination static VENDOR-M VENDOR
        access-list IN extended permit tcp host 10.0.0.20 host 203.0.113.5 eq 443
        access-group IN in interface inside
        access-list OUT extended permit tcp host 203.0.113.5 host 10.0.0.20 eq 22
        access-group OUT in interface outside
        """)
    #expect(try asaVerdict(device, "inside", "outside", asaPacket(6, "10.0.0.20", "10.0.0.250", 443)) == "permit")
    #expect(try asaVerdict(device, "outside", "inside", asaPacket(6, "203.0.113.5", "198.51.100.20", 22)) == "permit")
    #expect(try asaVerdict(device, "outside", "inside", asaPacket(6, "203.0.113.6", "198.51.100.20", 22)) == "deny")
    let leaving = try #require(translations(device).last)
    let rule = first(leaving, "inside", try asaPacket(6, "10.0.0.20", "203.0.113.5", 443))
    let (from, to) = (try #require(IPPrefix("10.0.0.20")), try #require(IPPrefix("198.51.100.20")))
    #expect(rule?.source == .prefix(from: from, to: to))
  }

  /// "Twice NAT", service objects: the first holds real source and mapped destination ports, the second the reverse.
  @Test func twiceNATService() throws {
    let device = try asaDevice(
      asaInterfaces + server + """
        object service REAL
         service tcp source eq 443
        object service MAPPED
         service tcp source eq 9443
        nat (dmz,outside) source static SRV interface service REAL MAPPED
        """)
    #expect(try asaVerdict(device, "outside", "dmz", asaPacket(6, "1.1.1.1", "198.51.100.1", 9443)) == "permit")
    #expect(try asaVerdict(device, "outside", "dmz", asaPacket(6, "1.1.1.1", "198.51.100.1", 443)) == "deny")
  }

  /// Dynamic translation opens nothing from the mapped side.
  @Test func dynamicIsOneWay() throws {
    let device = try asaDevice(
      asaInterfaces + server + """
        object network POOL
         range 198.51.100.50 198.51.100.60
        object network OFFICE
         nat (inside,outside) dynamic POOL interface
        nat (dmz,outside) after-auto source dynamic any pat-pool POOL round-robin
        """)
    let stages = translations(device)
    #expect(stages.count == 1)
    guard case .pool(let pool)? = stages[0][0].source else {
      Issue.record("a pool was expected")
      return
    }
    #expect(pool.v4.count == 12)
  }

  /// Migration guide to 8.3: `nat`, `global`, `static` of earlier software are other commands with the same names.
  @Test(arguments: [
    "nat (inside) 1 10.0.0.0 255.255.255.0", "global (outside) 1 interface",
    "static (inside,outside) 198.51.100.9 10.0.0.9 netmask 255.255.255.255", "nat-control",
  ])
  func oldStatementsAreGaps(text: String) throws {
    let reading = try readASA("ASA Version 8.2(5)\nhostname old\n\(text)\n")
    #expect(reading.ledger.gaps.map(\.couldChangeVerdict) == [true])
    #expect(reading.ledger.states[2] == .notModelled)
  }

  @Test(arguments: [
    "nat (inside,outside) source static NOPE NOPE2", "nat (inside,outside) source frobnicate OFFICE OFFICE",
    "nat (inside,outside) source static OFFICE OFFICE service NOPE NOPE",
  ])
  func brokenStatementsAreReported(text: String) throws {
    let reading = try readASA(asaInterfaces + server + text)
    #expect(reading.ledger.isIncomplete || reading.issues.contains { $0.couldChangeVerdict })
  }
}

import ConfigReaders
import PacketSets
import RuleModel
import SourceText
import TestKit
import Testing

/// Reads text as a WeOS configuration.
func readWeOS(_ text: String) throws -> Reading {
  let file = try SourceFile(path: "weos.cfg", bytes: Array(text.utf8))
  let reading = try #require(Platform.named("weos")).read(file)
  #expect(reading.ledger.count(of: .unread) == 0)
  return reading
}

/// Two VLANs; what `ip` holds follows.
func weos(_ ip: String) -> String {
  """
  Press Ctrl-C or Q(uit) to quit viewer, Space for next page, <CR> for next line.
  # \\\\/ Westermo WeOS v4.32.3, CLI Format v1.32
  # Lynx L110-F2G, art.no. 3649-0241-007

  aaa
          username admin hash $1$SecretHash
          end

  system
          hostname pump-3
          end

  alarm
          trigger 1 link-alarm
                  port 1,4-5
                  end
          end

  no spanning-tree

  vlan 1
          name office
          untagged ALL
          end

  iface vlan1 inet static
          address 10.1.0.1/24
          primary
          management ssh http ipconfig
          end

  iface vlan2 inet static
          address 10.2.0.1/24
          management ssh
          end

  ip
          route 0.0.0.0/0 10.2.0.254
          multicast-flood-unknown ALL
  \(ip.split(separator: "\n").map { "        \($0)" }.joined(separator: "\n"))
          end

  web
          port 8080
          ssl-port 443
          end

  """
}

/// The same with a firewall of these lines.
func weos(firewall: String...) -> String {
  weos("firewall\n" + firewall.map { "        \($0)\n" }.joined() + "        end\n")
}

/// "Guide" is the Westermo OS Management Guide 4.17.0-0.
@Suite struct WeOSTests {
  private func device(_ firewall: String...) throws -> Device {
    let reading = try readWeOS(weos("firewall\n" + firewall.map { "        \($0)\n" }.joined() + "        end\n"))
    #expect(reading.ledger.gaps.isEmpty, "\(reading.ledger.gaps)")
    return try #require(reading.devices.first)
  }

  private func fate(
    _ device: Device, _ packet: String = "tcp 10.1.0.5 10.2.0.9 502", _ from: String = "vlan1", _ to: String = "vlan2"
  ) throws -> String {
    try device.fate(packet, from: from, to: to)
  }

  // MARK: Off and on

  /// The trap. Guide 31.2.7: with the firewall off "all traffic is allowed through", whatever the rules say.
  @Test func `A firewall that is off lets everything pass`() throws {
    let off = try device("filter deny in vlan1 out vlan2", "no enable")
    #expect(try fate(off) == "permit")
    #expect(off.unboundLists.map { off.lists[$0].name } == ["forward filter"])
    for text in [weos("no firewall\n"), weos("")] {
      let device = try #require(readWeOS(text).devices.first)
      #expect(try fate(device) == "permit")
    }
    #expect(try fate(device("filter deny in vlan1 out vlan2", "no enable", "enable")) == "deny")
  }

  /// Guide 31.2.7: "traffic is by default denied"; the default forward policy may be set.
  @Test func `What no rule takes goes by the default policy`() throws {
    #expect(try fate(device()) == "deny")
    #expect(try fate(device("policy forward allow")) == "permit")
    #expect(try fate(device("policy forward allow", "policy forward deny")) == "deny")
  }

  /// Guide, chapter 31: "a rule … will implicitly allow traffic of established connections … in the reverse direction".
  @Test func `Replies pass`() throws {
    let device = try device("filter allow in vlan1 out vlan2 src 10.1.0.5 proto tcp dport 502")
    #expect(device.passesReplies && device.name == "pump-3")
    #expect(try fate(device) == "permit")
    #expect(try fate(device, "tcp 10.2.0.9 10.1.0.5 502", "vlan2", "vlan1") == "deny")
    #expect(device.interfaces.map(\.name) == ["vlan1", "vlan2"] && device.interfaces[0].aliases == ["office"])
    #expect(device.routes.map(\.interface) == ["vlan2"])
  }

  // MARK: Rules

  /// Guide 31.3.3.
  @Test(arguments: [
    ("allow out vlan2", "tcp 10.9.0.1 10.2.0.9 1", "permit"),
    ("allow in vlan2 out vlan2", "tcp 10.1.0.5 10.2.0.9 1", "deny"),
    ("allow dst 10.2.0.0/24", "udp 10.1.0.5 10.2.0.9 9", "permit"),
    ("allow dst 10.2.0.9 src 10.1.0.0/30", "udp 10.1.0.5 10.2.0.9 9", "deny"),
    ("allow out vlan2 dport 500-600", "udp 10.1.0.5 10.2.0.9 502", "permit"),
    ("allow out vlan2 dport 500-600 proto tcp", "udp 10.1.0.5 10.2.0.9 502", "deny"),
    ("allow out vlan2 proto 17", "udp 10.1.0.5 10.2.0.9 502", "permit"),
    ("allow out vlan2 proto icmp", "icmp 10.1.0.5 10.2.0.9 8", "permit"),
    ("allow out vlan2 dport 502", "gre 10.1.0.5 10.2.0.9", "deny"),
    ("allow out vlan2 log", "tcp 10.1.0.5 10.2.0.9 502", "permit"),
    ("allow out vlan2 passive", "tcp 10.1.0.5 10.2.0.9 502", "deny"),
  ])
  func conditions(rule: String, packet: String, expected: String) throws {
    let device = try device("filter " + rule)
    #expect(try fate(device, packet) == expected)
    let made = try #require(device.list("forward filter")).rules[0]
    #expect(made.logging == (rule.hasSuffix("log") ? .on : .off))
    #expect(made.state == (rule.hasSuffix("passive") ? .disabled : .active))
  }

  /// Guide 31.2.7: "If neither Out Interface nor Destination Address are specified, the rule will apply to the INPUT chain".
  @Test func `A rule without outbound interface and destination is about the switch itself`() throws {
    let device = try device("filter allow in vlan2 src 10.2.0.5 proto tcp dport 22", "filter deny in vlan2")
    #expect(try fate(device, "tcp 10.2.0.5 10.1.0.9 22", "vlan2", "vlan1") == "deny")
    #expect(try device.localFate("tcp 10.2.0.5 10.2.0.1 22", at: "vlan2") == "permit")
    #expect(try device.localFate("tcp 10.2.0.6 10.2.0.1 22", at: "vlan2") == "deny")
    // "… except for a set of default allow rules created", which the file does not show.
    #expect(try device.localFate("tcp 10.1.0.6 10.1.0.1 22", at: "vlan1") == "open")
  }

  /// Guide 31.3.3: `pos` inserts, the order is kept compact.
  @Test func `Positions decide the order`() throws {
    let deny = "deny in vlan1 out vlan2"
    #expect(try fate(device("filter allow in vlan1 out vlan2", "filter \(deny)")) == "permit")
    #expect(try fate(device("filter allow in vlan1 out vlan2", "filter pos 1 \(deny)")) == "deny")
    #expect(try fate(device("filter allow in vlan1 out vlan2", "filter pos 2 \(deny)")) == "permit")
    let three = try device("filter allow dst 10.2.0.1", "filter allow dst 10.2.0.2", "filter pos 2 allow dst 10.2.0.3")
    let rules = try #require(three.list("forward filter")).rules
    #expect(
      rules.indices.map { rules[$0].match.upper[0].destinations.description } == [
        "10.2.0.1", "10.2.0.3", "10.2.0.2",
      ])
    #expect(rules[1].name == "filter 2")
  }

  /// Guide 31.3.3: by position, or by the rule itself.
  @Test func `Rules are removed`() throws {
    let allow = "filter allow in vlan1 out vlan2"
    #expect(try fate(device("filter deny dst 10.2.0.9", allow, "no filter pos 1")) == "permit")
    #expect(try fate(device(allow, "no \(allow)")) == "deny")
    #expect(try fate(device(allow, allow, "no filter pos 2")) == "permit")
    let reading = try readWeOS(weos(firewall: allow, "no filter deny in vlan1 out vlan2", "no filter pos 7"))
    #expect(try fate(reading.devices[0]) == "permit" && reading.ledger.gaps.count == 2)
    let all = try readWeOS(weos(firewall: allow, "no filter"))
    #expect(try fate(all.devices[0]) == "open" && all.ledger.isIncomplete)
  }

  /// Guide 31.3.10 has `move`; its grammar was not to be had.
  @Test func `Moved rules are open`() throws {
    let reading = try readWeOS(
      weos(firewall: "filter deny dst 10.2.0.9", "filter allow in vlan1 out vlan2", "move filter 2 1"))
    #expect(try fate(reading.devices[0]) == "open" && reading.ledger.gaps.count == 1)
  }

  @Test(arguments: [
    "filter allow out vlan2 proto frob", "filter allow out vlan2 dport x", "filter allow out vlan2 src plc",
    "filter allow out vlan2 state new", "filter out vlan2", "filter allow deny out vlan2", "modbus allow", "frobnicate",
    "policy forward maybe", "policy allow", "filter allow out vlan2 dport 5 proto icmp",
  ])
  func `What is not understood is open`(line: String) throws {
    let reading = try readWeOS(weos(firewall: line))
    #expect(reading.ledger.gaps.contains { $0.couldChangeVerdict })
    #expect(try fate(reading.devices[0]) == "open")
  }

  @Test func `A deny that is not understood denies nothing for certain`() throws {
    let reading = try readWeOS(weos(firewall: "filter deny out vlan2 src plc", "filter allow out vlan2"))
    #expect(try fate(reading.devices[0]) == "open")
    #expect(try readWeOS(weos(firewall: "modbus allow")).devices[0].canInspectIndustrial)
  }

  // MARK: Translation

  /// Guide 31.1.4.1: `nat type napt out vlan2 addfilter`; the rule is behind the configured ones (31.1.2.3).
  @Test func `NAPT opens nothing unless told to`() throws {
    #expect(try fate(device("nat type napt out vlan2")) == "deny")
    let added = try device("nat type napt in vlan1 out vlan2 addfilter")
    #expect(try fate(added) == "open")
    #expect(try fate(added, "tcp 10.2.0.5 10.1.0.9 80", "vlan2", "vlan1") == "deny")
    #expect(try fate(device("filter deny dst 10.2.0.9", "nat type napt out vlan2 addfilter")) == "deny")
    #expect(try fate(device("nat type napt out vlan2 addfilter", "no nat type napt out vlan2 addfilter")) == "deny")
  }

  /// Guide 31.1.4.2.1 and 31.1.4.2.2: the destination changes before the filters are asked, the source behind them.
  @Test func `Filters see the inner addresses of 1-to-1 NAT`() throws {
    let nat = "nat type 1-to-1 in vlan2 dst 192.168.9.0/24 to-dst 10.1.0.0/24"
    let inner = try device(nat, "filter allow in vlan2 dst 10.1.0.7")
    #expect(try fate(inner, "tcp 10.2.0.5 192.168.9.7 80", "vlan2", "vlan1") == "permit")
    let outer = try device(nat, "filter allow in vlan2 dst 192.168.9.7")
    #expect(try fate(outer, "tcp 10.2.0.5 192.168.9.7 80", "vlan2", "vlan1") == "deny")
    #expect(try fate(device(nat + " addfilter"), "tcp 10.2.0.5 192.168.9.7 80", "vlan2", "vlan1") == "open")
  }

  /// Guide 31.1.2.3: an allow rule is added for every port forwarding rule.
  @Test func `Port forwarding opens what it points to`() throws {
    let reading = try readWeOS(weos(firewall: "port-forward in vlan2:8502 dst 10.1.0.7:502 proto tcp"))
    let device = try #require(reading.devices.first)
    #expect(reading.ledger.gaps.map(\.state) == [.notModelled])
    #expect(try fate(device, "tcp 10.2.0.5 10.2.0.1 8502", "vlan2", "vlan1") == "open")
    #expect(try fate(device, "tcp 10.1.0.5 10.2.0.9 502") == "deny")
  }

  /// Guide 31.1.2.3: tunnels add rules before the configured ones.
  @Test func `Tunnels may bring rules`() throws {
    let reading = try readWeOS(
      weos(firewall: "filter deny out vlan2")
        + "tunnel\n        ipsec 0\n                peer 1.2.3.4\n                end\n        end\n")
    #expect(try fate(reading.devices[0]) == "open" && reading.ledger.gaps.map(\.state) == [.notModelled])
  }

  // MARK: The device itself

  @Test func management() throws {
    let device = try #require(readWeOS(weos("")).devices.first)
    #expect(device.management.map(\.service) == ["ssh", "http", "ipconfig", "ssh"])
    #expect(device.management.map(\.isClearText) == [false, true, true, false])
    #expect(try device.localFate("tcp 10.1.0.5 10.1.0.1 8080", at: "vlan1") == "permit")
    #expect(try device.localFate("tcp 10.2.0.5 10.2.0.1 8080", at: "vlan2") == "open")
  }

  @Test func `IPv6 and WeOS 5 are open`() throws {
    let text = weos(firewall: "filter deny in vlan1 out vlan2")
    #expect(try fate(readWeOS(text).devices[0], "tcp fd00::1 fd00::2 80") == "open")
    let five = try readWeOS(text.replacing("WeOS v4.32.3", with: "WeOS v5.20.0"))
    #expect(try fate(five.devices[0]) == "open" && five.ledger.isIncomplete)
  }

  // MARK: Files

  @Test func detection() throws {
    let platform = try #require(Platform.named("weos"))
    func claims(_ text: String) throws -> Bool {
      platform.detect(try SourceFile(path: "x", bytes: Array(text.utf8))) != nil
    }
    #expect(try claims(weos("")))
    #expect(try claims("example:/config/ip/firewall/#> filter pos 4 allow in vlan2\r\n"))
    #expect(try claims("ip\n  firewall\n    no filter deny in vlan1 out vlan2\n"))
    #expect(try !claims("filter allow\nfilter allow everything\n filter x {\n") && !claims(""))
    guard let shared = sharedFolder() else {
      print("skipped: no samples beside the package")
      return
    }
    for path in filesBelow("\(shared)/samples") {
      #expect(platform.detect(try SourceFile(path: path, bytes: try #require(readBytes(path)))) == nil, "\(path)")
    }
  }

  /// A session, with prompts and without indentation.
  @Test func session() throws {
    let reading = try readWeOS(
      "example:/#> configure\r\nexample:/config/#> iface vlan1 inet static\r\nexample:/config/iface-vlan1/#> address 10.1.0.1/24\r\nexample:/config/iface-vlan1/#> end\r\nexample:/config/#> ip\r\nexample:/config/ip/#> firewall\r\nexample:/config/ip/firewall/#> filter allow in vlan1 out vlan2\r\nexample:/config/ip/firewall/#> end\r\nexample:/config/ip/#> leave\r\nexample:/#> \r\n"
    )
    #expect(reading.ledger.gaps.isEmpty, "\(reading.ledger.gaps)")
    #expect(
      try fate(reading.devices[0]) == "permit"
        && fate(reading.devices[0], "tcp 10.2.0.9 10.1.0.5 1", "vlan2", "vlan1") == "deny")
  }

  @Test func `Blocks that are not known are one gap`() throws {
    let reading = try readWeOS(
      weos("")
        + "frobnicate\n        password Hunter2\n        x\n                y\n                end\n        end\nno web\n"
    )
    #expect(reading.ledger.gaps.count == 1 && !reading.ledger.gaps[0].reason.contains("Hunter2"))
    #expect(reading.ledger.count(of: .notRecognised) == 4)
  }

  @Test func `A block whose end is missing swallows nothing`() throws {
    let reading = try readWeOS("ntp\n        server pool\nfrobnicate\n        x\n")
    #expect(reading.ledger.gaps.count == 1)
  }

  @Test(arguments: [
    "", "\n", "\u{0}", "end\nend", "ip", "ip\nfirewall", "ip\nfirewall\nfilter", "ip\nfirewall\nfilter pos",
    "ip\nfirewall\nnat",
    "ip\nfirewall\nfilter pos 99999999999999999999 allow", "ip\nfirewall\nno", "ip\nfirewall\nno filter pos 0",
    "ip\nfirewall\nno filter pos 1", "ip\nfirewall\nport-forward in dst", "ip\nfirewall\nport-forward in vlan1: dst :",
    "ip\nfirewall\nnat type 1-to-1 in a dst b to-dst c", "iface", "vlan", "iface x\naddress", "ip\nroute x y",
    "# Westermo WeOS v", "# Westermo WeOS v5",
  ])
  func hostileText(text: String) throws {
    let platform = try #require(Platform.named("weos"))
    for end in 0...text.utf8.count {
      let file = try SourceFile(path: "cut", bytes: Array(text.utf8.prefix(end)))
      _ = platform.detect(file)
      #expect(platform.read(file).ledger.count(of: .unread) == 0)
    }
  }

  @Test func hostileSize() throws {
    let rule = "filter allow in vlan1 out vlan2"
    let many = try readWeOS(weos(firewall: Array(repeating: rule, count: 50_000).joined(separator: "\n        ")))
    #expect(many.devices[0].list("forward filter")?.rules.count == 50_000)
    let inserted = Array(repeating: "filter pos 1 allow in vlan1 out vlan2", count: 20_000)
    let open = try readWeOS(weos(firewall: inserted.joined(separator: "\n        ")))
    #expect(try fate(open.devices[0]) == "open" && open.ledger.isIncomplete)
    var deep = ""
    for level in 0..<300 { deep += String(repeating: " ", count: level) + "block\n" }
    #expect(try readWeOS(String(repeating: deep, count: 50)).ledger.isIncomplete)
    let bytes = (0..<65536).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    let junk = try SourceFile(path: "junk", bytes: Array(weos("").utf8) + bytes)
    #expect(try #require(Platform.named("weos")).read(junk).ledger.isIncomplete)
  }
}

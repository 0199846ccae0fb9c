import ConfigReaders
import PacketSets
import RuleModel
import SourceText
import TestKit
import Testing

/// Boot file and commands, detection, captures as they come, and hostile files.
@Suite struct VyOSFormsTests {
  private var platform: Platform { Platform.named("vyos") ?? Platform.all[0] }

  private let boot = """
    firewall {
        global-options {
            all-ping "enable"
            state-policy {
                established {
                    action "accept"
                }
            }
        }
        group {
            address-group SCADA {
                address "10.0.1.10"
                address "10.0.1.20-10.0.1.22"
                description "the \\"old\\" and the new one"
            }
        }
        ipv4 {
            forward {
                filter {
                    default-action "drop"
                    rule 20 {
                        action "jump"
                        inbound-interface {
                            name "eth0"
                        }
                        jump-target "IN"
                    }
                    /* approved by the plant */
                    rule 10 {
                        action "accept"
                        source {
                            group {
                                address-group "SCADA"
                            }
                        }
                        destination {
                            port "502,1000-1010"
                        }
                        protocol "tcp"
                        log
                    }
                }
            }
            name IN {
                default-action "drop"
                rule 5 {
                    action "accept"
                    disable
                    state "related"
                }
            }
        }
        zone CELL {
            default-action "drop"
            from OFFICE {
                firewall {
                    name "IN"
                }
            }
            member {
                interface "eth1"
            }
        }
        zone OFFICE {
            member {
                interface "eth0"
            }
        }
    }
    interfaces {
        ethernet eth0 {
            address "10.0.1.1/24"
        }
        ethernet eth1 {
            address "10.0.2.1/24"
            vif 5 {
                address "10.5.0.1/24"
            }
        }
        loopback lo {
        }
    }
    nat {
        source {
            rule 10 {
                outbound-interface {
                    name "eth1"
                }
                translation {
                    address "masquerade"
                }
            }
        }
    }
    system {
        host-name "cell-1"
        login {
            user vyos {
                authentication {
                    encrypted-password $6$Hunter2Hunter2
                    plaintext-password ""
                }
            }
        }
    }

    // Warning: Do not remove the following line.
    // vyos-config-version: "firewall@15:nat@7:system@27"
    // Release version: 1.4.0

    """

  private let commands = """
    set firewall global-options all-ping 'enable'
    set firewall global-options state-policy established action 'accept'
    set firewall group address-group SCADA address '10.0.1.10'
    set firewall group address-group SCADA address '10.0.1.20-10.0.1.22'
    set firewall group address-group SCADA description 'the "old" and the new one'
    set firewall ipv4 forward filter default-action 'drop'
    set firewall ipv4 forward filter rule 10 action 'accept'
    set firewall ipv4 forward filter rule 10 destination port '502,1000-1010'
    set firewall ipv4 forward filter rule 10 log
    set firewall ipv4 forward filter rule 10 protocol 'tcp'
    set firewall ipv4 forward filter rule 10 source group address-group 'SCADA'
    set firewall ipv4 forward filter rule 20 action 'jump'
    set firewall ipv4 forward filter rule 20 inbound-interface name 'eth0'
    set firewall ipv4 forward filter rule 20 jump-target 'IN'
    comment firewall ipv4 forward filter rule 10 'approved by the plant'
    set firewall ipv4 name IN default-action 'drop'
    set firewall ipv4 name IN rule 5 action 'accept'
    set firewall ipv4 name IN rule 5 disable
    set firewall ipv4 name IN rule 5 state 'related'
    set firewall zone CELL default-action 'drop'
    set firewall zone CELL from OFFICE firewall name 'IN'
    set firewall zone CELL member interface 'eth1'
    set firewall zone OFFICE member interface 'eth0'
    set interfaces ethernet eth0 address '10.0.1.1/24'
    set interfaces ethernet eth1 address '10.0.2.1/24'
    set interfaces ethernet eth1 vif 5 address '10.5.0.1/24'
    set interfaces loopback lo
    set nat source rule 10 outbound-interface name 'eth1'
    set nat source rule 10 translation address 'masquerade'
    set system host-name 'cell-1'
    set system login user vyos authentication encrypted-password '$6$Hunter2Hunter2'
    set system login user vyos authentication plaintext-password ''

    """

  /// A boot file and `show configuration commands` of one device give the same model.
  @Test func bothFormsAreOneConfiguration() throws {
    let (one, other) = (try readVyOS(boot), try readVyOS(commands))
    #expect(one.ledger.gaps.isEmpty && other.ledger.gaps.isEmpty, "\(one.ledger.gaps) \(other.ledger.gaps)")
    #expect(
      textWithoutPlaces(try #require(one.devices.first)) == textWithoutPlaces(try #require(other.devices.first)))
    let device = try #require(try readVyOS(boot).devices.first)
    #expect(device.list("ipv4 forward filter")?.rules.map(\.name) == ["rule 10", "rule 20"])
    #expect(device.list("ipv4 forward filter")?.rules[0].comment == "approved by the plant")
    #expect(device.name == "cell-1")
  }

  private func detected(_ text: String) throws -> Bool {
    platform.detect(try SourceFile(path: "x", bytes: Array(text.utf8))) != nil
  }

  @Test func detection() throws {
    #expect(try detected(boot) && detected(commands) && detected(vyosBase))
    #expect(try detected("interfaces {\n    ethernet eth0 {\n        address 10.0.0.1/24\n    }\n}\n"))
    #expect(try detected("x {\n}\n/* === vyatta-config-version: \"firewall@5\" === */\n"))
    #expect(
      try detected("vyos@fw1:~$ show configuration commands\nset interfaces ethernet eth0 address '10.0.0.1/24'\n"))
    #expect(try !detected(junosBase))
    #expect(try !detected("interfaces {\n    ge-0/0/0 {\n        unit 0;\n    }\n}\n"))
    #expect(try !detected("firewall {\n  family inet {\n    filter F {\n      term a;\n"))
    #expect(try !detected("set interface eth0 ipv4-address 10.0.0.1 mask-length 24\n"))
    #expect(try !detected(""))
  }

  @Test func samples() throws {
    guard let shared = sharedFolder() else {
      print("skipped: no samples beside the package")
      return
    }
    for path in filesBelow("\(shared)/samples") {
      let file = try SourceFile(path: path, bytes: try #require(readBytes(path)))
      guard path.contains("/vyos/") else {
        #expect(platform.detect(file) == nil, "\(path)")
        continue
      }
      #expect(platform.detect(file) != nil, "\(path)")
      let reading = platform.read(file)
      for gap in reading.ledger.gaps { print("\(path): \(file.text(gap.range)): \(gap.reason)") }
      #expect(reading.ledger.gaps.isEmpty, "\(path)")
      #expect(reading.devices.map(\.name) == ["fw1"])
    }
  }

  @Test func captureNoise() throws {
    let text = """
      # RANCID-CONTENT-TYPE: vyos\r
      vyos@fw1:~$ show configuration commands\r
      set system host-name 'fw1'\r
      set firewall ipv4 forward filter default-action 'drop'\r
      \r
      [edit]\r
      vyos@fw1# exit\r
      vyos@fw1:~$ \r

      """
    let reading = try readVyOS(text)
    #expect(reading.devices.map(\.name) == ["fw1"] && reading.ledger.gaps.isEmpty, "\(reading.ledger.gaps)")
  }

  @Test func truncatedFile() throws {
    let cut = String(boot[..<(boot.firstRange(of: "jump-target")?.lowerBound ?? boot.endIndex)])
    let reading = try readVyOS(cut)
    #expect(reading.issues.contains { $0.kind == .truncated })
    #expect(try #require(reading.devices.first).vyosFate("tcp 10.0.1.10 10.0.2.5 80") == "open")
    #expect(try readVyOS("").issues.map(\.kind) == [.truncated])
  }

  @Test func secretsStayInTheFile() throws {
    let reading = try readVyOS(
      boot + commands + "set service snmp community Hunter2Hunter2\nset frobnicate password 'Hunter2Hunter2'\n")
    let text = reading.ledger.gaps.map(\.reason).joined() + reading.issues.map(\.message).joined()
    #expect(!text.contains("Hunter2"), "\(text)")
  }

  @Test(arguments: [
    "", "\n", "\u{0}\u{0}", "set", "set firewall", "set firewall ipv4 forward filter rule", "set firewall ipv4 name",
    "set firewall ipv4 name A rule x action accept", "set firewall ipv4 name A rule 99999999999999999999 action drop",
    "firewall {", "firewall {\nname A {\nrule 10 {\naction", "}", "{", "firewall {\n}}\n", "set nat source rule 1",
    "set nat destination rule 1 translation", "set firewall zone A from B",
    "set firewall zone A from A firewall name A",
    "set interfaces ethernet", "set interfaces ethernet eth0 address", "set protocols static route", "/*", "//", "'",
    "\"",
    "set firewall group port-group P port ',,-'", "set firewall group address-group A address '1.1.1.9-1.1.1.1'",
    "set system host-name '\u{1b}[31m'", "set firewall ipv4 name A rule 1 source port ''",
  ])
  func hostileText(text: String) throws {
    let reading = try readVyOS(text)
    #expect(reading.ledger.count(of: .unread) == 0)
    for end in stride(from: 0, to: text.utf8.count, by: 3) {
      _ = platform.read(try SourceFile(path: "cut", bytes: Array(text.utf8.prefix(end))))
    }
  }

  @Test func hostileSizes() throws {
    for opening in ["{", "a {\n", "a b c { "] {
      #expect(try readVyOS(String(repeating: opening, count: 100_000)).ledger.isIncomplete)
    }
    let same = String(repeating: "set firewall ipv4 forward filter default-action 'drop'\n", count: 60_000)
    #expect(try readVyOS(same).ledger.gaps.isEmpty)
    var bytes: [UInt8] = Array(commands.utf8)
    bytes += (0..<65536).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    #expect(platform.read(try SourceFile(path: "junk", bytes: bytes)).ledger.isIncomplete)
  }
}

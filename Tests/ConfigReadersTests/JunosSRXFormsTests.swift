import ConfigReaders
import PacketSets
import RuleModel
import SourceText
import TestKit
import Testing

/// The two forms of a configuration, configuration groups, and virtual instances.
@Suite struct JunosSRXFormsTests {
  private let braces = """
    ## Last commit: 2024-12-06 11:41:05 UTC by root
    version 22.4R3-S2.11;
    system {
        host-name cell-1;
        services { ssh; web-management { http { interface ge-0/0/0.0; } } }
    }
    security {
        address-book {
            global {
                address scada 10.0.1.10/32;
                address pool { range-address 10.0.2.10 { to { 10.0.2.20; } } }
                address web { dns-name scada.example.com; }
                address-set hosts { address scada; address pool; }
            }
        }
        nat {
            destination {
                pool server { address 10.0.2.10/32 port 502; }
                rule-set in {
                    from zone office;
                    rule r {
                        match { destination-address 192.0.2.1/32; destination-port { 1000 to 1010; } }
                        then { destination-nat { pool { server; } } }
                    }
                }
            }
        }
        policies {
            from-zone office to-zone cell {
                /* approved by the plant */
                policy one {
                    match {
                        source-address [ scada web ];
                        destination-address hosts;
                        application modbus;
                    }
                    then { permit; log { session-init; session-close; } }
                }
                inactive: policy two {
                    match { source-address any; destination-address any; application any; }
                    then { reject; }
                }
            }
            from-zone cell to-zone office { policy back { match { source-address any; destination-address any; application junos-https; } then { deny; } } }
            global { policy g { match { source-address any; destination-address any; application junos-ping; from-zone office; } then { permit; } } }
            from-zone office to-zone cell {
                policy three { match { source-address any; destination-address any; application modbus; } then { permit; } }
            }
            default-policy { deny-all; }
        }
        zones {
            security-zone office { host-inbound-traffic { system-services { ssh; ping; } } interfaces { ge-0/0/0.0; } }
            security-zone cell { interfaces { ge-0/0/1.0 { host-inbound-traffic { protocols { ospf; } } } } }
        }
    }
    interfaces {
        ge-0/0/0 { unit 0 { family inet { filter { input F; } address 10.0.1.1/24; } } }
        ge-0/0/1 { unit 0 { family inet { address 10.0.2.1/24; } } }
    }
    firewall {
        family inet {
            filter F {
                term a {
                    from { source-address { 10.0.0.0/8; 10.0.9.0/24 except; } protocol [ tcp udp icmp ]; }
                    then { count c; accept; }
                }
                term b { then { log; discard; } }
            }
        }
    }
    routing-options { static { route 0.0.0.0/0 next-hop 10.0.1.254; } }
    applications { application modbus { protocol tcp; destination-port 502; } }

    """

  private let lines = """
    set version 22.4R3-S2.11
    set system host-name cell-1
    set system services ssh
    set system services web-management http interface ge-0/0/0.0
    set security address-book global address scada 10.0.1.10/32
    set security address-book global address pool range-address 10.0.2.10 to 10.0.2.20
    set security address-book global address web dns-name scada.example.com
    set security address-book global address-set hosts address scada
    set security address-book global address-set hosts address pool
    set security nat destination pool server address 10.0.2.10/32
    set security nat destination pool server address port 502
    set security nat destination rule-set in from zone office
    set security nat destination rule-set in rule r match destination-address 192.0.2.1/32
    set security nat destination rule-set in rule r match destination-port 1000 to 1010
    set security nat destination rule-set in rule r then destination-nat pool server
    set security policies from-zone office to-zone cell policy one match source-address scada
    set security policies from-zone office to-zone cell policy one match source-address web
    set security policies from-zone office to-zone cell policy one match destination-address hosts
    set security policies from-zone office to-zone cell policy one match application modbus
    set security policies from-zone office to-zone cell policy one then permit
    set security policies from-zone office to-zone cell policy one then log session-init
    set security policies from-zone office to-zone cell policy one then log session-close
    annotate security policies from-zone office to-zone cell policy one "approved by the plant"
    set security policies from-zone office to-zone cell policy two match source-address any
    set security policies from-zone office to-zone cell policy two match destination-address any
    set security policies from-zone office to-zone cell policy two match application any
    set security policies from-zone office to-zone cell policy two then reject
    deactivate security policies from-zone office to-zone cell policy two
    set security policies from-zone office to-zone cell policy three match source-address any
    set security policies from-zone office to-zone cell policy three match destination-address any
    set security policies from-zone office to-zone cell policy three match application modbus
    set security policies from-zone office to-zone cell policy three then permit
    set security policies from-zone cell to-zone office policy back match source-address any
    set security policies from-zone cell to-zone office policy back match destination-address any
    set security policies from-zone cell to-zone office policy back match application junos-https
    set security policies from-zone cell to-zone office policy back then deny
    set security policies global policy g match source-address any
    set security policies global policy g match destination-address any
    set security policies global policy g match application junos-ping
    set security policies global policy g match from-zone office
    set security policies global policy g then permit
    set security policies default-policy deny-all
    set security zones security-zone office host-inbound-traffic system-services ssh
    set security zones security-zone office host-inbound-traffic system-services ping
    set security zones security-zone office interfaces ge-0/0/0.0
    set security zones security-zone cell interfaces ge-0/0/1.0 host-inbound-traffic protocols ospf
    set interfaces ge-0/0/0 unit 0 family inet filter input F
    set interfaces ge-0/0/0 unit 0 family inet address 10.0.1.1/24
    set interfaces ge-0/0/1 unit 0 family inet address 10.0.2.1/24
    set firewall family inet filter F term a from source-address 10.0.0.0/8
    set firewall family inet filter F term a from source-address 10.0.9.0/24 except
    set firewall family inet filter F term a from protocol tcp
    set firewall family inet filter F term a from protocol udp
    set firewall family inet filter F term a from protocol icmp
    set firewall family inet filter F term a then count c
    set firewall family inet filter F term a then accept
    set firewall family inet filter F term b then log
    set firewall family inet filter F term b then discard
    set routing-options static route 0.0.0.0/0 next-hop 10.0.1.254
    set applications application modbus protocol tcp
    set applications application modbus destination-port 502

    """

  /// `show configuration` and `show configuration | display set` of one device give the same model.
  @Test func bothFormsAreOneConfiguration() throws {
    let (one, other) = (try readJunos(braces), try readJunos(lines))
    #expect(one.ledger.gaps.isEmpty && other.ledger.gaps.isEmpty)
    #expect(one.issues.map(\.message) == other.issues.map(\.message))
    #expect(
      textWithoutPlaces(try #require(one.devices.first)) == textWithoutPlaces(try #require(other.devices.first)))
    let device = try #require(one.devices.first)
    #expect(
      device.list("from-zone office to-zone cell")?.rules.map(\.name) == ["policy one", "policy two", "policy three"])
    #expect(device.list("from-zone office to-zone cell")?.rules[0].comment == "approved by the plant")
  }

  /// A finding points at the head of the policy, in braces as well as in lines.
  @Test func rulesPointAtTheirFirstLine() throws {
    for (text, expected) in [
      (braces, "policy one"),
      (lines, "set security policies from-zone office to-zone cell policy one match source-address scada"),
    ] {
      let file = try SourceFile(path: "x", bytes: Array(text.utf8))
      let device = try #require(try readJunos(text).devices.first)
      let rule = try #require(device.list("from-zone office to-zone cell")?.rules[0])
      #expect(file.text(rule.source) == expected)
    }
  }

  /// Both forms in one file: `load merge` of set lines behind a listing.
  @Test func mixedForms() throws {
    let text = braces + "deactivate security policies from-zone office to-zone cell policy three\n"
    let device = try #require(try readJunos(text).devices.first)
    #expect(device.list("from-zone office to-zone cell")?.rules.map(\.state) == [.active, .disabled, .disabled])
  }

  @Test func editAndRename() throws {
    let text =
      junosBase + junosPolicy("a") + """
        edit security policies from-zone office to-zone cell
        set policy a then log session-close
        rename policy a to policy b
        up 2
        top
        delete applications application modbus destination-port 502
        set applications application modbus destination-port 503

        """
    let rules = try #require(try junosDevice(text).list("from-zone office to-zone cell")?.rules)
    #expect(rules.map(\.name) == ["policy b"] && rules[0].logging == .on)
    #expect(rules[0].match.upper[0].services.map(\.description) == ["tcp/503"])
  }

  // MARK: Groups

  /// CLI User Guide, "Use Configuration Groups": wildcards stand for what is there; inherited policies come last.
  @Test func groupsWithWildcards() throws {
    let template = "set groups deny-log security policies from-zone <*> to-zone <*> policy rest"
    let text = """
      \(template) match source-address any
      \(template) match destination-address any
      \(template) match application any
      \(template) then deny
      \(template) then log session-init
      set security policies apply-groups deny-log

      """
    let device = try junosDevice(junosBase + text + junosPolicy("a"))
    let rules = try #require(device.list("from-zone office to-zone cell")?.rules)
    #expect(rules.map(\.name) == ["policy a", "policy rest"] && rules[1].logging == .on && rules[1].match.isExact)
    // A context that the group alone names does not come into being.
    #expect(device.lists.map(\.name) == ["from-zone office to-zone cell", "host-inbound-traffic"])
    let except = "set security policies from-zone office to-zone cell apply-groups-except deny-log\n"
    let without = try junosDevice(junosBase + text + junosPolicy("a") + except)
    #expect(without.list("from-zone office to-zone cell")?.rules.count == 1)
    let off = try junosDevice(junosBase + text + junosPolicy("a") + "deactivate security policies apply-groups\n")
    #expect(off.list("from-zone office to-zone cell")?.rules.count == 1)
  }

  /// "Applying a Junos Configuration Group": the first group goes before the second, the place itself before both.
  @Test func precedenceOfGroups() throws {
    let text = """
      set groups one system host-name first
      set groups two system host-name second
      set groups two applications application extra protocol udp
      set apply-groups [ one two ]

      """
    #expect(try readJunos(text).devices[0].name == "first")
    #expect(try readJunos(text + "set system host-name own\n").devices[0].name == "own")
  }

  /// Patterns of any level and `[…]`; places deep in the tree ask for groups too; groups ask for groups.
  @Test func groupsInDepth() throws {
    let text = """
      set groups g interfaces <*> unit <1*> family inet address 1.0.0.1/31
      set groups g interfaces <xe-*> unit <2*> family inet address 2.0.0.1/31
      set groups h interfaces "<em[0,1]>" unit <*> family inet filter input F
      set groups outer apply-groups h
      set interfaces xe-0/0/0 unit 20 apply-groups g
      set interfaces em0 unit 0 family inet address 10.0.0.1/24
      set interfaces em7 unit 0 family inet address 10.7.0.1/24
      set firewall family inet filter F term a then accept
      set apply-groups outer

      """
    let device = try junosDevice(text)
    #expect(
      device.interfaces.first { $0.name == "xe-0/0/0.20" }?.addresses.map(\.network.description) == ["2.0.0.0/31"])
    #expect(device.pipeline.filter { $0.name.contains("filter") }.map(\.name) == ["filter input of em0.0"])
  }

  @Test func undefinedAndCircularGroups() throws {
    let reading = try readJunos("set apply-groups nobody\nset system host-name x\n")
    #expect(reading.issues.contains { $0.kind == .undefinedReference })
    let circle = """
      set groups a apply-groups b
      set groups b apply-groups a
      set groups a system host-name x
      set apply-groups a

      """
    #expect(try readJunos(circle).devices[0].name == "x")
  }

  // MARK: Instances

  /// "Logical Systems Overview", "Tenant Systems Overview": each has interfaces, zones and policies of its own.
  @Test func logicalSystemsAndTenants() throws {
    let inner = junosPolicy("a", application: "modbus").replacing(
      "set security", with: "set logical-systems line security")
    let text = """
      set logical-systems line interfaces ge-0/0/3 unit 0 family inet address 10.0.1.1/24
      set logical-systems line security zones security-zone office interfaces ge-0/0/3.0
      set logical-systems line security zones security-zone cell interfaces ge-0/0/4.0
      set logical-systems line security address-book global address scada 10.0.1.10/32
      set logical-systems line security address-book global address plc 10.0.2.0/24
      set tenants shop security zones security-zone z interfaces ge-0/0/5.0

      """
    let reading = try readJunos(junosBase + text + inner)
    #expect(reading.devices.map(\.label) == ["cell-1", "cell-1/line", "cell-1/shop"])
    #expect(reading.ledger.gaps.isEmpty)
    #expect(
      try reading.devices[1].junosFate("tcp 10.0.1.10 10.0.2.5 502", from: "ge-0/0/3.0", to: "ge-0/0/4.0") == "permit")
  }
}

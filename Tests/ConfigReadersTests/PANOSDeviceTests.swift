import PacketSets
import RuleModel
import TestKit
import Testing

/// Translation, routes, management, and the forms of one configuration.
@Suite struct PANOSDeviceTests {
  private let outside = """
    set network interface ethernet ethernet1/3 layer3 ip 203.0.113.1/24
    set network virtual-router default routing-table ip static-route d destination 0.0.0.0/0
    set network virtual-router default routing-table ip static-route d nexthop ip-address 203.0.113.254
    set zone outside network layer3 ethernet1/3

    """
  private let inbound = """
    set rulebase nat rules in from outside
    set rulebase nat rules in to outside
    set rulebase nat rules in source any
    set rulebase nat rules in destination 203.0.113.10
    set rulebase nat rules in service any
    set rulebase nat rules in destination-translation translated-address 10.0.2.5

    """

  /// PAN-OS Networking Administrator's Guide, "Destination NAT Example — One-to-One Mapping": the security rule names the
  /// address before and the zone after translation, the NAT rule the zone of the untranslated destination.
  @Test func preTranslationAddressPostTranslationZone() throws {
    let good = panRule("r", "from outside", "source any", "destination 203.0.113.10", "service any")
    let device = try panDevice(panBase + outside + inbound + good)
    #expect(try device.pan("tcp 198.51.100.1 203.0.113.10 80", from: "ethernet1/3") == "permit")
    let wrong = panRule("r", "from outside", "source any", "destination 10.0.2.5", "service any")
    #expect(
      try panDevice(panBase + outside + inbound + wrong).pan("tcp 198.51.100.1 203.0.113.10 80", from: "ethernet1/3")
        == "deny")
    guard case .translate(let rules) = device.pipeline[1].work else {
      Issue.record("the second stage translates")
      return
    }
    #expect(rules[0].destination == .prefix(from: IPPrefix("203.0.113.10/32")!, to: IPPrefix("10.0.2.5/32")!))
    #expect(rules[0].match.isExact && rules[0].egress == .any)
  }

  /// Same guide, "NAT Policy Overview": rules are evaluated from the top down, the first match decides. What the zone
  /// before translation decides is open where the final egress interface does not tell it.
  @Test func sourceTranslationBeforeDestinationTranslation() throws {
    let out = """
      set rulebase nat rules out from outside
      set rulebase nat rules out to outside
      set rulebase nat rules out source any
      set rulebase nat rules out destination any
      set rulebase nat rules out service any
      set rulebase nat rules out source-translation dynamic-ip-and-port interface-address interface ethernet1/3

      """
    guard case .translate(let rules) = try panDevice(panBase + outside + out + inbound).pipeline[1].work else {
      Issue.record("the second stage translates")
      return
    }
    #expect(rules[0].source == .egressInterface)
    #expect(!rules[1].match.isExact)
  }

  @Test func bidirectionalAndPorts() throws {
    let text = """
      set rulebase nat rules s from control
      set rulebase nat rules s to outside
      set rulebase nat rules s source 10.0.2.5
      set rulebase nat rules s destination any
      set rulebase nat rules s service any
      set rulebase nat rules s source-translation static-ip translated-address 203.0.113.20
      set rulebase nat rules s source-translation static-ip bi-directional yes

      """
    guard case .translate(let rules) = try panDevice(panBase + outside + text).pipeline[1].work else {
      Issue.record("the second stage translates")
      return
    }
    #expect(rules.count == 2 && rules[0].egress.contains("ethernet1/3") && !rules[0].egress.contains("ethernet1/1"))
    #expect(rules[1].destination == .prefix(from: IPPrefix("203.0.113.20/32")!, to: IPPrefix("10.0.2.5/32")!))
    let ports = inbound + "set rulebase nat rules in destination-translation translated-port 8080\n"
    guard case .translate(let changed) = try panDevice(panBase + outside + ports).pipeline[1].work else { return }
    #expect(changed[0].destinationPorts == IntervalSet(8080))
  }

  @Test func routes() throws {
    let device = try panDevice(
      panBase + outside + "set network virtual-router default routing-table ip static-route n destination 10.9.0.0/16\n"
        + "set network virtual-router default routing-table ip static-route n nexthop discard\n")
    #expect(device.routes.map(\.interface) == ["ethernet1/3", nil])
    #expect(device.routes[0].gateway == IPAddress("203.0.113.254"))
    let reading = try panOS(panBase + "set network virtual-router default protocol bgp enable yes\n")
    #expect(reading.ledger.isIncomplete)
    #expect(try !panOS(panBase + "set network virtual-router default protocol bgp enable no\n").ledger.isIncomplete)
  }

  /// Networking Administrator's Guide, "Use Interface Management Profiles to Restrict Access"; Web Interface Help,
  /// "Device > Setup > Interfaces": permitted addresses, all when none is listed.
  @Test func management() throws {
    let device = try panDevice(
      panBase + """
        set deviceconfig system ip-address 192.168.1.1
        set deviceconfig system netmask 255.255.255.0
        set deviceconfig system permitted-ip 192.168.1.0/24
        set deviceconfig system service disable-telnet yes
        set deviceconfig system service disable-http no
        set network profiles interface-management-profile ops ssh yes
        set network profiles interface-management-profile ops telnet no
        set network profiles interface-management-profile ops ping yes
        set network profiles interface-management-profile ops permitted-ip 10.0.1.10
        set network interface ethernet ethernet1/1 layer3 interface-management-profile ops

        """)
    #expect(
      device.management.map { "\($0.interface ?? "") \($0.service) \($0.sources)" } == [
        "management https 192.168.1.0/24", "management ssh 192.168.1.0/24", "management http 192.168.1.0/24",
        "ethernet1/1 ssh 10.0.1.10", "ethernet1/1 ping 10.0.1.10",
      ])
    #expect(device.interfaces.last?.isManagementOnly == true)
    #expect(try device.localFate("tcp 10.0.1.10 10.0.1.1 22", at: "ethernet1/1") == "open")
    #expect(try device.localFate("tcp 10.0.1.11 10.0.1.1 22", at: "ethernet1/1") == "deny")
    #expect(try device.localFate("tcp 192.168.1.9 192.168.1.1 22", at: "management") == "permit")
    #expect(try device.localFate("tcp 10.0.2.10 10.0.2.1 22", at: "ethernet1/2") == "deny")
  }

  /// Rule tables that permit nothing are read over, those that stop or divert traffic are gaps.
  @Test func otherRuleTables() throws {
    for table in ["decryption", "qos"] {
      #expect(try !panOS(panBase + "set rulebase \(table) rules x from any\n").ledger.isIncomplete, "\(table)")
    }
    for table in ["pbf", "dos", "authentication", "sdwan", "tunnel-inspect", "unheard-of"] {
      #expect(try panOS(panBase + "set rulebase \(table) rules x from any\n").ledger.isIncomplete, "\(table)")
    }
    let disabled = "set rulebase pbf rules x from any\nset rulebase pbf rules x disabled yes\n"
    #expect(try !panOS(panBase + disabled).ledger.isIncomplete)
  }

  /// A firewall under Panorama has rules that its own file does not show.
  @Test func managedFirewall() throws {
    let server = "set deviceconfig system panorama-server 10.1.1.1\n"
    #expect(try panOS(panBase + server).issues.contains { $0.couldChangeVerdict })
    let pushed = panRule("p", rulebase: "policy panorama pre-rulebase")
    #expect(try panOS(panBase + server + pushed).issues.isEmpty)
  }

  // MARK: Forms

  private let setForm =
    panBase
      + """
      set service-group g members [ tcp-502 service-http ]
      set address-group cells static [ plc "plc 2" ]
      set address "plc 2" ip-range 10.0.2.1-10.0.2.9
      set rulebase security rules "read only" from supervision
      set rulebase security rules "read only" to control
      set rulebase security rules "read only" source scada
      set rulebase security rules "read only" destination cells
      set rulebase security rules "read only" application [ modbus-base modbus-read-coils ]
      set rulebase security rules "read only" service application-default
      set rulebase security rules "read only" action allow
      set rulebase security rules "read only" description "MOC-1 & more"
      set rulebase security rules last from any
      set rulebase security rules last to any
      set rulebase security rules last source any
      set rulebase security rules last destination any
      set rulebase security rules last application any
      set rulebase security rules last service g
      set rulebase security rules last action deny
      set rulebase nat rules n from supervision
      set rulebase nat rules n to control
      set rulebase nat rules n source any
      set rulebase nat rules n destination 10.0.1.200
      set rulebase nat rules n service tcp-502
      set rulebase nat rules n destination-translation translated-address 10.0.2.5

      """

  private let xmlForm = """
    <?xml version="1.0"?>
    <!-- an export -->
    <response status='success'><result>
    <config version="10.1.0" urldb="paloaltonetworks"><devices><entry name='localhost.localdomain'>
      <deviceconfig><system><hostname>cell-1</hostname></system></deviceconfig>
      <network>
        <interface><ethernet>
          <entry name="ethernet1/1"><layer3><ip><entry name="10.0.1.1/24"/></ip></layer3></entry>
          <entry name="ethernet1/2"><layer3><ip><entry name="10.0.2.1/24"/></ip></layer3></entry>
        </ethernet></interface>
        <virtual-router><entry name="default"><interface>
          <member>ethernet1/1</member><member>ethernet1/2</member>
        </interface></entry></virtual-router>
      </network>
      <vsys><entry name="vsys1">
        <zone>
          <entry name="supervision"><network><layer3><member>ethernet1/1</member></layer3></network></entry>
          <entry name="control"><network><layer3><member>ethernet1/2</member></layer3></network></entry>
        </zone>
        <address>
          <entry name="scada"><ip-netmask>10.0.1.10</ip-netmask></entry>
          <entry name="plc"><ip-netmask>10.0.2.0/24</ip-netmask></entry>
          <entry name="plc 2"><ip-range>10.0.2.1-10.0.2.9</ip-range></entry>
        </address>
        <address-group>
        <entry name="cells"><static><member>plc</member><member>plc 2</member></static></entry>
      </address-group>
        <service><entry name="tcp-502"><protocol><tcp><port>502</port></tcp></protocol></entry></service>
        <service-group>
        <entry name="g"><members><member>tcp-502</member><member>service-http</member></members></entry>
      </service-group>
        <rulebase>
          <security><rules>
            <entry name="read only" uuid="9d3e0d32-0000-4000-8000-000000000001">
              <from><member>supervision</member></from>
              <to><member>control</member></to>
              <source><member>scada</member></source>
              <destination><member>cells</member></destination>
              <application><member>modbus-base</member><member>modbus-read-coils</member></application>
              <service><member>application-default</member></service>
              <action>allow</action>
              <description>MOC-1 &amp; more</description>
            </entry>
            <entry name="last">
              <from><member>any</member></from>
              <to><member>any</member></to>
              <source><member>any</member></source>
              <destination><member>any</member></destination>
              <application><member>any</member></application>
              <service><member>g</member></service>
              <action>deny</action>
            </entry>
          </rules></security>
          <nat><rules><entry name="n">
            <from><member>supervision</member></from>
            <to><member>control</member></to>
            <source><member>any</member></source>
            <destination><member>10.0.1.200</member></destination>
            <service>tcp-502</service>
            <destination-translation><translated-address>10.0.2.5</translated-address></destination-translation>
          </entry></rules></nat>
        </rulebase>
      </entry></vsys>
    </entry></devices></config>
    </result></response>

    """

  private func expectSame(_ a: Reading, _ b: Reading) throws {
    let (first, second) = (withoutPlaces(a.devices[0]), withoutPlaces(b.devices[0]))
    #expect(a.devices.count == 1 && b.devices.count == 1 && first.label == second.label)
    #expect(first.lists == second.lists)
    #expect(first.pipeline == second.pipeline && first.localPipeline == second.localPipeline)
    #expect(first.interfaces == second.interfaces && first.routes == second.routes)
    #expect(first.management == second.management)
  }

  @Test func setAndXMLAreOneConfiguration() throws {
    let (set, xml) = (try panOS(setForm), try panOS(xmlForm))
    try expectSame(set, xml)
    #expect(set.ledger.gaps.isEmpty && xml.ledger.gaps.isEmpty)
  }

  @Test func bracesAreTheSameToo() throws {
    // `set a b c` one by one in braces is the same tree.
    let lines = setForm.split(separator: "\n").map { line -> String in
      var words = line.dropFirst(4)
      guard let bracket = words.firstIndex(of: "[") else { return "\(words);" }
      words = words[..<bracket]
      return "\(words) \(line[bracket...]);"
    }
    let braces = "config {\n devices {\n localhost.localdomain {\n vsys {\n vsys1 {\n}\n}\n}\n}\n}\n"
    try expectSame(try panOS(setForm), try panOS("show config\n" + braces + lines.joined(separator: "\n") + "\n"))
  }

  @Test func commandsThatChangeWhatIsThere() throws {
    let text =
      panBase + panRule("a") + panRule("b", "action deny") + """
        move rulebase security rules b before a
        rename address scada to hmi
        set rulebase security rules a source hmi
        delete rulebase security rules a source scada
        move rulebase security rules a top
        set rulebase security rules c action deny
        delete rulebase security rules c

        """
    let reading = try panOS(text)
    let device = reading.devices[0]
    #expect(device.list("security rules")?.rules.map(\.name) == ["rule a", "rule b"])
    #expect(try device.pan("tcp 10.0.1.10 10.0.2.5 502") == "permit")
    #expect(reading.ledger.gaps.isEmpty)
    #expect(try panOS(panBase + "move rulebase security rules x top\n").ledger.isIncomplete)
    #expect(try panOS(panBase + "copy rulebase security rules x to y\n").ledger.isIncomplete)
  }

  /// The command line takes several attributes in one command.
  @Test func severalAttributesOnOneLine() throws {
    let line = "set rulebase security rules r from supervision to [ control ] source scada destination any "
    let device = try panDevice(
      panBase + "set service s protocol tcp port 502 source-port 1-65535\n" + line
        + "application any service s action allow log-end no\n")
    #expect(try device.pan("tcp 10.0.1.10 10.0.2.5 502") == "permit")
    #expect(device.list("security rules")?.rules[0].logging == .off)
  }

  /// The value that is set last counts.
  @Test func repeatedAttribute() throws {
    let device = try panDevice(
      panBase + panRule("r", "action deny", "action allow", "action deny", "action allow"))
    #expect(try device.pan("tcp 10.0.1.10 10.0.2.5 502") == "permit")
  }
}

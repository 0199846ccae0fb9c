import PacketSets
import RuleModel
import Testing

/// Security rules: order, zones, conditions, layers.
@Suite struct PANOSRuleTests {
  private let scadaToPLC = "tcp 10.0.1.10 10.0.2.5 502"

  /// PAN-OS Administrator's Guide, "Security Policy": rules are evaluated from top to bottom, the first match decides;
  /// the default rules allow traffic inside a zone and deny traffic between zones.
  @Test func firstMatchThenDefaults() throws {
    let device = try panDevice(panBase + panRule("no", "action deny") + panRule("yes", "service any"))
    #expect(try device.pan(scadaToPLC) == "deny")
    #expect(try device.pan("tcp 10.0.1.10 10.0.2.5 503") == "permit")
    #expect(try device.pan("tcp 10.0.1.11 10.0.2.5 503") == "deny")
    #expect(try device.pan("tcp 10.0.1.11 10.0.1.12 503", to: "ethernet1/1") == "permit")
  }

  /// Same guide: the default rules can be overridden, action and logging among other settings.
  @Test func overriddenDefaults() throws {
    let override = """
      set rulebase default-security-rules rules intrazone-default action drop
      set rulebase default-security-rules rules intrazone-default log-end yes
      set rulebase default-security-rules rules interzone-default action allow

      """
    let device = try panDevice(panBase + override)
    #expect(try device.pan("tcp 10.0.1.11 10.0.1.12 503", to: "ethernet1/1") == "deny")
    #expect(try device.pan(scadaToPLC) == "permit")
    #expect(device.list("intrazone-default")?.rules[0].logging == .on)
    let plain = try panDevice(panBase)
    #expect(plain.list("intrazone-default")?.rules[0].logging == .off)
  }

  /// PAN-OS Web Interface Help, "Building Blocks in a Security Policy Rule": rule type.
  @Test func ruleTypes() throws {
    func fates(_ type: String) throws -> [String] {
      let both = "[ supervision control ]"
      let device = try panDevice(
        panBase + "set rulebase default-security-rules rules intrazone-default action deny\n"
          + panRule(
            "r", "from \(both)", "to \(both)", "source any", "destination any", "service any", "rule-type \(type)"))
      return [
        try device.pan(scadaToPLC), try device.pan(scadaToPLC, to: "ethernet1/1"),
        try device.pan("tcp 10.0.2.5 10.0.1.10 80", from: "ethernet1/2", to: "ethernet1/1"),
      ]
    }
    #expect(try fates("universal") == ["permit", "permit", "permit"])
    #expect(try fates("intrazone") == ["deny", "permit", "deny"])
    #expect(try fates("interzone") == ["permit", "deny", "permit"])
  }

  @Test func negationDisabledScheduleAndConditions() throws {
    let negated = try panDevice(panBase + panRule("r", "negate-source yes", "service any"))
    #expect(try negated.pan(scadaToPLC) == "deny")
    #expect(try negated.pan("tcp 10.0.1.11 10.0.2.5 80") == "permit")
    let disabled = try panDevice(panBase + panRule("r", "disabled yes"))
    #expect(try disabled.pan(scadaToPLC) == "deny")
    #expect(disabled.list("security rules")?.rules[0].state == .disabled)
    for condition in [
      "schedule office", "source-user plant\\operator", "category gambling", "source-hip managed", "unheard-of x",
    ] {
      let permit = try panDevice(panBase + panRule("r", condition))
      #expect(try permit.pan(scadaToPLC) == "open", "\(condition)")
      // An ignored condition must not make a deny certain.
      let deny = try panDevice(panBase + panRule("r", condition, "action deny") + panRule("all"))
      #expect(try deny.pan(scadaToPLC) == "open", "\(condition)")
    }
    for condition in ["source-user any", "category any", "hip-profiles any", "tag x", "description \"a b\""] {
      #expect(try panDevice(panBase + panRule("r", condition)).pan(scadaToPLC) == "permit", "\(condition)")
    }
  }

  /// Web Interface Help, same section: Log at Session End is on by default; drop, deny and the resets as actions.
  @Test func loggingAndActions() throws {
    let device = try panDevice(
      panBase + panRule("a") + panRule("b", "log-end no") + panRule("c", "log-end no", "log-start yes")
        + panRule("d", "action drop") + panRule("e", "action reset-both")
        + panRule("f", "action drop", "icmp-unreachable yes"))
    let rules = try #require(device.list("security rules")?.rules)
    #expect(rules.prefix(3).map(\.logging) == [.on, .off, .on])
    #expect(rules[3].action == .deny(rejects: false))
    #expect(rules[4].action == .deny(rejects: true))
    #expect(rules[5].action == .deny(rejects: true))
  }

  @Test func objectsAndLiterals() throws {
    func fate(_ lines: String..., rule: String) throws -> String {
      try panDevice(panBase + lines.joined(separator: "\n") + "\n" + panRule("r", rule)).pan(scadaToPLC)
    }
    #expect(try fate(rule: "source 10.0.1.0/24") == "permit")
    #expect(try fate(rule: "source 10.0.1.9-10.0.1.11") == "permit")
    #expect(try fate("set address w ip-wildcard 10.0.0.10/0.0.255.0", rule: "source w") == "permit")
    #expect(try fate("set address r ip-range 10.0.1.1-10.0.1.9", rule: "source r") == "deny")
    #expect(try fate("set address f fqdn scada.example.com", rule: "source f") == "open")
    #expect(
      try fate(
        "set address-group in static [ x scada ]", "set address x ip-netmask 1.1.1.1", "set address-group g static in",
        rule: "source g") == "permit")
    #expect(try fate("set address-group d dynamic filter \"'plc'\"", rule: "source d") == "open")
    #expect(try fate("set address-group a static b", "set address-group b static a", rule: "source a") == "open")
    #expect(try fate(rule: "source nobody") == "open")
    #expect(try fate(rule: "source DE") == "open")
    #expect(try fate("set service-group g members [ service-http tcp-502 ]", rule: "service g") == "permit")
    #expect(try fate(rule: "service service-https") == "deny")
    #expect(try fate("set service s protocol tcp port 500-510,600 source-port 1-1023", rule: "service s") == "deny")
    let reading = try panOS(panBase + panRule("r", "source nobody"))
    #expect(reading.issues.contains { $0.kind == .undefinedReference && $0.couldChangeVerdict })
  }

  /// Panorama Administrator's Guide, "Device Group Policies": shared pre-rules, pre-rules of device groups from the top
  /// of the hierarchy down, local rules, post-rules from the bottom up, shared post-rules, default rules.
  @Test func panoramaOrder() throws {
    let zones = """
      set template t config devices localhost.localdomain network interface ethernet ethernet1/1 layer3 ip $net
      set template t config devices localhost.localdomain network interface ethernet ethernet1/2 layer3 ip 10.0.2.1/24
      set template t config devices localhost.localdomain vsys vsys1 zone supervision network layer3 ethernet1/1
      set template t config devices localhost.localdomain vsys vsys1 zone control network layer3 ethernet1/2
      set template-stack s templates t
      set template-stack s devices 0001
      set template-stack s devices 0001 variable $net type ip-netmask 10.0.1.1/24
      set device-group parent description "all plants"
      set device-group child devices 0001
      set readonly devices localhost.localdomain device-group child parent-dg parent
      set shared address scada ip-netmask 10.0.1.10
      set shared address plc ip-netmask 10.9.9.0/24
      set device-group child address plc ip-netmask 10.0.2.0/24
      set shared service tcp-502 protocol tcp port 502

      """
    let places = [
      "shared pre-rulebase", "device-group parent pre-rulebase", "device-group child pre-rulebase",
      "device-group child post-rulebase", "device-group parent post-rulebase", "shared post-rulebase",
    ]
    for (index, place) in places.enumerated() {
      let rest = places[(index + 1)...].map { panRule("late", "action deny", rulebase: $0) }.joined()
      let reading = try panOS(zones + rest + panRule("early", rulebase: place))
      #expect(reading.devices.map(\.label) == ["0001"])
      #expect(try reading.devices[0].pan(scadaToPLC) == "permit", "\(place)")
      #expect(reading.devices[0].interfaces.first?.addresses.first?.address == IPAddress("10.0.1.1"))
      // The firewall's own rules are not in Panorama's file.
      #expect(reading.issues.contains { $0.couldChangeVerdict })
    }
    let targeted = panRule("r", "target devices 0002", rulebase: "shared pre-rulebase")
    #expect(try panDevice(zones + targeted).pan(scadaToPLC) == "deny")
    #expect(
      try panDevice(zones + targeted + "set shared pre-rulebase security rules r target negate yes\n").pan(scadaToPLC)
        == "permit")
  }

  @Test func virtualSystems() throws {
    let text = """
      set deviceconfig system hostname fw
      set network interface ethernet ethernet1/1 layer3 ip 10.0.1.1/24
      set network interface ethernet ethernet1/2 layer3 ip 10.0.2.1/24
      set network interface ethernet ethernet1/3 layer3 units ethernet1/3.7 tag 7
      set vsys vsys1 import network interface [ ethernet1/1 ethernet1/2 ]
      set vsys vsys1 zone supervision network layer3 ethernet1/1
      set vsys vsys1 zone control network layer3 ethernet1/2
      set vsys vsys2 import network interface ethernet1/3.7
      set vsys vsys2 zone other network layer3 ethernet1/3.7
      set shared address scada ip-netmask 10.9.9.9
      set vsys vsys1 address scada ip-netmask 10.0.1.10
      set shared address plc ip-netmask 10.0.2.0/24
      set shared service tcp-502 protocol tcp port 502

      """
    let reading = try panOS(text + panRule("r", rulebase: "vsys vsys1 rulebase"))
    #expect(reading.devices.map(\.label) == ["fw/vsys1", "fw/vsys2"])
    #expect(try reading.devices[0].pan(scadaToPLC) == "permit")
    #expect(reading.devices[1].interfaces.map(\.name) == ["ethernet1/3.7"])
    #expect(reading.devices[1].interfaces[0].vlan == 7)
  }

  /// PAN-OS Networking Administrator's Guide, "Security Zones": an interface must be in a zone to process traffic.
  @Test func interfaceWithoutZone() throws {
    let device = try panDevice(
      panBase + "set network interface ethernet ethernet1/3 layer3 ip 10.0.3.1/24\n"
        + panRule("r", "from any", "to any", "source any", "destination any", "service any"))
    #expect(try device.pan("tcp 10.0.3.5 10.0.2.5 80", from: "ethernet1/3") == "deny")
    #expect(try device.pan("tcp 10.0.1.5 10.0.2.5 80") == "permit")
  }
}

import ConfigReaders
import PacketSets
import RuleModel
import SourceText
import Testing

/// Security policies, zones and what is asked before them.
@Suite struct JunosSRXPolicyTests {
  private let scadaToPLC = "tcp 10.0.1.10 10.0.2.5 502"

  private func deny(_ name: String) -> String {
    junosPolicy(name, source: "any", destination: "any", application: "any", then: "deny")
  }

  /// Security Policies User Guide, "Reordering Security Policies": policies execute in the order of their appearance; the
  /// last is the default policy, which denies.
  @Test func fileOrderDecidesAndTheDefaultDenies() throws {
    let permitFirst = try junosDevice(junosBase + junosPolicy("a") + deny("b"))
    #expect(try permitFirst.junosFate(scadaToPLC) == "permit")
    #expect(try permitFirst.junosFate("tcp 10.0.1.10 10.0.2.5 503") == "deny")
    #expect(try junosDevice(junosBase + deny("b") + junosPolicy("a")).junosFate(scadaToPLC) == "deny")
    #expect(try junosDevice(junosBase).junosFate(scadaToPLC) == "deny")
    // What a later line adds to a policy does not move it.
    let later = "set security policies from-zone office to-zone cell policy a then log session-close\n"
    #expect(try junosDevice(junosBase + junosPolicy("a") + deny("b") + later).junosFate(scadaToPLC) == "permit")
  }

  /// CLI User Guide, "insert": moves an identifier before or after another.
  @Test func insertMovesAPolicy() throws {
    let path = "security policies from-zone office to-zone cell"
    let text = junosBase + deny("b") + junosPolicy("a")
    #expect(try junosDevice(text + "insert \(path) policy a before policy b\n").junosFate(scadaToPLC) == "permit")
    #expect(try junosDevice(text + "insert \(path) policy b after policy a\n").junosFate(scadaToPLC) == "permit")
    let missing = try readJunos(text + "insert \(path) policy x before policy b\n")
    #expect(missing.ledger.isIncomplete)
  }

  /// CLI Reference, "default-policy (Security)": deny-all is the default; permit-all permits what matches no policy.
  @Test func defaultPolicy() throws {
    let open = try junosDevice(junosBase + "set security policies default-policy permit-all\n")
    #expect(try open.junosFate(scadaToPLC) == "permit")
    guard case .filter(_, let fallback) = open.pipeline.last?.work else {
      Issue.record("the last stage filters")
      return
    }
    #expect(fallback.verdict == .permit)
    if case .configured = fallback.origin {} else { Issue.record("the default is configured") }
    let shut = try junosDevice(junosBase + "set security policies default-policy deny-all\n")
    #expect(try shut.junosFate(scadaToPLC) == "deny")
    let odd = try readJunos(junosBase + "set security policies default-policy whatever\n")
    #expect(odd.ledger.isIncomplete)
  }

  /// The classic trap: Junos Security Swconfig Guide 9.4, "Understanding Policies": a policy is looked for "between two
  /// interfaces bound to the same zone" too; other platforms let traffic inside a zone pass.
  @Test func trafficInsideAZoneNeedsAPolicy() throws {
    let inside = "tcp 10.0.2.5 10.0.3.5 502"
    #expect(
      try junosDevice(junosBase + junosPolicy("a")).junosFate(inside, from: "ge-0/0/1.0", to: "ge-0/0/2.0") == "deny")
    let policy = junosPolicy(
      "in", source: "any", destination: "any", application: "any", in: "from-zone cell to-zone cell")
    #expect(try junosDevice(junosBase + policy).junosFate(inside, from: "ge-0/0/1.0", to: "ge-0/0/2.0") == "permit")
  }

  /// Security Policies User Guide, "Global Security Policies": zone policies first, then global ones, then the default.
  @Test func globalPoliciesComeLast() throws {
    let global = junosPolicy("g", source: "any", destination: "any", application: "any", in: "global")
    let device = try junosDevice(junosBase + global + deny("d"))
    #expect(try device.junosFate(scadaToPLC) == "deny")
    #expect(try device.junosFate("tcp 10.0.2.5 10.0.1.10 80", from: "ge-0/0/1.0", to: "ge-0/0/0.0") == "permit")
    // "Example: Configuring a Global Policy with Multiple Zones".
    let zones = """
      set security policies global policy g match from-zone office
      set security policies global policy g match to-zone [ cell dmz ]

      """
    let narrow = try junosDevice(junosBase + global + zones)
    #expect(try narrow.junosFate(scadaToPLC) == "permit")
    #expect(try narrow.junosFate("tcp 10.0.2.5 10.0.1.10 80", from: "ge-0/0/1.0", to: "ge-0/0/0.0") == "deny")
  }

  /// CLI User Guide, "Deactivate and Reactivate Configuration Statements": a deactivated statement is without effect.
  @Test func deactivatedPoliciesAndContexts() throws {
    let path = "security policies from-zone office to-zone cell"
    let off = try junosDevice(junosBase + junosPolicy("a") + "deactivate \(path) policy a\n")
    #expect(try off.junosFate(scadaToPLC) == "deny")
    let rules = try #require(off.list("from-zone office to-zone cell")?.rules)
    #expect(rules.map(\.state) == [.disabled])
    #expect(rules[0].match.isExact && rules[0].action == .permit)
    let again = "deactivate \(path) policy a\nactivate \(path) policy a\n"
    #expect(try junosDevice(junosBase + junosPolicy("a") + again).junosFate(scadaToPLC) == "permit")
    #expect(try junosDevice(junosBase + junosPolicy("a") + "deactivate \(path)\n").junosFate(scadaToPLC) == "deny")
    #expect(try junosDevice(junosBase + junosPolicy("a") + "delete \(path) policy a\n").junosFate(scadaToPLC) == "deny")
  }

  /// Security Zones User Guide: an interface that is assigned to no zone belongs to the null zone, which drops everything.
  @Test func interfacesWithoutZoneDrop() throws {
    let extra = """
      set interfaces ge-0/0/5 unit 0 family inet address 10.0.5.1/24
      set security policies default-policy permit-all

      """
    let device = try junosDevice(junosBase + extra)
    #expect(try device.junosFate("tcp 10.0.5.5 10.0.1.1 80", from: "ge-0/0/5.0", to: "ge-0/0/0.0") == "deny")
    #expect(try device.junosFate("tcp 10.0.1.5 10.0.5.5 80", to: "ge-0/0/5.0") == "deny")
    #expect(try device.junosFate("tcp 10.0.1.5 10.0.2.5 80") == "permit")
  }

  /// "source-address-excluded", "destination-address-excluded": all addresses but those named.
  @Test func excludedAddresses() throws {
    let path = "set security policies from-zone office to-zone cell policy a match"
    let source = try junosDevice(junosBase + junosPolicy("a") + "\(path) source-address-excluded\n")
    #expect(try source.junosFate(scadaToPLC) == "deny")
    #expect(try source.junosFate("tcp 10.0.1.11 10.0.2.5 502") == "permit")
    let destination = try junosDevice(junosBase + junosPolicy("a") + "\(path) destination-address-excluded\n")
    #expect(try destination.junosFate("tcp 10.0.1.10 10.0.3.5 502", to: "ge-0/0/2.0") == "permit")
    // The complement of what is unknown is unknown.
    let unknown = try junosDevice(
      junosBase + junosPolicy("a", source: "nobody") + "\(path) source-address-excluded\n")
    #expect(try unknown.junosFate(scadaToPLC) == "open")
  }

  /// "then (Security Policies)": log, reject, deny.
  @Test func actionsAndLogging() throws {
    let path = "set security policies from-zone office to-zone cell policy"
    let text = """
      \(path) a then log session-init
      \(path) b then count
      \(path) b description "no longer used"

      """
    let device = try junosDevice(
      junosBase + junosPolicy("a") + junosPolicy("b", then: "reject") + deny("c") + text)
    let rules = try #require(device.list("from-zone office to-zone cell")?.rules)
    #expect(rules.map(\.action) == [.permit, .deny(rejects: true), .deny(rejects: false)])
    #expect(rules.map(\.logging) == [.on, .off, .off])
    #expect(rules[1].comment == "no longer used")
    #expect(rules[0].objects.map(\.name) == ["scada", "plc", "modbus"])
  }

  /// What the file does not tell leaves a policy open, a deny as well as a permit.
  @Test(arguments: [
    "match source-identity operators", "match dynamic-application junos:MODBUS", "match url-category Enhanced_Games",
    "scheduler-name night", "then permit firewall-authentication web-authentication",
    "then permit tunnel ipsec-vpn v", "then permit destination-address drop-untranslated", "match frobnicate x",
    "frobnicate x", "then frobnicate",
  ])
  func openConditions(line: String) throws {
    let path = "set security policies from-zone office to-zone cell policy a"
    let schedule = "set schedulers scheduler night daily start-time 20:00 stop-time 06:00\n"
    let permit = try junosDevice(junosBase + schedule + junosPolicy("a") + "\(path) \(line)\n")
    #expect(try permit.junosFate(scadaToPLC) == "open")
    guard !line.hasPrefix("then permit") else { return }
    let policies = junosPolicy("a", then: "deny") + "\(path) \(line)\n" + junosPolicy("z")
    #expect(try junosDevice(junosBase + schedule + policies).junosFate(scadaToPLC) == "open")
  }

  @Test func unknownStatementsAreGaps() throws {
    let path = "set security policies from-zone office to-zone cell policy a"
    for line in ["match frobnicate x", "frobnicate", "then frobnicate", "then permit frobnicate"] {
      let reading = try readJunos(junosBase + junosPolicy("a") + "\(path) \(line)\n")
      #expect(reading.ledger.isIncomplete, "\(line)")
    }
    for line in ["match source-identity any", "match dynamic-application any", "then permit services-offload"] {
      let reading = try readJunos(junosBase + junosPolicy("a") + "\(path) \(line)\n")
      #expect(!reading.ledger.isIncomplete, "\(line)")
      #expect(try #require(reading.devices.first).junosFate(scadaToPLC) == "permit", "\(line)")
    }
  }

  /// "schedulers": daily all-day never ends.
  @Test func schedules() throws {
    let use = "set security policies from-zone office to-zone cell policy a scheduler-name s\n"
    func state(_ scheduler: String) throws -> RuleState {
      let device = try junosDevice(junosBase + junosPolicy("a") + use + scheduler)
      return try #require(device.list("from-zone office to-zone cell")?.rules[0].state)
    }
    #expect(try state("set schedulers scheduler s daily all-day\n") == .active)
    #expect(try state("set schedulers scheduler s monday all-day\n") == .scheduled(name: "s"))
    #expect(
      try state("set schedulers scheduler s daily all-day\nset schedulers scheduler s sunday exclude\n")
        == .scheduled(name: "s"))
    #expect(try state("") == .scheduled(name: "s"))
  }

  /// A policy without a match or an action cannot be committed; in a fragment it may mean anything.
  @Test func incompletePolicies() throws {
    let path = "set security policies from-zone office to-zone cell policy a"
    let noAction =
      "\(path) match source-address any\n\(path) match destination-address any\n\(path) match application any\n"
    for text in [noAction, "\(path) then permit\n", "\(path) match application modbus\n\(path) then permit\n"] {
      let reading = try readJunos(junosBase + text)
      #expect(reading.ledger.isIncomplete)
      #expect(try #require(reading.devices.first).junosFate(scadaToPLC) == "open")
    }
  }

  /// Application services: what IDP drops is not in the file, so industrial functions may be blocked.
  @Test func inspectionIsBounded() throws {
    let text =
      "set security policies from-zone office to-zone cell policy a then permit application-services idp-policy plant\n"
    let device = try junosDevice(junosBase + junosPolicy("a") + text)
    let rule = try #require(device.list("from-zone office to-zone cell")?.rules[0])
    let profile = device.profiles[try #require(rule.profile)]
    #expect(profile.name == "idp-policy plant" && profile.mode == .enforcing && profile.blocked.lower.isEmpty)
    #expect(try device.junosFate(scadaToPLC) == "permit")
    #expect(!device.canInspectIndustrial)
  }

  /// "forwarding-options (Security)": in packet mode no policy is asked; IPv6 may be dropped until it is flow-based.
  @Test func forwardingModes() throws {
    let packet = try readJunos(junosBase + "set security forwarding-options family inet mode packet-based\n")
    #expect(packet.ledger.isIncomplete)
    #expect(try #require(packet.devices.first).junosFate(scadaToPLC) == "open")
    let v6 = """
      set interfaces ge-0/0/0 unit 0 family inet6 address 2001:db8:1::1/64
      set security policies default-policy permit-all

      """
    let ping = "udp 2001:db8:1::5 2001:db8:2::5 53"
    #expect(try junosDevice(junosBase + v6).junosFate(ping) == "open")
    let flow = "set security forwarding-options family inet6 mode flow-based\n"
    #expect(try junosDevice(junosBase + v6 + flow).junosFate(ping) == "permit")
    let drop = "set security forwarding-options family inet6 mode drop\n"
    #expect(try junosDevice(junosBase + v6 + drop).junosFate(ping) == "deny")
  }

  /// "Routing Instances Overview": interfaces of different instances have routes of their own.
  @Test func routingInstances() throws {
    let text = """
      set routing-instances A instance-type virtual-router
      set routing-instances A interface ge-0/0/0.0
      set security policies default-policy permit-all

      """
    #expect(try junosDevice(junosBase + text).junosFate(scadaToPLC) == "deny")
    let leak = "set routing-instances A routing-options static route 0.0.0.0/0 next-table inet.0\n"
    #expect(try junosDevice(junosBase + text + leak).junosFate(scadaToPLC) == "open")
    let same = text + "set routing-instances A interface ge-0/0/1.0\n"
    #expect(try junosDevice(junosBase + same).junosFate(scadaToPLC) == "permit")
  }

  /// A configuration without zones and policies may be that of a router.
  @Test func routersAreOpen() throws {
    let reading = try readJunos("set interfaces ge-0/0/0 unit 0 family inet address 10.0.1.1/24\n")
    #expect(reading.issues.map(\.kind) == [.dynamicObject])
    #expect(try #require(reading.devices.first).junosFate(scadaToPLC) == "open")
  }
}

import PacketSets
import SitePolicy
import SourceText
import Testing

@Suite struct SiteTests {
  static let text = plant(
    """
    policies: [purdue, ./policies/own.yml]
    frameworks: [nist-csf-2.0]
    devices:
      fw-plant: {config: configs/fw-plant.cfg}
      fw-cell: {config: [a.conf, b.conf], format: fortios, interfaces: {port2: operations, "port 3": [control, safety]}}
      diode-1: {config: d.yaml, from: control, to: operations}
    assets: assets.csv
    conduits:
      historian:
        from: operations/historian
        to: dmz
        services: [tcp/1433, udp/1024-65535, icmp/echo-request, ip/47, icmpv6/128]
        required: true
        owner: process-it
        reason: production reports
        ticket: MOC-2291
        review: 2027-03-31
        expires: 2028-01-01
      set-points:
        from: 10.30.0.7
        to: control/10.10.0.0/28
        services: [tcp/502]
        functions: {modbus: [read, 16], s7: [read]}
        one-way: true
    remote-access: {jump-hosts: [dmz/jump, dmz/10.35.0.9], from: [vendor]}
    scope: {phase: 1, excluded: [safety]}
    flows: {anything: [goes, {here: true}]}
    safety-functions: []
    """)
  static let inventory = """
    zone,name,address,type,owner,consequence
    operations,historian,10.30.0.5;10.30.0.6,server,it,quality
    ,jump,10.35.0.8,,,

    """

  let site: Site
  let file: SourceFile

  init() throws {
    site = try load(SiteTests.text, files: ["assets.csv": SiteTests.inventory])
    file = try SourceFile(path: "bulkhead.yml", bytes: Array(SiteTests.text.utf8))
  }

  @Test func `Policies, zones and scope`() throws {
    #expect(site.name == "plant")
    #expect(site.policies.map(\.text) == ["purdue", "./policies/own.yml"])
    #expect(site.policies.map(\.isPath) == [false, true])
    #expect(site.frameworks.map(\.text) == ["nist-csf-2.0"])
    let safety = try #require(site.zone(named: "safety"))
    #expect(safety.isSafety && safety.sil == 3 && safety.consequence == .safety && safety.level == .control)
    #expect(safety.networks.description == "10.11.0.0/24")
    #expect(file.text(safety.networkRanges[0]) == "10.11.0.0/24")
    #expect(site.zones[0].networks.description == "10.0.0.0/16, 2001:db8:10::/48")
    #expect(site.remoteAccess?.jumpHosts.map(\.text) == ["dmz/jump", "dmz/10.35.0.9"])
    #expect(site.remoteAccess?.from == ["vendor"])
    #expect(site.scope.phase == 1 && site.scope.excludedZones == ["safety"])
    #expect(site.reserved.map(\.key) == ["safety-functions", "flows"])
  }

  @Test func `Devices and interfaces`() throws {
    #expect(site.devices.map(\.name) == ["fw-plant", "fw-cell", "diode-1"])
    #expect(site.devices[1].configs.map(\.path) == ["a.conf", "b.conf"])
    #expect(site.devices[1].configs.map { file.text($0.range) } == ["a.conf", "b.conf"])
    #expect(site.devices[1].format == "fortios")
    #expect(site.devices[1].interfaces.map(\.interface) == ["port2", "port 3"])
    #expect(site.devices[1].interfaces.map(\.zones) == [["operations"], ["control", "safety"]])
    #expect(site.devices[2].from == "control" && site.devices[2].to == "operations")
  }

  @Test func `An inventory file`() throws {
    #expect(site.assets.map(\.name) == ["historian", "jump"])
    #expect(site.assets.map(\.zone) == ["operations", "dmz"])
    #expect(site.assets[0].addresses.pieces == ["10.30.0.5-10.30.0.6"])
    #expect(site.assets[0].type == "server" && site.assets[0].owner == "it")
    #expect(site.assets[0].consequence == .quality)
    #expect(site.assets[1].type == nil && site.assets[1].owner == nil && site.assets[1].consequence == nil)
    let csv = try SourceFile(path: "assets.csv", bytes: Array(SiteTests.inventory.utf8))
    #expect(csv.text(site.assets[0].source) == "operations,historian,10.30.0.5;10.30.0.6,server,it,quality")
    #expect(site.assets[0].source.file == 1)
  }

  @Test func `Conduits`() throws {
    let historian = site.conduits[0]
    #expect(historian.from.zone == "operations" && historian.from.asset == "historian")
    #expect(historian.from.addresses == site.assets[0].addresses)
    #expect(historian.to.zone == "dmz" && historian.to.asset == nil)
    #expect(historian.services.count == 5)
    #expect(historian.services[0] == Service(proto: 6, destinationPorts: IntervalSet(1433)))
    #expect(historian.isRequired && !historian.isOneWay && historian.functions.isAny)
    #expect(historian.owner == "process-it" && historian.reason == "production reports")
    #expect(historian.review == CalendarDate(year: 2027, month: 3, day: 31))
    #expect(historian.expires == CalendarDate(year: 2028, month: 1, day: 1))
    #expect(historian.keyRanges["ticket"].map { file.text($0) } == "MOC-2291" && historian.ticket == "MOC-2291")
    #expect(file.text(historian.source).hasPrefix("historian:\n"))

    let setPoints = site.conduits[1]
    #expect(setPoints.from.zone == "operations" && setPoints.to.addresses.description == "10.10.0.0/28")
    #expect(setPoints.isOneWay && !setPoints.isRequired)
    let allowed = setPoints.functions.functions
    #expect(allowed.contains(IndustrialFunction.none.rawValue))
    #expect(allowed.contains(IndustrialFunction.modbus(code: 3).rawValue))
    #expect(allowed.contains(IndustrialFunction.modbus(code: 16).rawValue))
    #expect(!allowed.contains(IndustrialFunction.modbus(code: 5).rawValue))
    #expect(functions(of: .s7, .read).isSubset(of: allowed) && !functions(of: .s7, .write).overlaps(allowed))
  }

  @Test func `A small site gets the usual policies`() throws {
    let site = try load("version: 1\nsite: s\nzones:\n  a: {level: 1, networks: [10.0.0.0/24, 10.0.0.128/25]}\n")
    #expect(site.policies.map(\.text) == ["purdue", "rule-hygiene"])
    #expect(site.frameworks.map(\.text) == ["iso27001-2022", "iec62443-3-3"])
    #expect(site.devices.isEmpty && site.conduits.isEmpty && site.assets.isEmpty && site.remoteAccess == nil)
    #expect(site.zones[0].networks.description == "10.0.0.0/24")
  }

  @Test func `Assets can be written as a list or a map`() throws {
    let list = try load(
      plant("assets:\n  - {name: plc, address: [10.10.0.1, 10.10.0.2]}\n  - {name: valve, zone: control}\n"))
    #expect(list.assets.map(\.name) == ["plc", "valve"])
    #expect(list.assets.map(\.zone) == ["control", "control"])
    #expect(list.assets[1].addresses.isEmpty)
    let map = try load(plant("assets:\n  plc 4711: {address: 10.10.0.1, type: plc}\n"))
    #expect(map.assets[0].name == "plc 4711" && map.assets[0].type == "plc")
  }

  @Test func `Networks of one zone may overlap and still hold their addresses`() throws {
    let site = try load(
      """
      version: 1
      site: s
      zones:
        a: {level: 1, networks: [10.0.0.0/8, 10.1.0.0/16]}
        b: {level: 2, networks: [11.0.0.0/8]}
      assets: {x: {address: 10.200.0.1}, y: {address: 10.1.0.1}, z: {address: 11.0.0.0}}
      """)
    #expect(site.assets.map(\.zone) == ["a", "a", "b"])
  }
}

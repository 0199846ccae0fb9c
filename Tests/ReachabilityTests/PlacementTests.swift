import PacketSets
import Reachability
import RuleModel
import SitePolicy
import SourceText
import Testing

/// Where zones lie that no interface is wired to: a zone that is placed nowhere, or cut off, would be called safe.
@Suite struct PlacementTests {
  private static let nowhere = SourceRange(file: 0, start: 0, end: 0)

  /// A device that permits everything, with interfaces and their networks, and routes as network, interface and gateway.
  private func device(
    _ name: String, _ interfaces: [(String, String?)], routes: [(String, String, String?)] = []
  ) -> Device {
    var device = Device(name: name, platform: "test", passesReplies: true, source: Self.nowhere)
    device.interfaces = interfaces.map { name, text in
      var interface = Interface(name: name, source: Self.nowhere)
      if let text, let address = IPAddress(String(text.prefix { $0 != "/" })) {
        let length = Int(text.split(separator: "/")[1])!
        let mask = UInt32.max << UInt32(32 - length)
        let network = IPPrefix(IPAddress(v4: address.v4 & mask), length: length)!
        interface.addresses = [InterfaceAddress(address: address, network: network)]
      }
      return interface
    }
    device.routes = routes.map { network, interface, gateway in
      Route(
        network: IPPrefix(network)!, interface: interface, gateway: gateway.flatMap { IPAddress($0) }, distance: 1,
        source: Self.nowhere)
    }
    return device
  }

  private func map(_ site: String, _ devices: [Device]) throws -> NetworkMap {
    let names = devices.map { "  \($0.name): {config: none}\n" }.joined()
    let text = site.contains("devices:") ? site : site + "devices:\n" + names
    let file = try SourceFile(path: "bulkhead.yml", bytes: Array("version: 1\nsite: t\n\(text)".utf8))
    let read = try loadSite(file) { _ in throw CancellationError() }
    return NetworkMap(
      SiteTopology(
        site: read, devices: devices.map { device in (device, read.devices.first { $0.name == device.name }!) }))
  }

  private func reaches(_ map: NetworkMap, _ from: String?, _ to: String?) -> Bool {
    func reference(_ name: String?) -> ZoneReference {
      name.flatMap { name in map.topology.site.zones.firstIndex { $0.name == name } }.map { .zone($0) } ?? .unzoned
    }
    return OriginFlows(map, from: reference(from)).flows.contains { $0.to == reference(to) }
  }

  @Test func aZoneBehindTheRoutesOfALaterDeviceIsReached() throws {
    let map = try map(
      """
      zones:
        corporate: {level: 4, networks: [10.0.0.0/16]}
        control: {level: 1, networks: [10.10.0.0/24]}
      devices:
        gw: {config: none, interfaces: {eth0: corporate}}
        rt: {config: none}
      links: [{a: "gw:eth1", b: "rt:up"}]

      """,
      [
        device("gw", [("eth0", nil), ("eth1", nil)]),
        device(
          "rt", [("up", "10.99.0.2/30"), ("down", "10.98.0.1/30")], routes: [("10.10.0.0/24", "down", "10.98.0.2")]),
      ])
    #expect(reaches(map, "corporate", "control"))
    #expect(reaches(map, "control", "corporate"))
  }

  @Test func aZoneThatTheNextHopDoesNotPlaceIsStillReached() throws {
    let map = try map(
      "zones:\n  corporate: {level: 4, networks: [10.0.0.0/16]}\n  control: {level: 1, networks: [10.10.0.0/24]}\n",
      [
        device("a", [("in", "10.0.0.1/16"), ("out", "10.99.0.1/30")], routes: [("10.10.0.0/24", "out", "10.99.0.2")]),
        device("b", [("up", "10.99.0.2/30"), ("down", "10.98.0.1/30")]),
      ])
    #expect(reaches(map, "corporate", "control"))
  }

  @Test func aZoneThatTheNextHopPlacesIsNotReachedPastIt() throws {
    var b = device(
      "b", [("up", "10.99.0.2/30"), ("down", "10.98.0.1/30")], routes: [("10.10.0.0/24", "down", "10.98.0.2")])
    b.pipeline = [
      Stage(
        .filter(lists: [], fallback: DefaultAction(.deny, .implicit("test"))), name: "filter", source: Self.nowhere)
    ]
    let map = try map(
      "zones:\n  corporate: {level: 4, networks: [10.0.0.0/16]}\n  control: {level: 1, networks: [10.10.0.0/24]}\n",
      [
        device("a", [("in", "10.0.0.1/16"), ("out", "10.99.0.1/30")], routes: [("10.10.0.0/24", "out", "10.99.0.2")]),
        b,
      ])
    #expect(!reaches(map, "corporate", "control"))
  }

  @Test func outsideEntersWhereTheDefaultRouteLeadsAlthoughTheGatewayIsKnown() throws {
    let map = try map(
      "zones:\n  control: {level: 1, networks: [10.10.0.0/24]}\n",
      [
        device("a", [("in", "10.10.0.1/24"), ("out", "10.99.0.1/30")], routes: [("0.0.0.0/0", "out", "10.99.0.2")]),
        device("b", [("up", "10.99.0.2/30"), ("down", "10.98.0.1/30")]),
      ])
    #expect(reaches(map, nil, "control"))
    #expect(reaches(map, "control", nil))
  }

  @Test func outsideIsReachedOverADeviceWithoutRoutes() throws {
    let map = try map(
      """
      zones:
        control: {level: 1, networks: [10.10.0.0/24]}
      devices:
        gw: {config: none, interfaces: {eth0: control}}
        rt: {config: none}
      links: [{a: "gw:eth1", b: "rt:down"}]

      """,
      [
        device("gw", [("eth0", nil), ("eth1", nil)]),
        device(
          "rt", [("down", "10.99.0.2/30"), ("up", "198.51.100.2/30")], routes: [("0.0.0.0/0", "up", "198.51.100.1")]),
      ])
    #expect(reaches(map, "control", nil))
    #expect(reaches(map, nil, "control"))
  }

  @Test(arguments: [false, true]) func aStaticRouteRulesOutOtherWaysOnlyWhereAllRoutesAreKnown(isOpen: Bool) throws {
    var a = device(
      "a", [("in", "10.0.0.1/16"), ("x", "10.99.0.1/30"), ("y", "10.98.0.1/30")],
      routes: [("10.10.0.0/24", "x", "10.99.0.2")])
    a.hasOtherRoutes = isOpen
    let map = try map(
      "zones:\n  corporate: {level: 4, networks: [10.0.0.0/16]}\n  control: {level: 1, networks: [10.10.0.0/24]}\n",
      [
        a, device("left", [("up", "10.99.0.2/30"), ("down", "10.10.0.1/24")]),
        device("right", [("up", "10.98.0.2/30"), ("down", "10.10.0.2/24")]),
      ])
    let hops = map.paths(from: .zone(0), to: .zone(1)).paths.flatMap(\.path)
    let ways = Set(hops.map(\.egress)).intersection(["x", "y"])
    #expect(ways == (isOpen ? ["x", "y"] : ["x"]))
  }
}

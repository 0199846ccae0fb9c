import PacketSets
import Reachability
import RuleModel
import SitePolicy
import SourceText

/// Small networks of random devices between five zones of two addresses each, so that packets meet often.
///
/// Some devices are wired to each other, some know their addresses and routes, some translate.
public struct RandomNetwork {
  private var generator: SeededGenerator
  private var devices: RandomDevice

  public init(seed: UInt64) {
    generator = SeededGenerator(seed: seed &* 31 &+ 7)
    devices = RandomDevice(seed: seed)
  }

  /// A topology of two to four devices with three interfaces each.
  ///
  /// - Throws: when the site file that is made is no good, which is an error of the test.
  public mutating func make() throws -> SiteTopology {
    let count = Int.random(in: 2...4, using: &generator)
    let names = ["in", "out", "side"]
    var text = "version: 1\nsite: random\nzones:\n"
    for zone in 0..<5 {
      let level = ["4", "3.5", "3", "2", "1"][zone]
      text += "  z\(zone): {level: \(level), networks: [10.0.0.\(zone), \"2001:db8::\(zone)\"]}\n"
    }
    text += "devices:\n"
    for device in 0..<count {
      let bound = names.compactMap { name in
        Int.random(in: 0..<5, using: &generator) == 0 ? nil : "\(name): z\(Int.random(in: 0..<5, using: &generator))"
      }
      text += "  d\(device): {config: none, interfaces: {\(bound.joined(separator: ", "))}}\n"
    }
    text += "links:\n  - {a: \"d0:side\", b: \"d1:side\"}\n"
    if count > 2, Bool.random(using: &generator) { text += "  - {a: \"d1:in\", b: \"d2:out\"}\n" }
    let site = try loadSite(SourceFile(path: "bulkhead.yml", bytes: Array(text.utf8))) { _ in
      throw CancellationError()
    }
    let made = site.devices.map { entry in (device: device(entry.name, names), entry: entry) }
    return SiteTopology(site: site, devices: made)
  }

  private mutating func device(_ name: String, _ interfaces: [String]) -> Device {
    var device = devices.make()
    device.name = name
    let nowhere = device.source
    device.interfaces = interfaces.map { Interface(name: $0, source: nowhere) }
    for index in device.interfaces.indices where Int.random(in: 0..<4, using: &generator) == 0 {
      let address = IPAddress(v4: 0x0A00_0000 + UInt32.random(in: 0...4, using: &generator))
      device.interfaces[index].addresses = [
        InterfaceAddress(address: address, network: IPPrefix(address, length: 32)!)
      ]
    }
    for _ in 0..<Int.random(in: 0...2, using: &generator) {
      let base = IPAddress(v4: 0x0A00_0000 + 2 * UInt32.random(in: 0...2, using: &generator))
      device.routes.append(
        Route(
          network: IPPrefix(base, length: 31)!, interface: interfaces.randomElement(using: &generator)!,
          gateway: Bool.random(using: &generator)
            ? IPAddress(v4: 0x0A00_0000 + UInt32.random(in: 0...4, using: &generator)) : nil,
          distance: 1, source: nowhere))
    }
    return device
  }
}

import ConfigReaders
import PacketSets
import RuleModel
import SourceText
import Testing

/// Reads text as a VyOS configuration.
func readVyOS(_ text: String) throws -> Reading {
  let platform = try #require(Platform.named("vyos"))
  return platform.read(try SourceFile(path: "config.boot", bytes: Array(text.utf8)))
}

/// The only device of the text.
func vyosDevice(_ text: String) throws -> Device {
  let reading = try readVyOS(text)
  #expect(reading.devices.count == 1)
  return try #require(reading.devices.first)
}

/// Three interfaces; the firewall follows.
let vyosBase = """
  set interfaces ethernet eth0 address '10.0.1.1/24'
  set interfaces ethernet eth0 description 'office'
  set interfaces ethernet eth1 address '10.0.2.1/24'
  set interfaces ethernet eth2 address '10.0.3.1/24'
  set system host-name 'cell-1'

  """

extension Device {
  /// The fate of a packet between the interfaces of `vyosBase`.
  func vyosFate(_ packet: String, from ingress: String = "eth0", to egress: String = "eth1") throws -> String {
    try fate(packet, from: ingress, to: egress)
  }
}

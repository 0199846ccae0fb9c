import ConfigReaders
import PacketSets
import RuleModel
import SourceText
import Testing

/// Reads text as a Junos configuration.
func readJunos(_ text: String) throws -> Reading {
  let platform = try #require(Platform.named("junos-srx"))
  return platform.read(try SourceFile(path: "srx.conf", bytes: Array(text.utf8)))
}

/// The only device of the text.
func junosDevice(_ text: String) throws -> Device {
  let reading = try readJunos(text)
  #expect(reading.devices.count == 1)
  return try #require(reading.devices.first)
}

/// Three interfaces in the zones office and cell, two addresses, one application; policies follow.
let junosBase = """
  set version 22.4R3-S2.11
  set system host-name cell-1
  set interfaces ge-0/0/0 unit 0 family inet address 10.0.1.1/24
  set interfaces ge-0/0/1 unit 0 family inet address 10.0.2.1/24
  set interfaces ge-0/0/2 unit 0 family inet address 10.0.3.1/24
  set security zones security-zone office interfaces ge-0/0/0.0
  set security zones security-zone cell interfaces ge-0/0/1.0
  set security zones security-zone cell interfaces ge-0/0/2.0
  set security address-book global address scada 10.0.1.10/32
  set security address-book global address plc 10.0.2.0/24
  set applications application modbus protocol tcp
  set applications application modbus destination-port 502

  """

/// `set` lines of one policy from office to cell.
func junosPolicy(
  _ name: String, source: String = "scada", destination: String = "plc", application: String = "modbus",
  then action: String = "permit", in context: String = "from-zone office to-zone cell"
) -> String {
  let path = "set security policies \(context) policy \(name)"
  return """
    \(path) match source-address \(source)
    \(path) match destination-address \(destination)
    \(path) match application \(application)
    \(path) then \(action)

    """
}

extension Device {
  /// The fate of a packet between the interfaces of `junosBase`.
  func junosFate(_ packet: String, from ingress: String = "ge-0/0/0.0", to egress: String = "ge-0/0/1.0") throws
    -> String
  {
    try fate(packet, from: ingress, to: egress)
  }
}

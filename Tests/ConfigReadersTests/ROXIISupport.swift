import ConfigReaders
import PacketSets
import RuleModel
import SourceText
import TestKit
import Testing

/// Reads text as a ROX II configuration.
func readROX(_ text: String) throws -> Reading {
  let file = try SourceFile(path: "rox.cfg", bytes: Array(text.utf8))
  let reading = try #require(Platform.named("rox")).read(file)
  #expect(reading.ledger.count(of: .unread) == 0)
  return reading
}

/// One firewall as command lines of a script: zones `man` (switch.0001) and `cell` (switch.0002, switch.0003); lines of the
/// firewall follow, each below `security firewall fwconfig plant`.
func rox(_ lines: String..., active: String = "security firewall enable\nsecurity firewall active-config plant")
  -> String
{
  let zones = [
    "fwzone fw type firewall", "fwzone man type ipv4", "fwzone cell",
    "fwinterface switch.0001 zone predefined-zone man", "fwinterface switch.0002 zone predefined-zone cell",
    "fwinterface switch.0003 zone predefined-zone cell",
  ]
  return """
    admin system-name ridge-1
    ip switch.0001 ipv4 address 10.1.0.1/24
    ip switch.0002 ipv4 address 10.2.0.1/24
    ip switch.0003 ipv4 address 10.3.0.1/24
    routing ipv4 route 0.0.0.0/0 via 10.1.0.254
    \(active)
    \((zones + lines).map { "security firewall fwconfig plant \($0)" }.joined(separator: "\n"))

    """
}

/// What a device does with a packet, from one of the zones to the other unless told.
func roxFate(
  _ device: Device, _ packet: String = "tcp 10.1.0.5 10.2.0.9 502", _ from: String = "switch.0001",
  _ to: String = "switch.0002"
) throws -> String {
  try device.fate(packet, from: from, to: to)
}

/// A last policy that rejects everything.
let roxReject = "fwpolicy last action reject source-zone predefined-zone all destination-zone predefined-zone all"

/// A policy between two zones.
func roxPolicy(_ name: String, _ action: String, _ from: String, _ to: String) -> String {
  "fwpolicy \(name) action \(action) source-zone predefined-zone \(from) destination-zone predefined-zone \(to)"
}

/// A rule between two zones.
func roxRule(_ name: String, _ rest: String, _ from: String = "man", _ to: String = "cell") -> String {
  "fwrule \(name) source-zone predefined-zone \(from) destination-zone predefined-zone \(to) \(rest)"
}

import ConfigReaders
import PacketSets
import Reachability
import RuleModel
import SourceText
import Testing

/// Reads PAN-OS text of any form.
func panOS(_ text: String) throws -> Reading {
  let platform = try #require(Platform.named("panos"))
  return platform.read(try SourceFile(path: "fw.conf", bytes: Array(text.utf8)))
}

/// The only device of the text.
func panDevice(_ text: String) throws -> Device {
  let reading = try panOS(text)
  return try #require(reading.devices.first)
}

/// Two zones of one interface each.
let panBase = """
  set deviceconfig system hostname cell-1
  set network interface ethernet ethernet1/1 layer3 ip 10.0.1.1/24
  set network interface ethernet ethernet1/2 layer3 ip 10.0.2.1/24
  set network virtual-router default interface [ ethernet1/1 ethernet1/2 ]
  set zone supervision network layer3 ethernet1/1
  set zone control network layer3 ethernet1/2
  set address scada ip-netmask 10.0.1.10
  set address plc ip-netmask 10.0.2.0/24
  set service tcp-502 protocol tcp port 502

  """

/// A rule from supervision to control, scada to plc, any application on tcp/502, allow; `lines` come last and win.
func panRule(_ name: String, _ lines: String..., rulebase: String = "rulebase") -> String {
  let head = "set \(rulebase) security rules \(name)"
  let defaults = [
    ("from", "supervision"), ("to", "control"), ("source", "scada"), ("destination", "plc"), ("application", "any"),
    ("service", "tcp-502"), ("action", "allow"),
  ]
  let own = Set(lines.map { $0.prefix { $0 != " " } })
  let plain = defaults.filter { !own.contains(Substring($0.0)) }.map { "\(head) \($0.0) \($0.1)" }
  return (plain + lines.map { "\(head) \($0)" }).joined(separator: "\n") + "\n"
}

extension Device {
  /// `permit`, `deny` or `open`, from ethernet1/1 to ethernet1/2.
  func pan(
    _ text: String, from ingress: String = "ethernet1/1", to egress: String = "ethernet1/2",
    function: IndustrialFunction = .none
  ) throws -> String {
    var packet = try packet(text)
    packet.function = function
    let verdict = ConcreteEvaluator(device: self, ingress: ingress, egress: egress).forward(packet)
    return verdict.isPermitted ? "permit" : verdict.isDenied ? "deny" : "open"
  }
}

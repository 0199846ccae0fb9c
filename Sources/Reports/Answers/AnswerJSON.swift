import Findings
import PacketSets

/// The version of the layout of answers in JSON; `docs/network.md` describes it.
public let answerSchemaVersion = 1

extension JSONWriter {
  /// One answer as a document: what all answers carry, then its own members.
  static func answer(_ kind: String, _ frame: AnswerFrame, _ content: (inout JSONWriter) -> Void) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { json in
      json.member("schema_version", answerSchemaVersion)
      json.key("tool")
      json.object {
        $0.member("name", "bulkhead")
        $0.member("version", frame.toolVersion)
      }
      json.member("answer", kind)
      json.member("site", frame.site)
      json.member("incomplete", frame.gaps)
      json.member("not_covered", frame.notCovered)
      content(&json)
    }
    return writer.bytes + [10]
  }

  /// A key with a list of objects.
  mutating func list<Element>(_ name: String, _ elements: [Element], _ write: (Element, inout JSONWriter) -> Void) {
    key(name)
    array { json in
      for element in elements { json.object { write(element, &$0) } }
    }
  }

  mutating func member(_ name: String, _ rule: RuleLine?) {
    key(name)
    guard let rule else { return string(nil) }
    object {
      $0.member("device", rule.device)
      $0.member("name", rule.name)
      $0.member("path", rule.path)
      $0.member("line", rule.line)
    }
  }

  mutating func member(_ name: String, _ path: [PathHop]) {
    list(name, path) { hop, json in
      json.member("device", hop.device)
      json.member("ingress", hop.ingress)
      json.member("egress", hop.egress)
    }
  }

  mutating func member(_ name: String, _ zone: ZoneTitle) {
    key(name)
    object { json in
      json.member("name", zone.name)
      json.member("level", zone.level)
      json.member("sis", zone.isSafety)
    }
  }

  mutating func member(_ name: String, _ packet: Packet?) {
    key(name)
    guard let packet else { return string(nil) }
    object { write(packet, &$0) }
  }
}

/// The members of a packet.
func write(_ packet: Packet, _ json: inout JSONWriter) {
  json.member("source", packet.source.description)
  json.member("destination", packet.destination.description)
  json.member("protocol", packet.proto)
  if IPProtocol.withPorts.contains(packet.proto) {
    json.member("source_port", packet.sourcePort)
    json.member("destination_port", packet.destinationPort)
  }
  if IPProtocol.withTypes.contains(packet.proto) {
    json.member("icmp_type", packet.icmpType)
    json.member("icmp_code", packet.icmpCode)
  }
  json.member("state", packet.state.name)
  if packet.function != .none { json.member("function", packet.function.description) }
}

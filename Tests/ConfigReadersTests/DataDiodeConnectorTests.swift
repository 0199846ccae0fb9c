import RuleModel
import SourceText
import TestKit
import Testing

@testable import ConfigReaders

/// Diodes whose two sides have files of their own: Data Diode Connector (TOML) and opcua-data-diode (JSON).
@Suite struct DataDiodeConnectorTests {
  private func read(_ text: String, _ platform: Platform) throws -> Reading {
    let file = try SourceFile(path: "side.conf", bytes: Array(text.utf8))
    guard case .platform(let found, _) = detectPlatform(file) else {
      Issue.record("not detected: \(text.prefix(60))")
      return platform.read(file)
    }
    #expect(found.id == platform.id)
    let reading = found.read(file)
    #expect(reading.ledger.count(of: .unread) == 0)
    return reading
  }

  private func ingress(_ changes: [(String, String)] = []) -> String {
    changes.reduce(
      """
      [settings]
      network = "ingress"
      log_level = "Info"

      [chain.Topic]
      protocol_handler = "kafka"
      filter_handlers = ["words"]
      transport_handler = "udp1"

      [protocolhandler.kafka]
      type = "ph_kafka_ingress"
      host_kafka_server = "10.0.0.1"
      port_kafka_server = "9092"

      [filterhandler.words]
      type = "filter"
      word_to_filter = "SECRET"

      [transporthandler.udp1]
      type = "transport_udp_send"
      receiver_address = "192.168.0.255"
      receiver_port = "1234"

      """
    ) { text, change in
      #expect(text.contains(change.0))
      return String(text.split(separator: change.0, omittingEmptySubsequences: false).joined(separator: change.1))
    }
  }

  private var egress: String {
    ingress([
      ("\"ingress\"", "\"egress\""), ("ph_kafka_ingress", "ph_kafka_egress"),
      ("transport_udp_send", "transport_udp_receive"), ("[\"words\"]", "[]"),
    ])
  }

  /// configuration_reference.md: the ingress proxy stands on the sending side, the egress proxy on the receiving side.
  @Test func `The ingress side sends`() throws {
    let reading = try read(ingress(), .osdd)
    #expect(reading.ledger.gaps.isEmpty)
    let diode = try #require(reading.diodes.first)
    #expect(diode.defects.isEmpty && diode.enforcement == .unknown)
    #expect(diode.sides.map(\.role) == [.sender])
    #expect(diode.sides[0].transfers.map(\.name) == ["Topic"])
    #expect(diode.sides[0].transfers[0].parameters["port"] == "1234")
    #expect(try read(egress, .osdd).diodes.first?.sides.map(\.role) == [.receiver])
  }

  /// configuration_reference.md, transportUdpReceive: the listening port must match the one of the ingress side.
  @Test func `The ports of the link must be the same`() throws {
    let sender = try #require(read(ingress(), .osdd).diodes.first)
    let receiver = try #require(read(egress, .osdd).diodes.first)
    #expect(compareDiodeSides(sender.sides[0], receiver.sides[0]).isEmpty)
    let other = try #require(read(ingress([("\"1234\"", "\"1235\"")]), .osdd).diodes.first)
    let defects = compareDiodeSides(other.sides[0], receiver.sides[0])
    #expect(defects.count == 1 && defects[0].message.contains("UDP port (1235 and 1234)"))
  }

  @Test(arguments: [
    ("protocol_handler = \"kafka\"", "protocol_handler = \"kafak\"", "names the handler `kafak`"),
    ("[\"words\"]", "[\"wrods\"]", "names the filter `wrods`"),
    ("transport_handler = \"udp1\"", "", "lacks `transport_handler`"),
    ("receiver_port = \"1234\"", "receiver_port = \"0\"", "is no port number"),
    ("\"ph_kafka_ingress\"", "\"ph_kafka_egress\"", "belongs on the other side"),
  ])
  func `What loses data is a defect`(old: String, new: String, expected: String) throws {
    let diode = try #require(read(ingress([(old, new)]), .osdd).diodes.first)
    #expect(diode.defects.contains { $0.message.contains(expected) })
  }

  @Test func `Two chains over one port are a defect`() throws {
    let text =
      ingress() + "[chain.Other]\nprotocol_handler = \"kafka\"\nfilter_handlers = []\ntransport_handler = \"udp1\"\n"
    let diode = try #require(read(text, .osdd).diodes.first)
    #expect(diode.defects.contains { $0.message.contains("already that of chain `Topic`") })
  }

  @Test(arguments: [
    ("word_to_filter", "word_to_fliter", "`word_to_fliter` is not known"),
    ("\"filter\"", "\"fliter\"", "has no type that is known"),
    ("\"ingress\"", "\"sideways\"", "`network` must be"),
  ])
  func `What is not known is a gap`(old: String, new: String, expected: String) throws {
    let reading = try read(ingress([(old, new)]), .osdd)
    #expect(reading.ledger.isIncomplete && reading.ledger.gaps.contains { $0.reason.contains(expected) })
  }

  @Test func `A file that is cut off is a gap`() throws {
    let reading = try read(ingress() + "[transporthandler.udp2]\ntype = \"transp", .osdd)
    #expect(reading.ledger.gaps.contains { $0.reason.contains("never closed") })
  }

  @Test func `The published samples read without a gap, and their sides fit`() throws {
    guard let shared = sharedFolder() else {
      print("skipped: no samples beside the package")
      return
    }
    let sides = try ["ingress", "egress"].map { side in
      let path = "\(shared)/samples/data-diode/osdd-ddc/\(side)-Config.toml"
      let reading = try read(String(decoding: #require(readBytes(path)), as: UTF8.self), .osdd)
      #expect(reading.ledger.gaps.isEmpty)
      return try #require(reading.diodes.first).sides[0]
    }
    #expect(sides.map(\.transfers.count) == [3, 3])
    #expect(compareDiodeSides(sides[0], sides[1]).isEmpty)
  }

  // MARK: opcua-data-diode

  private let sender = """
    {
      "_comments": "line 3",
      "opcua_server_url": "opc.tcp://192.168.1.100:4840",
      "udp_host": "192.168.2.100",
      "udp_port": 5555,
      "compression": {"enabled": true, "method": "lz4"},
      "encryption": {"enabled": true, "algorithm": "aes-256-gcm", "key": "c2VjcmV0"}
    }

    """
  private let receiver = """
    {
      "udp_host": "192.168.2.100",
      "udp_port": 5555,
      "shadow_server_port": 4841,
      "encryption": {"enabled": true, "algorithm": "aes-256-gcm", "key": "c2VjcmV0"}
    }

    """

  /// README.md, Configuration: the keys of both sides.
  @Test func `Both sides of opcua-data-diode`() throws {
    let sent = try read(sender, .opcuaDiode)
    let received = try read(receiver, .opcuaDiode)
    #expect(sent.ledger.gaps.isEmpty && received.ledger.gaps.isEmpty)
    let (a, b) = (try #require(sent.diodes.first), try #require(received.diodes.first))
    #expect(a.defects.isEmpty && b.defects.isEmpty)
    #expect(a.sides[0].role == .sender && b.sides[0].role == .receiver)
    #expect(compareDiodeSides(a.sides[0], b.sides[0]).isEmpty)
  }

  @Test(arguments: [
    ("5555", "5556", "UDP port"), ("aes-256-gcm", "aes-128-gcm", "encryption"), ("c2VjcmV0", "b3RoZXI=", "key"),
  ])
  func `What both sides must share`(old: String, new: String, expected: String) throws {
    let changed = String(receiver.split(separator: old, omittingEmptySubsequences: false).joined(separator: new))
    let a = try #require(read(sender, .opcuaDiode).diodes.first)
    let b = try #require(read(changed, .opcuaDiode).diodes.first)
    let defects = compareDiodeSides(a.sides[0], b.sides[0])
    #expect(defects.count == 1 && defects[0].message.contains(expected))
    #expect(!defects[0].message.contains("c2VjcmV0") && !defects[0].message.contains("b3RoZXI="))
  }

  @Test(arguments: [
    ("\"192.168.2.100\"", "\"0.0.0.0\"", "listens on every interface"),
    ("\"enabled\": true", "\"enabled\": false", "encryption is off"),
    ("c2VjcmV0", "YOUR_KEY_HERE", "still the one of the"),
  ])
  func `What defeats it`(old: String, new: String, expected: String) throws {
    let changed = String(receiver.split(separator: old, omittingEmptySubsequences: false).joined(separator: new))
    let diode = try #require(read(changed, .opcuaDiode).diodes.first)
    #expect(diode.defects.contains { $0.message.contains(expected) })
  }

  @Test func `A key that is not known is a gap`() throws {
    let changed = String(receiver.split(separator: "shadow_server_port").joined(separator: "shadow_server_prot"))
    let reading = try Platform.opcuaDiode.read(SourceFile(path: "r.json", bytes: Array(changed.utf8)))
    #expect(reading.ledger.gaps.contains { $0.reason.contains("did you mean `shadow_server_port`?") })
    #expect(reading.ledger.gaps.contains { $0.reason.contains("has to name either") })
  }
}

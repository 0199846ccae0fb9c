import ConfigReaders
import SourceText
import TestKit
import Testing

/// Every verdict of the independent analyser, packet by packet.
@Suite struct OracleTests {
  /// Vectors whose verdict vendor documentation contradicts, with the reason; `docs/oracle.md` cites it.
  static let known: [String: Set<String>] = [
    // Paths through two virtual systems or a shared gateway; each system is judged up to its external zone.
    "panos-set": [
      "panos-set/syntax-tests/allow-inter-vsys-next-vr ethernet1/1 to ethernet1/2",
      "panos-set/syntax-tests/allow-sg-to-vsys ethernet1/2 to ethernet1/1",
      "panos-set/syntax-tests/allow-vsys-to-sg ethernet1/1 to ethernet1/2",
      "panos-set/syntax-tests/allow-vsys-to-sg-next-vr ethernet1/1 to ethernet1/2",
      "panos-set/syntax-tests/allow-vsys-to-sg-next-vr ethernet1/2 to ethernet1/1",
      "panos-set/syntax-tests/drop-inter-vsys-misconfigured-external-egress ethernet1/1 to ethernet1/2",
      "panos-set/syntax-tests/drop-inter-vsys-misconfigured-external-egress ethernet1/2 to ethernet1/1",
      "panos-set/syntax-tests/drop-vsys-to-sg-misconfigured-external ethernet1/2 to ethernet1/1",
    ]
  ]

  /// Formats whose vectors go by another name than the reader.
  static let readers = ["panos-set": "panos"]

  @Test(arguments: ["cisco-asa", "cisco-ios", "fortios", "iptables-save", "junos-srx", "panos-set"])
  func verdictsAgree(format: String) throws {
    guard let vectors = try oracleVectors(format: format), let shared = sharedFolder() else {
      print("skipped: no oracle vectors beside the package")
      return
    }
    guard let platform = Platform.named(Self.readers[format] ?? format) else {
      Issue.record("no reader for \(format)")
      return
    }
    var open = 0
    for (path, group) in Dictionary(grouping: vectors, by: \.file).sorted(by: { $0.key < $1.key }) {
      let bytes = try #require(readBytes("\(shared)/samples/\(path)"))
      let reading = platform.read(try SourceFile(path: path, bytes: bytes))
      for vector in group {
        switch compare(vector, devices: reading.devices) {
        case .agrees: break
        case .open: open += 1
        case .disagrees(let why):
          let name = "\(path) \(vector.filter ?? "\(vector.from ?? "") to \(vector.to ?? "")")"
          if Self.known[format]?.contains(name) != true { Issue.record("\(name): \(vector.packet): \(why)") }
        }
      }
    }
    print("\(format): \(vectors.count) vectors, \(open) left open by the bounds")
    // An answer of "cannot tell" everywhere would agree with everything.
    #expect(open * 10 < vectors.count)
  }
}

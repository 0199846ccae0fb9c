import ConfigReaders
import SourceText
import TestKit
import Testing

/// Every verdict of the independent analyser, packet by packet.
@Suite struct OracleTests {
  /// Vectors whose verdict vendor documentation contradicts, with the reason; `docs/oracle-disagreements.md` cites it.
  static let known: [String: Set<String>] = [:]

  @Test(arguments: ["cisco-asa", "cisco-ios", "fortios", "iptables-save", "junos-srx"])
  func verdictsAgree(format: String) throws {
    guard let vectors = try oracleVectors(format: format), let shared = sharedFolder() else {
      print("skipped: no oracle vectors beside the package")
      return
    }
    guard let platform = Platform.named(format) else {
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

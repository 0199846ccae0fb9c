import PacketSets
import RuleModel
import SourceText

/// A diode's configuration in YAML, TOML or JSON, and what is wrong with the diode.
struct DiodeDocument {
  private var document: CheckedDocument
  var defects: [DiodeDefect] = []
  var file: SourceFile { document.file }
  var ledger: ReadingLedger {
    get { document.ledger }
    _modify { yield &document.ledger }
  }

  init(_ file: SourceFile) { document = CheckedDocument(file) }

  mutating func parse(
    _ form: (SourceFile, DocumentLimits) throws(SourceError) -> DocumentNode = parseYAML(_:limits:)
  ) -> DocumentNode? { document.parse(form) }

  mutating func check(_ node: DocumentNode, known: Set<String>, ignored: Set<String> = []) {
    document.check(node, known: known, ignored: ignored)
  }

  mutating func unknown(_ range: SourceRange, _ reason: String) { document.unknown(range, reason) }

  func texts(_ node: DocumentNode?) -> [(text: String, range: SourceRange)] { document.texts(node) }

  mutating func defect(_ range: SourceRange, _ message: String, _ help: String) {
    defects.append(DiodeDefect(range: range, message: message, help: help))
  }

  /// A port number; a value that is none is a defect.
  mutating func port(_ node: DocumentNode, _ key: String) -> UInt16? {
    guard let value = node[key] else { return nil }
    if let port = value.text.flatMap({ UInt16($0) }), port > 0 { return port }
    defect(value.range, "`\(key)` is no port number", "write a number from 1 to 65535")
    return nil
  }

  /// Ranges of register or coil numbers; `isEndExcluded` says how `a-b` counts.
  mutating func numbers(_ node: DocumentNode?, isEndExcluded: Bool, most: Int, _ what: String) -> IntervalSet<UInt16> {
    var ranges: [ClosedRange<UInt16>] = []
    for (text, range) in texts(node) {
      let ends = pieces(text, at: UInt8(ascii: "-")).map { UInt32($0) }
      guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1], first < 65_536, last <= 65_536 else {
        defect(range, "`\(printable(text))` is no range of \(what)", "write it as `0-99`")
        continue
      }
      let end = isEndExcluded && ends.count == 2 ? Int(last) - 1 : Int(last)
      guard Int(first) <= end, let low = UInt16(exactly: first), let high = UInt16(exactly: end) else {
        defect(range, "the range `\(printable(text))` of \(what) is empty", "the end must lie behind the start")
        continue
      }
      if end - Int(first) + 1 > most {
        defect(
          range, "`\(printable(text))` asks for more than the \(most) \(what) that one Modbus request may read",
          "split the range (Modbus Application Protocol V1.1b3, sections 6.1 and 6.3)")
      }
      ranges.append(low...high)
    }
    return IntervalSet(ranges)
  }

  /// Reports ports that two transfers share: only one of the two programs can listen.
  mutating func checkDuplicatePorts(_ transfers: [DiodeTransfer]) {
    var owners: [String: String] = [:]
    for transfer in transfers {
      guard let port = transfer.parameters["port"] else { continue }
      let protocols: IntervalSet<UInt8> =
        if case .stream(let service) = transfer.content { service.protocols } else { IntervalSet(IPProtocol.udp) }
      let key = "\(port) \(protocols)"
      if let owner = owners[key] {
        defect(
          transfer.source, "port \(port) is already that of `\(printable(owner))`, so one of the two receives nothing",
          "give every transfer its own port")
      } else {
        owners[key] = transfer.name
      }
    }
  }

  /// The reading of a file that could be read.
  mutating func reading(_ diodes: [Diode]) -> Reading {
    ledger.finish(file)
    var reading = Reading(ledger: ledger)
    reading.diodes = diodes
    return reading
  }
}

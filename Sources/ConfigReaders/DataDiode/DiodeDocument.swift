import PacketSets
import RuleModel
import SourceText

/// What the readers of diode configurations in YAML, TOML and JSON share: the account of lines, keys that must be known, and values.
struct DiodeDocument {
  let file: SourceFile
  var ledger: ReadingLedger
  var defects: [DiodeDefect] = []

  init(_ file: SourceFile) {
    self.file = file
    ledger = ReadingLedger(file)
  }

  /// The file's tree; nil when it is not of that form (YAML unless said otherwise), which is then in the ledger.
  mutating func parse(
    _ form: (SourceFile, DocumentLimits) throws(SourceError) -> DocumentNode = parseYAML(_:limits:)
  ) -> DocumentNode? {
    do {
      let root = try form(file, .standard)
      markComments()
      return root
    } catch {
      ledger.gap(
        LedgerGap(
          range: file.range(0, file.bytes.count), state: .notRecognised, couldChangeVerdict: true,
          reason: "the file cannot be read: \(error.description)"))
      return nil
    }
  }

  /// Lines that hold only a comment or a document marker.
  private mutating func markComments() {
    for line in 1...file.lines.count {
      let bounds = file.lines.bounds(ofLine: line, in: file.bytes)
      let content = file.bytes[bounds].drop { ASCII.isBlank($0) }
      if content.first == ASCII.hash || content.elementsEqual("---".utf8) || content.elementsEqual("...".utf8) {
        ledger.mark(line: line, .irrelevant)
      }
    }
  }

  /// Marks the entries of a map as used and those whose key is not in `known` as not recognised.
  mutating func check(_ node: DocumentNode, known: Set<String>, ignored: Set<String> = []) {
    for entry in node.entries ?? [] {
      if ignored.contains(entry.key) {
        ledger.mark(entry.range, .irrelevant)
      } else if known.contains(entry.key) {
        markOpening(entry)
      } else {
        let hint = nearest(to: entry.key, among: known.sorted()).map { "; did you mean `\($0)`?" } ?? ""
        unknown(entry.range, "the key `\(printable(entry.key))` is not known here\(hint)")
      }
    }
  }

  /// Scalars and lists of scalars are used whole; of a map only the line of its key, its entries answer for themselves.
  private mutating func markOpening(_ entry: DocumentEntry) {
    let isLeaf = entry.value.entries == nil && !(entry.value.items ?? []).contains { $0.text == nil }
    ledger.mark(isLeaf ? entry.range : entry.keyRange, .used)
  }

  mutating func unknown(_ range: SourceRange, _ reason: String) {
    ledger.gap(LedgerGap(range: range, state: .notRecognised, couldChangeVerdict: true, reason: reason))
  }

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

  /// The scalars of a list, or the scalar itself.
  func texts(_ node: DocumentNode?) -> [(text: String, range: SourceRange)] {
    guard let node else { return [] }
    return (node.items ?? [node]).compactMap { item in item.text.map { ($0, item.range) } }
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

import SourceText

/// What readers of YAML, TOML and JSON share: the account of lines, keys that must be known, and values.
struct CheckedDocument {
  let file: SourceFile
  var ledger: ReadingLedger

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

  /// The scalars of a list, or the scalar itself.
  func texts(_ node: DocumentNode?) -> [(text: String, range: SourceRange)] {
    guard let node else { return [] }
    return (node.items ?? [node]).compactMap { item in item.text.map { ($0, item.range) } }
  }
}

import SourceText

/// A value of an option with the place that it stands at.
struct UCIValue: Equatable {
  var text: String
  var range: SourceRange
}

/// A section: `config rule 'name'` with its options.
struct UCISection {
  var type: String
  /// The name behind the type; Teltonika numbers sections here.
  var name: String?
  /// How many sections of the type stand before it.
  var number: Int
  var package: String?
  /// The line that opens the section.
  var head: SourceRange
  /// The whole section.
  var range: SourceRange
  /// Options in order; those of a list once, with all values.
  var options: [UCIOption] = []
  /// Where an option stands that is not known.
  var hasUnknownOption: SourceRange?

  /// The last value of an option; nil when it is not set.
  func value(_ key: String) -> String? { options.last { $0.key == key }?.values.last?.text }

  /// The values of an option: those of a list, or the words of a single value.
  func values(_ key: String) -> [String] {
    (options.last { $0.key == key }?.values ?? []).flatMap { value in
      value.text.split { $0 == " " || $0 == "\t" }.map(String.init)
    }
  }

  func has(_ key: String) -> Bool { options.contains { $0.key == key } }

  func range(of key: String) -> SourceRange { options.last { $0.key == key }?.range ?? head }

  /// How an engineer names the section: its name option, else its place (`@rule[3]`).
  var title: String {
    let place = name ?? "@\(type)[\(number)]"
    guard let label = value("name"), !label.isEmpty else { return place }
    return name == nil ? label : "\(place) \(label)"
  }
}

/// An option or list.
struct UCIOption {
  var key: String
  var values: [UCIValue]
  var range: SourceRange
}

/// The sections of a file, from UCI text or its JSON form.
struct UCIDocument {
  var sections: [UCISection] = []
  var ledger: ReadingLedger
  private var counts: [String: Int] = [:]

  init(_ file: SourceFile) { ledger = ReadingLedger(file) }

  mutating func open(_ type: String, _ name: String?, _ package: String?, _ range: SourceRange) {
    let number = counts[type, default: 0]
    counts[type] = number + 1
    sections.append(UCISection(type: type, name: name, number: number, package: package, head: range, range: range))
  }

  /// Adds to the last section; a later `option` replaces an earlier one, `list` adds to it.
  mutating func add(_ key: String, _ value: UCIValue, isList: Bool, _ range: SourceRange) {
    let last = sections.count - 1
    sections[last].range = sections[last].range.union(range)
    if let known = sections[last].options.lastIndex(where: { $0.key == key }), isList {
      sections[last].options[known].values.append(value)
      return
    }
    sections[last].options.removeAll { $0.key == key }
    sections[last].options.append(UCIOption(key: key, values: [value], range: range))
  }
}

/// Reads UCI text: `config`, `option` and `list` lines, as `uci export` and the files below `/etc/config` hold them.
func parseUCI(_ file: SourceFile) -> UCIDocument {
  var document = UCIDocument(file)
  let bytes = file.bytes.span
  var package: String?
  for line in 1...file.lines.count {
    let bounds = file.lines.bounds(ofLine: line, in: file.bytes)
    let range = file.range(ofLine: line)
    guard let first = bounds.first(where: { !ASCII.isBlank(bytes[$0]) }) else { continue }
    if bytes[first] == ASCII.hash || isPrompt(file, bounds) {
      document.ledger.mark(line: line, .irrelevant)
      continue
    }
    let words = shellWords(bytes, bounds).prefix { $0.isQuoted || !$0.text.hasPrefix("#") }.map(\.text)
    switch (words.first, words.count) {
    case ("package", 2):
      package = words[1]
      document.ledger.mark(line: line, .irrelevant)
    case ("config", 2...3): document.open(words[1], words.count == 3 ? words[2] : nil, package, range)
    case ("option", 3), ("list", 3):
      guard !document.sections.isEmpty else {
        document.ledger.gap(
          LedgerGap(
            range: range, state: .notRecognised, couldChangeVerdict: true, reason: "an option outside any section"))
        continue
      }
      document.add(words[1], UCIValue(text: words[2], range: range), isList: words[0] == "list", range)
    default: note(words, range, line, &document)
    }
  }
  return document
}

/// Lines that are no statement: marks of a template that a build fills in, and what is not understood.
private func note(_ words: [String], _ range: SourceRange, _ line: Int, _ document: inout UCIDocument) {
  if words == ["%%OFFLOADING%%"] { return document.ledger.mark(line: line, .irrelevant) }
  if words.count == 1, words[0].hasPrefix("%%"), words[0].hasSuffix("%%") {
    return document.ledger.gap(
      LedgerGap(
        range: range, state: .notModelled, couldChangeVerdict: true,
        reason: "the mark `\(printable(words[0]))` of a template is not filled in; export the file from a device"))
  }
  document.ledger.gap(
    LedgerGap(
      range: range, state: .notRecognised, couldChangeVerdict: true, reason: "this is no statement of UCI"))
}

/// A shell prompt, with or without the command that printed the file.
private func isPrompt(_ file: SourceFile, _ bounds: Range<Int>) -> Bool {
  let text = file.text(bounds.prefix(120))
  return text.hasPrefix("root@") && text.contains(":") && (text.contains("# ") || text.hasSuffix("#"))
}

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
  private(set) var options: [UCIOption] = []
  private var places: [String: Int] = [:]
  /// Where an option stands that is not known.
  var hasUnknownOption: SourceRange?

  init(type: String, name: String?, number: Int, package: String?, head: SourceRange) {
    self.type = type
    self.name = name
    self.number = number
    self.package = package
    self.head = head
    range = head
  }

  private func option(_ key: String) -> UCIOption? { places[key].map { options[$0] } }

  /// A later `option` replaces an earlier one, `list` adds to it.
  mutating func add(_ key: String, _ value: UCIValue, isList: Bool, _ range: SourceRange) {
    self.range = self.range.union(range)
    guard let place = places[key] else {
      places[key] = options.count
      options.append(UCIOption(key: key, values: [value], ranges: [range]))
      return
    }
    if isList { options[place].values.append(value) } else { options[place].values = [value] }
    options[place].ranges.append(range)
  }

  /// The last value of an option; nil when it is not set.
  func value(_ key: String) -> String? { option(key)?.values.last?.text }

  /// The values of an option: those of a list, or the words of a single value.
  func values(_ key: String) -> [String] {
    (option(key)?.values ?? []).flatMap { value in
      value.text.split { $0 == " " || $0 == "\t" }.map(String.init)
    }
  }

  func has(_ key: String) -> Bool { places[key] != nil }

  func range(of key: String) -> SourceRange { option(key)?.ranges.last ?? head }

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
  /// Where it is set, each statement.
  var ranges: [SourceRange]
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
    sections.append(UCISection(type: type, name: name, number: number, package: package, head: range))
  }

  /// Adds to the last section.
  mutating func add(_ key: String, _ value: UCIValue, isList: Bool, _ range: SourceRange) {
    sections[sections.count - 1].add(key, value, isList: isList, range)
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

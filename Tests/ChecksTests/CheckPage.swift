/// A runnable example of a page: files by name, in the order in which they stand there.
struct PageExample {
  var section: String
  var files: [(name: String, text: String)] = []
}

/// A check's page in its parts.
struct CheckPage {
  /// The lines before the first section.
  var head: [String] = []
  /// Sections in order, with their lines.
  var sections: [(title: String, lines: [String])] = []
  var examples: [PageExample] = []

  /// The headings that every page has, in this order.
  static let headings = [
    "What it does", "Why it matters", "Fires", "Does not fire", "Cannot tell", "How to fix", "Controls", "History",
  ]

  /// Splits a page at its headings and takes its fenced blocks out as examples.
  ///
  /// An example begins with its site file or, without one, where a file name comes a second time.
  init(_ text: String) {
    var fence: (name: String, lines: [String])?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      if let open = fence {
        if line == "```" {
          add(open.name, open.lines.map { $0 + "\n" }.joined())
          fence = nil
        } else {
          fence?.lines.append(line)
        }
      } else if line.hasPrefix("```") {
        fence = (String(line.dropFirst(3)), [])
      } else if line.hasPrefix("## ") {
        sections.append((String(line.dropFirst(3)), []))
      } else if sections.isEmpty {
        head.append(line)
      } else {
        sections[sections.count - 1].lines.append(line)
      }
    }
  }

  /// The lines of a section; empty when there is none of that name.
  func section(_ title: String) -> [String] { sections.first { $0.title == title }?.lines ?? [] }

  private mutating func add(_ name: String, _ text: String) {
    let section = sections.last?.title ?? ""
    let isNew =
      name == "bulkhead.yml" || examples.last?.section != section
      || examples.last?.files.contains { $0.name == name } == true
    if isNew { examples.append(PageExample(section: section)) }
    examples[examples.count - 1].files.append((name, text))
  }
}

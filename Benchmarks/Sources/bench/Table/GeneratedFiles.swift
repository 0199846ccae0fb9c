/// The files of one generated list.
struct GeneratedFiles {
  let style: String
  let count: Int
  let family: Int
  /// Path without extension.
  let base: String

  /// Where the list of a format is.
  func path(_ format: String) -> String { "\(base).\(format)" }

  /// Has the generator write a list, unless it is there and may be used again.
  ///
  /// The generator is a process of its own, so that this one stays small: a child's peak memory never reads less.
  static func make(
    _ style: String, _ count: Int, family: Int = 4, formats: [String], options: Options, edits: Int = 0
  ) throws -> GeneratedFiles {
    let size = count % 1_000_000 == 0 ? "\(count / 1_000_000)m" : count % 1000 == 0 ? "\(count / 1000)k" : "\(count)"
    let files = GeneratedFiles(
      style: style, count: count, family: family,
      base: "\(options.folder)/\(style)\(family == 6 ? "6" : "")-\(size)")
    let wanted = formats.map { files.path($0) } + (edits > 0 ? [files.base + "-edit.truth.tsv"] : [])
    if options.reuses, wanted.allSatisfy({ fileSize($0) != nil }) { return files }
    let outcome = try run(
      [
        options.sibling("generate"), "--style", style, "--rules", "\(count)", "--family", "\(family)", "--formats",
        formats.joined(separator: ","), "--edits", "\(edits)", "--out", options.folder,
      ], errors: files.base + ".log", limit: 3600)
    guard outcome.status == 0 else { throw BenchError("generate failed for \(style), see \(files.base).log") }
    return files
  }

  /// Numbers, from 1, of the rules that are covered; nil when that is not known.
  func truth() -> Set<Int>? {
    var covered: Set<Int> = []
    let isKnown = forEachLine(of: base + ".truth.tsv") { line in
      if let number = Int(text(line).prefix { $0 != "\t" }) { covered.insert(number) }
    }
    return isKnown ? covered : nil
  }

  /// Numbers, from 1, of the rules whose action the edited version turns round.
  func flips() -> Set<Int> {
    var flips: Set<Int> = []
    forEachLine(of: base + "-edit.truth.tsv") { line in
      let cells = text(line).split(separator: "\t")
      if cells.count == 2, cells[1] == "flip", let number = Int(cells[0]) { flips.insert(number) }
    }
    return flips
  }
}

import Glibc
import RuleSets

/// What the command line asks for.
struct Request {
  enum Truth: String {
    case auto, always, never
  }

  var styles: [Style] = [.acl]
  var counts = [1000]
  var family = Family.v4
  var seed: UInt64 = 1
  var formats: [Format] = [.asa]
  var share = 0.05
  var edits = 0
  var truth = Truth.auto
  var folder = ""

  init(_ arguments: [String]) throws {
    var arguments = arguments[...]
    while let option = arguments.popFirst() {
      guard let value = arguments.popFirst() else { throw UsageError(reason: "\(option) needs a value") }
      func each<T>(_ read: (String) -> T?) throws -> [T] {
        try value.split(separator: ",").map { part in
          guard let read = read(String(part)) else { throw UsageError(reason: "\(part) is no value of \(option)") }
          return read
        }
      }
      func one<T>(_ read: (String) -> T?) throws -> T {
        guard let read = read(value) else { throw UsageError(reason: "\(value) is no value of \(option)") }
        return read
      }
      switch option {
      case "--style": styles = try each { Style(rawValue: $0) }
      case "--rules": counts = try each { Int($0).flatMap { $0 >= 40 ? $0 : nil } }
      case "--family": family = try one { Int($0).flatMap { Family(rawValue: $0) } }
      case "--seed": seed = try one { UInt64($0) }
      case "--formats": formats = try each { Format(rawValue: $0) }
      case "--share": share = try one { Double($0).flatMap { (0...0.5).contains($0) ? $0 : nil } }
      case "--edits": edits = try one { Int($0).flatMap { $0 >= 0 ? $0 : nil } }
      case "--truth": truth = try one { Truth(rawValue: $0) }
      case "--out": folder = value
      default: throw UsageError(reason: "there is no option \(option)")
      }
    }
    guard !folder.isEmpty else { throw UsageError(reason: "--out is missing") }
  }

  /// Makes and writes one list with everything that belongs to it.
  func write(_ style: Style, _ count: Int) throws {
    var set = style.make(family: family, count: count, seed: seed, share: share)
    if set.truth == nil, truth == .always || (truth == .auto && count <= 10_000) {
      set.truth = ReferenceEvaluator.truth(of: set)
    }
    try write(set)
    if let truth = set.truth {
      try write("rule\tanomaly\n", truth.sorted { $0.key < $1.key }.map { ($0.key, $0.value.rawValue) }, set.name)
    }
    print("\(set.name): \(set.rules.count) rules, \(set.truth.map { "\($0.count)" } ?? "an unknown number of") covered")
    guard edits > 0 else { return }
    guard let (version, edits) = set.edited(edits, seed: seed) else {
      throw UsageError(reason: "edits of \(set.name) need its truth: --truth always")
    }
    try write(version)
    try write("rule\tedit\n", edits.sorted { $0.key < $1.key }.map { ($0.key, $0.value.rawValue) }, version.name)
  }

  private func write(_ set: RuleSet) throws {
    for format in formats {
      for (suffix, bytes) in format.files(of: set) { try save(bytes, set.name + suffix) }
    }
  }

  /// A table of rules by number, from 1, and what is true of them.
  private func write(_ head: String, _ rows: [(Int, String)], _ name: String) throws {
    try save(Array((head + rows.map { "\($0 + 1)\t\($1)\n" }.joined()).utf8), "\(name).truth.tsv")
  }

  private func save(_ bytes: [UInt8], _ name: String) throws {
    var parent = folder
    for part in ("/" + name).split(separator: "/") {
      mkdir(parent, 0o777)
      parent += "/" + part
    }
    guard let file = fopen("\(folder)/\(name)", "w") else {
      throw UsageError(reason: "\(folder)/\(name) cannot be written: \(String(cString: strerror(errno)))")
    }
    let written = fwrite(bytes, 1, bytes.count, file)
    guard fclose(file) == 0, written == bytes.count else { throw UsageError(reason: "\(folder)/\(name) was cut off") }
  }
}

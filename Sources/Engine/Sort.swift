import Findings
import SitePolicy
import SourceText

/// Puts findings into the order of attention, and gives them their controls and fingerprints.
///
/// Worst severity first, what touches safety before the rest, then file, line and code; the same for every order in which
/// the findings were made.
func finished(_ findings: consuming [Finding], site: String, frameworks: [Framework]) -> [Finding] {
  var sorted = findings
  sort(&sorted)
  // Findings of one code share their controls.
  var controls: [String: [ControlReference]] = [:]
  for index in sorted.indices {
    let code = sorted[index].code
    if controls[code] == nil { controls[code] = references(code, frameworks) }
    sorted[index].controls = controls[code] ?? []
  }
  return fingerprinted(consume sorted, site: site)
}

/// Sorts by key; findings are swapped into place, since copying very many of them costs more than sorting.
private func sort(_ findings: inout [Finding]) {
  let ranks = ranks(of: findings)
  let keys = findings.map { key($0, ranks) }
  var order = findings.indices.sorted { a, b in
    if keys[a] != keys[b] { return keys[a] < keys[b] }
    return text(findings[a]) < text(findings[b])
  }
  // Follows each cycle of the permutation once.
  for start in order.indices {
    var place = start
    while order[place] != start {
      let next = order[place]
      findings.swapAt(place, next)
      order[place] = place
      place = next
    }
    order[place] = place
  }
}

private func references(_ code: String, _ frameworks: [Framework]) -> [ControlReference] {
  frameworks.flatMap { framework in
    framework.controls(for: code).map { ControlReference(framework: framework.id, id: $0.id, title: $0.title) }
  }
}

/// Of one line's findings of equal severity, the safety system comes before the boundary, and hygiene last.
private let families = ["SIS", "SEG", "DIO", "OTP", "RUL", "CFG"]

/// The place of each code among those that occur: by family, then by code.
private func ranks(of findings: [Finding]) -> [String: Int] {
  let codes = Set(findings.lazy.map(\.code)).sorted { a, b in
    let (x, y) = (family(of: a), family(of: b))
    return x != y ? x < y : a < b
  }
  return Dictionary(uniqueKeysWithValues: codes.enumerated().map { ($1, $0) })
}

private func family(of code: String) -> Int { families.firstIndex(of: String(code.prefix(3))) ?? families.count }

private struct SortKey: Comparable {
  var severity: Int
  var consequence: Int
  var file: Int64
  var start: UInt32
  var rank: Int

  static func < (a: SortKey, b: SortKey) -> Bool {
    if a.severity != b.severity { return a.severity < b.severity }
    if a.consequence != b.consequence { return a.consequence < b.consequence }
    if a.file != b.file { return a.file < b.file }
    return (a.start, a.rank) < (b.start, b.rank)
  }
}

private func key(_ finding: Finding, _ ranks: [String: Int]) -> SortKey {
  let consequence = finding.consequence.flatMap { Consequence.allCases.firstIndex(of: $0) } ?? -1
  return SortKey(
    severity: -finding.severity.rank, consequence: -consequence, file: finding.location.map { Int64($0.file) } ?? -1,
    start: finding.location?.start ?? 0, rank: ranks[finding.code] ?? 0)
}

/// What tells findings of one line and code apart.
private func text(_ finding: Finding) -> String {
  "\(finding.device ?? "") \(finding.property) \(finding.message)"
}

import Engine
import Findings
import Foundation
import TestKit
import Testing

/// The example plants yield exactly the findings that were reviewed by hand against their README.
@Suite struct GoldenTests {
  /// Set by `Scripts/update-golden`.
  private static let rewrites = ProcessInfo.processInfo.environment["BULKHEAD_UPDATE_GOLDEN"] == "1"

  @Test func `There are example plants`() {
    #expect(plants.count >= 3)
  }

  @Test(arguments: plants) func `Findings are those that were reviewed`(plant: String) throws {
    let report = try check(plantFolder(plant))
    let lines = report.findings.map { line($0, report, below: plantFolder(plant)) }
    let path = "\(plantFolder(plant))/expected-findings.txt"
    if Self.rewrites {
      try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: URL(fileURLWithPath: path))
      return
    }
    let text = String(decoding: try #require(readBytes(path), "run Scripts/update-golden"), as: UTF8.self)
    let expected = text.split(separator: "\n").map(String.init)
    let changes = lines.difference(from: expected).map { change in
      switch change {
      case .insert(let offset, let element, _): "+ \(offset + 1): \(element)"
      case .remove(let offset, let element, _): "- \(offset + 1): \(element)"
      }
    }
    let list = changes.joined(separator: "\n")
    #expect(changes.isEmpty, "\(plant): review, then run Scripts/update-golden\n\(list)")
  }

  /// `CODE severity confidence path:line device | message | fingerprint`, paths relative to the plant.
  private func line(_ finding: Finding, _ report: RunReport, below folder: String) -> String {
    let place = finding.location.map { location in
      let path = report.catalog.file(of: location).path
      let name = path.hasPrefix(folder + "/") ? String(path.dropFirst(folder.count + 1)) : path
      return "\(name):\(report.catalog.position(of: location).line)"
    }
    let head = [
      finding.code, finding.severity.rawValue, finding.confidence.rawValue, place ?? "-", finding.device ?? "-",
    ]
    return "\(head.joined(separator: " ")) | \(finding.message) | \(finding.fingerprint)"
  }
}

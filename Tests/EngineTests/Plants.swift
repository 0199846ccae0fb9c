import Engine
import Findings
import Foundation
import SitePolicy
import SourceText
import TestKit

/// The day on which every test of this target takes place.
let testDay = CalendarDate(year: 2026, month: 11, day: 23)!

/// Runs the whole pipeline on a path, as `bulkhead check` does.
func check(_ path: String, site: String? = nil, format: String? = nil) throws -> RunReport {
  try Engine.run(CheckRequest(path: path, site: site, format: format, today: testDay))
}

/// The example plants, by the name of their folder in `rulesets/`.
let plants: [String] = {
  let folder = "\(packageFolder())/rulesets"
  let names = try? FileManager.default.contentsOfDirectory(atPath: folder)
  return (names ?? []).filter { FileManager.default.fileExists(atPath: "\(folder)/\($0)/bulkhead.yml") }.sorted()
}()

/// The folder of an example plant.
func plantFolder(_ name: String) -> String { "\(packageFolder())/rulesets/\(name)" }

/// A folder of its own for one test, removed with the value.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/bulkhead-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  /// A copy of an example plant, to be changed.
  convenience init(plant: String) throws {
    try self.init()
    for file in filesBelow(plantFolder(plant)) {
      try write(String(file.dropFirst(plantFolder(plant).count + 1)), readBytes(file) ?? [])
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file, and the folders above it where they are missing.
  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    let url = URL(fileURLWithPath: "\(path)/\(name)")
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
    return url.path
  }

  /// The same for text.
  @discardableResult
  func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

  /// Changes the text of a file.
  func edit(_ name: String, _ change: (String) -> String) throws {
    try write(name, change(String(decoding: readBytes("\(path)/\(name)") ?? [], as: UTF8.self)))
  }
}

/// What a run is refused with; nil when it is not refused.
func refusal(_ work: () throws -> RunReport) -> EngineError? {
  do {
    _ = try work()
    return nil
  } catch {
    return error as? EngineError
  }
}

extension RunReport {
  /// Findings of a code.
  func findings(_ code: String) -> [Finding] { findings.filter { $0.code == code } }

  /// The file name and line of a finding's place.
  func place(_ finding: Finding) -> String { finding.location.map(place) ?? "-" }

  /// The places of the rules of other devices that let a finding's traffic through as well.
  func placesBefore(_ finding: Finding) -> [String] {
    finding.related.filter { $0.label.hasPrefix("lets it through as well") }.map { place($0.range) }
  }

  private func place(_ range: SourceRange) -> String {
    let path = catalog.file(of: range).path
    return "\(path.split(separator: "/").last ?? "-"):\(catalog.position(of: range).line)"
  }
}

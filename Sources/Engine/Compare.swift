import ConfigReaders
import Reachability
import RuleModel
import SourceText

/// What a comparison of two versions of a configuration has to say.
public struct ComparisonReport: Sendable {
  /// A difference and the two versions of the device that it is of.
  public struct Entry: Sendable {
    public var old: Device
    public var new: Device
    public var difference: RuleDifference
  }
  public var entries: [Entry]
  /// What in the files could change the answer.
  public var gaps: [String]
  public var catalog: SourceCatalog
}

/// Compares the rules of two versions of one configuration file: which packets fare differently.
///
/// - Throws: `EngineError` when a file cannot be read, or the versions are of different shape.
public func compare(_ oldPath: String, _ newPath: String, format: String?) throws(EngineError) -> ComparisonReport {
  var catalog = SourceCatalog()
  let old = try take(oldPath, format, &catalog)
  let new = try take(newPath, format, &catalog)
  guard old.reading.devices.count == new.reading.devices.count, !old.reading.devices.isEmpty else {
    throw .invalid([
      "\(oldPath) holds \(old.reading.devices.count) firewalls, \(newPath) \(new.reading.devices.count); compare versions of one"
    ])
  }
  var entries: [ComparisonReport.Entry] = []
  for (one, other) in zip(old.reading.devices, new.reading.devices) {
    do throws(DifferenceError) {
      entries += try ruleDifferences(from: one, to: other).map {
        ComparisonReport.Entry(old: one, new: other, difference: $0)
      }
    } catch {
      switch error {
      case .shape(let text): throw .invalid([text])
      case .unconfirmed(let text): throw .contradiction(text)
      }
    }
  }
  return ComparisonReport(entries: entries, gaps: old.gaps + new.gaps, catalog: catalog)
}

private func take(_ path: String, _ format: String?, _ catalog: inout SourceCatalog) throws(EngineError) -> ReadFile {
  let bytes = try readFile(path)
  let file: SourceFile
  do { file = try catalog.add(path: path, bytes: bytes) } catch { throw .invalid([error.description]) }
  return try read(file, device: file.name, format: format)
}

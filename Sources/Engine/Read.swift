import ConfigReaders
import Findings
import RuleModel
import SourceText

/// One configuration as it was read.
struct ReadFile {
  var file: SourceFile
  var platform: DetectedPlatform
  var reading: Reading
  /// The device's name in the site file, or the file's name.
  var device: String

  var account: FileAccount {
    FileAccount(
      path: file.path, device: device, platform: platform.platform.id, reason: platform.reason, ledger: reading.ledger)
  }

  /// What in this file could change a verdict, one line each at most a few.
  var gaps: [String] {
    let count = reading.ledger.gaps.count { $0.couldChangeVerdict }
    let issues = reading.issues.count { $0.couldChangeVerdict }
    if count + issues > 0 {
      return ["\(file.path): \(count + issues) statement\(count + issues == 1 ? "" : "s") not understood"]
    }
    // Read over from end to end, as may happen when the format is named wrongly: nothing was judged.
    let isEmpty = reading.devices.isEmpty && reading.diodes.isEmpty && reading.inspections.isEmpty
    return isEmpty ? ["\(file.path): no firewall and no diode in it; check the format"] : []
  }
}

/// Reads one file as the platform that it is of.
///
/// - Throws: `EngineError.platform`.
func read(_ file: SourceFile, device: String, format: String?) throws(EngineError) -> ReadFile {
  let platform = try detect(file, format: format != nil && isInspection(file) ? nil : format)
  return ReadFile(file: file, platform: platform, reading: platform.platform.read(file), device: device)
}

/// Whether the file holds rules of an inspection engine: the format that an entry names is the firewall's, beside which
/// such a file may stand.
private func isInspection(_ file: SourceFile) -> Bool {
  if case .platform(let platform, _) = detectPlatform(file) { return platform.id == Platform.suricata.id }
  return false
}

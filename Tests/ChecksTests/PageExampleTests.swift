import Checks
import Engine
import Findings
import SitePolicy
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// The examples of the pages are run as they stand there.
@Suite struct PageExampleTests {
  @Test(arguments: allCodes) func `Examples that fire do, for certain`(code: String) throws {
    let examples = try examples(of: code, in: "Fires")
    #expect(!examples.isEmpty, "\(code) shows nothing that fires")
    for example in examples {
      guard code != "CFG005" else {
        try expectUnknownPlatform(example)
        continue
      }
      let report = try run(example)
      let found = report.findings.filter { $0.code == code && $0.confidence == .certain }
      #expect(!found.isEmpty, "\(code) does not fire on \(example.files.map(\.name)); fires: \(codes(report))")
    }
  }

  @Test(arguments: allCodes) func `Repaired examples do not fire`(code: String) throws {
    let examples = try examples(of: code, in: "Does not fire")
    #expect(!examples.isEmpty, "\(code) shows nothing repaired")
    for example in examples {
      let report = try run(example)
      let found = report.findings.filter { $0.code == code }
      #expect(found.isEmpty, "\(code) fires on its repaired example: \(found.map(\.message))")
      #expect(!report.files.isEmpty)
    }
  }

  /// Checks that report only what is sure; what they leave open makes the run incomplete.
  private static let silentWhenOpen: Set<String> = [
    "DIO002", "OTP002", "RUL001", "RUL002", "RUL003", "RUL004", "RUL005", "RUL017",
  ]

  @Test(arguments: allCodes) func `Open examples stay open`(code: String) throws {
    for example in try examples(of: code, in: "Cannot tell") {
      let report = try run(example)
      let found = report.findings.filter { $0.code == code }
      #expect(!found.contains { $0.confidence == .certain }, "\(code) is certain: \(found.map(\.message))")
      if Self.silentWhenOpen.contains(code) {
        #expect(report.isIncomplete, "\(code): nothing stays open")
      } else {
        #expect(found.contains { $0.confidence == .possible }, "\(code) is silent; fires: \(codes(report))")
      }
      #expect(report.outcome(failOn: .info) != .clean)
    }
  }

  @Test func `Every example stands where it is run`() {
    for code in allCodes {
      for example in CheckPage(Check.named(code)[0].page).examples {
        #expect(["Fires", "Does not fire", "Cannot tell"].contains(example.section), "\(code): \(example.section)")
      }
    }
  }

  /// A single file of no known platform ends the run instead of yielding a finding.
  private func expectUnknownPlatform(_ example: PageExample) throws {
    do {
      let report = try run(example)
      Issue.record("read as \(report.files.compactMap(\.platform))")
    } catch EngineError.platform {}
  }
}

private func codes(_ report: RunReport) -> [String] { Set(report.findings.map(\.code)).sorted() }

private func examples(of code: String, in section: String) throws -> [PageExample] {
  CheckPage(try #require(Check.named(code).first).page).examples.filter { $0.section == section }
}

/// Writes the example into a folder of its own, checks it as a user would, and removes it.
private func run(_ example: PageExample) throws -> RunReport {
  var template = Array("/tmp/bulkhead-page-XXXXXX".utf8CString)
  let folder = try #require(mkdtemp(&template).map { String(cString: $0) })
  defer {
    for file in example.files { unlink("\(folder)/\(file.name)") }
    rmdir(folder)
  }
  for file in example.files { try write(file.text, to: "\(folder)/\(file.name)") }
  let isSite = example.files.contains { $0.name == "bulkhead.yml" }
  let path = isSite || example.files.count > 1 ? folder : "\(folder)/\(example.files[0].name)"
  let today = try #require(CalendarDate(iso: "2026-11-01"))
  var request = CheckRequest(path: path, today: today)
  request.policies = ["rule-anomalies"]
  return try Engine.run(request)
}

private func write(_ text: String, to path: String) throws {
  let file = try #require(fopen(path, "w"), "cannot write \(path)")
  defer { fclose(file) }
  let bytes = Array(text.utf8)
  #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
}

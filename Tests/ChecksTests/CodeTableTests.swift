import Checks
import TestKit
import Testing

/// The code table itself, and its copy in `docs/checks.md`.
@Suite struct CodeTableTests {
  @Test func `Codes are a family and three digits, names are kebab-case and mean one code`() {
    var codes: [String: String] = [:]
    for check in Check.all {
      #expect(check.code.count == 6 && check.code.prefix(3).allSatisfy { $0.isUppercase }, "\(check.code)")
      #expect(check.code.suffix(3).allSatisfy { $0.isNumber }, "\(check.code)")
      #expect(check.name.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" }, "\(check.name)")
      #expect(codes[check.name, default: check.code] == check.code, "\(check.name) means two codes")
      codes[check.name] = check.code
      #expect(check.summary.hasSuffix(".") && !check.summary.dropLast().contains(". "), "\(check.summary)")
    }
  }

  @Test func `Checks under one code agree in all that users see`() {
    for code in allCodes {
      let checks = Check.named(code)
      for check in checks {
        #expect(check.name == checks[0].name && check.summary == checks[0].summary)
        #expect(check.severity == checks[0].severity && check.since == checks[0].since)
      }
    }
  }

  @Test func `The documentation lists every code as it is`() throws {
    let bytes = try #require(readBytes("\(packageFolder())/docs/checks.md"), "docs/checks.md is missing")
    let rows = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
      .filter { $0.hasPrefix("| [") }
    let expected = allCodes.compactMap { Check.named($0).first }.map { check in
      let link = "[\(check.code)](../Sources/Checks/Pages/\(check.code).md)"
      return "| \(link) | \(check.name) | \(check.severity.rawValue) | \(check.summary) |"
    }
    #expect(rows == expected)
  }
}

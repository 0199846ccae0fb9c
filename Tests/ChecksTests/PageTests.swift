import Checks
import PolicyPacks
import SitePolicy
import SourceText
import Testing

/// Codes of the table, each once.
let allCodes: [String] = Check.all.map(\.code).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }

/// What the pages say of the code table and the control frameworks must agree with both.
@Suite struct PageTests {
  @Test(arguments: allCodes) func `Every code has a page with all headings, each with text`(code: String) throws {
    let check = try #require(Check.named(code).first)
    let page = CheckPage(check.page)
    #expect(page.sections.map(\.title) == CheckPage.headings)
    for section in page.sections {
      let hasText = section.lines.contains { !$0.isEmpty } || page.examples.contains { $0.section == section.title }
      #expect(hasText, "\(code): `\(section.title)` is empty")
    }
    for line in check.page.split(separator: "\n") {
      #expect(line.count <= 100, "\(code): too wide for a terminal: \(line)")
    }
    #expect(check.page.hasSuffix("\n"))
    #expect(!check.page.hasSuffix("\n\n"))
  }

  @Test(arguments: allCodes) func `Title, summary and history are those of the code table`(code: String) throws {
    let check = try #require(Check.named(code).first)
    let page = CheckPage(check.page)
    #expect(page.head.first == "# \(check.code) \(check.name)")
    #expect(page.head.dropFirst().filter { !$0.isEmpty }.joined(separator: " ") == check.summary)
    #expect(page.section("History").first { !$0.isEmpty } == "- \(check.since): new.")
  }

  @Test(arguments: allCodes) func `Controls are exactly those that the frameworks map`(code: String) throws {
    var expected: [String] = []
    for shipped in shippedFrameworks {
      let file = try SourceFile(path: shipped.path, bytes: shipped.bytes)
      let framework = try loadFramework(file, knownChecks: Set(allCodes))
      let ids = framework.controls.filter { $0.checks.contains(code) }.map(\.id)
      if !ids.isEmpty { expected.append("(\(framework.id)): \(ids.joined(separator: ", "))") }
    }
    let page = CheckPage(try #require(Check.named(code).first).page)
    let stated = try page.controls.map { line in
      let start = try #require(line.firstIndex(of: "("), "\(code): \(line)")
      return String(line[start...])
    }
    #expect(stated.sorted() == expected.sorted())
    // The segregation of networks is what the tool is for, so it stands first.
    #expect(page.controls.first?.hasPrefix("- ISO/IEC 27001:2022 (iso27001-2022): ") == true)
    if expected.contains(where: { $0.contains("A.8.22") }) {
      #expect(page.controls.first?.contains(": A.8.22") == true)
    }
  }

  @Test func `A name that the pages call a check is one`() {
    for code in allCodes {
      for word in Check.named(code)[0].page.split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
        guard let family = allCodes.first(where: { word.hasPrefix($0.prefix(3)) })?.prefix(3) else { continue }
        let number = word.dropFirst(3)
        guard number.count == 3, number.allSatisfy(\.isNumber) else { continue }
        #expect(allCodes.contains("\(family)\(number)"), "\(code) names \(word)")
      }
    }
  }
}

extension CheckPage {
  /// The entries of `Controls`, with continued lines joined.
  fileprivate var controls: [String] {
    section("Controls").filter { !$0.isEmpty }.reduce(into: []) { entries, line in
      if line.hasPrefix("- ") || entries.isEmpty {
        entries.append(line)
      } else {
        entries[entries.count - 1] += " " + line.drop { $0 == " " }
      }
    }
  }
}

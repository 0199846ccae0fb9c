import SourceText
import Testing

@Suite struct CSVTableTests {
  private func refused(_ text: String, limits: DocumentLimits = .standard) throws -> String {
    refusal(try source(text, path: "a.csv")) { (file) throws(SourceError) in _ = try parseCSV(file, limits: limits) }
  }

  @Test func `Quotes, line ends, blanks and positions`() throws {
    let file = try source(
      "\u{FEFF}name, address ,owner\r\nplc,10.0.0.1,\"Müller, \"\"Max\"\"\"\r\n\r\n\"two\nlines\" ,,x\n  \nlast,a,b",
      path: "a.csv")
    let table = try parseCSV(file)
    #expect(table.header.map(\.text) == ["name", "address", "owner"])
    #expect(
      table.rows.map { $0.map(\.text) } == [
        ["plc", "10.0.0.1", "Müller, \"Max\""], ["two\nlines", "", "x"], ["last", "a", "b"],
      ])
    #expect(file.text(table.rows[0][2].range) == "\"Müller, \"\"Max\"\"\"")
    #expect(file.text(table.header[1].range) == "address")
    #expect(file.position(at: Int(table.rows[2][1].range.start)) == SourcePosition(line: 7, column: 6))
  }

  @Test(arguments: [
    ("", "a.csv:1:1: the table is empty"),
    ("\n\n", "a.csv:1:1: the table is empty"),
    ("a,b\n1,2\n1,2,3\n", "a.csv:3:1: this row has 3 fields, but the header has 2"),
    ("a,b\n1\n", "a.csv:2:1: this row has 1 fields, but the header has 2"),
    ("a,b\nü,\"open\n", "a.csv:2:3: the quote that opens here is never closed"),
    ("a,b\n\"x\"y,2\n", "a.csv:2:4: there is text behind the closing quote"),
  ])
  func `What is refused names its place`(text: String, expected: String) throws {
    #expect(try refused(text).hasPrefix(expected))
  }

  @Test func `Limits on values and size, and bytes that are no text`() throws {
    #expect(try refused("a,b\n1,2\n", limits: DocumentLimits(nodes: 3)).hasPrefix("a.csv:2:3: more than 3 values"))
    #expect(try refused("a,b\n", limits: DocumentLimits(bytes: 3)).contains("4 bytes are more than the 3"))
    let latin = try SourceFile(path: "a.csv", bytes: Array("a,b\n1,".utf8) + [0xFC])
    #expect(refusal(latin) { (file) throws(SourceError) in _ = try parseCSV(file) }.hasPrefix("a.csv:2:3: this byte"))
  }
}

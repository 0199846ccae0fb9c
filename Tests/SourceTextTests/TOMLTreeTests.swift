import SourceText
import Testing

/// TOML 1.0.0 (https://toml.io/en/v1.0.0), section by section.
@Suite struct TOMLTreeTests {
  private func read(_ text: String) throws -> DocumentNode { try parseTOML(source(text, path: "a.toml")) }

  private func refusal(_ text: String) throws -> String {
    do {
      _ = try read(text)
    } catch let error as SourceError {
      return error.description
    }
    Issue.record("the file was accepted: \(text)")
    return ""
  }

  /// Sections Keys and Table: bare, quoted and dotted keys; headers may come in any order.
  @Test func `Tables, dotted keys and positions`() throws {
    let file = try source(
      """
      # a comment
      title = "plant" # another
      [a.b]
      "x y" = 1
      c.d = 'lite\\ral'
      [a]
      e = [ 1, # one
        2.5, ]
      f = {g = true, h = {}}

      """, path: "a.toml")
    let root = try parseTOML(file)
    #expect(root["title"]?.text == "plant")
    #expect(root["a"]?["b"]?["x y"]?.text == "1")
    #expect(root["a"]?["b"]?["c"]?["d"]?.text == "lite\\ral")
    #expect(root["a"]?["e"]?.items?.map(\.text) == ["1", "2.5"])
    #expect(root["a"]?["f"]?["g"]?.text == "true" && root["a"]?["f"]?["h"]?.entries == [])
    #expect(root["a"]?["f"].map { file.text($0.range) } == "{g = true, h = {}}")
    #expect(root["a"]?.entry(named: "e").map { file.position(at: Int($0.keyRange.start)).line } == 7)
    #expect(root["a"]?.entries?.map(\.key) == ["b", "e", "f"])
  }

  /// Section Array of Tables: a header below one belongs to its last element.
  @Test func `Lists of tables`() throws {
    let root = try read("[[r]]\nn = 1\n[r.s]\nm = 2\n[[r]]\nn = 3\n")
    #expect(root["r"]?.items?.map { $0["n"]?.text } == ["1", "3"])
    #expect(root["r"]?.items?[0]["s"]?["m"]?.text == "2" && root["r"]?.items?[1]["s"] == nil)
  }

  /// Section String.
  @Test func `Strings of all four kinds`() throws {
    let root = try read(
      "a = \"t\\t\\\"q\\u00e4\\U0001F600\"\nb = '''\nl1\n''l2'''\nc = \"\"\"\\\n   joined \\\n  up\"\"\"\nd = ''\n")
    #expect(root["a"]?.text == "t\t\"qä😀")
    #expect(root["b"]?.text == "l1\n''l2")
    #expect(root["c"]?.text == "joined up")
    #expect(root["d"]?.text == "")
  }

  /// Sections Integer, Float, Offset Date-Time: kept as written.
  @Test func `Numbers and dates stay text`() throws {
    let root = try read("a = -1_000\nb = 6.02e+23\nc = 1979-05-27 07:32:00Z\nd = 0xFF\ne = inf\n")
    #expect(
      ["a", "b", "c", "d", "e"].map { root[$0]?.text } == ["-1_000", "6.02e+23", "1979-05-27 07:32:00Z", "0xFF", "inf"])
  }

  @Test(arguments: [
    ("a = 1\na = 2\n", "a.toml:2:1: the key 'a' is given twice"),
    ("[t]\n[t]\n", "a.toml:2:1: the table 't' is written twice"),
    ("a = 1\n[a]\n", "a.toml:2:2: this key already has a value"),
    ("a = 1\n[[a]]\n", "a.toml:2:3: this key already has a value"),
    ("a.b = 1\n[a]\n", "a.toml:2:1: the table 'a' is written twice"),
    ("a = \"x\n", "a.toml:1:5: the quote that opens here is never closed"),
    ("a = [1, 2\n", "a comma or `]` must stand here"),
    ("a = {b = 1\n", "a comma or `}` must stand here"),
    ("a = \n", "a.toml:1:5: no value begins here"),
    ("= 1\n", "a.toml:1:1: a key must stand here"),
    ("a 1\n", "a.toml:1:3: an equals sign must follow the key"),
    ("[a\n", "a `]` must close the table's name"),
    ("a = 1 b = 2\n", "a.toml:1:7: the line must end here"),
    ("a = \"\\q\"\n", "a.toml:1:6: this escape is not one of TOML's"),
    ("a = \"\\u00\"\n", "this escape is not one of TOML's"),
    ("a = {b.c = 1}\n", "a key with a dot inside"),
  ])
  func `What is refused names its place`(text: String, expected: String) throws {
    #expect(try refusal(text).contains(expected))
  }

  @Test func `Hostile documents are refused, not recursed into`() throws {
    #expect(try refusal("a = " + String(repeating: "[", count: 100_000)).contains("nested more than 64 levels"))
    #expect(
      try refusal(Array(repeating: "a", count: 100_000).joined(separator: ".") + " = 1").contains("too many parts"))
    let deep = (1...70).map { "[" + Array(repeating: "a", count: min($0, 60)).joined(separator: ".") + ".b\($0)]\n" }
    #expect(throws: Never.self) { try read(deep.joined()) }
    let list = String(repeating: "[[r]]\nn = 1\n", count: 50_000)
    #expect(try read(list)["r"]?.items?.count == 50_000)
  }
}

import SourceText
import Testing

@Suite struct JSONTreeTests {
  @Test func `Values, escapes and positions`() throws {
    let file = try source(
      #"{"größe": [1, -2.5e+3, true, null, "null"], "esc": "\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00", "m": {}}"#)
    let root = try parseJSON(file)
    #expect(root["größe"]?.items?.map(\.text) == ["1", "-2.5e+3", "true", "null", "null"])
    #expect(root["größe"]?.items?.map(\.isNull) == [false, false, false, true, false])
    #expect(root["esc"]?.text == "\"\\/\u{8}\u{C}\n\r\tä😀")
    #expect(root["m"]?.entries == [])
    #expect(root.entries?.map { file.text($0.keyRange) } == [#""größe""#, #""esc""#, #""m""#])
    #expect(root["größe"].map { file.text($0.range) } == #"[1, -2.5e+3, true, null, "null"]"#)
    #expect(file.text(root.range) == file.text(0..<file.bytes.count))
    #expect(root.entry(named: "m").map { file.text($0.range) } == #""m": {}"#)
  }

  @Test func `Space and a byte-order mark around the value do not matter`() throws {
    let file = try source("\u{FEFF} \r\n\t[ ] \n")
    #expect(try file.text(parseJSON(file).range) == "[ ]")
  }

  @Test(arguments: [
    ("", "a.json:1:1: the document is empty"),
    ("  ", "a.json:1:3: the document is empty"),
    ("[1,]", "a.json:1:4: no JSON value begins here"),
    ("[1 2]", "a.json:1:4: a comma or ']' must stand here"),
    ("[1", "a.json:1:3: a comma or ']' must stand here"),
    ("{\"a\" 1}", "a.json:1:6: a colon must follow the key"),
    ("{\"a\":1,}", "a.json:1:8: a key in quotes must stand here"),
    ("{a:1}", "a.json:1:2: a key in quotes must stand here"),
    ("{\"ä\": 1,\n \"ä\": 2}", "a.json:2:2: the key 'ä' is given twice, first at a.json:1:2"),
    ("{\"a\": 1, \"\\u0061\": 2}", "a.json:1:10: the key 'a' is given twice"),
    ("1 2", "a.json:1:3: there is text behind the end of the JSON value"),
    ("// c\n1", "a.json:1:1: no JSON value begins here"),
    ("[ü]", "a.json:1:2: no JSON value begins here"),
    ("\"ä", "a.json:1:1: the quote that opens here is never closed"),
    ("\"\\x\"", "a.json:1:2: this escape is not one of JSON's"),
    ("\"\\", "a.json:1:2: this escape is not one of JSON's"),
    ("\"\\u12", "a.json:1:2: this escape"),
    ("\"\\u0000\"", "a.json:1:2: this escape"),
    ("\"\\ud800\"", "a.json:1:2: this escape"),
    ("\"\\ud800\\u0041\"", "a.json:1:2: this escape"),
    ("\"\\udc00\"", "a.json:1:2: this escape"),
    ("\"a\nb\"", "a.json:1:3: a control character stands in a text"),
    ("01", "a.json:1:1: no JSON value begins here"), ("1.", "no JSON value"), (".5", "no JSON value"),
    ("1e", "no JSON value"), ("+1", "no JSON value"), ("-", "no JSON value"), ("NaN", "no JSON value"),
    ("True", "no JSON value"), ("1-2", "no JSON value"),
  ])
  func `What is refused names its place`(text: String, expected: String) throws {
    #expect(try jsonRefusal(Array(text.utf8)).contains(expected))
  }

  @Test func `Bytes that are no text name the first bad byte`() throws {
    #expect(try jsonRefusal([0x22, 0xC3, 0xA4, 0xFF, 0x22]).hasPrefix("a.json:1:3: this byte is not valid UTF-8"))
    #expect(try jsonRefusal([0x5B, 0x00, 0x5D]).hasPrefix("a.json:1:2: a NUL byte"))
  }

  @Test func `Limits on depth, values and size`() throws {
    let million = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
    #expect(try jsonRefusal(million).hasPrefix("a.json:1:65: nested more than 64 levels deep"))
    let maps = Array(String(repeating: "{\"a\":", count: 100_000).utf8)
    #expect(try jsonRefusal(maps).contains("nested more than 64 levels deep"))
    let nested = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    #expect(throws: Never.self) { try parseJSON(source(nested)) }
    #expect(
      try jsonRefusal(Array("[1,2,3]".utf8), limits: DocumentLimits(nodes: 3)).hasPrefix("a.json:1:6: more than 3"))
    #expect(
      try jsonRefusal(Array("[1,2]".utf8), limits: DocumentLimits(bytes: 4)).contains("5 bytes are more than the 4"))
  }

  @Test func `Every truncation and every changed byte gives a tree or an error`() throws {
    let text = Array(#"{"a": ["ä\u00e9", -1.5e3, {"b": null}], "c": true}"#.utf8)
    for length in 0..<text.count {
      #expect(try jsonRefusal(Array(text[..<length])).hasPrefix("a.json:1:"))
    }
    for index in text.indices {
      for byte in [0x00, 0x22, 0x2C, 0x5B, 0x5C, 0x7D, 0x80, 0xFF] as [UInt8] {
        var changed = text
        changed[index] = byte
        let file = try SourceFile(path: "a.json", bytes: changed)
        do throws(SourceError) {
          #expect(Int(try parseJSON(file).range.end) <= text.count)
        } catch {
          #expect(error.description.hasPrefix("a.json:1:"))
        }
      }
    }
  }
}

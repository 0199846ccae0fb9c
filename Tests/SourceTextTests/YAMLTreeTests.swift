import SourceText
import Testing

@Suite struct YAMLTreeTests {
  @Test func `Scalars stay text and know whether they were quoted`() throws {
    let file = try source("time: 22:22\noctal: 010\nword: no\nquoted: '~'\nempty:\ntilde: ~\ntagged: !!str null\n")
    let root = try parseYAML(file)
    #expect(root["time"]?.text == "22:22")
    #expect(root["octal"]?.text == "010")
    #expect(root["word"]?.text == "no")
    #expect(root["word"]?.isNull == false)
    #expect(root["quoted"]?.isNull == false)
    #expect(root["empty"]?.isNull == true)
    #expect(root["tilde"]?.isNull == true)
    #expect(root["tagged"]?.isNull == false)
  }

  @Test func `Positions are bytes even behind umlauts and emoji`() throws {
    let file = try source("größe: [Überdruck, 🛢, x]\nzweite: {schlüssel: \"ä\", b: é}\nblock:\n  - ü\n  - last\n")
    let root = try parseYAML(file)
    let entries = try #require(root.entries)
    #expect(entries.map { file.text($0.keyRange) } == ["größe", "zweite", "block"])
    #expect(file.text(entries[0].value.range) == "[Überdruck, 🛢, x]")
    #expect(entries[0].value.items?.map { file.text($0.range) } == ["Überdruck", "🛢", "x"])
    #expect(file.text(entries[1].value.range) == "{schlüssel: \"ä\", b: é}")
    #expect(entries[1].value.entries?.map { file.text($0.range) } == ["schlüssel: \"ä\"", "b: é"])
    #expect(file.text(entries[2].value.range) == "- ü\n  - last")
    #expect(file.text(root.range) == file.text(0..<file.bytes.count - 1))
    #expect(file.position(at: Int(entries[1].value.entries![1].keyRange.start)) == SourcePosition(line: 2, column: 26))
  }

  @Test func `A byte-order mark and Windows line ends do not shift positions`() throws {
    let file = try source("\u{FEFF}a: 1\r\nb: ö\r\nc: 2\r\n")
    let entries = try #require(try parseYAML(file).entries)
    #expect(entries.map { file.text($0.range) } == ["a: 1", "b: ö", "c: 2"])
  }

  @Test func `Block text keeps its lines`() throws {
    let file = try source("reason: |\n  one\n  two\nnext: >-\n  three\n  four\n")
    let root = try parseYAML(file)
    #expect(root["reason"]?.text == "one\ntwo\n")
    #expect(root["next"]?.text == "three four")
    #expect(root.entry(named: "next").map { file.text($0.keyRange) } == "next")
  }

  @Test func `A value that is left out has an empty range behind its key`() throws {
    let file = try source("ä:\nb: 1\n")
    let value = try #require(try parseYAML(file)["ä"])
    #expect(value.range.start == value.range.end)
    #expect(value.range.start == 3)
  }

  @Test(arguments: [
    ("a: &x 1\n", "site.yml:1:4: anchors (&name) are not read"),
    ("ü: &x [1]\n", "site.yml:1:4: anchors"),
    ("a: *x\n", "site.yml:1:4: aliases (*name) are not read"),
    ("a: 1\n---\nb: 2\n", "site.yml:2:1: a second YAML document begins here"),
    ("a: 1\n...\ntrailing\n", "site.yml:3:1: "),
    ("[a, b] c\n", "site.yml:1:8: this is not valid YAML"),
    ("ö: 1\nb: 2\nö: 3\n", "site.yml:3:1: the key 'ö' is given twice, first at site.yml:1:1"),
    ("a: {x: 1, 'x': 2}\n", "site.yml:1:11: the key 'x' is given twice, first at site.yml:1:5"),
    ("? [a, b]\n: 1\n", "site.yml:1:3: a key must be plain text"),
    ("? {a: b}\n: 1\n", "site.yml:1:3: a key must be plain text"),
    ("a: !ruby/object:Gem 1\n", "site.yml:1:4: the tag '!ruby/object:Gem' is not read"),
    ("a: !!binary aGk=\n", "site.yml:1:4: the tag 'tag:yaml.org,2002:binary' is not read"),
    ("a: !!python/object [1]\n", "site.yml:1:4: the tag"),
    ("", "site.yml:1:1: the document is empty"),
    ("# only a comment\n", "site.yml:1:1: the document is empty"),
    ("---\n", "site.yml:1:1: the document is empty"),
    ("a: [1, 2\nb: 3\n", "this is not valid YAML"),
    ("a:\n\t- 1\n", "site.yml:2:1: this is not valid YAML: found character that cannot start any token"),
    ("ä: \"open\n", "this is not valid YAML"),
    ("a: \"x\\0y\"\n", "site.yml:1:4: the text holds a NUL character"),
    ("a: \u{7}\n", "site.yml:1:4: this character is not allowed in YAML"),
  ])
  func `What is refused names its place`(text: String, expected: String) throws {
    #expect(try yamlRefusal(text).contains(expected))
  }

  @Test func `Bytes that are no text name the first bad byte`() throws {
    #expect(
      try yamlRefusal(Array("ä: x\nb: ".utf8) + [0xC3, 0x28]).hasPrefix("site.yml:2:4: this byte is not valid UTF-8"))
    #expect(try yamlRefusal([0xFF, 0xFE, 0x61, 0x00]).hasPrefix("site.yml:1:1: this byte is not valid UTF-8"))
    #expect(try yamlRefusal([0x61, 0x3A, 0x00, 0x31]).hasPrefix("site.yml:1:3: a NUL byte"))
  }

  @Test func `Limits on depth, values and size`() throws {
    let million = String(repeating: "[", count: 1_000_000)
    #expect(try yamlRefusal(million).hasPrefix("site.yml:1:65: nested more than 64 levels deep"))
    #expect(try yamlRefusal(String(repeating: "- ", count: 100_000)).contains("nested more than 64 levels deep"))
    #expect(try yamlRefusal(String(repeating: "{a: ", count: 100_000)).contains("nested more than 64 levels deep"))
    let nested = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    #expect(throws: Never.self) { try parseYAML(source(nested)) }
    #expect(throws: Never.self) { try parseYAML(source("[a, b, c]"), limits: DocumentLimits(nodes: 4)) }
    #expect(
      try yamlRefusal("[a, b, c]", limits: DocumentLimits(nodes: 3)).hasPrefix("site.yml:1:8: more than 3 values"))
    #expect(
      try yamlRefusal("a: 1234", limits: DocumentLimits(bytes: 6))
        == SourceError.tooLarge(path: "site.yml", bytes: 7, limit: 6).description)
  }

  @Test func `A large file behind an umlaut keeps its positions`() throws {
    let text = "ü: 1\n" + (0..<100_000).map { "key\($0): [10.0.0.1, ä]\n" }.joined()
    let file = try source(text)
    let last = try parseYAML(file).entries?.last
    #expect(last.map { file.text($0.range) } == "key99999: [10.0.0.1, ä]")
  }

  @Test func `Every truncation of a document gives a tree or an error`() throws {
    let text = Array("version: 1\nzönes:\n  a: {level: 3.5, networks: [10.0.0.0/8, \"x\\u00e9\"]}\nb: |\n  text\n".utf8)
    for length in 0...text.count {
      let file = try SourceFile(path: "t.yml", bytes: Array(text[..<length]))
      do throws(SourceError) {
        let root = try parseYAML(file)
        #expect(Int(root.range.end) <= length)
      } catch {
        #expect(error.description.hasPrefix("t.yml:"))
      }
    }
  }
}

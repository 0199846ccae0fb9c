import SourceText
import Testing

@Suite struct XMLTreeTests {
  @Test func `Elements, attributes, text and positions`() throws {
    let file = try source(
      """
      <?xml version="1.0"?>
      <!-- ü -->
      <konfig größe="1 &lt; 2"
        b = 'x y' >
        <entry name="ä"><member>any &amp; all</member></entry>
        <empty/>
        <raw><![CDATA[<not> a tag]]></raw>
      </konfig>

      """)
    let root = try parseXML(file)
    #expect(root.name == "konfig")
    #expect(root.attributes.map(\.name) == ["größe", "b"])
    #expect(root.attribute("größe") == "1 < 2")
    #expect(root.attributes.map { file.text($0.range) } == ["größe=\"1 &lt; 2\"", "b = 'x y'"])
    #expect(root.elements.map(\.name) == ["entry", "empty", "raw"])
    #expect(root.children.count == 3, "white space between elements is left out")
    let entry = try #require(root.element(named: "entry"))
    #expect(file.text(entry.range) == "<entry name=\"ä\"><member>any &amp; all</member></entry>")
    #expect(entry.element(named: "member")?.text == "any & all")
    #expect(root.element(named: "empty").map { file.text($0.range) } == "<empty/>")
    #expect(root.element(named: "raw")?.text == "<not> a tag")
    #expect(file.text(root.range).hasPrefix("<konfig") && file.text(root.range).hasSuffix("</konfig>"))
  }

  @Test func `Text knows its place, and lines are joined`() throws {
    let file = try source("<a>ä\n  b &#228;\r\n</a>")
    let root = try parseXML(file)
    guard case .text(let text, let range) = try #require(root.children.first) else { throw CancellationError() }
    #expect(root.children.count == 1)
    #expect(text == "ä\n  b ä\n")
    #expect(file.text(range) == "ä\n  b &#228;\r\n")
    #expect(root.text == "ä\n  b ä")
  }

  @Test func `Mixed text is kept in order`() throws {
    let root = try parseXML(source("<a>x<b/>y</a>"))
    #expect(root.children.count == 3)
    #expect(root.text == "xy")
  }

  @Test(arguments: [
    ("", "a.xml:1:1: this is not valid XML: no element found"),
    ("<a>", "this is not valid XML: no element found"),
    ("<a>\n  <ä></b>\n</a>", "a.xml:2:8: this is not valid XML: mismatched tag"),
    ("<a/><b/>", "a.xml:1:5: this is not valid XML: junk after document element"),
    ("<a/>text", "this is not valid XML"),
    ("<a x='1' x='2'/>", "this is not valid XML: duplicate attribute"),
    ("<a>&unknown;</a>", "a.xml:1:4: this is not valid XML: undefined entity"),
    ("<!DOCTYPE a><a/>", "a document type (<!DOCTYPE>) is not read"),
    ("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "a document type (<!DOCTYPE>) is not read"),
    ("<!DOCTYPE a [<!ENTITY l 'lol'><!ENTITY m '&l;&l;'>]><a>&m;</a>", "a document type (<!DOCTYPE>) is not read"),
    ("<!ENTITY l 'lol'><a/>", "this is not valid XML"),
    ("<a>&#0;</a>", "this is not valid XML"),
    ("<a>\u{1}</a>", "a.xml:1:4: this is not valid XML"),
  ])
  func `What is refused names its place`(text: String, expected: String) throws {
    #expect(try xmlRefusal(Array(text.utf8)).contains(expected))
  }

  @Test func `The declared encoding does not matter, the bytes do`() throws {
    let declared = "<?xml version='1.0' encoding='ISO-8859-1'?><a>ä</a>"
    #expect(try parseXML(source(declared)).text == "ä")
    let latin = Array("<?xml version='1.0' encoding='ISO-8859-1'?>\n<a>".utf8) + [0xE4] + Array("</a>".utf8)
    #expect(try xmlRefusal(latin).hasPrefix("a.xml:2:4: this byte is not valid UTF-8"))
    #expect(try xmlRefusal([0x3C, 0x61, 0x00, 0x2F, 0x3E]).hasPrefix("a.xml:1:3: a NUL byte"))
  }

  @Test func `Limits on depth, values and size`() throws {
    let deep = Array(String(repeating: "<a>", count: 1_000_000).utf8)
    #expect(try xmlRefusal(deep).hasPrefix("a.xml:1:193: nested more than 64 levels deep"))
    let nested = String(repeating: "<a>", count: 64) + String(repeating: "</a>", count: 64)
    #expect(throws: Never.self) { try parseXML(source(nested)) }
    #expect(
      try xmlRefusal(Array("<a b='1'>x<c/></a>".utf8), limits: DocumentLimits(nodes: 3)).contains("more than 3 values"))
    #expect(throws: Never.self) { try parseXML(source("<a b='1'>x<c/></a>"), limits: DocumentLimits(nodes: 4)) }
    #expect(
      try xmlRefusal(Array("<a/>".utf8), limits: DocumentLimits(bytes: 3)).contains("4 bytes are more than the 3"))
  }

  @Test func `Every truncation gives an error with a place`() throws {
    let text = Array("<a ä='1' b=\"&lt;\"><!-- c --><b>x &amp; y</b><![CDATA[z]]></a>".utf8)
    for length in 0..<text.count {
      #expect(try xmlRefusal(Array(text[..<length])).hasPrefix("a.xml:1:"))
    }
  }
}

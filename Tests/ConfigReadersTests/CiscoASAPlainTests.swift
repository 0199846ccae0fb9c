import RuleModel
import SourceText
import TestKit
import Testing

@testable import ConfigReaders

/// Usual entries are read in one go; the reading must be what reading word by word gives.
@Suite struct CiscoASAPlainTests {
  /// The reading, held against the one word by word.
  @discardableResult
  private func compared(_ file: SourceFile) -> Reading {
    let reading = ASAReader.read(file)
    expectSame(reading, ASAReader.read(file, readsPlainEntries: false), file.path)
    return reading
  }

  @Test func samples() throws {
    guard let shared = sharedFolder() else {
      print("skipped: no samples beside the package")
      return
    }
    for folder in ["cisco-asa", "cisco-ios"] {
      for path in filesBelow("\(shared)/samples/\(folder)") {
        compared(try SourceFile(path: path, bytes: try #require(readBytes(path))))
      }
    }
  }

  @Test func randomEntries() throws {
    for seed in 0..<25 {
      var entries = RandomEntries(seed: UInt64(seed))
      let file = try SourceFile(path: "random \(seed)", bytes: Array(entries.file(lines: 250).utf8))
      #expect(packedCount(compared(file)) > 60)
    }
  }

  @Test func usualEntriesAreReadInOneGo() throws {
    let entries = [
      "extended permit ip any any", "extended deny ip any4 host 10.0.0.1 log", "permit icmp 10.0.0.0 255.0.0.0 any",
      "extended permit tcp any eq 80 10.1.0.0 255.255.0.0 range 1024 65535 log disable", "deny udp any any eq domain",
      "extended permit udp host 10.0.0.1 gt 1023 any lt 1024 log warnings interval 600 inactive",
      "extended deny tcp 0.0.0.0 0.0.0.0 host 0.0.0.0 eq 0 log default", "extended permit tcp any any eq https  ",
    ]
    for entry in entries {
      let bytes = Array(entry.utf8)
      #expect(ASAPlainEntry(bytes.span, from: 0, to: bytes.count, isV4Only: false) != nil, "\(entry)")
    }
    compared(try SourceFile(path: "x", bytes: Array(entries.map { "access-list L \($0)\n" }.joined().utf8)))
  }

  @Test func everythingElseIsLeft() {
    let entries = [
      "", "extended", "extended permit", "extended permit tcp any", "extended  permit ip any any",
      "extended permit ip any any eq 80", "extended permit tcp any any eq", "extended permit tcp any any eq 65536",
      "extended permit tcp any any range 2 1", "extended permit tcp any any gt 65535",
      "extended permit tcp any any lt 0",
      "extended permit tcp any any neq 80", "extended permit tcp any any eq nowhere",
      "extended permit tcp any any log log2",
      "extended permit ip 10.0.0.0 255.0.255.0 any", "extended permit ip host 10.0.0.01 any",
      "extended permit ip host 10.0.0 any", "extended permit ip host 10.0.0.1.1 any",
      "extended permit ip host 10.0.0.256 any", "extended permit ip 10.0.0.1 any", "extended permit ip any any6",
      "extended permit ip any any time-range T", "extended permit icmp any any echo",
      "extended permit ip object O any", "extended permit ip any any (hitcnt=1)",
      "extended permit ip any any rule-id 1",
      "extended permit tcp any any eq 80 established", "extended permitted ip any any", "extended permit ipv6 any any",
      "extended permit ip anything any", "extended permit ip any any log interval x",
    ]
    for entry in entries {
      let bytes = Array(entry.utf8)
      #expect(ASAPlainEntry(bytes.span, from: 0, to: bytes.count, isV4Only: false) == nil, "\(entry)")
    }
  }
}

/// Access lists of entries that are mostly usual.
private struct RandomEntries {
  private var picker: TextPicker

  init(seed: UInt64) { picker = TextPicker(seed: seed) }

  mutating func file(lines: Int) -> String {
    var text = picker.pick(["ASA Version 9.12(4)\n", "ASA Version 8.2(1)\n", "hostname fw\n", "name 10.0.0.9 alias\n"])
    text += "object network O\n host 10.0.0.7\nobject-group service G tcp\n port-object eq 80\n"
    for _ in 0..<lines { text += line() + picker.pick(["\n", "\n", "\n", " \n", "\r\n"]) }
    if picker.oneIn(3) { text += "ipv6 access-list L permit ip any any\n" }
    return text + "access-list L extended permit tcp any any eq 1"
  }

  private mutating func line() -> String {
    let list = picker.pick(["L", "L", "L", "M", "inside_in", "alert-interval", "N;"])
    if picker.oneIn(12) {
      return picker.pick([
        "access-list \(list) remark why", "access-list \(list)", "access-list \(list) standard permit any", "!", "",
        "access-list \(list) ethertype deny any", "access-list alert-interval 300",
        " access-list \(list) deny ip any any",
        "access-list \(list) extended", "nonsense", "name 10.0.0.8 other", "fw# access-list \(list) permit ip any any",
        "access-list \(list); 3 elements", "ipv6 access-list \(list) permit tcp any any", "\taccess-list",
      ])
    }
    var words = ["access-list", list]
    if picker.oneIn(30) { words += ["line", "\(picker.number(0...9))"] }
    if !picker.oneIn(5) { words.append(picker.oneIn(40) ? "advanced" : "extended") }
    words.append(picker.pick(["permit", "permit", "deny", "permit", "deny", picker.oneIn(20) ? "trust" : "deny"]))
    words.append(picker.pick(["tcp", "tcp", "udp", "ip", "icmp", picker.oneIn(4) ? "esp" : "tcp"]))
    words += [address(), ports(), address(), ports(), options()]
    var text = words.filter { !$0.isEmpty }.joined(separator: " ")
    if picker.oneIn(25) { text = text.replacingFirstBlank(by: picker.pick(["  ", "\t", " x "])) }
    if picker.oneIn(40) { text.removeLast(min(text.count, picker.number(1...20))) }
    return text
  }

  private mutating func quad() -> String {
    if picker.oneIn(30) { return picker.pick(["10.0.0", "10.0.0.256", "010.0.0.1", "1.2.3.4.5", "alias", "0", "::1"]) }
    return "\(picker.number(0...255)).\(picker.number(0...255)).\(picker.number(0...255)).\(picker.number(0...255))"
  }

  private mutating func address() -> String {
    let masks = ["255.255.255.0", "255.0.0.0", "255.255.255.255", "0.0.0.0", "255.255.0.255", "0.0.0.255", "0"]
    switch picker.number(0...9) {
    case 0, 1: return "any"
    case 2: return picker.pick(["any4", "any6", "any", "any5"])
    case 3, 4, 5: return "host \(quad())"
    case 6, 7, 8: return "\(quad()) \(picker.oneIn(4) ? picker.pick(masks) : "255.255.255.240")"
    default: return picker.oneIn(3) ? picker.pick(["object O", "object-group X", "10.0.0.0/8"]) : "any"
    }
  }

  private mutating func ports() -> String {
    let port = picker.pick(["80", "443", "https", "domain", "0080", "65535", "65536", "0", "echo", "x", "netbios-ssn"])
    switch picker.number(0...9) {
    case 0, 1, 2: return "eq \(port)"
    case 3: return "range \(picker.number(0...500)) \(picker.number(400...70000))"
    case 4: return "\(picker.pick(["gt", "lt", "neq"])) \(port)"
    default: return picker.oneIn(20) ? "object-group G" : ""
    }
  }

  private mutating func options() -> String {
    guard picker.oneIn(3) else { return "" }
    return picker.pick([
      "log", "log disable", "log default", "log 6", "log warnings interval 600", "inactive", "log inactive", "echo",
      "time-range T", "(hitcnt=4)", "(hitcnt=4) 0x1234", "rule-id 7", "log informational", "log log", "log 9",
      "log interval x",
    ])
  }
}

extension String {
  fileprivate func replacingFirstBlank(by text: String) -> String {
    guard let blank = firstIndex(of: " ") else { return self }
    return self[..<blank] + text + self[index(after: blank)...]
  }
}

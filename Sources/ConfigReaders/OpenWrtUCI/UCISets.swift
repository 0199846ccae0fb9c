import PacketSets
import RuleModel
import SourceText

/// An ipset section.
struct UCISet {
  enum Field: Equatable {
    case address(IPFamily)
    case port, hardware
  }
  var types: [Field]
  var isSource: [Bool]
  var family: IPFamily?
  var content: NFTSet

  var hasPorts: Bool { types.contains(.port) }
}

extension UCIFirewall {
  mutating func readSet(_ section: UCISection) {
    guard UCIValues.bool(section.value("enabled")) != false else { return }
    guard let name = section.value("name") ?? section.value("external"), !section.values("match").isEmpty else {
      return gap(section.head, "the set lacks a name or what it matches; it is read over", state: .notRecognised)
    }
    let family = section.value("family").flatMap { UCIValues.family($0) } ?? .some(.v4)
    var set = UCISet(types: [], isSource: [], family: nil, content: NFTSet(source: section.range))
    for text in section.values("match") {
      let parts = pieces(text, at: UInt8(ascii: "_"))
      set.isSource.append(parts.count < 2 || parts[0] == "src")
      switch parts.last ?? "" {
      case "ip", "net":
        guard let family else { return gap(section.head, "a set of addresses needs a family; it is read over") }
        set.types.append(.address(family))
        set.family = family
      case "port": set.types.append(.port)
      case "mac": set.types.append(.hardware)
      default:
        return gap(section.range(of: "match"), "what the set matches is not understood", state: .notRecognised)
      }
    }
    let isTimed = section.value("timeout").flatMap { Int($0) }.map { $0 >= 0 } ?? false
    set.content.isDynamic = isTimed || section.has("loadfile") || section.has("external") || section.doubt != nil
    for option in section.options where option.key == "entry" {
      for value in option.values { add(value, to: &set) }
    }
    sets[name] = set
  }

  private mutating func add(_ value: UCIValue, to set: inout UCISet) {
    let words = value.text.split { $0 == " " || $0 == "\t" }.map(String.init)
    let parts = zip(set.types, words).compactMap { type, word -> NFTExpression? in
      switch type {
      case .address(let family): NFTNames.addresses(word, family).map { _ in .constant(word) }
      case .port: UCIValues.port(word)
      case .hardware: .constant(word)
      }
    }
    guard parts.count == set.types.count, words.count == parts.count else {
      set.content.isDynamic = true
      return gap(value.range, "this entry of the set is not understood", state: .notRecognised)
    }
    set.content.elements.append(NFTElement(key: parts.count == 1 ? parts[0] : .concatenation(parts)))
  }
}

import RuleModel
import SourceText

extension SiteReader {
  /// Wires and tunnels between devices, each with its two ends `a` and `b` as `device:interface`.
  mutating func readLinks(_ node: DocumentNode, among devices: [DeviceEntry]) -> [Link] {
    var links: [Link] = []
    for item in document.list(node, "links") {
      guard let fields = document.fields(item, "a link", required: ["a", "b"]),
        let a = linkEnd(fields["a"], "a", devices), let b = linkEnd(fields["b"], "b", devices)
      else { continue }
      guard a.device != b.device || a.interface != b.interface else {
        document.complain(
          item.range, "a link joins \(quoted(fields["a"]?.text ?? "")) to itself", help: "name two ends")
        continue
      }
      links.append(Link(a: a, b: b, source: item.range))
    }
    return links
  }

  private mutating func linkEnd(_ node: DocumentNode?, _ key: String, _ devices: [DeviceEntry]) -> LinkEnd? {
    guard let node else { return nil }
    return document.value(node, key) { (text) throws(TextProblem) in
      let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
      guard parts.count == 2 else {
        throw TextProblem(
          message: "\(quoted(text)) is no end of a link", help: "write device:interface, as fw-plant:port2")
      }
      guard devices.contains(where: { $0.name == parts[0] }) else {
        throw TextProblem(
          message: "there is no device \(quoted(parts[0]))", help: suggestion(parts[0], among: devices.map(\.name)))
      }
      return LinkEnd(device: parts[0], interface: parts[1], source: node.range)
    }
  }
}

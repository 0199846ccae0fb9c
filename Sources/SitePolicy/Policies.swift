import PolicyPacks
import RuleModel
import SourceText

/// What a site is judged by: its packs with `reading` in front, and its frameworks.
public struct Policies: Sendable {
  /// `reading` first, then the site's in their order.
  public var packs: [PolicyPack]
  /// In the site's order.
  public var frameworks: [Framework]

  /// The rules in force, overrides applied.
  public var rules: [PolicyRule] { effectiveRules(packs: packs) }
}

/// Loads the packs and frameworks that a site names, shipped and own ones, and adds their files to the catalog.
///
/// `readBytes` is given the path as the site file writes it, relative to the site file.
///
/// - Parameter knownChecks: the codes of all checks, each with the settings that it understands.
/// - Throws: every error of every file, not just the first.
public func loadPolicies(
  of site: Site, into catalog: inout SourceCatalog, knownChecks: [String: Set<String>],
  readBytes: (String) throws -> [UInt8]
) throws(SitePolicyErrors) -> Policies {
  var document = DocumentReader(file: catalog.file(of: site.source))
  let named = site.policies.filter { $0.text != "reading" }
  let packs = [PolicyReference(text: "reading", source: site.source)] + named
  var policies = Policies(packs: [], frameworks: [])
  for reference in packs {
    let file = document.open(reference, shipped: shippedPacks, in: &catalog, readBytes: readBytes)
    guard let file else { continue }
    do throws(SitePolicyErrors) {
      policies.packs.append(try loadPack(file, knownChecks: knownChecks, zones: site.zones))
    } catch { document.add(error) }
  }
  for reference in site.frameworks {
    let file = document.open(reference, shipped: shippedFrameworks, in: &catalog, readBytes: readBytes)
    guard let file else { continue }
    do throws(SitePolicyErrors) {
      policies.frameworks.append(try loadFramework(file, knownChecks: Set(knownChecks.keys)))
    } catch { document.add(error) }
  }
  try document.finish()
  return policies
}

extension DocumentReader {
  /// The file behind a reference, added to the catalog; nil after a complaint.
  fileprivate mutating func open(
    _ reference: PolicyReference, shipped: [ShippedFile], in catalog: inout SourceCatalog,
    readBytes: (String) throws -> [UInt8]
  ) -> SourceFile? {
    do {
      if reference.isPath {
        return try catalog.add(path: reference.text, bytes: readBytes(reference.text))
      }
      guard let file = shipped.first(where: { $0.name == reference.text }) else {
        complain(
          reference.source, "\(quoted(reference.text)) is not shipped",
          help: suggestion(reference.text, among: shipped.map(\.name)))
        return nil
      }
      return try catalog.add(path: file.path, bytes: file.bytes)
    } catch let error as SourceError {
      add(error)
    } catch {
      complain(reference.source, "\(quoted(reference.text)) cannot be read: \(error)", help: "check the path")
    }
    return nil
  }
}

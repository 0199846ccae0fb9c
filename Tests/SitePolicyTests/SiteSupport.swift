import SitePolicy
import SourceText
import Testing

/// Six zones that the tests add to.
let plantZones = """
  zones:
    corporate:   {level: 4,   networks: [10.0.0.0/16, "2001:db8:10::/48"]}
    dmz:         {level: 3.5, networks: [10.35.0.0/24]}
    operations:  {level: 3,   networks: [10.30.0.0/22], consequence: production}
    control:     {level: 1,   networks: [10.10.0.0/22]}
    safety:      {level: 1,   networks: [10.11.0.0/24], sis: true, sil: 3, consequence: safety}
    vendor:      {level: external, networks: [198.51.100.0/24]}

  """

/// A site with `plantZones` on lines 3 to 9 and `more` from line 10 on.
func plant(_ more: String) -> String { "version: 1\nsite: plant\n\(plantZones)\(more)" }

struct NoSuchFile: Error, CustomStringConvertible {
  var description: String { "no such file" }
}

/// Loads a site whose other files are `files`.
func load(_ text: String, files: [String: String] = [:]) throws -> Site {
  var catalog = SourceCatalog()
  let file = try catalog.add(path: "bulkhead.yml", bytes: Array(text.utf8))
  return try loadSite(file) { path in
    guard let content = files[path] else { throw NoSuchFile() }
    return try catalog.add(path: path, bytes: Array(content.utf8))
  }
}

/// The lines of what a site is refused with; records an issue when it is accepted.
func errors(_ text: String, files: [String: String] = [:]) throws -> [String] {
  try lines { _ = try load(text, files: files) }
}

/// The lines of what `work` is refused with; records an issue when it is accepted.
func lines(_ work: () throws -> Void) throws -> [String] {
  do {
    try work()
  } catch let refused as SitePolicyErrors {
    return refused.description.split(separator: "\n").map(String.init)
  }
  Issue.record("the file was accepted")
  return []
}

/// All checks of the shipped packs, with their settings.
let knownChecks: [String: Set<String>] = {
  var checks: [String: Set<String>] = [:]
  let codes =
    (1...15).map { "SEG0\($0 < 10 ? "0" : "")\($0)" } + ["SIS001", "SIS002", "SIS003", "SIS004", "SIS005"]
    + (1...5).map { "DIO00\($0)" }
    + [
      "OTP001", "OTP002", "OTP003", "OTP004", "OTP005", "RUL001", "RUL002", "RUL003", "RUL004", "RUL005", "RUL017",
      "RUL006",
      "RUL007", "RUL008", "RUL013", "RUL014", "RUL015", "AST001", "AST002", "AST003",
    ]
    + (1...7).map { "CFG00\($0)" }
  for code in codes { checks[code] = [] }
  checks["SEG002"] = ["only-with-dmz"]
  checks["SEG007"] = ["only-levels-in-use"]
  checks["SEG011"] = ["require-owner", "require-reason", "require-ticket", "require-review"]
  checks["RUL007"] = ["share-of-zone-percent", "max-addresses"]
  return checks
}()

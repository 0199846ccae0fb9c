import SourceText
import Testing

/// A file of a test, from text or bytes.
func source(_ text: String, path: String = "site.yml") throws -> SourceFile {
  try SourceFile(path: path, bytes: Array(text.utf8))
}

/// What `parse` refuses a file with, as `path:line:column: message; help`; fails the test when it accepts the file.
func refusal(_ file: SourceFile, _ parse: (SourceFile) throws(SourceError) -> Void) -> String {
  do {
    try parse(file)
  } catch {
    return error.description
  }
  Issue.record("the file was accepted")
  return ""
}

func yamlRefusal(_ text: String, limits: DocumentLimits = .standard) throws -> String {
  try yamlRefusal(Array(text.utf8), limits: limits)
}

func yamlRefusal(_ bytes: [UInt8], limits: DocumentLimits = .standard) throws -> String {
  refusal(try SourceFile(path: "site.yml", bytes: bytes)) { (file) throws(SourceError) in
    _ = try parseYAML(file, limits: limits)
  }
}

func jsonRefusal(_ bytes: [UInt8], limits: DocumentLimits = .standard) throws -> String {
  refusal(try SourceFile(path: "a.json", bytes: bytes)) { (file) throws(SourceError) in
    _ = try parseJSON(file, limits: limits)
  }
}

func xmlRefusal(_ bytes: [UInt8], limits: DocumentLimits = .standard) throws -> String {
  refusal(try SourceFile(path: "a.xml", bytes: bytes)) { (file) throws(SourceError) in
    _ = try parseXML(file, limits: limits)
  }
}

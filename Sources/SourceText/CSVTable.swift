/// One cell of a CSV table.
public struct CSVField: Sendable, Equatable {
  /// The content, quotes resolved, blanks around it removed unless it was quoted.
  public var text: String
  /// Where the cell stands, with its quotes.
  public var range: SourceRange
}

/// A CSV table: a header row and the rows below it.
public struct CSVTable: Sendable, Equatable {
  public var header: [CSVField]
  /// Every row has as many fields as the header; blank lines are left out.
  public var rows: [[CSVField]]
}

/// Reads comma-separated values (RFC 4180): fields in quotes may hold commas, line ends and doubled quotes.
///
/// - Throws: `SourceError` with the place and what to do; also for an empty file, and for a row that has more or fewer
///   fields than the header.
/// - Complexity: O(n) in the number of bytes.
public func parseCSV(_ file: SourceFile, limits: DocumentLimits = .standard) throws(SourceError) -> CSVTable {
  var reader = CSVReader(budget: try DocumentBudget(file, limits))
  guard let header = try reader.row() else {
    throw file.malformed(at: 0, "the table is empty", help: "begin it with a row of column names")
  }
  var rows: [[CSVField]] = []
  while let row = try reader.row() {
    guard row.count == header.count else {
      throw file.malformed(
        at: Int(row[0].range.start), "this row has \(row.count) fields, but the header has \(header.count)",
        help: "add or remove commas; put text that holds a comma in quotes")
    }
    rows.append(row)
  }
  return CSVTable(header: header, rows: rows)
}

private struct CSVReader {
  var budget: DocumentBudget
  let bytes: [UInt8]
  var position: Int
  var file: SourceFile { budget.file }

  init(budget: DocumentBudget) {
    self.budget = budget
    bytes = budget.file.bytes
    position = budget.file.byteOrderMarkLength
  }

  /// The next row that is not blank; nil at the end.
  mutating func row() throws(SourceError) -> [CSVField]? {
    while position < bytes.count {
      var fields = [try field()]
      while position < bytes.count, bytes[position] == UInt8(ascii: ",") {
        position += 1
        fields.append(try field())
      }
      takeLineEnd()
      let only = fields[0].range
      if fields.count > 1 || only.start < only.end { return fields }
    }
    return nil
  }

  /// Passes LF, CR LF or CR, where a field has ended at one.
  private mutating func takeLineEnd() {
    if position < bytes.count, bytes[position] == ASCII.carriageReturn { position += 1 }
    if position < bytes.count, bytes[position] == ASCII.lineFeed { position += 1 }
  }

  private mutating func skipBlanks() {
    while position < bytes.count, ASCII.isBlank(bytes[position]) { position += 1 }
  }

  private func endsField(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ",") || byte == ASCII.lineFeed || byte == ASCII.carriageReturn
  }

  private mutating func field() throws(SourceError) -> CSVField {
    skipBlanks()
    try budget.count(at: position)
    let start = position
    if start < bytes.count, bytes[start] == ASCII.quote { return try quotedField() }
    while position < bytes.count, !endsField(bytes[position]) { position += 1 }
    var end = position
    while end > start, ASCII.isBlank(bytes[end - 1]) { end -= 1 }
    return CSVField(text: file.text(start..<end), range: file.range(start, end))
  }

  private mutating func quotedField() throws(SourceError) -> CSVField {
    let start = position
    position += 1
    var text: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      guard byte == ASCII.quote else {
        text.append(byte)
        continue
      }
      if position < bytes.count, bytes[position] == ASCII.quote {
        text.append(ASCII.quote)
        position += 1
        continue
      }
      let range = file.range(start, position)
      skipBlanks()
      guard position == bytes.count || endsField(bytes[position]) else {
        throw file.malformed(
          at: position, "there is text behind the closing quote",
          help: "write a quote inside a field twice (\"\"), and a comma behind the field")
      }
      return CSVField(text: String(decoding: text, as: UTF8.self), range: range)
    }
    throw file.malformed(at: start, "the quote that opens here is never closed", help: "close it")
  }
}

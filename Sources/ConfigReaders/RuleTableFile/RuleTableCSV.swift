import SourceText

/// Takes a rule table out of comma-separated values.
///
/// Words in a cell stand apart by blanks or semicolons. The rows `default` and `stateful` are no rules: their action says what
/// happens where no rule matches, and whether replies pass by themselves.
func ruleTable(csv file: SourceFile, _ document: inout CheckedDocument) -> RuleTableText? {
  let table: CSVTable
  do {
    table = try parseCSV(file)
  } catch {
    document.unknown(file.range(0, file.bytes.count), "the file cannot be read: \(error.description)")
    return nil
  }
  var text = RuleTableText()
  var columns: [String?] = []
  for field in table.header {
    let name = field.text.lowercased()
    if columns.contains(name) {
      document.unknown(field.range, "the column `\(printable(field.text))` is given twice; the second is not read")
      columns.append(nil)
    } else if RuleTableRow.columns.contains(name) {
      document.ledger.mark(field.range, .used)
      columns.append(name)
    } else {
      let hint = nearest(to: name, among: RuleTableRow.columns).map { "; did you mean `\($0)`?" } ?? ""
      document.unknown(field.range, "the column `\(printable(field.text))` is not known here\(hint)")
      columns.append(nil)
    }
  }
  for fields in table.rows {
    var row = RuleTableRow(range: fields[0].range.union(fields[fields.count - 1].range))
    document.ledger.mark(row.range, .used)
    for (column, field) in zip(columns, fields) {
      guard let column, !field.text.isEmpty else { continue }
      row.words[column] = column == "reason" || column == "rule" ? [RuleTableWord(field)] : words(of: field, file)
    }
    switch row.word("rule")?.text.lowercased() {
    case "default": text.fallback = row.word("action") ?? RuleTableWord(text: "", range: row.range)
    case "stateful": text.stateful = row.word("action") ?? RuleTableWord(text: "", range: row.range)
    default: text.rows.append(row)
    }
  }
  return text
}

/// The words of a cell; all of them point at the cell, since quotes may have shifted them.
private func words(of field: CSVField, _ file: SourceFile) -> [RuleTableWord] {
  field.text.split(whereSeparator: { $0 == ";" || $0.isWhitespace }).map {
    RuleTableWord(text: String($0), range: field.range)
  }
}

extension RuleTableWord {
  fileprivate init(_ field: CSVField) { self.init(text: field.text, range: field.range) }
}

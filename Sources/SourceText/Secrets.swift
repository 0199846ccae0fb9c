/// The text with the values of passwords and keys masked, character by character, so that columns stay.
///
/// Reports quote statements that were not understood, and any of those may hold a secret. A word that names one
/// (`password`, `psksecret`, `community`, `pre-shared-key`, `key:`) masks the value behind it: a word, or all that stands
/// between quotes. Words for the kind of encryption between the two (`ENC`, `7`) stay.
///
/// - Complexity: O(n).
public func withoutSecrets(_ text: String) -> String {
  if !mayNameSecret(text) { return text }
  var scalars = Array(text.unicodeScalars)
  var position = 0
  var wordsInLine = 0
  while position < scalars.count {
    if scalars[position] == "\n" { wordsInLine = 0 }
    guard isWord(scalars[position]) else {
      position += 1
      continue
    }
    let start = position
    while position < scalars.count, isWord(scalars[position]) { position += 1 }
    wordsInLine += 1
    let word = lowercased(scalars[start..<position])
    // `key` is a word of remarks too: it counts at the head of a statement and before a colon or an equals sign.
    let isAssigned = position < scalars.count && (scalars[position] == ":" || scalars[position] == "=")
    if secretEndings.contains(where: { word.hasSuffix($0) }) || (word == "key" && (wordsInLine <= 2 || isAssigned)) {
      position = mask(&scalars, from: position)
    }
  }
  var result = String.UnicodeScalarView()
  result.append(contentsOf: scalars)
  return String(result)
}

/// Whether some name of a secret may stand in the text; never wrongly false. Most rules name none.
private func mayNameSecret(_ text: String) -> Bool {
  // Lower case forms of the letters pairs that every ending below holds: pa(ss), se(cret), ps(k), co(mmunity), ke(y),
  // pw(d), to(ken).
  var last: UInt8 = 0
  for byte in text.utf8 {
    let next = ASCII.lowercased(byte)
    // Names in other scripts, and letters that lower case turns into ASCII, are looked at in full.
    if byte >= 0x80 { return true }
    switch (last, next) {
    case (UInt8(ascii: "p"), UInt8(ascii: "a")), (UInt8(ascii: "p"), UInt8(ascii: "s")),
      (UInt8(ascii: "p"), UInt8(ascii: "w")), (UInt8(ascii: "s"), UInt8(ascii: "e")),
      (UInt8(ascii: "c"), UInt8(ascii: "o")), (UInt8(ascii: "k"), UInt8(ascii: "e")),
      (UInt8(ascii: "t"), UInt8(ascii: "o")):
      return true
    default: last = next
    }
  }
  return false
}

private let secretEndings = ["password", "passwd", "passphrase", "secret", "psk", "community", "-key", "pwd", "token"]

/// What may stand between the name of a secret and its value.
private let kinds: Set<String> = ["enc", "encrypted", "md5", "sha", "sha256"]

/// Masks the value behind a name and returns the position behind it; without a separator there is no value.
private func mask(_ scalars: inout [Unicode.Scalar], from name: Int) -> Int {
  var start = name
  while start < scalars.count, [" ", "\t", ":", "="].contains(scalars[start]) { start += 1 }
  guard start > name, start < scalars.count else { return start }
  let quote = ["\"", "'"].contains(scalars[start]) ? scalars[start] : nil
  if quote != nil { start += 1 }
  var end = start
  while end < scalars.count, quote == nil ? !endsValue(scalars[end]) : scalars[end] != quote { end += 1 }
  let value = lowercased(scalars[start..<end])
  if quote == nil, kinds.contains(value) || (value.utf8.count == 1 && value.utf8.allSatisfy { 48...57 ~= $0 }) {
    return mask(&scalars, from: end)
  }
  for index in start..<end where scalars[index] != "\n" { scalars[index] = "•" }
  return end
}

private func isWord(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar {
  case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".": true
  default: false
  }
}

private func endsValue(_ scalar: Unicode.Scalar) -> Bool {
  [" ", "\t", "\n", "\r", ",", "}", "]", "`"].contains(scalar)
}

private func lowercased(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
  var view = String.UnicodeScalarView()
  view.append(contentsOf: scalars)
  return String(view).lowercased()
}

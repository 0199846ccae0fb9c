/// Why a measurement cannot be made, in words for the user.
struct BenchError: Error {
  var reason: String

  init(_ reason: String) { self.reason = reason }
}

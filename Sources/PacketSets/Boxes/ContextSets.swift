/// Sets of what a rule looks at besides addresses, protocol and ports, by number: interfaces, session states, flags, functions.
///
/// A context is a product of three small sets (ways in, ways out, tails), each over classes that the rules of the list
/// cannot tell apart. Contexts are interned, so that equal contexts are equal numbers and answers about two of them are
/// remembered; a value is not shared between tasks, each works with its own `copy()`. Context 0 is everything.
public final class ContextSets {
  /// One bit for each class.
  public typealias Bits = [UInt64]

  struct Product: Hashable, Sendable {
    var ingress: Bits
    var egress: Bits
    var tail: Bits
  }

  private var products: [Product]
  private var numbers: [Product: UInt32]
  private var subsets: [UInt64: Bool] = [:]
  private var meets: [UInt64: UInt32] = [:]
  private var rests: [UInt64: [UInt32]] = [:]
  /// The number that stands for no context.
  static let nothing = UInt32.max

  /// - Parameters: how many classes there are of each kind, at least 1.
  public init(ingress: Int, egress: Int, tail: Int) {
    let all = Product(
      ingress: Self.full(ingress), egress: Self.full(egress), tail: Self.full(tail))
    products = [all]
    numbers = [all: 0]
  }

  /// A copy that another task can work with.
  func copy() -> ContextSets { ContextSets(products: products, numbers: numbers) }

  private init(products: [Product], numbers: [Product: UInt32]) {
    self.products = products
    self.numbers = numbers
  }

  /// Whether there is any context besides "everything".
  var hasMany: Bool { products.count > 1 }

  /// The first `count` bits.
  public static func full(_ count: Int) -> Bits {
    (0..<(count + 63) / 64).map { word in
      let left = count - word * 64
      return left >= 64 ? .max : (1 << UInt64(left)) - 1
    }
  }

  /// The number of a product; `nothing` when one of its parts is empty.
  public func number(ingress: Bits, egress: Bits, tail: Bits) -> UInt32 {
    number(Product(ingress: ingress, egress: egress, tail: tail))
  }

  private func number(_ product: Product) -> UInt32 {
    if let known = numbers[product] { return known }
    let isEmpty = [product.ingress, product.egress, product.tail].contains { $0.allSatisfy { $0 == 0 } }
    let number = isEmpty ? Self.nothing : UInt32(products.count)
    if !isEmpty { products.append(product) }
    numbers[product] = number
    return number
  }

  /// Classes in each part of a context.
  func product(_ number: UInt32) -> Product { products[Int(number)] }

  /// How many combinations of classes a context holds.
  func count(_ number: UInt32) -> Double {
    let product = products[Int(number)]
    func count(_ bits: Bits) -> Double { Double(bits.reduce(0) { $0 + $1.nonzeroBitCount }) }
    return count(product.ingress) * count(product.egress) * count(product.tail)
  }

  /// Whether every combination of `a` is in `b`.
  func isSubset(_ a: UInt32, of b: UInt32) -> Bool {
    if a == b || b == 0 { return true }
    let key = UInt64(a) << 32 | UInt64(b)
    if let known = subsets[key] { return known }
    let (x, y) = (products[Int(a)], products[Int(b)])
    let result =
      Self.isSubset(x.ingress, y.ingress) && Self.isSubset(x.egress, y.egress) && Self.isSubset(x.tail, y.tail)
    subsets[key] = result
    return result
  }

  /// What both hold; `nothing` when they are apart.
  func intersection(_ a: UInt32, _ b: UInt32) -> UInt32 {
    if a == b || b == 0 { return a }
    if a == 0 { return b }
    let key = UInt64(min(a, b)) << 32 | UInt64(max(a, b))
    if let known = meets[key] { return known }
    let (x, y) = (products[Int(a)], products[Int(b)])
    let result = number(
      Product(
        ingress: Self.both(x.ingress, y.ingress), egress: Self.both(x.egress, y.egress), tail: Self.both(x.tail, y.tail)
      ))
    meets[key] = result
    return result
  }

  func overlaps(_ a: UInt32, _ b: UInt32) -> Bool {
    a == b || a == 0 || b == 0 || intersection(a, b) != Self.nothing
  }

  /// What is left of `a` without `b`, as disjoint products; at most three.
  func subtracting(_ a: UInt32, _ b: UInt32) -> [UInt32] {
    if isSubset(a, of: b) { return [] }
    let key = UInt64(a) << 32 | UInt64(b)
    if let known = rests[key] { return known }
    var rest = products[Int(a)]
    let y = products[Int(b)]
    var pieces: [UInt32] = []
    func add(_ piece: Product) {
      let number = number(piece)
      if number != Self.nothing { pieces.append(number) }
    }
    var piece = rest
    piece.ingress = Self.without(rest.ingress, y.ingress)
    add(piece)
    rest.ingress = Self.both(rest.ingress, y.ingress)
    piece = rest
    piece.egress = Self.without(rest.egress, y.egress)
    add(piece)
    rest.egress = Self.both(rest.egress, y.egress)
    piece = rest
    piece.tail = Self.without(rest.tail, y.tail)
    add(piece)
    rests[key] = pieces
    return pieces
  }

  private static func isSubset(_ a: Bits, _ b: Bits) -> Bool { zip(a, b).allSatisfy { $0 & ~$1 == 0 } }
  private static func both(_ a: Bits, _ b: Bits) -> Bits { zip(a, b).map { $0 & $1 } }
  private static func without(_ a: Bits, _ b: Bits) -> Bits { zip(a, b).map { $0 & ~$1 } }
}

import SitePolicy
import Testing

@Suite struct InventoryFileTests {
  @Test(arguments: [
    ("", "assets.csv:1:1: the table is empty"),
    ("address\n10.10.0.1\n", "assets.csv:1:1: the inventory has no column 'name'"),
    ("name,adress\nx,10.10.0.1\n", "assets.csv:1:6: the inventory has no column 'adress'; did you mean 'address'?"),
    ("name;address\nx;10.10.0.1\n", "assets.csv:1:1: the inventory has no column 'name;address'"),
    ("name,zone,name\nx,dmz,x\n", "assets.csv:1:11: the column 'name' is given twice"),
    ("name,address\n,10.10.0.1\n", "assets.csv:2:1: an asset has no name"),
    ("name,address\nä,10.10.0.1\nb,10.99.0.1\n", "assets.csv:3:3: no zone holds 10.99.0.1 of asset 'b'"),
    ("name,address,zone\nb,10.10.0.1,dmz\n", "assets.csv:2:3: zone 'dmz' does not hold 10.10.0.1"),
    ("name,zone\nb,dmz\nb,dmz\n", "assets.csv:3:1: the asset 'b' is listed twice, first at assets.csv:2:1"),
    ("name,zone\nb,dmzz\n", "assets.csv:2:3: there is no zone 'dmzz'; did you mean 'dmz'?"),
    ("name,address\nb,10.10.0.1 10.10.0.x\n", "assets.csv:2:3: '10.10.0.x' is not an address"),
    ("name,address\nb\n", "assets.csv:2:1: this row has 1 fields"),
    ("name,consequence,zone\nb,huge,dmz\n", "assets.csv:2:3: 'consequence' is 'huge'"),
  ])
  func `A mistake is named with the inventory's own line`(csv: String, expected: String) throws {
    let found = try errors(plant("assets: assets.csv\n"), files: ["assets.csv": csv])
    #expect(found.contains { $0.hasPrefix(expected) }, "\(found)")
  }

  @Test func `Errors of the site file and of the inventory come together`() throws {
    let found = try errors(
      plant("assets: assets.csv\nconduits:\n  c: {from: dmz/x, to: safety, services: [tcp/x]}\n"),
      files: ["assets.csv": "name,address\nx,10.99.0.1\n"])
    #expect(found.map { $0.prefix { $0 != " " } } == ["assets.csv:2:3:", "bulkhead.yml:12:13:", "bulkhead.yml:12:43:"])
  }
}

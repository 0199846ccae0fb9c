import PacketSets
import SitePolicy
import Testing

@Suite struct ValueTests {
  @Test func `Levels are ordered, and only the known ones exist`() throws {
    let texts = ["0", "1", "2", "3", "3.5", "4", "5", "external"]
    let levels = texts.compactMap { PurdueLevel($0) }
    #expect(levels == PurdueLevel.all)
    #expect(levels.sorted() == levels)
    #expect(levels.map(\.description) == texts)
    #expect(levels.map(\.tenths) == [0, 10, 20, 30, 35, 40, 50, 60])
    #expect(levels.map(\.isOperational) == [true, true, true, true, false, false, false, false])
    for text in ["", "6", "3.0", "2.5", "-1", "External", " 3", "03", "35"] { #expect(PurdueLevel(text) == nil) }
  }

  @Test func `Dates are days that exist`() throws {
    let date = try #require(CalendarDate(iso: "2024-02-29"))
    #expect(date.description == "2024-02-29")
    #expect(CalendarDate(iso: "0999-01-05")?.description == "0999-01-05")
    #expect(try #require(CalendarDate(iso: "2024-03-01")) > date)
    #expect(try #require(CalendarDate(iso: "2023-12-31")) < date)
    #expect(CalendarDate(iso: "2000-02-29") != nil)
    for text in [
      "2023-02-29", "1900-02-29", "2024-13-01", "2024-00-10", "2024-04-31", "2024-1-1", "20240101", "0000-01-01",
      "2024-01-01T00:00", "2024-01-0x", "٢٠٢٤-٠١-٠١", "", "--", "2024-01-00",
    ] {
      #expect(CalendarDate(iso: text) == nil, "\(text)")
    }
  }

  @Test func `A selector's conditions all have to hold`() throws {
    let site = try load(plant(""))
    func selected(_ selector: ZoneSelector) -> [String] { site.zones.filter(selector.selects).map(\.name) }
    #expect(selected(ZoneSelector()).count == 6)
    #expect(selected(ZoneSelector(levels: [.control])) == ["control", "safety"])
    #expect(selected(ZoneSelector(levels: [.control], sis: false)) == ["control"])
    #expect(selected(ZoneSelector(sis: true)) == ["safety"])
    #expect(selected(ZoneSelector(levels: [.external, .corporate])) == ["corporate", "vendor"])
    #expect(selected(ZoneSelector(levels: [.control], zones: ["control", "dmz"])) == ["control"])
    #expect(selected(ZoneSelector(includesUnzoned: true)).isEmpty)
    #expect(selected(ZoneSelector(levels: [.external], includesUnzoned: true)) == ["vendor"])
  }

  @Test func `A site knows which addresses no zone holds`() throws {
    let site = try load(plant(""))
    let rest = site.unzonedAddresses
    for (text, isUnzoned) in [("10.11.0.7", false), ("10.11.1.0", true), ("2001:db8:10::1", false), ("::1", true)] {
      #expect(rest.contains(try #require(IPAddress(text))) == isUnzoned, "\(text)")
    }
    #expect(site.zone(holding: AddressSet(try #require(IPPrefix("10.10.1.0/24"))))?.name == "control")
    #expect(site.zone(holding: AddressSet(try #require(IPPrefix("10.10.0.0/15")))) == nil)
    #expect(site.zone(holding: .empty) == nil)
  }
}

import RuleModel

public func compareDiodeSides(_ a: DiodeSide, _ b: DiodeSide) -> [DiodeDefect] { [] }

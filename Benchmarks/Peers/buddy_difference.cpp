// Says whether two lists permit the same packets, with a BDD library: the set of permitted packets of each, from the last
// rule to the first, and the packets that are in one of them only. It does not say which rules these come from.
//
//   buddy_difference OLD.tsv NEW.tsv    prints: differs 0|1 engine_ms X user_ms Y
#include "rule_lists.h"

// What the list permits; what no rule matches is denied.
static bdd permitted(const std::vector<Rule> &rules) {
  bdd result = bddfalse;
  for (auto rule = rules.rbegin(); rule != rules.rend(); ++rule) {
    result = bdd_apply(result, match_of(*rule), rule->permits ? bddop_or : bddop_diff);
  }
  return result;
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  std::vector<Rule> before = read_rules(arguments[1]), after = read_rules(arguments[2]);
  start_library();
  Clock clock;
  {
    bdd old_set = permitted(before);
    bdd new_set = permitted(after);
    bool differs = bdd_apply(old_set, new_set, bddop_xor) != bddfalse;
    printf("differs %d engine_ms %.1f user_ms %.1f\n", differs, clock.wall_ms(), clock.user_ms());
    leave();
  }
}

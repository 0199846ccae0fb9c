// Counts the covered rules of a list with a BDD library, as one would write it down first: keep the set of packets that no
// rule has taken yet, and ask for every rule whether some of its packets are among them.
//
//   buddy_covered LIST.tsv    prints: covered N engine_ms X user_ms Y
#include "rule_lists.h"

int main(int count, char **arguments) {
  if (count != 2) return 2;
  std::vector<Rule> rules = read_rules(arguments[1]);
  start_library();
  Clock clock;
  size_t covered = 0;
  {
    bdd left = bddtrue;
    for (const Rule &rule : rules) {
      bdd match = match_of(rule);
      if ((match & left) == bddfalse) {
        covered++;
      } else {
        left = bdd_apply(left, match, bddop_diff);
      }
    }
  }
  printf("covered %zu engine_ms %.1f user_ms %.1f\n", covered, clock.wall_ms(), clock.user_ms());
  leave();
}

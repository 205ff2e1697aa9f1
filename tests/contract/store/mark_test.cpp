// SPDX-License-Identifier: Apache-2.0
// Marks: names under which a message is found again, and what must be taken in once only.
#include "tests/contract/store/contract_fixture.hpp"

#include <gmock/gmock.h>

namespace liaison::store::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class store_marks : public store_contract {
 protected:
  model::message_id keep(const std::string& bytes, std::vector<model::mark> marks) {
    auto what = message_of(bytes, {"gp"});
    what.marks = std::move(marks);
    return store_.take_in(what).id;
  }
  std::vector<marked> find(const std::string& text, model::message_id before = 0, std::uint32_t limit = 100) {
    return store_.found_marked(text, before, limit);
  }
};
INSTANTIATE_TEST_SUITE_P(every_backend, store_marks, ::testing::ValuesIn(backends()), backend_name);

TEST_P(store_marks, finds_messages_from_the_newest_on) {
  const auto first = keep("one", {{"patient|1", 0}, {"document|a", 2}});
  const auto second = keep("two", {{"patient|1", 0}, {"patient|1", 0}, {"patient|1", 3}});
  EXPECT_THAT(find("patient|1"), ElementsAre(marked{second, 0}, marked{second, 3}, marked{first, 0}));
  EXPECT_THAT(find("patient|1", second), ElementsAre(marked{first, 0}));
  EXPECT_THAT(find("patient|1", 0, 1), ElementsAre(marked{second, 0}));
  EXPECT_THAT(find("document|a"), ElementsAre(marked{first, 2}));
  EXPECT_THAT(find("document|b"), IsEmpty());
}

TEST_P(store_marks, what_is_taken_is_not_taken_twice) {
  const auto first = keep("one", {{"Bundle|x", 0}});
  auto again = message_of("the same thing in other bytes", {"gp"});
  again.marks = {{"Bundle|x", 0}};
  again.unless_marked = {"Bundle|other", "Bundle|x"};
  const auto outcome = store_.take_in(again);
  EXPECT_EQ(outcome.verdict, intake_verdict::exists);
  EXPECT_EQ(outcome.id, first);
  EXPECT_THAT(find("Bundle|x"), ElementsAre(marked{first, 0}));

  again.unless_marked = {"Bundle|other"};
  EXPECT_EQ(store_.take_in(again).verdict, intake_verdict::stored);
}

TEST_P(store_marks, the_very_same_bytes_are_a_duplicate_before_they_are_anything_else) {
  auto what = message_of("one", {"gp"}, "SIH^1");
  what.marks = {{"Bundle|x", 0}};
  what.unless_marked = {"Bundle|x"};
  const auto first = store_.take_in(what);
  ASSERT_EQ(first.verdict, intake_verdict::stored);
  const auto again = store_.take_in(what);
  EXPECT_EQ(again.verdict, intake_verdict::duplicate);
  EXPECT_EQ(again.id, first.id);
}

TEST_P(store_marks, go_with_their_message) {
  auto what = message_of("one", {});
  what.message.state = model::message_state::unrouted;
  what.marks = {{"document|a", 0}};
  ASSERT_EQ(store_.take_in(what).verdict, intake_verdict::stored);
  ASSERT_EQ(find("document|a").size(), 1U);
  retention policy;
  policy.unrouted_after_ms = 1;
  ASSERT_EQ(store_.purge(policy, 5'000'000), 1U);
  EXPECT_THAT(find("document|a"), IsEmpty());
}

}  // namespace
}  // namespace liaison::store::testing

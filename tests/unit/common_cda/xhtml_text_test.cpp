// SPDX-License-Identifier: Apache-2.0
// What a person reads of a narrative, case by case.
#include <liaison/common/text.hpp>

#include <gtest/gtest.h>

namespace liaison {
namespace {

struct text_case {
  const char* name;
  const char* xhtml;
  const char* text;
};

class xhtml : public testing::TestWithParam<text_case> {};

TEST_P(xhtml, reads_as_text) { EXPECT_EQ(xhtml_text(GetParam().xhtml), GetParam().text); }

INSTANTIATE_TEST_SUITE_P(
    cases, xhtml,
    testing::Values(
        text_case{"paragraphs", "<div><p>Un</p><p>Deux\n  suite</p></div>", "Un\nDeux suite"},
        text_case{"table", "<table><tr><th>Analyse</th><th>Résultat</th></tr><tr><td>K</td><td>3.1</td></tr></table>",
                  "Analyse  Résultat\nK  3.1"},
        text_case{"empty_cell_keeps_its_place_apart", "<table><tr><td>A</td><td></td><td>B</td></tr></table>", "A  B"},
        text_case{"list", "<ul><li>un</li><li>deux<ul><li>sous</li></ul></li></ul>", "- un\n- deux\n  - sous"},
        text_case{"line_breaks", "<p>a<br/>b<br/><br/>c</p>", "a\nb\n\nc"},
        text_case{"pre", "<pre>Na   138\n\nK  4,1</pre><p>fin</p>", "Na   138\n\nK  4,1\nfin"},
        text_case{"entities", "<p>&lt;1,0 &amp; &#233;&#xE9; &gt;&quot;</p>", "<1,0 & éé >\""},
        text_case{"unknown_entity_stays", "<p>a &foo; b & c</p>", "a &foo; b & c"},
        text_case{"inline_elements", "<p>bien <b>gras</b><i>, ital</i></p>", "bien gras, ital"},
        text_case{"comment_and_style", "<style>x{}</style><p>a<!-- <p>no</p> -->b</p>", "ab"},
        text_case{"prefix_and_case", "<x:DIV><x:P>a</x:P>b</x:DIV>", "a\nb"},
        text_case{"image", "<p><img src=\"#a\" alt=\"Courbe\"/></p>", "Courbe"},
        text_case{"truncated", "<p>a</p><p title=\"", "a"}, text_case{"lone_less_than", "<p>a</p><", "a"}),
    [](const auto& made) { return std::string(made.param.name); });

TEST(xhtml_text, hostile_nesting_costs_linear_time) {
  std::string deep;
  for (int i = 0; i < 50'000; ++i) {
    deep += "<ul><li>";
  }
  EXPECT_LT(xhtml_text(deep).size(), 8U * deep.size());
}

}  // namespace
}  // namespace liaison

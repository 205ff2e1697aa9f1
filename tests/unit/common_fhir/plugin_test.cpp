// SPDX-License-Identifier: Apache-2.0
#include <liaison/common/pivot.hpp>
#include <liaison/common/plugin.hpp>

#include <gtest/gtest.h>

#include <functional>

namespace liaison {
namespace {

struct recorded {
  std::vector<std::string> parts, issues;
  liaison_status answer = LIAISON_OK;
};

struct probe : translator {
  static constexpr const char* format = "probe";
  static constexpr const char* const profiles[] = {nullptr};
  static inline std::function<liaison_status(const call&)> body;
  int recognise(bytes_view head) override { return head.empty() ? throw 1 : 100; }
  liaison_status inspect(const call& of) override { return body(of); }
};

liaison_bytes bytes(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

liaison_status run(recorded& into, std::string_view options, std::function<liaison_status(const call&)> body,
                   const liaison_part* parts = nullptr, std::size_t count = 0) {
  probe::body = std::move(body);
  const liaison_sink sink = {sizeof(liaison_sink), &into,
                             [](void* self, const liaison_part* part) {
                               static_cast<recorded*>(self)->parts.emplace_back(
                                   reinterpret_cast<const char*>(part->bytes.data), part->bytes.size);
                               return static_cast<recorded*>(self)->answer;
                             },
                             [](void* self, const liaison_issue* found) {
                               static_cast<recorded*>(self)->issues.push_back(
                                   std::string(found->code) + "|" + found->location + "|" + found->diagnostics);
                               return static_cast<recorded*>(self)->answer;
                             }};
  const liaison_call raw = {sizeof(liaison_call), bytes("input"), bytes(options), parts, count, &sink};
  return export_translator<probe>().inspect(nullptr, &raw);
}

TEST(call, decodes_every_option) {
  recorded got;
  const auto status = run(got,
                          R"({"profile":"p","charset":"c","strictness":"strict","now":"n","zone":"z","id_seed":"i",
      "control_id":"k","values":true,"acknowledge":true,"account":true,"outcome":"reject","unknown":[1],
      "issues":[{"severity":"warning","code":"a","location":"b","diagnostics":"d"},7],"endpoint":{"x":1.50}})",
                          [](const call& of) {
                            const auto& o = of.options();
                            EXPECT_EQ(of.input(), "input");
                            EXPECT_EQ(o.profile + o.charset + o.now + o.zone + o.id_seed + o.control_id, "pcnzik");
                            EXPECT_TRUE(o.strict && o.values && o.acknowledge && o.account);
                            EXPECT_EQ(o.outcome, "reject");
                            EXPECT_EQ(o.issues.size(), 1U);
                            EXPECT_EQ(o.issues.at(0).severity, severity::warning);
                            EXPECT_EQ(o.issues.at(0).diagnostics, "d");
                            EXPECT_EQ(o.endpoint, R"({"x":1.50})");
                            return LIAISON_OK;
                          });
  EXPECT_EQ(status, LIAISON_OK);
}

TEST(call, has_defaults) {
  recorded got;
  run(got, "", [](const call& of) {
    EXPECT_EQ(of.options().zone, "Europe/Paris");
    EXPECT_EQ(of.options().endpoint, "{}");
    EXPECT_FALSE(of.options().strict || of.options().values);
    return LIAISON_OK;
  });
}

TEST(call, finds_the_pivot_of_an_embedded_message) {
  const liaison_part parts[] = {
      {sizeof(liaison_part), LIAISON_PART_EMBEDDED, "OBX[1]-5", nullptr, nullptr, bytes("no")},
      {sizeof(liaison_part), LIAISON_PART_DOCUMENT, "OBX[1]-5", nullptr, nullptr, bytes("yes")}};
  recorded got;
  run(
      got, "{}",
      [](const call& of) {
        EXPECT_EQ(of.embedded_pivot("OBX[1]-5"), "yes");
        EXPECT_EQ(of.embedded_pivot("OBX[2]-5"), "");
        return LIAISON_OK;
      },
      parts, 2);
}

TEST(guarded, turns_exceptions_into_statuses) {
  recorded got;
  EXPECT_EQ(run(got, "{}", [](const call&) -> liaison_status { throw std::bad_alloc(); }), LIAISON_RETRY);
  EXPECT_EQ(run(got, "{}", [](const call&) -> liaison_status { throw 42; }), LIAISON_QUARANTINE);
  EXPECT_EQ(run(got, "{}", [](const call&) -> liaison_status { throw std::runtime_error("DUPONT"); }),
            LIAISON_QUARANTINE);
  EXPECT_EQ(run(got, "{}", [](const call&) -> liaison_status { throw pivot_error("no Bundle"); }), LIAISON_REJECT);
  EXPECT_EQ(run(got, "[1", [](const call&) { return LIAISON_OK; }), LIAISON_QUARANTINE);
  ASSERT_EQ(got.issues.size(), 5U);
  for (const auto& text : got.issues) EXPECT_EQ(text.find("DUPONT"), std::string::npos);
  EXPECT_EQ(got.issues[3], "pivot-unreadable||no Bundle");
}

TEST(guarded, stops_when_the_host_has_enough) {
  recorded got;
  got.answer = LIAISON_REJECT;
  EXPECT_EQ(run(got, "{}",
                [](const call& of) -> liaison_status {
                  of.emit(LIAISON_PART_TEXT, "a");
                  ADD_FAILURE() << "went on";
                  return LIAISON_OK;
                }),
            LIAISON_REJECT);
  EXPECT_EQ(got.parts.size(), 1U);
}

TEST(export_translator, offers_what_is_overridden_only) {
  recorded got;
  const liaison_sink sink = {sizeof(liaison_sink), &got, nullptr, nullptr};
  const liaison_call raw = {sizeof(liaison_call), {}, {}, nullptr, 0, &sink};
  EXPECT_EQ(export_translator<probe>().decode(nullptr, &raw), LIAISON_UNSUPPORTED);
  EXPECT_EQ(export_translator<probe>().recognise(nullptr, bytes("")), 0);
  EXPECT_EQ(export_translator<probe>().recognise(nullptr, bytes("x")), 100);
}

}  // namespace
}  // namespace liaison

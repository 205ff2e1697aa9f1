// SPDX-License-Identifier: Apache-2.0
// Every file of the HPRIM corpus, when it is there: what inspect finds against what the file's expected result says, by
// the corpus's own rules of comparing; what render and decode carry of the text; and the account of the decode.
#include "corpus.hpp"
#include "account_check.hpp"

#include <liaison/common/text.hpp>

#include <algorithm>
#include <set>

namespace liaison::hprim {
namespace {

using namespace testing;
using rapidjson::Value;

std::string text_at(const Value& node, const char* name) {
  const auto found = node.FindMember(name);
  return found != node.MemberEnd() && found->value.IsString() ? found->value.GetString() : "";
}

const Value& list_at(const Value& node, const char* name) {
  static const Value empty(rapidjson::kArrayType);
  const auto found = node.IsObject() ? node.FindMember(name) : Value::ConstMemberIterator{};
  return node.IsObject() && found != node.MemberEnd() && found->value.IsArray() ? found->value : empty;
}

const Value& object_at(const Value& node, const char* name) {
  static const Value empty(rapidjson::kObjectType);
  const auto found = node.FindMember(name);
  return found != node.MemberEnd() && found->value.IsObject() ? found->value : empty;
}

std::string folded(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

/// "É" and "é" alike as well: the corpus compares names without regard to case.
std::string folded_name(std::string text) {
  text = folded(std::move(text));
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    const auto low = static_cast<unsigned char>(text[i + 1]);
    if (text[i] == '\xC3' && low >= 0x80 && low <= 0x9E) text[i + 1] = static_cast<char>(low + 0x20);
  }
  return text;
}

std::string without(std::string text, std::string_view dropped) {
  std::erase_if(text, [&](char c) { return dropped.find(c) != std::string_view::npos; });
  return text;
}

std::string joined(const Value& list) {
  std::string out;
  for (const auto& one : list.GetArray()) out += (out.empty() ? "" : " ") + std::string(one.GetString());
  return out;
}

std::string comparable_label(std::string label) {
  std::string_view text = label;
  while (!text.empty() && (text.back() == ':' || text.back() == ' ')) text.remove_suffix(1);
  return folded_name(std::string(text));
}

/// Whether `actual` is right for `key` of `expected`, with `any_of` before the plain key.
template <class Fold>
void expect_text(const Value& expected, const Value& actual, const char* key, const std::string& where, Fold fold) {
  const std::string found = fold(text_at(actual, key));
  const auto& any_of = object_at(expected, "any_of");
  if (any_of.HasMember(key)) {
    bool right = false;
    for (const auto& one : any_of[key].GetArray())
      right = right || fold(one.IsString() ? one.GetString() : "") == found;
    EXPECT_TRUE(right) << where << "." << key << ": \"" << found << "\" is none of the accepted values";
    return;
  }
  const auto& may = object_at(expected, "may");
  if (may.HasMember(key) && (found.empty() || found == fold(text_at(may, key)))) return;
  EXPECT_EQ(fold(text_at(expected, key)), found) << where << "." << key;
}

std::string as_is(std::string text) { return text; }

using number_set = std::multiset<std::pair<std::string, std::string>>;

number_set numbers(const Value& patient) {
  number_set out;
  for (const auto& one : list_at(patient, "identifiers").GetArray()) {
    std::string kind = text_at(one, "kind");
    if (kind == "other") kind = "ipp";
    out.insert({without(text_at(one, "value"), " "), kind});
  }
  return out;
}

void compare_patient(const Value& expected, const Value& actual, const std::string& where) {
  for (const char* key : {"family", "birth_family"}) expect_text(expected, actual, key, where, folded_name);
  for (const char* key : {"birth_date", "sex", "birth_place_code", "identity_status"})
    expect_text(expected, actual, key, where, as_is);
  const std::string given = folded_name(joined(list_at(actual, "given")));
  const auto& any_of = object_at(expected, "any_of");
  if (any_of.HasMember("given")) {
    bool right = false;
    for (const auto& one : any_of["given"].GetArray()) right = right || folded_name(joined(one)) == given;
    EXPECT_TRUE(right) << where << ".given: " << given;
  } else {
    EXPECT_EQ(folded_name(joined(list_at(expected, "given"))), given) << where << ".given";
  }
  EXPECT_EQ(numbers(expected), numbers(actual)) << where << ".identifiers";
  for (const auto& one : list_at(expected, "identifiers").GetArray()) {
    if (!one.HasMember("system")) continue;
    const auto& found = list_at(actual, "identifiers").GetArray();
    EXPECT_TRUE(std::any_of(found.begin(), found.end(),
                            [&](const Value& v) {
                              return text_at(v, "system") == text_at(one, "system") &&
                                     text_at(v, "value") == text_at(one, "value");
                            }))
        << where << ": no identifier with system " << text_at(one, "system");
  }
}

void compare_party(const Value& expected, const Value& actual, const char* key) {
  if (!expected.HasMember(key)) return;
  EXPECT_EQ(folded_name(text_at(expected, key)), folded_name(text_at(actual, "name"))) << key;
  const std::string code = text_at(expected, (std::string(key) + "_code").c_str());
  const auto& identifiers = list_at(actual, "identifiers");
  const std::string found = identifiers.Empty() ? "" : text_at(identifiers[0], "value");
  EXPECT_EQ(code, found) << key << "_code";
}

void compare_values(const Value& expected, const Value& actual) {
  const auto& wanted = list_at(expected, "values");
  const auto& found = list_at(actual, "values");
  std::size_t next = 0;
  for (rapidjson::SizeType i = 0; i < wanted.Size(); ++i) {
    const std::string where = "values[" + std::to_string(i) + "]";
    const bool optional = wanted[i].HasMember("optional") && wanted[i]["optional"].IsTrue();
    if (next >= found.Size()) {
      EXPECT_TRUE(optional) << where << " is missing";
      continue;
    }
    const Value& one = found[static_cast<rapidjson::SizeType>(next)];
    if (optional && text_at(one, "code") != text_at(wanted[i], "code")) continue;
    ++next;
    expect_text(wanted[i], one, "label", where, comparable_label);
    for (const char* key : {"code", "value", "unit", "low", "high", "flag", "status"})
      expect_text(wanted[i], one, key, where, as_is);
    for (const char* key : {"value", "unit", "low", "high"})
      EXPECT_EQ(text_at(object_at(wanted[i], "second"), key), text_at(object_at(one, "second"), key))
          << where << ".second." << key;
    const auto index = [](const Value& v) {
      return v.HasMember("patient") ? std::string(v["patient"].GetString()) : "0";
    };
    EXPECT_EQ(index(wanted[i]), index(one)) << where << ".patient";
  }
  EXPECT_EQ(next, found.Size()) << "more values than the file holds";
}

void compare_document(const Value& expected, const Value& actual) {
  const auto& wanted = object_at(expected, "document");
  const auto& found = object_at(actual, "document");
  if (wanted.HasMember("status")) {
    EXPECT_EQ(text_at(wanted, "status"), text_at(found, "status"));
  }
  if (const std::string created = text_at(wanted, "created"); !created.empty()) {
    EXPECT_EQ(created, text_at(found, "created").substr(0, created.size()));
  }
  const auto& event = object_at(expected, "event");
  if (event.MemberCount() == 0) return;
  EXPECT_EQ(text_at(event, "code"), text_at(object_at(actual, "event"), "code"));
  const std::string time = text_at(event, "time");
  EXPECT_EQ(time,
            text_at(object_at(actual, "event"), "time").substr(0, time.empty() ? std::string::npos : time.size()));
}

class corpus_files : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    bytes_ = read_file(corpus_folder() + "/" + GetParam());
    expected_ = parse(read_file(corpus_folder() + "/" + GetParam() + ".expected.json"));
    ASSERT_TRUE(expected_.IsObject());
    translator_ = &translator_of(text_at(expected_, "format"));
  }
  std::string bytes_;
  rapidjson::Document expected_;
  const liaison_translator* translator_ = nullptr;
};

TEST_P(corpus_files, are_inspected_as_expected) {
  const reply out = run(translator_->inspect, bytes_, now_and_account);
  ASSERT_EQ(out.status, LIAISON_OK);
  const auto facts = parse(out.bytes(LIAISON_PART_FACTS));
  ASSERT_TRUE(facts.IsObject());
  EXPECT_EQ(text_at(expected_, "format"), text_at(facts, "format"));
  if (const auto& names = list_at(expected_, "charset_any_of"); !names.Empty()) {
    const std::string found = without(folded(text_at(facts, "charset")), "-_");
    EXPECT_TRUE(std::any_of(names.Begin(), names.End(), [&](const Value& n) {
      return without(folded(n.GetString()), "-_") == found;
    })) << found;
  }
  const auto& wanted = list_at(expected_, "patients");
  const auto& patients = list_at(facts, "patients");
  ASSERT_EQ(wanted.Size(), patients.Size());
  for (rapidjson::SizeType i = 0; i < wanted.Size(); ++i)
    compare_patient(wanted[i], patients[i], "patients[" + std::to_string(i) + "]");
  compare_party(expected_, object_at(facts, "sender"), "sender");
  const auto& recipients = list_at(facts, "recipients");
  static const Value nobody(rapidjson::kObjectType);
  compare_party(expected_, recipients.Empty() ? nobody : recipients[0], "recipient");
  if (expected_.HasMember("results_any_of")) {
    const auto& counts = expected_["results_any_of"];
    EXPECT_TRUE(std::any_of(counts.Begin(), counts.End(), [&](const Value& n) { return n == facts["results"]; }));
  } else if (expected_.HasMember("results")) {
    EXPECT_STREQ(expected_["results"].GetString(), facts["results"].GetString());
  }
  compare_values(expected_, facts);
  compare_document(expected_, facts);
  for (const auto& code : list_at(expected_, "issues_expected").GetArray())
    EXPECT_TRUE(out.has_issue(code.GetString())) << code.GetString();
  if (list_at(expected_, "issues_expected").Empty()) {
    EXPECT_TRUE(out.issues.empty()) << out.issues.front();
  }
}

TEST_P(corpus_files, keep_their_text) {
  const std::string shown = run(translator_->render, bytes_, now_and_account).bytes(LIAISON_PART_TEXT);
  const reply decoded = run(translator_->decode, bytes_, now_and_account);
  ASSERT_EQ(decoded.status, LIAISON_OK);
  const auto pivot = parse(decoded.document());
  std::string carried;
  gather(pivot, carried);
  carried = unescaped(carried);
  for (const char* key : {"text_contains", "text_once"}) {
    for (const auto& sentence : list_at(expected_, key).GetArray()) {
      EXPECT_NE(shown.find(sentence.GetString()), std::string::npos) << sentence.GetString();
      EXPECT_NE(carried.find(sentence.GetString()), std::string::npos) << sentence.GetString();
    }
  }
  for (const auto& sentence : list_at(expected_, "text_once").GetArray()) {
    const std::size_t first = shown.find(sentence.GetString());
    EXPECT_EQ(shown.find(sentence.GetString(), first + 1), std::string::npos) << sentence.GetString();
  }
  for (const auto& rubbish : list_at(expected_, "text_not_contains").GetArray()) {
    if (rubbish.GetStringLength() == 0) continue;
    EXPECT_EQ(shown.find(rubbish.GetString()), std::string::npos) << rubbish.GetString();
    EXPECT_EQ(carried.find(rubbish.GetString()), std::string::npos) << rubbish.GetString();
  }
}

TEST_P(corpus_files, are_accounted_for_to_the_last_value) {
  const reply decoded = run(translator_->decode, bytes_, now_and_account);
  ASSERT_EQ(decoded.status, LIAISON_OK);
  const std::size_t leaves = check_account(
      decoded, [](const std::string&, const std::string&, const std::string& text) { return !text.empty(); });
  EXPECT_GT(leaves, 0U);
  const auto account = parse(decoded.bytes(LIAISON_PART_ACCOUNT));
  for (const auto& leaf : account["leaves"].GetArray()) {
    EXPECT_FALSE(leaf.HasMember("reason")) << text_at(leaf, "location") << ": " << text_at(leaf, "reason");
  }
}

TEST_P(corpus_files, are_recognised_by_their_own_translator_most_surely) {
  const liaison_plugin* plugin = liaison_plugin_entry(LIAISON_TRANSLATOR_ABI);
  const int own = translator_->recognise(nullptr, bytes_of(bytes_));
  EXPECT_GE(own, 80);
  for (std::size_t i = 0; i < plugin->translator_count; ++i) {
    if (plugin->translators[i] == translator_) continue;
    EXPECT_LT(plugin->translators[i]->recognise(nullptr, bytes_of(bytes_)), 50) << plugin->translators[i]->format;
  }
}

INSTANTIATE_TEST_SUITE_P(corpus, corpus_files, ::testing::ValuesIn(corpus_names()), [](const auto& test) {
  std::string name = test.param;
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
});
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(corpus_files);

TEST(corpus, is_there) {
  if (corpus_names().empty()) GTEST_SKIP() << "no corpus at " << corpus_folder();
  EXPECT_GE(corpus_names().size(), 20U);
}

}  // namespace
}  // namespace liaison::hprim

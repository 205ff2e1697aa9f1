// SPDX-License-Identifier: Apache-2.0
#include <liaison/common/pivot.hpp>

#include <gtest/gtest.h>

namespace liaison {
namespace {

TEST(uuid_v5, is_stable_and_well_formed) {
  const std::string made = uuid_v5("seed/0");
  ASSERT_EQ(made.size(), 36U);
  EXPECT_EQ(made[14], '5');
  EXPECT_NE(std::string("89ab").find(made[19]), std::string::npos);
  EXPECT_EQ(made, uuid_v5("seed/0"));
  EXPECT_NE(made, uuid_v5("seed/1"));
}

TEST(pivot_writer, writes_values_where_they_were_asked_for) {
  account ledger;
  pivot_writer writer("document", "seed", &ledger);
  const auto patient = writer.add("Patient");
  const sourced family("DUPONT", ledger.add("PID-5.1", "DUPONT"));
  patient.set("name/0/family", family);
  patient.set("name/0/given/0", "Anne");
  patient.set("name/0/given/1", "");
  patient.set_bool("active", false);
  EXPECT_EQ(patient.size_of("name/0/given"), 1U);
  EXPECT_TRUE(patient.has("name/0/family"));
  EXPECT_FALSE(patient.has("name/1"));
  const auto result = writer.add("Observation");
  result.set_number("valueQuantity/value", sourced("1.500"));
  result.set_reference("subject", patient);
  writer.bundle().set("identifier/value", "x");
  EXPECT_EQ(
      writer.to_json(),
      R"({"resourceType":"Bundle","type":"document","entry":[{"fullUrl":")" + patient.full_url() +
          R"(","resource":{"resourceType":"Patient","name":[{"family":"DUPONT","given":["Anne"]}],"active":false}},)"
          R"({"fullUrl":")" +
          result.full_url() +
          R"(","resource":{"resourceType":"Observation","valueQuantity":{"value":1.500},"subject":{"reference":")" +
          patient.full_url() + R"("}}}],"identifier":{"value":"x"}})");
  EXPECT_EQ(
      ledger.to_json(),
      R"({"leaves":[{"location":"PID-5.1","value":"DUPONT","to":["/entry/0/resource/name/0/family"]}],"added":[]})");
}

TEST(pivot_writer, counts_places_by_the_numbers_of_values) {
  account ledger(account_form::tally_of_source);
  pivot_writer writer("document", "seed", &ledger);
  const auto patient = writer.add("Patient");
  const auto value = [&](const char* text) { return sourced(text, ledger.add("l", text)); };
  patient.set("name/0/family", value("A"));             // 4: after the two of the Bundle, fullUrl and resourceType
  patient.set("name/0/given/0", value("B"));            // 5
  ledger.carry(value("C").leaf, patient.pointer("name/0"));
  patient.carry("name/0/family/extension", value("D"));  // below a value: the value stands for it
  patient.carry("contact", value("E"));                  // nowhere
  ledger.envelope(value("F").leaf);
  (void)writer.to_json();
  EXPECT_EQ(writer.tally(), R"({"tally":{"values":6,"places":[[4,1],[5,1],[4,2],[4,1]],"envelope":1,"lost":1}})");
}

TEST(pivot_writer, refuses_paths_that_are_bugs) {
  pivot_writer writer("document", "seed", nullptr);
  const auto patient = writer.add("Patient");
  EXPECT_THROW(patient.set("name/2/family", "A"), std::logic_error);
  patient.set("name/0/family", "A");
  EXPECT_THROW(patient.set("name/family", "B"), std::logic_error);
  EXPECT_THROW(patient.set_number("multipleBirthInteger", sourced("1,5")), std::logic_error);
  EXPECT_THROW(patient.set_json("text", "{"), std::logic_error);
}

TEST(pivot_writer, lets_no_control_character_pass_for_a_number) {
  pivot_writer writer("document", "seed", nullptr);
  writer.add("Patient").set("id", std::string_view("\x01"
                                                   "12",
                                                   3));
  EXPECT_NE(writer.to_json().find("\"id\":\"\xEF\xBF\xBD"
                                  "12\""),
            std::string::npos);
}

TEST(pivot_writer, goes_on_with_a_loaded_bundle) {
  pivot_writer first("document", "seed", nullptr);
  first.add("Composition").set_number("x", sourced("0.10"));
  pivot_writer second("message", "seed", nullptr);
  ASSERT_TRUE(second.load(first.to_json()));
  EXPECT_EQ(second.to_json(), first.to_json());
  const auto added = second.add("Patient");
  EXPECT_NE(added.full_url(), second.at(0).full_url());
  EXPECT_EQ(second.find_first("Patient").full_url(), added.full_url());
  EXPECT_FALSE(second.find_first("Device"));
  EXPECT_FALSE(second.load("{\"resourceType\":\"Patient\"}"));
  EXPECT_TRUE(pivot_writer::check_bundle("[1,").has_value());
  EXPECT_TRUE(pivot_writer::check_bundle(R"({"resourceType":"Bundle","entry":[1]})").has_value());
  EXPECT_FALSE(pivot_writer::check_bundle(R"({"resourceType":"Bundle"})").has_value());
}

constexpr const char* small_bundle = R"({"resourceType":"Bundle","entry":[
  {"fullUrl":"urn:uuid:1","resource":{"resourceType":"Composition","subject":{"reference":"urn:uuid:2"},
    "contained":[{"resourceType":"Device","id":"d"}],"author":[{"reference":"#d"}],"a/b":"s"}},
  {"fullUrl":"urn:uuid:2","resource":{"resourceType":"Patient","n":1.50,"name":[{"given":["A",null,"B"]}]}}]})";

TEST(pivot_reader, reads_resolves_and_points) {
  const pivot_reader reader(small_bundle, nullptr);
  ASSERT_EQ(reader.entry_count(), 2U);
  const auto* composition = &reader.resource(0);
  const auto* patient = reader.resolve(pivot_reader::find(composition, "subject"));
  ASSERT_NE(patient, nullptr);
  EXPECT_EQ(pivot_reader::text(patient, "n"), "1.50");
  EXPECT_TRUE(is_number(*pivot_reader::find(patient, "n")));
  EXPECT_EQ(pivot_reader::text(patient, "name/0/given/2"), "B");
  EXPECT_EQ(pivot_reader::text(patient, "name/0/given/7"), "");
  EXPECT_EQ(reader.pointer(patient, "name/0/given/2"), "/entry/1/resource/name/0/given/2");
  EXPECT_EQ(reader.pointer(composition, "a~b"), "");
  const auto* device = reader.resolve(pivot_reader::find(composition, "author/0"));
  ASSERT_NE(device, nullptr);
  EXPECT_EQ(pivot_reader::text(device, "resourceType"), "Device");
  EXPECT_EQ(reader.find_first("Patient"), patient);
  EXPECT_EQ(reader.find_first("Patient", 2), nullptr);
  EXPECT_TRUE(reader.resource(9).IsNull());
}

TEST(pivot_reader, accounts_for_every_leaf_below_a_node) {
  account ledger;
  pivot_reader reader(small_bundle, &ledger);
  EXPECT_EQ(ledger.size(), 13U);
  const auto* patient = &reader.resource(1);
  const sourced given = reader.get(patient, "name/0/given/0");
  ASSERT_TRUE(given.has_leaf);
  EXPECT_FALSE(ledger.is_carried(given.leaf));
  reader.carry(patient, "name", "PID-5");
  EXPECT_TRUE(ledger.is_carried(given.leaf));
  EXPECT_FALSE(ledger.is_carried(reader.get(patient, "n").leaf));
  reader.drop(patient, "n", "why");
  reader.envelope(&reader.bundle(), "resourceType");
  const std::string json = ledger.to_json();
  EXPECT_NE(json.find(R"({"location":"/entry/1/resource/name/0/given/2","value":"B","to":["PID-5"]})"),
            std::string::npos);
  EXPECT_NE(json.find(R"({"location":"/entry/1/resource/n","value":"1.50","reason":"why"})"), std::string::npos);
  EXPECT_NE(json.find(R"({"location":"/resourceType","value":"Bundle","envelope":true})"), std::string::npos);
  EXPECT_NE(json.find(R"("location":"/entry/0/resource/a~1b")"), std::string::npos);
}

TEST(pivot_reader, counts_what_was_carried_in_runs) {
  account ledger(account_form::tally_of_pivot);
  pivot_reader reader(small_bundle, &ledger);
  reader.carry(&reader.resource(1), "name", "PID-5");
  reader.envelope(&reader.bundle(), "resourceType");
  EXPECT_EQ(ledger.to_json(), R"({"tally":{"values":13,"carried":[0,1,11,2]}})");
}

TEST(pivot_reader, reads_texts_as_they_are_meant) {
  const pivot_reader reader("{\"resourceType\" :\t\"Bundle\",\"a\":[ -1.50e2 ,0.10,\"\\u00e9\\ud83d\\ude00\\n\\/\",\"\", true,null,{ },\"é\"]}", nullptr);
  const auto at = [&](const char* path) { return pivot_reader::text(&reader.bundle(), path); };
  EXPECT_EQ(at("a/0"), "-1.50e2");
  EXPECT_EQ(at("a/1"), "0.10");
  EXPECT_EQ(at("a/2"), "é😀\n/");
  EXPECT_EQ(at("a/3"), "");
  EXPECT_EQ(at("a/4"), "true");
  EXPECT_EQ(at("a/7"), "é");
}

TEST(pivot_reader, refuses_what_is_no_bundle_without_recursing) {
  EXPECT_THROW(pivot_reader("", nullptr), pivot_error);
  EXPECT_THROW(pivot_reader("{\"resourceType\":\"Patient\"}", nullptr), pivot_error);
  EXPECT_THROW(pivot_reader("{\"resourceType\":\"Bundle\",\"entry\":3}", nullptr), pivot_error);
  EXPECT_THROW(pivot_reader(std::string(100'000, '['), nullptr), pivot_error);
  EXPECT_THROW(pivot_reader("{\"resourceType\":\"Bundle\",\"id\":\"\\u00011\"}", nullptr), pivot_error);
  EXPECT_THROW(pivot_reader("{\"resourceType\":\"Bundle\",\"id\":\"\xFF\"}", nullptr), pivot_error);
  for (const char* wrong : {"\"a\":[1,]", "\"a\":01", "\"a\":1.", "\"a\":-", "\"a\":+1", "\"a\":tru", "\"a\":\"x", "\"a\":\"\\ud800\"", "\"a\" 1", "\"a\":1,",
                            "\"a\":[1", "\"a\":\"\n\"", "\"a\":'x'", "\"a\":\"\\x\"", "a:1", "\"a\":{]"})
    EXPECT_THROW(pivot_reader("{\"resourceType\":\"Bundle\"," + std::string(wrong) + "}", nullptr), pivot_error) << wrong;
}

}  // namespace
}  // namespace liaison

// SPDX-License-Identifier: Apache-2.0
// Validation by a schema that the configuration names: a small one of our own stands for the official one.
#include "official.hpp"
#include "run.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace liaison::cda {
namespace {

class official : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "liaison-official-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override {
    drop_official_files();
    std::filesystem::remove_all(folder_);
  }
  std::string file(const char* name, std::string_view text) const {
    const auto path = folder_ / name;
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }

 private:
  std::filesystem::path folder_;
};

constexpr std::string_view schema = R"(<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:hl7-org:v3"
  targetNamespace="urn:hl7-org:v3" elementFormDefault="qualified">
 <xs:element name="ClinicalDocument"><xs:complexType><xs:sequence>
  <xs:element name="realmCode" minOccurs="%" maxOccurs="2"/><xs:any minOccurs="0" maxOccurs="unbounded" processContents="skip"/>
 </xs:sequence></xs:complexType></xs:element></xs:schema>)";

std::string with(std::string_view text, std::string_view what) {
  std::string out(text);
  return out.replace(out.find('%'), 1, what);
}

std::string letter() { return read_file(LIAISON_SOURCE_DIRECTORY "/tests/golden/cda/letter-n1/input.xml"); }

TEST_F(official, a_schema_judges_the_document) {
  std::string why;
  ASSERT_TRUE(load_official_schema(file("good.xsd", with(schema, "1")), why)) << why;
  EXPECT_FALSE(run(translator_table().validate, letter()).has("cda-xsd"));
  ASSERT_TRUE(load_official_schema(file("bad.xsd", with(schema, "2")), why)) << why;
  EXPECT_TRUE(run(translator_table().validate, letter()).has("cda-xsd"));
}

TEST_F(official, what_cannot_be_run_is_said) {
  std::string why;
  EXPECT_FALSE(load_official_schema("/nowhere.xsd", why));
  EXPECT_FALSE(why.empty());
}

}  // namespace
}  // namespace liaison::cda

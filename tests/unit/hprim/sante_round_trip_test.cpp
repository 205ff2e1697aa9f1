// SPDX-License-Identifier: Apache-2.0
// Santé → FHIR → Santé gives back every value at its place, for files made at random with values in every field of the
// tables; and the account of the decode has a row for each of them.
#include "account_check.hpp"
#include "corpus.hpp"
#include "sante_message.hpp"

#include <liaison/common/text.hpp>

#include <memory>
#include <random>

namespace liaison::hprim {
namespace {

using namespace testing;

class generator {
 public:
  generator(unsigned seed, std::string context) : random_(seed), context_(std::move(context)) {}

  std::string file() {
    std::string out = "H|~^\\&|F" + digits(5) + ".HPR|" + maybe(20, "secret") + "|LAB~LABO FICTIF|" +
                      maybe(20, "1 rue~~VILLE") + "|" + context_ + "|" + maybe(20, "0199000000") +
                      "||CLIN~CLINIQUE FICTIVE|" + maybe(20, "remarque") + "|P|H2.5~C|202503101430" + maybe(50, "00") +
                      "\r";
    out += comments(10);
    const int patients = chance(25) ? 2 : 1;
    if (context_ == "ERR") {
      for (int i = 1; i <= 2; ++i)
        out += "ERR|" + std::to_string(i) + "|X.HPR|20250310|" + pick({"T", "P", "I"}) + "|5|OBR~1~2|9.5|" + text() +
               "|I|" + text() + "\r";
    } else {
      for (int i = 1; i <= patients; ++i) out += patient(i);
    }
    const auto count = std::count(out.begin(), out.end(), '\r');
    return out + "L|1||" + std::to_string(context_ == "ERR" ? 0 : patients) + "|" + std::to_string(count + 1) + "\r";
  }

 private:
  bool chance(int percent) { return std::uniform_int_distribution<>(1, 100)(random_) <= percent; }
  std::string maybe(int percent, const std::string& value) { return chance(percent) ? value : std::string{}; }
  std::string pick(std::initializer_list<const char*> from) {
    return *(from.begin() + std::uniform_int_distribution<long>(0, static_cast<long>(from.size()) - 1)(random_));
  }
  std::string digits(int count) {
    std::string out;
    while (count-- > 0) out += static_cast<char>('1' + std::uniform_int_distribution<>(0, 8)(random_));
    return out;
  }
  std::string text() {
    return pick({"texte", "à contrôler", "x < y", "a\\F\\b", "c\\S\\d", "100 %", "l'été", "A+", "deux mots",
                 "Évolution", "\\E\\"});
  }
  std::string date() { return pick({"20250310", "202503101430", "20250310143005", "202503"}); }

  std::string comments(int percent) {
    std::string out;
    for (int i = 1; chance(percent) && i < 4; ++i)
      out += "C|" + std::to_string(i) + "|" + pick({"L", "P"}) + "|" + text() + maybe(20, "^" + text()) + "\r";
    if (chance(percent / 4)) out += "Z|1|" + text() + "|" + text() + "~x\r";
    return out;
  }

  /// A composite: some parts, some repetitions, some sub-parts.
  std::string composite() {
    std::string out = text();
    if (chance(50)) out += "~" + maybe(70, text()) + "~" + text();
    if (chance(15)) out += "&" + text();
    if (chance(15)) out += "^" + text() + "~" + text();
    return out;
  }

  std::string patient(int rank) {
    std::string out = "P|" + std::to_string(rank);
    const auto field = [&](const std::string& value) { out += "|" + value; };
    field("IPP" + digits(4) + maybe(10, "~OLD1~FU"));
    field(maybe(40, "EX" + digits(3)));
    field(maybe(60, "NDA" + digits(4) + maybe(20, "~2")));
    field("ESSAI-DEMO~Lila" + maybe(30, "~Rose") + maybe(30, "~~MME~PR"));
    field(maybe(50, "ESSAI" + maybe(50, "~LILA~LILA ROSE")));
    field(maybe(90, pick({"19850517", "198505", "198505171230"})));
    field(maybe(90, pick({"M", "F", "U", "X"})));
    field(maybe(5, "race"));
    field(maybe(
        60, pick({"12 rue~~VILLE~~99999~FRA", "~bis~VILLE", "1 rue~2 rue~VILLE~DEP~99999", "1 rue~x~VILLE~99999"})));
    field(maybe(40, pick({"285059999900131~INS-NIR~20240101~~~1.2.250.1.213.1.4.10", "123~INS-C~20100101",
                          "285059999900131"})));
    field(maybe(40, "0199000001" + maybe(50, "^0199000002")));
    field(maybe(40, pick({"D1~Dr TESTU Anne~L", "10001234567~TESTU&Anne~R^D2~Dr B~L", "D3~TESTU~Anne~~~DR"})));
    for (int i = 14; i <= 22; ++i) field(maybe(10, composite()));
    field(maybe(40, date() + maybe(50, "^" + date())));
    field(maybe(50, pick({"IP", "OP", "IO", "ER", "PA", "MP", "ZZ"})));
    field(maybe(40, pick({"12~204~CARDIO", "~~CHIR", "1~2~3~4~5~6~7~8"})));
    for (int i = 26; i <= 33; ++i) field(maybe(10, i >= 32 ? date() : composite()));
    field(maybe(30, "VILLE~99998~FRA~99990"));
    field(maybe(40, pick({"INSI", "CV", "SM"})));
    field(maybe(20, "CN"));
    field(maybe(20, "N"));
    field(maybe(50, pick({"VL", "PR", "??"})));
    field(maybe(10, "HM"));
    field(maybe(10, "30021900"));
    field(maybe(20, "a@exemple.fr"));
    out += "\r" + comments(20);
    if (chance(context_ == "ORM" ? 0 : 40))
      out += "AP|1|10|20250101|20251231|285059999900131|001|1|01|998|0001|" + maybe(50, "1|0|ESSAI~LILA") + "\r" +
             comments(10);
    if (chance(context_ == "ORM" ? 0 : 20)) out += "AC|1|990000001|M-1|20250101||contrat|100~TM~PF\r";
    if (context_ == "ORU" || context_ == "ORM" || context_ == "ORA") {
      for (int i = 1; i <= (chance(40) ? 2 : 1); ++i) out += request(i);
    }
    if (context_ == "REG") {
      for (int i = 1; i <= 2; ++i)
        out += "REG|" + std::to_string(i) + "|NDA1|" + pick({"22.10~EUR", "3~EUR", "x"}) + "|" + pick({"+", "-"}) +
               "|" + date() + "|" + maybe(50, "VIR") + "|" + maybe(50, "D" + digits(3)) + "\r" + comments(20);
    }
    if (context_ == "FAC") {
      out += "FAC|1|NDA1|F-" + digits(3) + "|20250310|990000001~~CLIN||N\r";
      for (int i = 1; i <= 2; ++i) out += "ACT|" + std::to_string(i) + "|B|85|0.26|22.10|" + text() + "||A~B~C\r";
      out += "REG|1|NDA1|22.10~EUR|+|20250310|VIR|123\r";
    }
    return out;
  }

  std::string request(int rank) {
    std::string out = "OBR|" + std::to_string(rank);
    const auto field = [&](const std::string& value) { out += "|" + value; };
    field(maybe(80, "ECH" + digits(2) + "~DEM" + digits(3)));
    field(maybe(80, maybe(50, "ECH1") + "~LAB" + digits(3)));
    field("K~Potassium~L" + maybe(30, "^NFS~Numération~L") + maybe(10, "^CRP"));
    field(maybe(50, pick({"R", "S", "U"})));
    field(maybe(30, date()));
    field(maybe(70, date() + maybe(20, "^" + date())));
    for (int i = 8; i <= 12; ++i) field(maybe(15, i == 11 ? "N" : composite()));
    field(maybe(40, text()));
    field(maybe(30, date()));
    field(maybe(20, "a&b&c~x~y"));
    field(maybe(50, "P1~Dr TESTU Anne~L~CARD~Cardiologie~L"));
    for (int i = 17; i <= 21; ++i) field(maybe(10, composite()));
    field(maybe(60, date()));
    for (int i = 23; i <= 24; ++i) field(maybe(10, text()));
    field(maybe(80, pick({"F", "P", "R", "M", "I", "O", "C", "D", "X", "?"})));
    for (int i = 26; i <= 36; ++i) field(maybe(8, i == 36 ? date() : composite()));
    out += "\r" + comments(20);
    for (int i = 1; i <= std::uniform_int_distribution<>(1, 4)(random_); ++i) out += result(i);
    return out;
  }

  std::string result(int rank) {
    struct typed {
      const char* type;
      const char* value;
    };
    static constexpr typed values[] = {{"NM", "3.1"},      {"NM", "12.50"},      {"NM", "3,1"},
                                       {"NM", "texte"},    {"NM", "007"},        {"ST", "< 3.0"},
                                       {"ST", "Limpide"},  {"ST", "12 mg/L"},    {"ST", "a^b"},
                                       {"ST", ""},         {"TX", "un~deux"},    {"TX", "un^deux"},
                                       {"TX", "seul"},     {"TX", "~un~~deux"},  {"CE", "A+~A Rh positif~L"},
                                       {"CE", "A+"},       {"CE", "~libellé"},   {"CE", "A~B^C~D"},
                                       {"DT", "20250310"}, {"PN", "NOM~Prénom"}, {"FIC", "ED~F1.PDF~PDF"},
                                       {"GC", "1~2^3~4"},  {"", "nu"},           {"ZZ", "inconnu"}};
    const auto& value = values[std::uniform_int_distribution<std::size_t>(0, std::size(values) - 1)(random_)];
    std::string out = "OBX|" + std::to_string(rank) + "|" + value.type + "|";
    out += pick({"K~Potassium~L", "CL~~L", "2823-3~Potassium~LN", "NFS  010~Leucocytes~L~6690-2~Leucocytes~LN", "X~Y~Z",
                 "SEUL"}) +
           "|";
    out += maybe(10, "1") + "|" + value.value + "|" + maybe(60, pick({"mmol/L", "G/L", "mg/L~x", "/mL"})) + "|";
    out += maybe(60,
                 pick({"3.5 - 5.1", "< 10", "> 60", "vr : 4 a  10000", "négatif", "0,5 - 1,2", "a~b", "1 - 2^3 - 4"})) +
           "|";
    out += maybe(60, pick({"L", "HH", "N", "A", "<", "MS", "Null", "H^A", "^H"})) + "|" + maybe(5, "0.9") + "|" +
           maybe(10, "A^S") + "|";
    out += maybe(80, pick({"F", "P", "R", "C", "I", "D", "X", "U", "?"})) + "|" + maybe(10, date()) + "|" +
           maybe(10, text()) + "|" + maybe(50, date()) + "|";
    out += maybe(20, "CHIM~10~K~1~0~P") + "|" + maybe(20, "B1~Dr B~L") + "\r";
    return out + comments(25);
  }

  std::mt19937 random_;
  std::string context_;
};

struct value_at {
  std::string location, value;
  auto operator<=>(const value_at&) const = default;
};

/// Every value of a file by segment and place: read here with nothing of the decoder, ranks and counts left out.
std::vector<std::vector<value_at>> values_of(const std::string& bytes, std::string_view charset) {
  auto file = std::make_unique<sante_file>();
  findings found;
  EXPECT_TRUE(read_sante(bytes, charset, *file, found));
  std::vector<std::vector<value_at>> out;
  for (const sante_segment& segment : file->segments) {
    auto& to = out.emplace_back();
    to.push_back({"", std::string(segment.name)});
    for (std::size_t field = segment.name == "H" ? 2 : 1; field < 60; ++field) {
      if ((field == 1 && segment.name != "Z") || (segment.name == "L" && field != 5)) continue;
      const auto repetitions = field_of(segment, field, file->marks).repetitions();
      for (std::size_t r = 0; r < repetitions.size(); ++r) {
        const auto components = split_marks(repetitions[r], file->marks.component, file->marks.escape);
        for (std::size_t c = 0; c < components.size(); ++c) {
          const auto subs = split_marks(components[c], file->marks.sub, file->marks.escape);
          for (std::size_t s = 0; s < subs.size(); ++s) {
            const std::string value(trim(unescaped(subs[s], file->marks)));
            if (!value.empty())
              to.push_back(
                  {std::to_string(field) + "(" + std::to_string(r) + ")." + std::to_string(c) + "." + std::to_string(s),
                   value});
          }
        }
      }
    }
  }
  return out;
}

class sante_round_trip : public ::testing::TestWithParam<const char*> {};

TEST_P(sante_round_trip, gives_back_every_value_at_its_place) {
  const auto& translator = translator_of("hprim-sante");
  for (unsigned seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const std::string source = generator(seed, GetParam()).file();
    const reply pivot =
        run(translator.decode, source, R"({"charset":"utf-8","account":true,"now":"2025-03-12T10:00:00+01:00"})");
    ASSERT_EQ(pivot.status, LIAISON_OK);
    const reply back = run(translator.encode, pivot.document(),
                           R"({"charset":"utf-8","now":"2025-03-12T10:00:00+01:00","endpoint":{"escapes":true}})");
    ASSERT_EQ(back.status, LIAISON_OK);
    const auto first = values_of(source, "utf-8"), second = values_of(back.document(), "utf-8");
    EXPECT_EQ(first.size(), second.size());
    for (std::size_t i = 0; i < std::min(first.size(), second.size()); ++i) {
      for (const value_at& one : first[i]) {
        EXPECT_TRUE(std::find(second[i].begin(), second[i].end(), one) != second[i].end())
            << first[i][0].value << " " << i << " lost " << one.location << " = " << one.value;
      }
      for (const value_at& one : second[i]) {
        EXPECT_TRUE(std::find(first[i].begin(), first[i].end(), one) != first[i].end())
            << second[i][0].value << " " << i << " invented " << one.location << " = " << one.value;
      }
    }
    std::size_t values = 0;
    for (const auto& segment : values_of(source, "utf-8")) values += segment.size() - 1;
    const std::size_t leaves = check_account(
        pivot, [](const std::string&, const std::string&, const std::string& text) { return !text.empty(); });
    EXPECT_GE(leaves, values);
    const rapidjson::Document account = parse(pivot.bytes(LIAISON_PART_ACCOUNT));
    for (const auto& leaf : account["leaves"].GetArray()) {
      EXPECT_FALSE(leaf.HasMember("reason")) << leaf["location"].GetString();
    }
    if (::testing::Test::HasFailure()) {
      std::string shown = source + "-----\r" + back.document();
      std::replace(shown.begin(), shown.end(), '\r', '\n');
      std::printf("%s\n", shown.c_str());
      return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(contexts, sante_round_trip,
                         ::testing::Values("ORU", "ORM", "ORA", "ADM", "REG", "FAC", "ERR"));

class corpus_round_trip : public ::testing::TestWithParam<std::string> {};

TEST_P(corpus_round_trip, gives_back_every_value) {
  const std::string source = read_file(corpus_folder() + "/" + GetParam());
  const auto& translator = translator_of("hprim-sante");
  const reply pivot = run(translator.decode, source, now_and_account);
  ASSERT_EQ(pivot.status, LIAISON_OK);
  const reply back = run(translator.encode, pivot.document(), R"({"charset":"utf-8","endpoint":{"escapes":true}})");
  EXPECT_EQ(values_of(source, ""), values_of(back.document(), "utf-8"));
}

std::vector<std::string> sante_files() {
  std::vector<std::string> names = corpus_names();
  std::erase_if(names, [](const std::string& name) { return name[0] != 's'; });
  return names;
}

INSTANTIATE_TEST_SUITE_P(corpus, corpus_round_trip, ::testing::ValuesIn(sante_files()),
                         [](const auto& test) { return "file_" + std::to_string(test.index); });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(corpus_round_trip);

TEST(sante_encode, lines_keep_to_220_bytes_and_cut_no_character) {
  std::string source = "H|~^\\&|A.HPR||L~L||ORU|||C~C||P|H2.4~C|20250310\rP|1|1|||A~B\rOBR|1|||K~K~L\rOBX|1|TX|T~T~L||";
  for (int i = 0; i < 200; ++i) source += "é\xC3\xA0 ligne " + std::to_string(i) + "~";
  const auto& translator = translator_of("hprim-sante");
  for (const char* charset : {"utf-8", "iso-8859-1"}) {
    const reply pivot = run(translator.decode, source + "\r", R"({"charset":"utf-8"})");
    const reply back = run(translator.encode, pivot.document(), std::string(R"({"charset":")") + charset + "\"}");
    const std::string bytes = back.document();
    for (std::size_t start = 0; start < bytes.size();) {
      const std::size_t end = bytes.find("\r\n", start);
      ASSERT_NE(end, std::string::npos);
      EXPECT_LE(end + 2 - start, 220U);
      start = end + 2;
    }
    EXPECT_EQ(values_of(source + "\r", "utf-8")[3], values_of(bytes, charset)[3]);
  }
}

TEST(sante_encode, tells_of_fields_that_are_longer_than_the_tables_allow) {
  const std::string source =
      "H|~^\\&|A.HPR||L~L||ORU|||C~C||P|H2.4~C|20250310\rP|1|1|||A~B\rOBR|1|||K~K~L\rOBX|1|ST|K~" +
      std::string(130, 'x') + "~L||un\rL|1||1|5\r";
  const reply pivot = run(translator_of("hprim-sante").decode, source);
  const reply back = run(translator_of("hprim-sante").encode, pivot.document());
  EXPECT_TRUE(back.has_issue("hprim-segment-cut"));
  EXPECT_EQ(back.diagnostics.front().substr(0, 5), "OBX-3");
  EXPECT_EQ(values_of(source, "utf-8")[3], values_of(back.document(), "utf-8")[3]);
}

TEST(sante_encode, data_cannot_break_segments) {
  const std::string source =
      "H|~^\\&|A.HPR||L~L||ORU|||C~C||P|H2.4~C|20250310\rP|1|1|||A\\F\\B~C\\S\\D\rOBR|1|||K~K~L\rOBX|1|ST|T~T~L||"
      "x\\R\\y\\T\\z\\X0D\\OBX\\F\\9\rL|1||1|5\r";
  const auto& translator = translator_of("hprim-sante");
  const reply pivot = run(translator.decode, source, "{}");
  const reply back = run(translator.encode, pivot.document(), "{}");
  auto file = std::make_unique<sante_file>();
  findings found;
  ASSERT_TRUE(read_sante(back.document(), {}, *file, found));
  ASSERT_EQ(file->segments.size(), 5U) << back.document();
  EXPECT_EQ(field_of(file->segments[1], 5, file->marks).component(0).text(), "A B");
  EXPECT_TRUE(back.has_issue("frame-defused"));
}

TEST(sante, long_input_costs_linear_time) {
  // Separators, repetitions, comments and addenda by the ten thousand: each has been a square of its number before.
  std::string source = "H|~^\\&|A||LAB~LABO||ORU|||C~C||P|H2.4~C|20250310\rP|1|1|||A~B\r";
  for (int i = 0; i < 1000; ++i) source += "C|1|L|x\r";
  source += "OBR|1|||K";
  for (int i = 0; i < 5000; ++i) source += "^K~x";
  source += "\rOBX|1|TX|T~T||a";
  for (int i = 0; i < 5000; ++i) source += i % 100 == 0 ? "\rA|~b" : "~b";
  source += "\r" + std::string(1, 'Z');
  for (int i = 0; i < 5000; ++i) source += "|";
  const auto& translator = translator_of("hprim-sante");
  EXPECT_EQ(run(translator.inspect, source + "\r", now_and_account).status, LIAISON_OK);
  const reply pivot = run(translator.decode, source + "\r", now_and_account);
  ASSERT_EQ(pivot.status, LIAISON_OK);
  EXPECT_EQ(run(translator.encode, pivot.document(), "{}").status, LIAISON_OK);
}

TEST(sante_answers, say_yes_without_errors_and_no_with_one) {
  const std::string source =
      "H|~^\\&|ORM1.HPR||CLIN~CLINIQUE||ORM|||LAB~LABO||P|H2.4~C|20250310\rP|1|1|||A~B\rOBR|1|~D1||K~K~L\rL|1||1|4\r";
  const auto& translator = translator_of("hprim-sante");
  const reply yes = run(translator.acknowledge, source,
                        R"({"outcome":"accept","now":"2025-03-12T10:00:00+01:00","control_id":"E1.HPR"})");
  EXPECT_EQ(yes.bytes(LIAISON_PART_ACKNOWLEDGEMENT),
            "H|~^\\&|E1.HPR||LAB~LABO||ERR|||CLIN~CLINIQUE||P|H2.4~C|20250312100000\r\nL|1||0|2\r\n");
  const reply no = run(translator.acknowledge, source,
                       R"({"outcome":"reject","now":"2025-03-12T10:00:00+01:00","control_id":"E2.HPR","issues":[
                           {"severity":"error","code":"x-unknown","location":"OBR[1]-4","diagnostics":"inconnu"}]})");
  EXPECT_NE(no.bytes(LIAISON_PART_ACKNOWLEDGEMENT)
                .find("ERR|1|ORM1.HPR|20250312100000|T||OBR~1|9.5||I|x-unknown : inconnu\r\n"),
            std::string::npos)
      << no.bytes(LIAISON_PART_ACKNOWLEDGEMENT);
  const reply unanswered =
      run(translator.acknowledge, no.bytes(LIAISON_PART_ACKNOWLEDGEMENT), R"({"outcome":"accept"})");
  EXPECT_EQ(unanswered.status, LIAISON_UNSUPPORTED);
}

}  // namespace
}  // namespace liaison::hprim

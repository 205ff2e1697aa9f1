// SPDX-License-Identifier: Apache-2.0
// Médecin → FHIR → Médecin gives back every value, for messages made at random in every shape that laboratories send;
// and the account of the way there adds up against a count that knows nothing of the plugin.
#include "account_check.hpp"
#include "medecin_message.hpp"
#include "medecin_result.hpp"

#include <liaison/common/text.hpp>

#include <memory>
#include <random>

namespace liaison::hprim {
namespace {

using namespace testing;

/// Messages of every shape from one seed.
class generator {
 public:
  explicit generator(unsigned seed) : random_(seed) {}

  std::string file() {
    std::string out;
    const int messages = chance(20) ? 3 : 1;
    for (int i = 0; i < messages; ++i) out += message();
    if (!chance(10)) out += "****FINFICHIER****\n";
    return out;
  }

 private:
  bool chance(int percent) { return std::uniform_int_distribution<>(1, 100)(random_) <= percent; }

  template <class T, std::size_t Size>
  const T& pick(const T (&from)[Size]) {
    return from[std::uniform_int_distribution<std::size_t>(0, Size - 1)(random_)];
  }

  std::string digits(int count) {
    std::string out;
    while (count-- > 0) out += static_cast<char>('0' + std::uniform_int_distribution<>(0, 9)(random_));
    return out;
  }

  std::string maybe(int percent, const std::string& text) { return chance(percent) ? text : std::string{}; }

  std::string message() {
    static const char* const names[] = {"ESSAI-DEMO", "D'ALEMBERT-TEST", "LE GOFF TEST", "ÉÇÀÏ-TEST", "O'TEST"};
    static const char* const given[] = {"Lila", "Noël", "Jean-Baptiste", "Marie Claude", "Zoé"};
    static const char* const dates[] = {"17/05/1985", "01/01/2000", "29/02/2016", "17/05/85",
                                        "1985-05-17", "00/05/1948", "17/40/1951"};
    static const char* const senders[] = {"LABO01     LABO FICTIF", ".          dr.test", "            Clinique Sœurs",
                                          "X          Dr TESTU Anne"};
    std::string out;
    out += maybe(80, chance(15) ? "SOLABIO                 ABC          0103" : "P-" + digits(6)) + "\n";
    out += std::string(pick(names)) + "\n" + pick(given) + "\n";
    out += maybe(70, "12 rue de l'Essai") + "\n" + maybe(40, "Bâtiment <C> & D") + "\n" +
           maybe(80, "99999 VILLE FICTIVE") + "\n";
    out += std::string(pick(dates)) + "\n";
    out += maybe(70, chance(80) ? "2850599999001 31" : (chance(50) ? "2 85 05 99 999 001 00" : "12345")) + "\n";
    out += maybe(70, "DEM-" + digits(4)) + "\n" + maybe(80, chance(80) ? "10/03/2025" : "M-0000-23/10/06") + "\n";
    out += std::string(pick(senders)) + "\n" + pick(senders) + "\n\n";
    out += body();
    if (chance(75)) out += lab();
    return out + "****FIN****\n";
  }

  std::string body() {
    static const char* const lines[] = {"Cher confrère,",
                                        "",
                                        "  indentée   en colonnes",
                                        "a < b & c > d \"e\"",
                                        "****AUTRE****",
                                        "*** **",
                                        "Évolution « favorable » : 3 €",
                                        "\ttabulation",
                                        "RES sans barre",
                                        "𝛼 hors plan",
                                        "***** note *****"};
    std::string out = "Compte rendu\n";
    for (int i = std::uniform_int_distribution<>(0, 8)(random_); i > 0; --i) out += std::string(pick(lines)) + "\n";
    return out;
  }

  std::string number() {
    static const char* const forms[] = {"12.50", "3",     "0.02", "-1.5",    "3,12",  "007", "< 5.0",
                                        "<0,1",  ">= 60", "+2",   "250 000", "* 4.1", ".5"};
    return pick(forms);
  }

  std::string value() {
    static const char* const texts[] = {"Limpide",  "Négatif", "1/40",       "",
                                        "En cours", "A+ & B",  "13/01/2020", "2,5 à 3"};
    return chance(70) ? number() : std::string(pick(texts));
  }

  std::string bound() {
    static const char* const forms[] = {"3.5",       "",       "5,1",     "9999.00", "0.00",
                                        "2.20-2.60", "-2 - 2", "négatif", "< 5",     "0"};
    return pick(forms);
  }

  std::string unit() {
    static const char* const forms[] = {"mmol/L", "", "G/L", ".", "/mm3", "µg/L", "%", "UI par mL"};
    return pick(forms);
  }

  /// A row behind a result that gives it in another unit, or only looks like one.
  std::string second_row() {
    static const char* const labels[] = {"soit", " Soit : ", "soit en mg/L", "Potassium (B)", "V.G.M. (B)"};
    static const char* const codes[] = {"", "K", "KB", "NFS  010B", "hb"};
    return "RES|" + std::string(pick(labels)) + "|" + pick(codes) + "|N|" + number() + "|" + unit() + "|" + bound() +
           "|" + bound() + "|" + maybe(50, "L") + "|F\n";
  }

  std::string lab() {
    static const char* const labels[] = {"Potassium", "Glycémie à jeun : ", "", "V.G.M. :", "Créatinine <enz.> & co"};
    static const char* const codes[] = {"K", "NFS  010", "NUM(1.1)", "", "hb "};
    static const char* const types[] = {"N", "N", "A", "C", "T", ""};
    static const char* const flags[] = {"N", "L", "HH", "LL", "H", "", "*", "A"};
    static const char* const statuses[] = {"F", "F", "R", "C", "", "X"};
    std::string out = "****LAB****\n";
    for (int i = std::uniform_int_distribution<>(1, 6)(random_); i > 0; --i) {
      if (chance(40))
        out += "TEX|" + std::string(chance(50) ? "Compte rendu" : "ligne propre à TEX " + digits(3)) + "\n";
      out += "RES|" + std::string(pick(labels)) + "|" + pick(codes) + "|" + pick(types) + "|" + value();
      if (chance(90)) out += "|" + unit() + "|" + bound() + "|" + bound() + "|" + pick(flags) + "|" + pick(statuses);
      const bool second = chance(30) && out.back() != '|';
      if (second) out += "|" + number() + "|" + unit() + "|" + bound() + "|" + bound();
      if (second && chance(20)) out += "|" + value() + "|reste";
      out += "\n";
      if (chance(15)) out += second_row();
    }
    return out;
  }

  std::mt19937 random_;
};

std::unique_ptr<medecin_file> read(const std::string& text) {
  auto file = std::make_unique<medecin_file>();
  findings found;
  read_medecin(text, "utf-8", *file, found);
  return file;
}

std::string squeezed(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ') out += c;
  }
  return out;
}

void expect_same_measured(const measured& a, const measured& b, const std::string& where) {
  EXPECT_EQ(a.quantity.number.empty() ? a.text : a.quantity.comparator + a.quantity.json,
            b.quantity.number.empty() ? b.text : b.quantity.comparator + b.quantity.json)
      << where;
  EXPECT_EQ(a.unit, b.unit) << where;
  EXPECT_EQ(a.bounds.low, b.bounds.low) << where;
  EXPECT_EQ(a.bounds.high, b.bounds.high) << where;
  EXPECT_EQ(a.bounds.text, b.bounds.text) << where;
}

void expect_same_header(const medecin_message& a, const medecin_message& b) {
  for (const std::size_t number : {1U, 2U, 3U, 4U, 5U, 6U, 9U})
    EXPECT_EQ(a.header_text(number), b.header_text(number)) << "line " << number;
  EXPECT_EQ(squeezed(a.header_text(8)), squeezed(b.header_text(8)));
  for (const std::size_t number : {7U, 10U}) {
    const auto left = find_date(a.header_text(number), "2025"), right = find_date(b.header_text(number), "2025");
    EXPECT_EQ(left ? left->iso : "", right ? right->iso : "") << "line " << number;
    if (left && !left->exact) {
      EXPECT_EQ(a.header_text(number), b.header_text(number));
    }
  }
  for (const std::size_t number : {11U, 12U}) {
    const coded_identity left = split_identity(a.header[number - 1]->text),
                         right = split_identity(b.header[number - 1]->text);
    EXPECT_EQ(left.code, right.code);
    EXPECT_EQ(left.identity, right.identity);
  }
}

void expect_same_results(const medecin_message& a, const medecin_message& b) {
  ASSERT_EQ(a.results.size(), b.results.size());
  for (std::size_t i = 0; i < a.results.size(); ++i) {
    const medecin_result left = read_result(a.results[i], nullptr), right = read_result(b.results[i], nullptr);
    const std::string where(a.results[i].line->text);
    EXPECT_EQ(left.label, right.label) << where;
    EXPECT_EQ(left.code, right.code) << where;
    if (!left.type.empty()) {
      EXPECT_EQ(left.type, right.type) << where;
    }
    EXPECT_EQ(left.flag, right.flag) << where;
    EXPECT_EQ(left.status, right.status) << where;
    expect_same_measured(left.first, right.first, where);
    expect_same_measured(left.second, right.second, where);
  }
}

/// Every line of the source's body and TEX is a line of the new body; marks of the source's own ("****AUTRE****") may
/// be defused.
void expect_same_text(const medecin_message& a, const medecin_message& b) {
  std::string text;
  for (const text_line* line : b.body) text.append(trim(line->text)).append("\n");
  const auto expect_line = [&](std::string_view line) {
    line = trim(line);
    if (line.starts_with("****") && line.ends_with("****")) {
      while (line.starts_with("*")) line.remove_prefix(1);
      while (line.ends_with("*")) line.remove_suffix(1);
      line = trim(line);
    }
    EXPECT_NE(text.find(line), std::string::npos) << line;
  };
  for (const text_line* line : a.body) expect_line(line->text);
  for (const lab_item& item : a.lab) {
    if (item.what == lab_item::kind::text) expect_line(item.text);
  }
}

TEST(medecin_round_trip, gives_back_every_value) {
  const auto& translator = translator_of("hprim-medecin");
  for (unsigned seed = 1; seed <= 120; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const std::string source = generator(seed).file();
    const reply pivot = run(translator.decode, source, R"({"charset":"utf-8","now":"2025-03-12T10:00:00+01:00"})");
    ASSERT_EQ(pivot.status, LIAISON_OK);
    const reply back =
        run(translator.encode, pivot.document(), R"({"charset":"utf-8","now":"2025-03-12T10:00:00+01:00"})");
    ASSERT_EQ(back.status, LIAISON_OK);
    const auto first = read(source), second = read(back.document());
    ASSERT_EQ(first->messages.size(), second->messages.size()) << back.document();
    for (std::size_t i = 0; i < first->messages.size(); ++i) {
      expect_same_header(first->messages[i], second->messages[i]);
      expect_same_results(first->messages[i], second->messages[i]);
      expect_same_text(first->messages[i], second->messages[i]);
    }
    if (::testing::Test::HasFailure()) {
      std::printf("%s\n-----\n%s\n", source.c_str(), back.document().c_str());
      return;
    }
  }
}

/// Counts values as a reader of the file sees them: lines, columns and RES fields that are not empty.
std::size_t count_values(const std::string& source) {
  std::size_t count = 0;
  std::size_t in_header = 12;
  for (std::string_view line : split(source, '\n')) {
    const std::string_view text = trim(line);
    if (text == "****FIN****") {
      in_header = 12;
      continue;
    }
    const std::size_t number = in_header > 0 ? 13 - in_header-- : 0;
    if (text.empty() || text == "****LAB****" || text == "****FINFICHIER****") continue;
    if (number == 6) {
      count += 2;  // postcode and town
    } else if (number == 11 || number == 12) {
      const std::string_view code = trim(line.substr(0, 10));
      count += code.empty() || code == "." ? 1 : 2;
    } else if (number == 0 && text.starts_with("RES|")) {
      std::size_t field_number = 1;
      bool excess = false;  // what follows field 14 is one value
      for (const std::string_view field : split(line.substr(4), '|')) {
        const bool filled = !trim(field).empty();
        if (++field_number <= 14) count += filled ? 1 : 0;
        excess = excess || (filled && field_number > 14);
      }
      count += excess ? 1 : 0;
    } else if (number == 0 && text.starts_with("TEX")) {
      count += text.size() > 4 ? 1 : 0;
    } else {
      ++count;
    }
  }
  return count;
}

std::string digits_of(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= '0' && c <= '9') out += c;
  }
  while (out.size() > 1 && out[0] == '0') out.erase(0, 1);
  return out;
}

bool is_found(const std::string& location, const std::string& value, const std::string& text) {
  if (location.ends_with("RES-10") || location.ends_with("RES-4")) return !text.empty();  // became a code or a type
  if (text.find(std::string(trim(value))) != std::string::npos) return true;
  std::string_view label = trim(value);
  while (label.ends_with(":")) label = trim(label.substr(0, label.size() - 1));
  if (text.find(label) != std::string::npos) return true;
  if (digits_of(value).empty()) return false;
  if (digits_of(text).find(digits_of(value)) != std::string::npos) return true;
  const auto date = find_date(value, "2025");
  if (date) return text.find(date->iso) != std::string::npos;
  const bounds_text range = read_bounds(value, "");  // merged bounds stand apart in the pivot
  return range.merged && text.find(range.low) != std::string::npos && text.find(range.high) != std::string::npos;
}

TEST(medecin_account, adds_up_and_leads_to_every_value) {
  const auto& translator = translator_of("hprim-medecin");
  for (unsigned seed = 1000; seed < 1030; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const std::string source = generator(seed).file();
    const reply pivot =
        run(translator.decode, source, R"({"charset":"utf-8","account":true,"now":"2025-03-12T10:00:00+01:00"})");
    ASSERT_EQ(pivot.status, LIAISON_OK);
    EXPECT_EQ(check_account(pivot, is_found), count_values(source));
    EXPECT_EQ(pivot.bytes(LIAISON_PART_ACCOUNT).find("\"reason\":\"no"), std::string::npos)
        << "a value was not carried";
    if (::testing::Test::HasFailure()) {
      std::printf("%s\n", source.c_str());
      return;
    }
  }
}

}  // namespace
}  // namespace liaison::hprim

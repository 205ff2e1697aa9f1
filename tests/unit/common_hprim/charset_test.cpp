// SPDX-License-Identifier: Apache-2.0
// Character sets: names, decoding, transliteration, and guessing by content on short French texts in every set.
#include <liaison/common/charset.hpp>

#include <gtest/gtest.h>

namespace liaison {
namespace {

// Prose, an all-capitals name and the marks that differ between the sets.
const std::string letter =
    "DELÉPINE\nHélène\n12 allée de l'Étang\nMme DELÉPINE a été opérée à Nîmes ; évolution très favorable, sans "
    "fièvre.\n"
    "Contrôle de la kaliémie souhaité dans huit jours. Reçu le 3 août.\n";

TEST(charset_names, are_iana_and_aliases_lead_to_them) {
  EXPECT_STREQ(name_of(charset::windows_1252), "windows-1252");
  EXPECT_STREQ(name_of(charset::macroman), "macintosh");
  EXPECT_EQ(charset_named("8859/15"), charset::iso_8859_15);
  EXPECT_EQ(charset_named("UNICODE UTF-8"), charset::utf_8);
  EXPECT_EQ(charset_named("8859/1"), charset::iso_8859_1);
  EXPECT_EQ(charset_named("CP850"), charset::cp850);
  EXPECT_EQ(charset_named("x-mac-roman"), charset::macroman);
  EXPECT_EQ(charset_named("klingon"), std::nullopt);
  EXPECT_EQ(charset_named(""), std::nullopt);
}

TEST(utf_8, is_strict) {
  EXPECT_TRUE(is_utf_8("d\xC3\xA9j\xC3\xA0 \xF0\x9F\x98\x80"));
  EXPECT_FALSE(is_utf_8("\xC0\x80"));          // overlong
  EXPECT_FALSE(is_utf_8("\xE0\x9F\xBF"));      // overlong
  EXPECT_FALSE(is_utf_8("\xED\xA0\x80"));      // surrogate
  EXPECT_FALSE(is_utf_8("\xF4\x90\x80\x80"));  // beyond U+10FFFF
  EXPECT_FALSE(is_utf_8("caf\xC3"));           // cut
  EXPECT_FALSE(is_utf_8("\x80"));
}

TEST(decoding, counts_what_has_no_meaning) {
  const decoded out = to_utf_8("\x81 \x80", charset::windows_1252);
  EXPECT_EQ(out.text, "\xEF\xBF\xBD €");
  EXPECT_EQ(out.replaced, 1U);
  EXPECT_EQ(to_utf_8("caf\xC3", charset::utf_8).replaced, 1U);
  EXPECT_EQ(to_utf_8("\xE9", charset::us_ascii).replaced, 1U);
}

TEST(decoding, reads_utf_16_with_surrogates_and_odd_ends) {
  EXPECT_EQ(to_utf_8(std::string_view("\xFF\xFE\xE9\0\x3D\xD8\0\xDE", 8), charset::utf_16le).text, "é😀");
  EXPECT_TRUE(to_utf_8(std::string_view("\xFF\xFE\xE9\0", 4), charset::utf_16le).had_bom);
  const decoded cut = to_utf_8(std::string_view("\0\xE9\0", 3), charset::utf_16be);
  EXPECT_EQ(cut.text, "é\xEF\xBF\xBD");
  EXPECT_EQ(cut.replaced, 1U);
  EXPECT_EQ(to_utf_8(std::string_view("\x00\xD8\x41\x00", 4), charset::utf_16le).text,
            "\xEF\xBF\xBD"
            "A");
}

class every_set : public ::testing::TestWithParam<charset> {};

TEST_P(every_set, gives_back_french_text) {
  const encoded out = from_utf_8(letter, GetParam());
  EXPECT_TRUE(out.transliterated.empty());
  EXPECT_EQ(to_utf_8(out.bytes, GetParam()).text, letter);
}

TEST_P(every_set, is_guessed_by_content) {
  const decoded out = detect_and_decode(from_utf_8(letter, GetParam()).bytes);
  EXPECT_EQ(out.text, letter);
  EXPECT_EQ(out.replaced, 0U);
  EXPECT_FALSE(out.double_encoding_mended);
  const bool latin = GetParam() == charset::iso_8859_1 || GetParam() == charset::iso_8859_15;
  EXPECT_STREQ(name_of(out.from), latin ? "windows-1252" : name_of(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(sets, every_set,
                         ::testing::Values(charset::utf_8, charset::utf_16le, charset::utf_16be, charset::windows_1252,
                                           charset::iso_8859_1, charset::iso_8859_15, charset::macroman,
                                           charset::cp850));

TEST(guessing, needs_few_letters) {
  for (const charset set : {charset::windows_1252, charset::macroman, charset::cp850}) {
    const std::string text = "P-1\nMARTIN\nNoémie\nréponse à votre courrier\n";
    EXPECT_EQ(detect_and_decode(from_utf_8(text, set).bytes).text, text) << name_of(set);
  }
}

TEST(guessing, keeps_capitals_in_windows_1252) {
  const std::string text = "QUÉMÉNEUR\nHÔPITAL D'ÉVRY\nBÉNÉDICTE\n";
  EXPECT_EQ(detect_and_decode(from_utf_8(text, charset::windows_1252).bytes).text, text);
}

TEST(guessing, sees_latin_9_by_its_oe) {
  const std::string text = "le cœur et la sœur : 12 € de reste à charge, nœud";
  const decoded out = detect_and_decode(from_utf_8(text, charset::iso_8859_15).bytes);
  EXPECT_EQ(out.text, text);
  EXPECT_EQ(out.from, charset::iso_8859_15);
}

TEST(guessing, calls_ascii_by_its_name) {
  const decoded out = detect_and_decode("RES|Potassium|K|N|3.1");
  EXPECT_EQ(out.from, charset::us_ascii);
  EXPECT_EQ(out.text, "RES|Potassium|K|N|3.1");
}

TEST(guessing, mends_utf_8_encoded_twice) {
  const std::string twice = to_utf_8(letter + "l’œdème — cœur", charset::windows_1252).text;
  const decoded out = detect_and_decode(twice);
  EXPECT_TRUE(out.double_encoding_mended);
  EXPECT_EQ(out.text, letter + "l’œdème — cœur");
  EXPECT_EQ(out.from, charset::utf_8);
}

TEST(guessing, mends_utf_8_taken_for_latin_1_and_saved_by_a_mac) {
  const std::string text = "opérée à l'hôpital, très bonne évolution, fièvre";
  std::string latin;  // the text's UTF-8 bytes, each taken for a Latin-1 character
  for (const char byte : text) latin += to_utf_8({&byte, 1}, charset::iso_8859_1).text;
  const decoded out = detect_and_decode(from_utf_8(latin, charset::macroman).bytes);
  EXPECT_TRUE(out.double_encoding_mended);
  EXPECT_EQ(out.text, text);
}

TEST(guessing, leaves_sound_utf_8_alone) {
  const std::string text = "Ångström, Ã la carte, São Paulo : 37 °C, « très bien », ±0,5 ½ Â";
  const decoded out = detect_and_decode(text);
  EXPECT_FALSE(out.double_encoding_mended);
  EXPECT_EQ(out.text, text);
}

TEST(guessing, reads_utf_8_with_stray_windows_bytes) {
  const decoded out = detect_and_decode("LABO DE L'\xC9TANG\nprélèvement du 3 août, contrôle à un an");
  EXPECT_EQ(out.text, "LABO DE L'ÉTANG\nprélèvement du 3 août, contrôle à un an");
  EXPECT_EQ(out.replaced, 1U);
}

TEST(encoding, transliterates_and_lists_once) {
  const encoded out = from_utf_8("cœur œdème ≥ 3, α-fœtoprotéine", charset::iso_8859_1);
  EXPECT_EQ(to_utf_8(out.bytes, charset::iso_8859_1).text, "coeur oedème >= 3, alpha-foetoprotéine");
  EXPECT_EQ(out.transliterated, (std::vector<std::string>{"œ", "≥", "α"}));
}

TEST(encoding, never_writes_a_question_mark_for_what_is_missing) {
  const encoded out = from_utf_8("日本 😀 \xFF", charset::windows_1252);
  EXPECT_EQ(out.bytes, "__ _ _");
  EXPECT_EQ(out.transliterated.size(), 4U);
}

TEST(encoding, composes_letters_first) {
  const encoded out = from_utf_8("He\xCC\x81le\xCC\x80ne", charset::windows_1252);
  EXPECT_EQ(out.bytes, "H\xE9l\xE8ne");
  EXPECT_TRUE(out.transliterated.empty());
}

TEST(encoding, reaches_ascii_through_two_steps) {
  EXPECT_EQ(from_utf_8("12 µg à 37 ℃ — « déjà »", charset::us_ascii).bytes, "12 ug a 37 oC - \" deja \"");
}

TEST(encoding, exactly_or_not_at_all) {
  EXPECT_EQ(from_utf_8_exactly("été", charset::iso_8859_1), "\xE9t\xE9");
  EXPECT_EQ(from_utf_8_exactly("œ", charset::iso_8859_1), std::nullopt);
  EXPECT_EQ(from_utf_8_exactly("œ", charset::windows_1252), "\x9C");
  EXPECT_EQ(from_utf_8_exactly("é", charset::us_ascii), std::nullopt);
}

}  // namespace
}  // namespace liaison

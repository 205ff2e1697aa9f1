// SPDX-License-Identifier: Apache-2.0
// HL7 v2 and HPRIM: separators, escapes, bombs of every level, character sets that lie, batches, cut messages.
#include "cases.hpp"

namespace liaison::test {
namespace {

struct parts {
  std::string header = "MSH|^~\\&|SIL|LABO|LIAISON|HOP|20261121103000||ORU^R01^ORU_R01|@ID@|P|2.5|||||FRA|UNICODE UTF-8\r";
  std::string patient = "PID|||IPP7^^^HOP&2.999.48.20&ISO^PI||" + std::string(marker) + "^ZENOBIE^ZENOBIE^^^^L||19620214|F\r";
  std::string order = "PV1|1|O\rORC|RE|P1|F1\rOBR|1|P1|F1|NFS^Num^L|||20261121080000|||||||||||||||20261121100000||LAB|F\r";
  std::string results = "OBX|1|NM|HB^Hemo^L||12.50|g/dL|12.0-16.0|N|||F\r";
};

/// Each message under a control id of its own and of a patient of its own: none is a duplicate, and none waits behind
/// another that could not be delivered.
std::string message(parts of) {
  static int number = 0;
  std::string all = of.header + of.patient + of.order + of.results;
  ++number;
  for (const std::string mark : {"@ID@", "IPP7", "P1|F1", "P1|F1"})
    if (const auto at = all.find(mark); at != std::string::npos) {
      const std::string own = "H" + std::to_string(number);
      all.replace(at, mark.size(), mark == "P1|F1" ? own + "P|" + own + "F" : own);
    }
  return all;
}

std::string with_header(std::string header) {
  parts of;
  of.header = std::move(header);
  return message(of);
}
std::string with_patient(std::string patient) {
  parts of;
  of.patient = std::move(patient);
  return message(of);
}
std::string with_results(std::string results) {
  parts of;
  of.results = std::move(results);
  return message(of);
}
std::string with_text(const std::string& text) { return with_results("OBX|1|ST|T^Texte^L||" + text + "||||||F\r"); }
std::string with_charset(const std::string& charset, const std::string& text) {
  parts of;
  of.header.replace(of.header.find("UNICODE UTF-8"), 13, charset);
  of.results = "OBX|1|ST|T^Texte^L||" + text + "||||||F\r";
  return message(of);
}
std::string with_file(const std::string& data) { return with_results("OBX|1|ED|PDF^Doc^L||^application^pdf^Base64^" + data + "||||||F\r"); }
std::string with_document(const std::string& base64) {
  parts of;
  of.header.replace(of.header.find("UNICODE UTF-8"), 13, "UNICODE UTF-8|||2.1^CISIS_CDA_HL7_V2");
  of.order = "ORC|NW\rOBR|1|||34105-7^L^LN\r";
  of.results = "OBX|1|ED|34105-7^L^LN||^TEXT^XML^Base64^" + base64 + "||||||F\r";
  return message(of);
}
std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) text.replace(at, what.size(), by);
  return text;
}

// "<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><ClinicalDocument xmlns="urn:hl7-org:v3">&b;</ClinicalDocument>"
constexpr const char* xxe_in_base64 =
    "PCFET0NUWVBFIGEgWzwhRU5USVRZIGIgU1lTVEVNICJmaWxlOi8vL2V0Yy9wYXNzd2QiPl0+PENsaW5pY2FsRG9jdW1lbnQgeG1sbnM9InVybjpobDctb3JnOnYzIj4mYjs8L0NsaW5p"
    "Y2FsRG9jdW1lbnQ+";

}  // namespace

const std::vector<hostile_message>& hl7_cases() {
  static const std::vector<hostile_message> list{
      // The header.
      {"msh_alone", [] { return raw("MSH"); }, "422 format-unknown"},
      {"msh_and_one_separator", [] { return raw("MSH|"); }, "422 format-unknown"},
      {"msh_and_a_line_end", [] { return raw("MSH|^~\\&\r"); }, "422 hl7v2-message-type"},
      {"separators_all_equal", [] { return with_header("MSH||||||SIL|LABO|LIAISON|HOP|20261121||ORU^R01|X|P|2.5\r"); }, "422 hl7v2-bad-separators"},
      {"encoding_characters_equal", [] { return with_header("MSH|^^^^|SIL|LABO|LIAISON|HOP|20261121||ORU^R01|X|P|2.5\r"); }, "422 hl7v2-bad-separators"},
      {"one_encoding_character", [] { return with_header("MSH|^|SIL|LABO|LIAISON|HOP|20261121||ORU^R01|@ID@|P|2.5\r"); }, "201"},
      {"twenty_encoding_characters", [] { return with_header("MSH|^~\\&#!$%()*+,-/:;<=|SIL|L|L|H|20261121||ORU^R01|@ID@|P|2.5\r"); }, "422 hl7v2-bad-separators"},
      {"letters_as_separators", [] { return with_header("MSHABCDEASILALABOALIAISONAHOPA20261121AAORUBR01AXAPA2.5\r"); }, "422 format-unknown"},
      {"a_nul_as_separator", [] { return with_header(raw("MSH\0^~\\&\0SIL\0LABO\0LIAISON\0HOP\0") + "20261121\r"); }, "422 format-unknown"},
      {"a_line_end_as_separator", [] { return with_header("MSH\r^~\\&\rSIL\rLABO\r"); }, "422 format-unknown"},
      {"a_blank_as_separator", [] { return with_header("MSH ^~\\& SIL LABO LIAISON HOP 20261121  ORU^R01 X P 2.5\r"); }, "422 format-unknown"},
      {"separators_beyond_ascii", [] { return with_header("MSH\xA7^~\\&\xA7SIL\xA7LABO\xA7\r"); }, "422 hl7v2-charset-mismatch hl7v2-bad-separators"},
      {"a_control_id_of_20_kb", [] { return with_header("MSH|^~\\&|SIL|LABO|L|H|20261121||ORU^R01^ORU_R01|" + times("x", 20'000) + "|P|2.5|||||FRA|UNICODE UTF-8\r"); }, "201"},
      {"a_control_id_with_control_bytes", [] { return with_header(raw("MSH|^~\\&|SIL|LABO|L|H|20261121||ORU^R01^ORU_R01|c1\x01\x07\x7f\x1b[31m|P|2.5|||||FRA|UNICODE UTF-8\r")); }, "201"},
      {"a_message_type_of_1_mb", [] { return with_header("MSH|^~\\&|SIL|LABO|L|H|20261121||" + times("ORU", 350'000) + "|@ID@|P|2.5\r"); }, "201"},
      {"a_version_that_is_none", [] { return with_header("MSH|^~\\&|SIL|LABO|L|H|20261121||ORU^R01^ORU_R01|@ID@|P|99.99.../../|||||FRA|UNICODE UTF-8\r"); }, "201"},
      {"two_messages_in_one", [] { return message({}) + message({}); }, "422 hl7v2-batch-of-several"},
      // Escapes.
      {"an_escape_without_end", [] { return with_text("a\\H"); }, "201"},
      {"an_escape_at_the_very_end", [] { return replaced(message({}), "F\r", "F\\"); }, "201"},
      {"an_escape_with_half_a_byte", [] { return with_text("\\XF\\"); }, "201"},
      {"an_escape_that_is_no_hexadecimal", [] { return with_text("\\XZZ\\"); }, "201"},
      {"an_escape_that_makes_a_line_end", [] { return with_text("a\\X0D\\PID|||9^^^HOP&2.999.48.20&ISO^PI||AUTRE"); }, "201"},
      {"an_escape_that_makes_a_frame_end", [] { return with_text("a\\X1C0D\\b\\X00\\"); }, "201"},
      {"an_escape_that_makes_half_a_character", [] { return with_text("\\XC3\\(\\XE282\\"); }, "201"},
      {"an_escape_that_makes_a_separator", [] { return with_text("a\\X7C\\b\\F\\c\\E\\d\\E\\F\\E\\"); }, "201"},
      {"an_escape_for_two_thousand_million_lines", [] { return with_text("a\\.sp2147483647\\b\\.in+99999999999\\c\\.sk-1\\"); }, "201"},
      {"an_escape_of_1_mb", [] { return with_text("\\X" + times("41", 500'000) + "\\"); }, "201"},
      {"half_a_million_escapes", [] { return with_text(times("\\E\\", 500'000)); }, "201"},
      {"half_a_million_beginnings_of_escapes", [] { return with_text(times("\\", 500'001)); }, "201"},
      {"escapes_of_other_character_sets", [] { return with_text("\\C2842\\abc\\M242A41\\\\Zfoo\\"); }, "201"},
      // Bombs.
      {"twenty_thousand_identifiers", [] { return with_patient("PID|||" + times("IPP7^^^HOP&2.999.48.20&ISO^PI~", 20'000) + "||" + std::string(marker) + "^Z||19620214|F\r"); }, "201 hl7v2-too-many-repetitions"},
      {"a_million_fields", [] { return with_results("OBX|1|ST|T^T^L||a" + times("|", 1'000'000) + "\r"); }, "201"},
      {"five_million_fields", [] { return with_results("OBX|1|ST|T^T^L||a" + times("|", 5'000'000) + "\r"); }, "422 hl7v2-too-many-fields"},
      {"a_million_components", [] { return with_patient("PID|||IPP7^^^HOP&2.999.48.20&ISO^PI||" + std::string(marker) + times("^", 1'000'000) + "||19620214|F\r"); }, "201"},
      {"a_million_subcomponents", [] { return with_patient("PID|||IPP7^^^HOP" + times("&", 1'000'000) + "^PI||" + std::string(marker) + "^Z||19620214|F\r"); }, "201"},
      {"three_hundred_thousand_segments", [] { return with_results(times("ZZZ|\r", 300'000)); }, "422 hl7v2-too-many-segments"},
      {"a_million_empty_lines", [] { return with_results("OBX|1|ST|T^T^L||a||||||F\r" + times("\r", 1'000'000)); }, "201"},
      {"a_hundred_thousand_repeated_texts", [] { return with_text(times("a~", 100'000)); }, "201"},
      {"a_name_of_a_megabyte", [] { return with_patient("PID|||IPP7^^^HOP&2.999.48.20&ISO^PI||" + std::string(marker) + times("A", 1U << 20) + "^Z||19620214|F\r"); }, "201"},
      // What results may hold.
      {"numbers_that_are_none", [] { return with_results("OBX|1|NM|A^A^L||NaN||||||F\rOBX|2|NM|B^B^L||1e999999||||||F\rOBX|3|NM|C^C^L||" + times("9", 10'000) + "||||||F\rOBX|4|NM|D^D^L||--1||||||F\r"); }, "201"},
      {"dates_that_are_none", [] { return with_patient("PID|||IPP7^^^HOP&2.999.48.20&ISO^PI||" + std::string(marker) + "^Z||99999999999999.9999+9999|F\r"); }, "201 hl7v2-date"},
      {"a_value_type_that_does_not_exist", [] { return with_results("OBX|1|../..|A^A^L||x||||||F\r"); }, "201"},
      {"a_pointer_to_a_file", [] { return with_results("OBX|1|RP|A^A^L||file:///etc/passwd^host^TEXT^XML||||||F\r"); }, "201"},
      {"a_file_of_20_mb", [] { return with_file(times("AAAA", 5U << 20)); }, "201"},
      {"base64_that_is_none", [] { return with_file("!!!!"); }, "201 hl7v2-base64"},
      {"base64_of_one_digit", [] { return with_file("A"); }, "201 hl7v2-base64"},
      {"base64_without_padding", [] { return with_file("JVBERi0xLjQK" "JQ"); }, "201 hl7v2-pfi-t04"},
      {"base64_with_padding_inside", [] { return with_file("JVBE=Ri0=xLjQK"); }, "201 hl7v2-base64"},
      {"base64_with_padding_only", [] { return with_file("===="); }, "201 hl7v2-base64"},
      {"base64_with_lines_and_blanks", [] { return with_file("JVBE\\.br\\Ri0x LjQK"); }, "201 hl7v2-base64"},
      {"base64_of_the_other_alphabet", [] { return with_file("__--__--"); }, "201 hl7v2-base64"},
      {"a_document_with_an_entity_of_a_file", [] { return with_document(xxe_in_base64); }, "422 hl7v2-pfi-metadata-missing hl7v2-segment-missing hl7v2-pfi-destinations"},
      {"a_document_that_is_base64_of_base64", [] { return with_document("UENGRVQwTlVXVkJG"); }, "422 hl7v2-document-not-xml hl7v2-pfi-metadata-missing hl7v2-segment-missing hl7v2-pfi-destinations"},
      // Character sets.
      {"utf_8_that_is_latin_1", [] { return with_charset("UNICODE UTF-8", "caf\xE9"); }, "201 hl7v2-charset-mismatch"},
      {"latin_1_that_is_utf_8", [] { return with_charset("8859/1", "caf\xC3\xA9"); }, "201 hl7v2-charset-mismatch"},
      {"a_character_set_that_does_not_exist", [] { return with_charset("KLINGON", "x"); }, "201 hl7v2-charset-unknown"},
      {"ascii_that_says_utf_16", [] { return with_charset("UNICODE UTF-16", "x"); }, "201"},
      {"japanese_shifts", [] { return with_charset("ISO IR87", "\x1b$B%F%9%H\x1b(B"); }, "201 hl7v2-charset-unknown"},
      {"utf_7", [] { return with_charset("UNICODE UTF-8", "+ADw-script+AD4-"); }, "201"},
      {"overlong_utf_8", [] { return with_text("a\xC0\xAF\xC1\xBF\xE0\x80\xAF\xF0\x80\x80\xAF"); }, "201 hl7v2-charset-mismatch"},
      {"surrogates_in_utf_8", [] { return with_text("\xED\xA0\x80\xED\xB0\x80"); }, "201 hl7v2-charset-mismatch"},
      {"beyond_unicode", [] { return with_text("\xF4\x90\x80\x80\xF8\x88\x80\x80\x80\xFF\xFE"); }, "201 hl7v2-charset-mismatch"},
      {"bytes_that_windows_1252_does_not_have", [] { return with_charset("", "\x81\x8D\x8F\x90\x9D"); }, "201 hl7v2-charset-mismatch"},
      {"utf_16_with_its_mark", [] { return raw("\xFF\xFEM\0S\0H\0|\0^\0~\0\\\0&\0|\0A\0|\0B\0\r\0"); }, "422 format-unknown"},
      {"utf_16_without_its_mark", [] { return raw("M\0S\0H\0|\0^\0~\0\\\0&\0|\0A\0|\0B\0\r\0"); }, "422 format-unknown"},
      {"a_nul_inside_a_name", [] { return with_patient("PID|||IPP7^^^HOP&2.999.48.20&ISO^PI||" + std::string(marker) + raw("\0X") + "^Z||19620214|F\r"); }, "201"},
      {"directions_that_turn_text_around", [] { return with_text("\xE2\x80\xAE" "gnp.exe\xE2\x81\xA6\xEF\xBB\xBF"); }, "201"},
      // Lines and batches.
      {"line_feeds_only", [] { return replaced(message({}), "\r", "\n"); }, "201 hl7v2-pfi-t02"},
      {"carriage_return_and_line_feed_mixed", [] { return replaced(replaced(message({}), "\rORC", "\r\nORC"), "\rPV1", "\nPV1"); }, "201 hl7v2-pfi-t02"},
      {"no_line_end_at_all", [] { return replaced(message({}), "\r", ""); }, "422 hl7v2-charset-unknown hl7v2-segment-missing"},
      {"a_batch_of_one", [] { return "FHS|^~\\&|A\rBHS|^~\\&|A\r" + message({}) + "BTS|1\rFTS|1\r"; }, "201"},
      {"a_batch_of_two", [] { return "BHS|^~\\&|A\r" + message({}) + message({}) + "BTS|2\r"; }, "422 hl7v2-batch-of-several"},
      {"a_batch_that_miscounts", [] { return "BHS|^~\\&|A\r" + message({}) + "BTS|99999999999999999999\r"; }, "201"},
      {"a_batch_without_a_message", [] { return raw("FHS|^~\\&|A\rBHS|^~\\&|A\rBTS|0\rFTS|0\r"); }, "422 format-unknown"},
      {"a_batch_that_never_ends", [] { return times("BHS|^~\\&|A\r", 1000) + message({}); }, "422 format-unknown"},
      {"segments_in_lower_case", [] { return replaced(message({}), "OBX", "obx"); }, "201 hl7v2-stray-line"},
      {"names_of_segments_that_are_paths", [] { return replaced(message({}), "PV1", "../"); }, "201 hl7v2-stray-line"},
      {"cut_inside_the_patient", [] { return message({}).substr(0, 130); }, "201"},
      {"two_patients", [] { return replaced(message({}), "PV1|1|O\r", "PID|2||8^^^HOP&2.999.48.20&ISO^PI||AUTRE^X||19500101|M\r"); }, "422 hl7v2-several-patients"},
      {"results_of_two_patients", [] { return message({}) + "PID|2||8^^^HOP&2.999.48.20&ISO^PI||AUTRE^X||19500101|M\rOBR|1|P2|F2|NFS^Num^L\rOBX|1|NM|HB^Hemo^L||7.5|g/dL||||F\r"; }, "422 hl7v2-several-patients"},
      {"one_patient_twice", [] { const std::string one = message({}); return one + one.substr(one.find("PID|"), one.find("PV1|") - one.find("PID|")) + "OBR|1|P2|F2|NFS^Num^L\rOBX|1|NM|HB^Hemo^L||7.5|g/dL||||F\r"; }, "201"},
  };
  return list;
}

const std::vector<hostile_message>& hprim_cases() {
  static const std::string header = "\r\n" + std::string(marker) + "\r\nZENOBIE\r\n1 RUE X\r\n\r\n75000 PARIS\r\n14/02/1962\r\n\r\n1\r\n21/11/2026\r\nLABO\r\nMEDECIN\r\n";
  static const auto letter = [](const std::string& body) {
    static int number = 0;
    return "IPP" + std::to_string(++number) + header + body + "****FIN****\r\n****FINFICHIER****\r\n";
  };
  static const std::vector<hostile_message> list{
      {"a_letter", [] { return letter("Bonjour\r\n"); }, "201"},
      {"a_million_empty_lines", [] { return letter(times("\r\n", 1'000'000)); }, "201"},
      {"one_line_of_5_mb", [] { return letter(times("x", 5U << 20) + "\r\n"); }, "201"},
      {"a_hundred_thousand_results", [] { return letter("****LAB****\r\n" + times("RES|A|B|F|1|g||||F||||\r\n", 100'000)); }, "422 hprim-too-many-lines"},
      {"nineteen_thousand_results", [] { return letter("****LAB****\r\n" + times("RES|A|B|F|1|g||||F||||\r\n", 19'000)); }, "201"},
      {"a_result_of_a_million_fields", [] { return letter("****LAB****\r\nRES" + times("|", 1'000'000) + "\r\n"); }, "201"},
      {"marks_of_the_format_everywhere", [] { return letter(times("****FIN****\r\n****FINFICHIER****\r\n****LAB****\r\n", 10'000)); }, "201 hprim-misplaced-end"},
      {"a_pdf_with_its_name", [] { return raw("%PDF-1.4\n1 0 obj\n"); }, "422 format-unknown"},
      {"escapes_of_a_terminal", [] { return letter("\x1b[2J\x1b]0;x\x07\b\b\b\r\n"); }, "201"},
      {"nuls", [] { return letter("a" + std::string(10'000, '\0') + "b\r\n"); }, "201"},
      {"bytes_that_no_character_set_has", [] { return letter("\x81\x8D\x8F\x90\x9D\xFF\xFE\r\n"); }, "201"},
      {"sante_with_equal_separators", [] { return "H|||||" + std::string(marker) + "\rP|1\rL|1\r"; }, "422 format-unknown"},
      {"sante_with_a_million_segments", [] { return "H|~^\\&|||LABO||ORU|||||P|H2.0|20261121\r" + times("P|1\r", 1'000'000) + "L|1\r"; }, "422 hprim-too-many-lines"},
      {"sante_with_nineteen_thousand_patients", [] { return "H|~^\\&|||LABO||ORU|||||P|H2.0|20261121\r" + times("P|1\r", 19'000) + "L|1\r"; }, "201"},
      {"sante_with_addenda_only", [] { return "H|~^\\&|||LABO||ORU|||||P|H2.0|20261121\r" + times("A|x\r", 50'000) + "L|1\r"; }, "201 hprim-date-not-understood"},
      {"sante_with_letters_as_separators", [] { return "HABCDEAALABOAAORUAAAAAPAH2.0A20261121\r"; }, "422 format-unknown"},
  };
  return list;
}

}  // namespace liaison::test

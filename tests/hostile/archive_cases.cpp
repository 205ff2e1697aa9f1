// SPDX-License-Identifier: Apache-2.0
// ZIP archives that lie: about sizes, checksums, places, names and kinds. Written byte by byte, since no honest writer makes
// them.
#include "cases.hpp"

#include <zlib.h>

#include <cstdint>
#include <optional>

namespace liaison::test {
namespace {

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}

std::string deflated(const std::string& bytes) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()) + 16, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// One file; what is set differs from the truth.
struct file {
  std::string name, bytes;
  bool packed = false;
  std::optional<std::uint32_t> size, packed_size, crc, at;
  std::optional<std::string> name_in_header;
  std::uint16_t flags = 0;
  std::optional<std::uint16_t> method;
  std::uint32_t attributes = 0;  ///< as Unix has them, in the upper half
  std::string extra;             ///< of the directory
};

struct lies {
  std::optional<std::uint16_t> count;
  std::optional<std::uint32_t> directory_size, directory_at;
  std::string before, comment;
};

std::string zip(const std::vector<file>& files, const lies& about = {}) {
  std::string out = about.before, directory;
  for (const file& each : files) {
    const std::string content = each.packed ? deflated(each.bytes) : each.bytes;
    const auto at = static_cast<std::uint32_t>(out.size());
    const std::uint16_t method = each.method.value_or(each.packed ? 8 : 0);
    const auto crc = each.crc.value_or(static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(each.bytes.data()), each.bytes.size())));
    const auto common = [&](std::string& into, std::uint16_t extra_size) {
      put(into, each.flags, 2), put(into, method, 2), put(into, 0x5C620000U, 4), put(into, crc, 4);
      put(into, each.packed_size.value_or(static_cast<std::uint32_t>(content.size())), 4);
      put(into, each.size.value_or(static_cast<std::uint32_t>(each.bytes.size())), 4);
      put(into, (&into == &out ? each.name_in_header.value_or(each.name) : each.name).size(), 2), put(into, extra_size, 2);
    };
    put(out, 0x04034B50, 4), put(out, 20, 2);
    common(out, 0);
    out += each.name_in_header.value_or(each.name) + content;
    put(directory, 0x02014B50, 4), put(directory, 20 | 3U << 8, 2), put(directory, 20, 2);
    common(directory, static_cast<std::uint16_t>(each.extra.size()));
    put(directory, 0, 2), put(directory, 0, 2), put(directory, 0, 2), put(directory, each.attributes, 4), put(directory, each.at.value_or(at), 4);
    directory += each.name + each.extra;
  }
  const std::uint64_t begin = out.size();
  out += directory;
  const auto count = about.count.value_or(static_cast<std::uint16_t>(files.size()));
  put(out, 0x06054B50, 4), put(out, 0, 2), put(out, 0, 2), put(out, count, 2), put(out, count, 2);
  put(out, about.directory_size.value_or(static_cast<std::uint32_t>(directory.size())), 4);
  put(out, about.directory_at.value_or(static_cast<std::uint32_t>(begin)), 4), put(out, about.comment.size(), 2);
  return out + about.comment;
}

file named(std::string name, std::string bytes = "<ClinicalDocument xmlns=\"urn:hl7-org:v3\"/>") {
  file made;
  made.name = std::move(name);
  made.bytes = std::move(bytes);
  return made;
}
constexpr const char* inside = "IHE_XDM/SUBSET01/DOC0001.XML";

/// An archive whose one document is bent by `how`.
std::string bent(const std::function<void(file&)>& how, const lies& about = {}) {
  file document = named(inside);
  how(document);
  return zip({named("INDEX.HTM", "<html/>"), document}, about);
}

}  // namespace

const std::vector<hostile_message>& archive_cases() {
  static const std::vector<hostile_message> list{
      {"an_archive_with_nothing", [] { return zip({}); }, "422 format-unknown"},
      {"a_bomb", [] { return bent([](file& f) { f.bytes = std::string(90U << 20, '\0'), f.packed = true; }); }, "422 xdm-metadata-missing xdm-zip-bomb"},
      {"a_bomb_that_says_it_is_small", [] { return bent([](file& f) { f.bytes = std::string(90U << 20, '\0'), f.packed = true, f.size = 1000; }); }, "422 xdm-metadata-missing xdm-zip-wrong-size"},
      {"a_file_that_says_it_is_4_gib", [] { return bent([](file& f) { f.packed = true, f.size = 0xFFFFFFFE; }); }, "422 xdm-metadata-missing xdm-zip-too-large"},
      {"an_archive_in_an_archive", [] { return bent([](file& f) { f.bytes = zip({named(inside, zip({named(inside, zip({}))}))}); }); }, "201 xdm-metadata-missing xdm-nested-archive"},
      {"two_names_for_the_same_bytes", [] { return zip({named(inside), [] { file f = named("IHE_XDM/SUBSET01/DOC0002.XML"); f.at = 0, f.name_in_header = inside; return f; }()}); }, "422 xdm-zip-damaged"},
      {"files_that_overlap", [] { return zip({[] { file f = named(inside, std::string(100, 'x')); f.packed_size = 150, f.size = 150; return f; }(), named("IHE_XDM/SUBSET01/DOC0002.XML", std::string(100, 'y'))}); }, "422 xdm-zip-overlap"},
      {"a_way_out", [] { return bent([](file& f) { f.name = "../../../../etc/cron.d/x"; }); }, "422 xdm-zip-unsafe-name"},
      {"a_way_out_with_backslashes", [] { return bent([](file& f) { f.name = "..\\..\\windows\\x.xml"; }); }, "422 xdm-zip-unsafe-name"},
      {"an_absolute_name", [] { return bent([](file& f) { f.name = "/etc/passwd"; }); }, "422 xdm-zip-unsafe-name"},
      {"a_drive", [] { return bent([](file& f) { f.name = "C:\\x.xml"; }); }, "422 xdm-zip-unsafe-name"},
      {"a_nul_in_a_name", [] { return bent([](file& f) { f.name = raw("DOC.XML\0.TXT"); }); }, "422 xdm-zip-unsafe-name"},
      {"a_line_end_in_a_name", [] { return bent([](file& f) { f.name = "DOC\r\nX: y.XML"; }); }, "422 xdm-zip-unsafe-name"},
      {"an_empty_name", [] { return bent([](file& f) { f.name.clear(); }); }, "422 xdm-zip-unsafe-name"},
      {"a_name_of_60_kb", [] { return bent([](file& f) { f.name = std::string(60'000, 'A'); }); }, "422 xdm-zip-unsafe-name"},
      {"a_name_of_no_character_set", [] { return bent([](file& f) { f.name = "IHE_XDM/SUBSET01/\xFF\xFE\x80.XML", f.flags = 1U << 11; }); }, "201 xdm-metadata-missing"},
      {"a_name_of_a_patient", [] { return bent([](file& f) { f.name = "IHE_XDM/" + std::string(marker) + ".XML"; }); }, "201 xdm-metadata-missing"},
      {"another_name_in_the_header", [] { return bent([](file& f) { f.name_in_header = "IHE_XDM/SUBSET01/OTHER001.XML"; }); }, "422 xdm-zip-damaged"},
      {"the_same_name_twice", [] { return zip({named(inside), named(inside, "<other/>")}); }, "422 xdm-zip-duplicate-name"},
      {"the_same_name_in_other_letters", [] { return zip({named(inside), named("ihe_xdm/subset01/doc0001.xml", "<other/>")}); }, "422 xdm-zip-duplicate-name"},
      {"a_link", [] { return bent([](file& f) { f.bytes = "/etc/passwd", f.attributes = 0120777U << 16; }); }, "422 xdm-zip-link"},
      {"a_device", [] { return bent([](file& f) { f.attributes = 0060666U << 16; }); }, "422 xdm-zip-link"},
      {"encrypted", [] { return bent([](file& f) { f.flags = 1; }); }, "422 xdm-zip-encrypted"},
      {"encrypted_by_aes", [] { return bent([](file& f) { f.method = 99; }); }, "422 xdm-zip-encrypted"},
      {"a_method_that_is_not_known", [] { return bent([](file& f) { f.method = 12; }); }, "422 xdm-metadata-missing xdm-zip-method"},
      {"a_wrong_checksum", [] { return bent([](file& f) { f.crc = 1; }); }, "422 xdm-metadata-missing xdm-zip-crc"},
      {"a_size_that_is_too_small", [] { return bent([](file& f) { f.size = 3; }); }, "422 xdm-metadata-missing xdm-zip-wrong-size"},
      {"a_size_that_is_too_large", [] { return bent([](file& f) { f.packed = true, f.size = 1000; }); }, "422 xdm-metadata-missing xdm-zip-wrong-size"},
      {"deflate_that_is_none", [] { return bent([](file& f) { f.bytes = std::string(100, '\xFF'), f.method = 8; }); }, "422 xdm-metadata-missing xdm-zip-wrong-size"},
      {"zip64_without_its_field", [] { return bent([](file& f) { f.size = 0xFFFFFFFF; }); }, "422 xdm-zip-damaged"},
      {"zip64_beyond_everything", [] { return bent([](file& f) { f.size = 0xFFFFFFFF, f.packed_size = 0xFFFFFFFF, f.at = 0xFFFFFFFF, put(f.extra, 1, 2), put(f.extra, 24, 2), put(f.extra, ~0ULL, 8), put(f.extra, ~0ULL, 8), put(f.extra, ~0ULL - 5, 8); }); }, "422 xdm-zip-damaged"},
      {"an_extra_field_longer_than_it_is", [] { return bent([](file& f) { f.size = 0xFFFFFFFF, put(f.extra, 1, 2), put(f.extra, 60'000, 2); }); }, "422 xdm-zip-damaged"},
      {"a_directory_that_says_less", [] { return bent([](file&) {}, {.count = 1, .directory_size = {}, .directory_at = {}, .before = {}, .comment = {}}); }, "422 xdm-metadata-missing xdm-no-document"},
      {"a_directory_that_says_more", [] { return bent([](file&) {}, {.count = 60'000, .directory_size = {}, .directory_at = {}, .before = {}, .comment = {}}); }, "422 xdm-zip-too-many-entries"},
      {"a_directory_before_the_archive", [] { return bent([](file&) {}, {.count = {}, .directory_size = 0xFFFFFFF0, .directory_at = 0xFFFFFFF0, .before = {}, .comment = {}}); }, "422 xdm-zip-damaged"},
      {"an_end_inside_the_comment", [] { return bent([](file&) {}, {.count = {}, .directory_size = {}, .directory_at = {}, .before = {}, .comment = zip({})}); }, "422 xdm-metadata-missing xdm-no-document"},
      {"sixty_thousand_files", [] { std::vector<file> all; for (int i = 0; i < 60'000; ++i) all.push_back(named("F" + std::to_string(i), "x")); return zip(all); }, "422 xdm-zip-too-many-entries"},
      {"a_thousand_documents", [] { std::vector<file> all; for (int i = 0; i < 990; ++i) all.push_back(named("IHE_XDM/SUBSET01/D" + std::to_string(i) + ".XML")); return zip(all); }, "201 xdm-metadata-missing"},
      {"metadata_with_entities", [] { return zip({named("IHE_XDM/SUBSET01/METADATA.XML", "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><SubmitObjectsRequest>&b;</SubmitObjectsRequest>"), named(inside)}); }, "422 xdm-metadata-unreadable"},
      {"metadata_that_lead_out", [] { return zip({named("IHE_XDM/SUBSET01/METADATA.XML", "<SubmitObjectsRequest xmlns=\"urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0\"><RegistryObjectList xmlns=\"urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0\"><ExtrinsicObject id=\"d\" mimeType=\"text/xml\" objectType=\"urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1\"><Slot name=\"URI\"><ValueList><Value>../../../../etc/passwd</Value></ValueList></Slot></ExtrinsicObject></RegistryObjectList></SubmitObjectsRequest>"), named(inside)}); }, "422 xdm-attribute-missing xdm-document-missing"},
      {"cut_in_the_middle", [] { const std::string all = bent([](file&) {}); return all.substr(0, all.size() / 2); }, "422 xdm-zip-damaged"},
      {"bytes_before_it", [] { return bent([](file&) {}, {.count = {}, .directory_size = {}, .directory_at = {}, .before = std::string(marker), .comment = {}}); }, "422 format-unknown"},
      // What mail and forms wrap messages in is not unwrapped.
      {"a_multipart_body", [] { return "--x\r\nContent-Type: text/xml\r\nContent-Disposition: form-data; name=\"../../x\"; filename=\"../../" + std::string(marker) + "\"\r\n\r\n<a/>\r\n--x--\r\n"; }, "422 format-unknown"},
      {"a_mail", [] { return "From: a@example.org\r\nSubject: =?utf-8?B?" + times("AAAA", 10'000) + "?=\r\nContent-Type: multipart/mixed; boundary=\"\"\r\n\r\n----\r\n"; }, "422 format-unknown"},
      {"a_gzip", [] { return raw("\x1f\x8b\x08\0\0\0\0\0\0\x03") + std::string(100, '\0'); }, "422 format-unknown"},
  };
  return list;
}

}  // namespace liaison::test

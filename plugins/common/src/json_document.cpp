// SPDX-License-Identifier: Apache-2.0
// See json_document.hpp: the one place in plugins/common where RapidJSON reads foreign bytes.
#include "json_document.hpp"

#include "json_scan.hpp"

#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

namespace liaison {

bool is_number(const json_value& value) {
  return value.IsNumber() ||
         (value.IsString() && value.GetStringLength() > 0 && value.GetString()[0] == json_number_mark);
}

}  // namespace liaison

namespace liaison::detail {
namespace {

/// Stands between the reader and the document: counts depth, marks numbers, and refuses strings that
/// could be taken for a marked number.
struct guarded_handler {
  rapidjson::Document& to;
  unsigned depth = 0;
  const char* refusal = nullptr;

  bool refuse(const char* why) {
    refusal = why;
    return false;
  }
  bool Null() { return to.Null(); }
  bool Bool(bool value) { return to.Bool(value); }
  bool Int(int) { return false; }  // numbers come as digits
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }
  bool RawNumber(const char* digits, rapidjson::SizeType length, bool) {
    std::string marked(1, json_number_mark);
    marked.append(digits, length);
    return to.String(marked.data(), static_cast<rapidjson::SizeType>(marked.size()), true);
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    if (length > 0 && (text[0] == json_number_mark || text[0] == json_reserved_mark))
      return refuse("a string begins with a control character");
    return to.String(text, length, true);
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) { return to.Key(text, length, true); }
  bool StartObject() { return ++depth > json_depth_max ? refuse("nested too deep") : to.StartObject(); }
  bool EndObject(rapidjson::SizeType count) {
    --depth;
    return to.EndObject(count);
  }
  bool StartArray() { return ++depth > json_depth_max ? refuse("nested too deep") : to.StartArray(); }
  bool EndArray(rapidjson::SizeType count) {
    --depth;
    return to.EndArray(count);
  }
};

struct generator {
  std::string_view text;
  guarded_handler handler;
  rapidjson::ParseResult result;

  bool operator()(rapidjson::Document&) {
    constexpr unsigned flags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag |
                               rapidjson::kParseNumbersAsStringsFlag;
    rapidjson::MemoryStream bytes(text.data(), text.size());
    rapidjson::EncodedInputStream<rapidjson::UTF8<>, rapidjson::MemoryStream> stream(bytes);
    rapidjson::Reader reader;
    result = reader.Parse<flags>(stream, handler);
    return !result.IsError();
  }
};

}  // namespace

std::optional<std::string> parse_json(std::string_view text, rapidjson::Document& into) {
  // RapidJSON's reader of byte order marks swallows the first byte of one whatever follows it.
  if (text.starts_with('\xEF') && !text.starts_with("\xEF\xBB\xBF")) return "Invalid encoding in the text. at byte 0";
  generator run{text, {into}, {}};
  into.Populate(run);
  if (!run.result.IsError()) return std::nullopt;
  const char* why =
      run.handler.refusal != nullptr ? run.handler.refusal : rapidjson::GetParseError_En(run.result.Code());
  return std::string(why) + " at byte " + std::to_string(run.result.Offset());
}

std::optional<std::string> parse_json_in(std::string& text, std::string_view of, rapidjson::Document& into) {
  text.assign(of);
  bool is_read = false;
  const auto scan = [&](rapidjson::Document& to) {
    return is_read = json_scan(text.data(), text.data() + text.size(), to, json_depth_max).run();
  };
  // A scan that gives up leaves values behind, which only the document's own parsers clear away.
  rapidjson::Document fresh;
  fresh.Populate(scan);
  if (!is_read) return parse_json(of, into);
  into.Swap(fresh);
  return std::nullopt;
}

}  // namespace liaison::detail

// SPDX-License-Identifier: Apache-2.0
// See json_document.hpp: the one place in plugins/common where RapidJSON reads foreign bytes.
#include "json_document.hpp"

#include <liaison/common/digest.hpp>

#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>
#include <rapidjson/writer.h>

#include <charconv>
#include <stdexcept>
#include <vector>

namespace liaison {

bool is_number(const json_value& value) {
  return value.IsNumber() ||
         (value.IsString() && value.GetStringLength() > 0 && value.GetString()[0] == json_number_mark);
}

}  // namespace liaison

namespace liaison::detail {
namespace {

/// Stands between the reader and the document: counts depth, marks numbers, and refuses strings that
/// could be taken for a marked number or file.
struct guarded_handler {
  rapidjson::Document& to;
  unsigned depth_max;
  unsigned depth = 0;
  const char* refusal = nullptr;

  bool refuse(const char* why) {
    refusal = why;
    return false;
  }
  bool Null() { return to.Null(); }
  bool Bool(bool value) { return to.Bool(value); }
  bool Int(int value) { return to.Int(value); }
  bool Uint(unsigned value) { return to.Uint(value); }
  bool Int64(std::int64_t value) { return to.Int64(value); }
  bool Uint64(std::uint64_t value) { return to.Uint64(value); }
  bool Double(double value) { return to.Double(value); }
  bool RawNumber(const char* digits, rapidjson::SizeType length, bool) {
    std::string marked(1, json_number_mark);
    marked.append(digits, length);
    return to.String(marked.data(), static_cast<rapidjson::SizeType>(marked.size()), true);
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    if (length > 0 && (text[0] == json_number_mark || text[0] == json_file_mark))
      return refuse("a string begins with a control character");
    return to.String(text, length, true);
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) { return to.Key(text, length, true); }
  bool StartObject() { return ++depth > depth_max ? refuse("nested too deep") : to.StartObject(); }
  bool EndObject(rapidjson::SizeType count) {
    --depth;
    return to.EndObject(count);
  }
  bool StartArray() { return ++depth > depth_max ? refuse("nested too deep") : to.StartArray(); }
  bool EndArray(rapidjson::SizeType count) {
    --depth;
    return to.EndArray(count);
  }
};

template <unsigned flags>
struct generator {
  std::string_view text;
  guarded_handler handler;
  rapidjson::ParseResult result;

  bool operator()(rapidjson::Document&) {
    rapidjson::MemoryStream bytes(text.data(), text.size());
    rapidjson::EncodedInputStream<rapidjson::UTF8<>, rapidjson::MemoryStream> stream(bytes);
    rapidjson::Reader reader;
    result = reader.Parse<flags>(stream, handler);
    return !result.IsError();
  }
};

template <unsigned flags>
std::optional<std::string> parse_with(std::string_view text, rapidjson::Document& into, unsigned depth_max) {
  // RapidJSON's reader of byte order marks swallows the first byte of one whatever follows it.
  if (text.starts_with('\xEF') && !text.starts_with("\xEF\xBB\xBF")) return "Invalid encoding in the text. at byte 0";
  generator<flags> run{text, {into, depth_max}, {}};
  into.Populate(run);
  if (!run.result.IsError()) return std::nullopt;
  const char* why =
      run.handler.refusal != nullptr ? run.handler.refusal : rapidjson::GetParseError_En(run.result.Code());
  return std::string(why) + " at byte " + std::to_string(run.result.Offset());
}

/// A string as an output stream of RapidJSON.
struct string_stream {
  using Ch = char;
  std::string text{};
  void Put(char c) { text.push_back(c); }
  void Flush() {}
};

using files = std::span<const std::string_view>;

std::string_view file_of(std::string_view marked, files among) {
  std::size_t number = 0;
  std::from_chars(marked.data() + 1, marked.data() + marked.size(), number);
  if (number >= among.size()) throw std::logic_error("the pivot names a file that its writer does not have");
  return among[number];
}

class marks_writer : public rapidjson::Writer<string_stream> {
 public:
  using base = rapidjson::Writer<string_stream>;
  marks_writer(string_stream& to, files among) : base(to), files_(among) {}

  bool String(const char* text, rapidjson::SizeType length, bool = false) {
    if (length > 1 && text[0] == json_number_mark) return base::RawValue(text + 1, length - 1, rapidjson::kNumberType);
    if (length < 2 || text[0] != json_file_mark) return base::String(text, length);
    Prefix(rapidjson::kStringType);
    os_->Put('"');
    append_base64(os_->text, file_of({text, length}, files_));
    os_->Put('"');
    return EndValue(true);
  }
  bool Key(const char* text, rapidjson::SizeType length, bool = false) { return base::String(text, length); }

 private:
  files files_;
};

/// About what the text will take, so that it grows in one place: what is escaped comes on top.
std::size_t size_as_text(const json_value& root, files among) {
  std::size_t size = 16;
  std::vector<const json_value*> open{&root};
  while (!open.empty()) {
    const json_value& at = *open.back();
    open.pop_back();
    size += 8;
    if (at.IsObject()) {
      for (const auto& each : at.GetObject()) {
        size += each.name.GetStringLength() + 4;
        open.push_back(&each.value);
      }
    } else if (at.IsArray()) {
      for (const auto& each : at.GetArray()) open.push_back(&each);
    } else if (at.IsString()) {
      const std::string_view text(at.GetString(), at.GetStringLength());
      size += text.starts_with(json_file_mark) ? base64_size(file_of(text, among).size()) : text.size();
    }
  }
  return size;
}

}  // namespace

std::optional<std::string> parse_json(std::string_view text, rapidjson::Document& into, json_numbers numbers,
                                      unsigned depth_max) {
  constexpr unsigned common = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
  if (numbers == json_numbers::as_digits)
    return parse_with<common | rapidjson::kParseNumbersAsStringsFlag>(text, into, depth_max);
  return parse_with<common>(text, into, depth_max);
}

std::string write_json(const json_value& value, std::span<const std::string_view> files) {
  string_stream out;
  out.text.reserve(size_as_text(value, files));
  marks_writer writer(out, files);
  // Accept recurses; what is written was parsed with a limit on its depth or made from short paths.
  if (!value.Accept(writer)) throw std::logic_error("the pivot cannot be written as JSON");
  return std::move(out.text);
}

json_value make_file(std::size_t number, rapidjson::Document::AllocatorType& allocator) {
  const std::string marked = json_file_mark + std::to_string(number);
  return json_value(marked.data(), static_cast<rapidjson::SizeType>(marked.size()), allocator);
}

json_value make_number(std::string_view digits, rapidjson::Document::AllocatorType& allocator) {
  std::string marked(1, json_number_mark);
  marked += digits;
  return json_value(marked.data(), static_cast<rapidjson::SizeType>(marked.size()), allocator);
}

}  // namespace liaison::detail

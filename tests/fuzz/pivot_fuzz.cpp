// SPDX-License-Identifier: Apache-2.0
// uses: liaison_plugin_common
// The pivot as one plugin hands it to another: read, loaded, appended to and written. What was written is read again, with
// as many entries, and the account has no row without a place.
#include <liaison/common/account.hpp>
#include <liaison/common/charset.hpp>
#include <liaison/common/pivot.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace liaison;

void must(bool holds) {
  if (!holds) std::abort();
}

std::size_t entries_of(std::string_view bundle) {
  account rows;
  pivot_reader reader(bundle, &rows);
  for (std::size_t i = 0; i < reader.entry_count(); ++i) {
    const json_value& resource = reader.resource(i);
    must(!resource.IsObject() || !reader.pointer(&resource).empty());
    (void)pivot_reader::text(&resource, "name/0/family");
    (void)reader.get(&resource, "resourceType");
    (void)reader.resolve(pivot_reader::find(&resource, "subject"));
    reader.carry(&resource, "", "PID-5");
  }
  (void)rows.to_json();
  return reader.entry_count();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const bool sound = !pivot_writer::check_bundle(text).has_value();
  account rows;
  pivot_writer writer("document", "seed", &rows);
  must(writer.load(text) == sound);
  if (!sound) {
    try {
      (void)pivot_reader(text, nullptr);
      std::abort();  // what cannot be loaded cannot be read
    } catch (const pivot_error&) {
    }
    return 0;
  }
  const std::size_t before = entries_of(text);
  must(writer.entry_count() == before);
  must(writer.append(text).has_value());
  const auto patient = writer.add("Patient");
  if (const auto name = text.substr(0, 40); is_utf_8(name)) patient.set("name/0/family", name);
  must(entries_of(writer.to_json()) == 2 * before + 1);
  (void)rows.to_json();
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
#include "field_rules.hpp"

#include "observations.hpp"
#include "tables.hpp"

#include <liaison/common/datetime.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace liaison::hl7v2 {
namespace {

constexpr unsigned repetitions_checked_max = 1000;

enum class usage : std::uint8_t { optional, required, with_first };

struct rule {
  unsigned number = 0;  // of the field, or of the component
  std::string_view type, table, profiles, since;
  usage how = usage::optional;
  bool repeats = false;
};

std::string_view column(const std::vector<std::string_view>& row, std::size_t at) {
  return at < row.size() ? row[at] : std::string_view{};
}

bool is_one_of(std::string_view code, std::string_view codes) {
  for (const auto each : pieces(codes, ' ')) {
    if (each == code) return true;
  }
  return false;
}

/// "2.10" does not exist: versions compare as text.
bool holds(const rule& row, std::string_view profile, std::string_view version) {
  if (!row.profiles.empty() && !is_one_of(profile, row.profiles)) return false;
  return row.since.empty() || version.empty() || version >= row.since;
}

class rules {
 public:
  rules() {
    tables::each_row(tables::codes(), [&](const std::vector<std::string_view>& row) {
      if (row.size() == 2) codes_.emplace(row[0], row[1]);
    });
    tables::each_row(tables::fields(), [&](const std::vector<std::string_view>& row) {
      const std::size_t mark = row[0].find_first_of("-.");
      if (row.size() < 4 || mark == std::string_view::npos) return;
      rule made;
      for (const char c : row[0].substr(mark + 1)) made.number = made.number * 10 + static_cast<unsigned>(c - '0');
      made.type = row[1];
      made.how = row[2] == "R" ? usage::required : row[2] == "C" ? usage::with_first : usage::optional;
      made.repeats = row[3] == "*";
      made.table = column(row, 4);
      made.profiles = column(row, 5);
      made.since = column(row, 6);
      if (made.since.ends_with('-')) made.since.remove_suffix(1);
      (row[0][mark] == '-' ? fields_ : components_)[row[0].substr(0, mark)].push_back(made);
    });
  }
  const std::vector<rule>& of_segment(std::string_view name) const { return rows_of(fields_, name); }
  const std::vector<rule>& of_type(std::string_view name) const { return rows_of(components_, name); }
  std::string_view codes(std::string_view name) const {
    const auto found = codes_.find(name);
    return found == codes_.end() ? std::string_view{} : found->second;
  }

 private:
  using table = std::map<std::string_view, std::vector<rule>>;
  static const std::vector<rule>& rows_of(const table& in, std::string_view name) {
    static const std::vector<rule> none;
    const auto found = in.find(name);
    return found == in.end() ? none : found->second;
  }
  std::map<std::string_view, std::string_view> codes_;
  table fields_, components_;
};

const rules& known() {
  static const rules made;
  return made;
}

/// Checks one segment by the rows of a profile and version.
class checking {
 public:
  checking(const segment& of, std::string_view profile, std::string_view version, findings& found)
      : of_(of), profile_(profile), version_(version), found_(found) {}

  void run() const {
    for (const rule& row : known().of_segment(of_.name())) {
      if (!holds(row, profile_, version_)) continue;
      const field value = of_[row.number];
      if (trim(value.text()).empty()) {
        if (row.how == usage::required) missing({row.number});
        continue;
      }
      if (row.type == "OBX") {
        check_observation(row.number, value);
      } else {
        check_repetitions(row, value);
      }
    }
  }

 private:
  void missing(const place& where) const {
    found_.error("hl7v2-field-missing", location(of_, where), "the profile of the message requires a value here");
  }

  void check_repetitions(const rule& row, const field& value) const {
    unsigned number = 0;
    for (const auto piece : value.repetitions()) {
      if (++number == 2 && !row.repeats) {
        found_.error("hl7v2-cardinality", location(of_, {row.number, 0, 0, 2}), "the field may not repeat");
        return;
      }
      if (number > repetitions_checked_max) return;
      if (!trim(piece).empty()) check_value(row, value.as_repetition(piece), {row.number, 0, 0, number});
    }
  }

  void check_value(const rule& row, const repetition& value, const place& where) const {
    check_simple(row, value.component(1), where);
    for (const rule& part : known().of_type(row.type)) {
      if (!holds(part, profile_, version_)) continue;
      // OBX-3 of a file that is no document holds a number and a subject (MSS-LPS, OBX 2), not a code.
      if (part.how == usage::with_first && of_.name() == "OBX" && kind_of(of_) == obx_kind::attachment) continue;
      const std::string_view text = trim(value.component(part.number));
      place at = where;
      at.component = part.number;
      const bool is_needed =
          part.how == usage::required || (part.how == usage::with_first && !trim(value.component(1)).empty());
      if (!text.empty()) {
        check_simple(part, text, at);
      } else if (is_needed) {
        missing(at);
      }
    }
  }

  void check_simple(const rule& row, std::string_view raw, const place& where) const {
    const std::string_view text = trim(nth_piece(raw, of_[1].first().by().subcomponent, 1));
    if (text.empty() || text == "\"\"") return;
    if ((row.type == "TS" || row.type == "DT") && !fhir_from_hl7(text)) {
      found_.error("hl7v2-date", location(of_, where), "the value is no possible date or time");
    }
    if (row.type == "NM" || row.type == "SI") check_number(row.type, text, where);
    const std::string_view codes = known().codes(row.table);
    if (!codes.empty() && !is_one_of(text, codes)) {
      found_.error("hl7v2-code", location(of_, where), "the code is not in table " + std::string(row.table));
    }
  }

  void check_number(std::string_view type, std::string_view text, const place& where) const {
    const bool is_fine = type == "SI" ? is_digits(text) : !decimal_of(text).empty();
    if (!is_fine) found_.error("hl7v2-number", location(of_, where), "the value is no number");
  }

  /// OBX-5 is of the type that OBX-2 names.
  void check_observation(unsigned number, const field& value) const {
    if (kind_of(of_) != obx_kind::observation) return;
    const std::string_view named = trim(of_[2].text());
    if (named.empty()) return missing({2});
    rule row;
    row.number = number;
    row.repeats = true;
    row.type = named == "DTM"                                      ? std::string_view("TS")
               : named == "CWE" || named == "CNE" || named == "CF" ? "CE"
                                                                   : named;
    check_repetitions(row, value);
  }

  const segment& of_;
  std::string_view profile_, version_;
  findings& found_;
};

}  // namespace

void check_fields(const segment& of, std::string_view profile, std::string_view version, findings& found) {
  checking(of, profile, version, found).run();
}

bool is_code_of(std::string_view table, std::string_view code) { return is_one_of(code, known().codes(table)); }

}  // namespace liaison::hl7v2

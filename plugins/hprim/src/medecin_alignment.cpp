// SPDX-License-Identifier: Apache-2.0
#include "medecin_alignment.hpp"

#include <liaison/common/text.hpp>

#include <algorithm>
#include <cstdlib>

namespace liaison::hprim {
namespace {

constexpr std::size_t preamble_lines_max = 8;
constexpr int address_fewer_max = 3, address_more_max = 3;
constexpr int other_reading_margin = 4;  // what an unusual reading must be better by
constexpr int doubt_within = 2;          // two readings this close leave the patient in doubt
constexpr int score_in_midst = 16;       // of a header that no end mark announces

std::string_view text_at(const header_lines& header, std::size_t number) {
  const text_line* line = header[number - 1];
  return line == nullptr ? std::string_view{} : trim(line->text);
}

bool has_letter(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') || u >= 0xC3;
  });
}

bool looks_like_name(std::string_view text) {
  return has_letter(text) && width_of(text) <= 50 && text.find_first_of("0123456789|/:;") == std::string_view::npos;
}

/// A number of the sender holds a digit and no blank; a sentence holds blanks.
int score_of_code(std::string_view text) {
  if (text.empty() || is_routing_record(text)) return 0;
  if (text.find(' ') != std::string_view::npos) return -1;
  return text.find_first_of("0123456789") == std::string_view::npos ? 0 : 2;
}

bool starts_with_postcode(std::string_view text) {
  if (text.size() < 5) return false;
  const bool corsica = text[0] == '2' && (text[1] == 'A' || text[1] == 'B') && is_digits(text.substr(2, 3));
  return (is_digits(text.substr(0, 5)) || corsica) && (text.size() == 5 || text[5] == ' ');
}

bool has_columns(const text_line* line) {
  return line != nullptr && line->text.size() > 11 && line->text[10] == ' ' && line->text[11] != ' ';
}

int score_if(std::string_view text, bool right, int plus, int minus) {
  return text.empty() ? 0 : (right ? plus : minus);
}

int score_of_birth(std::string_view text) {
  if (text.empty()) return 0;
  const auto date = find_date(text, {});
  if (!date) return -8;
  return date->exact ? 8 : 2;
}

/// The header that begins at `first`, lacking its line 1 or with another number of address lines than two.
header_alignment read_at(const std::vector<text_line>& lines, std::size_t first, bool lacks_line_1, int change) {
  header_alignment out;
  out.first = first;
  out.lacks_line_1 = lacks_line_1;
  out.address_change = change;
  std::size_t at = first;
  for (std::size_t number = lacks_line_1 ? 2 : 1; number <= header_line_count && at < lines.size(); ++number) {
    const bool left_out = change < 0 && number > static_cast<std::size_t>(6 + change) && number <= 6;
    if (left_out) continue;
    for (int extra = 0; number == 6 && extra < change && at < lines.size(); ++extra)
      out.more_address.push_back(&lines[at++]);
    if (at < lines.size()) out.lines[number - 1] = &lines[at++];
  }
  out.next = at;
  out.score = header_score(out.lines);
  for (const text_line* line : out.more_address) {
    if (tag_of(line->text) != tag::none) out.score = -100;
  }
  return out;
}

bool same_names(const header_alignment& a, const header_alignment& b) {
  return text_at(a.lines, 2) == text_at(b.lines, 2) && text_at(a.lines, 3) == text_at(b.lines, 3);
}

/// A line that holds a date and nothing else, by its first bytes: cheap enough for every line of a file.
bool may_be_date(std::string_view text) {
  const std::string_view shown = trim(text.substr(0, 64));
  return shown.size() >= 8 && shown.size() <= 10 && shown[0] >= '0' && shown[0] <= '9';
}

/// Keeps the best of the readings it is shown; of equals the first.
class contest {
 public:
  explicit contest(header_alignment usual) : best_(std::move(usual)), worth_(best_.score) {}

  void consider(header_alignment other, int handicap) {
    const int worth = other.score - handicap;
    const bool close = std::abs(worth - worth_) <= doubt_within && handicap > 0 && worth > 0 && worth_ > 0;
    const bool doubt = close && !same_names(best_, other);
    if (worth > worth_) {
      best_ = std::move(other);
      worth_ = worth;
      best_.ambiguous = doubt;
    } else if (doubt) {
      best_.ambiguous = true;
    }
  }

  const header_alignment& best() const { return best_; }
  header_alignment take() { return std::move(best_); }

 private:
  header_alignment best_;
  int worth_;
};

}  // namespace

header_alignment align_header(const std::vector<text_line>& lines, std::size_t from, std::size_t filled) {
  contest readings(read_at(lines, from, false, 0));
  // A header may begin with an empty line 1, hardly with more.
  for (std::size_t first = filled > from + 2 ? filled - 2 : from + 1; first <= filled; ++first)
    readings.consider(read_at(lines, first, false, 0), 0);
  const bool usual_is_likely = readings.best().score >= header_score_sure / 2;
  // Beyond a usual header no other reading can be better.
  if (readings.best().score >= 2 * header_score_sure) return readings.take();
  for (int change = -address_fewer_max; change <= address_more_max; ++change) {
    const std::size_t birth = filled + static_cast<std::size_t>(6 + change);
    if (change == 0 || birth >= lines.size() || !may_be_date(lines[birth].text)) continue;
    readings.consider(read_at(lines, filled, false, change), other_reading_margin + std::abs(change));
  }
  readings.consider(read_at(lines, filled, true, 0), other_reading_margin);
  if (usual_is_likely) return readings.take();
  for (std::size_t skipped = 1; skipped <= preamble_lines_max && filled + skipped < lines.size(); ++skipped) {
    if (tag_of(lines[filled + skipped].text) != tag::none) break;
    header_alignment behind = read_at(lines, filled + skipped, false, 0);
    if (behind.score >= header_score_sure)
      readings.consider(std::move(behind), other_reading_margin + static_cast<int>(skipped));
  }
  return readings.take();
}

bool begins_header(const std::vector<text_line>& lines, std::size_t at) {
  if (at + header_line_count > lines.size() || !may_be_date(lines[at + 6].text)) return false;
  const header_alignment found = read_at(lines, at, false, 0);
  const auto birth = find_date(text_at(found.lines, 7), {});
  return birth && birth->exact && found.score >= score_in_midst;
}

int header_score(const header_lines& header) {
  const auto at = [&](std::size_t number) { return text_at(header, number); };
  for (std::size_t number = 1; number <= header_line_count; ++number) {
    if (tag_of(at(number)) != tag::none || at(number).starts_with("RES|") || at(number).starts_with("TEX|"))
      return -100;
  }
  int score = score_of_code(at(1)) + score_of_birth(at(7));
  score += score_if(at(10), find_date(at(10), {}).has_value(), 4, -4);
  score += score_if(at(8), read_nir(at(8)).well_formed, 3, -3);
  score += score_if(at(2), looks_like_name(at(2)), 1, -3);
  score += score_if(at(3), looks_like_name(at(3)), 1, -3);
  score += score_if(at(6), starts_with_postcode(at(6)), 2, -1);
  if (at(2).empty()) score -= 2;
  for (const std::size_t number : {std::size_t{11}, std::size_t{12}}) {
    if (at(number).empty()) continue;
    score += has_columns(header[number - 1]) ? 3 : (width_of(at(number)) > 80 ? -2 : -1);
  }
  return score;
}

bool has_anchor(const header_lines& header) {
  return find_date(text_at(header, 7), {}) || find_date(text_at(header, 10), {}) ||
         read_nir(text_at(header, 8)).well_formed || starts_with_postcode(text_at(header, 6)) ||
         (has_columns(header[10]) && has_columns(header[11]));
}

}  // namespace liaison::hprim

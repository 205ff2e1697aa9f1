// SPDX-License-Identifier: Apache-2.0
// Reading a file of HPRIM Médecin: where messages begin and end, which twelve lines are the header, what is RES and
// what is text. No line is dropped: what belongs nowhere becomes text of the message before it.
#include "medecin_message.hpp"

#include <liaison/common/text.hpp>

#include <algorithm>

namespace liaison::hprim {
namespace {

constexpr int score_sure = 10;
constexpr std::size_t preamble_lines_max = 8;

bool is_blank(const text_line& line) { return trim(line.text).empty(); }

bool is_res(std::string_view text) { return text.starts_with("RES|"); }
bool is_tex(std::string_view text) { return text.starts_with("TEX|") || trim(text) == "TEX"; }

res_line split_res(const text_line& line) {
  res_line out;
  out.line = &line;
  std::string_view rest = line.text.substr(4);
  out.pieces = 1;
  for (std::size_t i = 0;; ++i) {
    const std::size_t bar = rest.find('|');
    if (i == res_field_count) {
      out.excess = rest;
      break;
    }
    out.fields[i] = rest.substr(0, bar);
    ++out.pieces;
    if (bar == std::string_view::npos) break;
    rest = rest.substr(bar + 1);
  }
  return out;
}

/// Reads messages one after the other; `at_` is the next line that nobody has taken.
class file_reader {
 public:
  file_reader(medecin_file& file, findings& found) : lines_(file.lines), file_(file), found_(found) {}

  void read() {
    while (true) {
      const std::size_t filled = next_filled(at_);
      if (filled >= lines_.size()) break;
      if (file_.messages.empty() || after_fin_begins_message(filled)) {
        read_message(filled);
      } else {
        at_ = filled;
        take_tail_line();
      }
    }
    if (!file_.messages.empty() && !saw_finfichier_ && !missing_end_reported_) found_.add(finding::missing_end_tag);
  }

 private:
  std::size_t next_filled(std::size_t from) const {
    while (from < lines_.size() && is_blank(lines_[from])) ++from;
    return from;
  }

  /// Behind an end mark: does a header follow (true), or marks, results and text of a dirty tail (false)?
  bool after_fin_begins_message(std::size_t filled) const {
    const std::string_view text = lines_[filled].text;
    if (tag_of(text) != tag::none || is_res(text) || is_tex(text)) return false;
    const int best = best_start(at_, filled).second;
    return saw_finfichier_ ? best >= score_sure : best > 0;
  }

  void take_tail_line() {
    const text_line& line = lines_[at_++];
    medecin_message& last = file_.messages.back();
    switch (tag_of(line.text)) {
      case tag::fin:
        found_.add(finding::duplicate_end, line.location());
        return;
      case tag::finfichier:
        if (saw_finfichier_) found_.add(finding::duplicate_end, line.location());
        saw_finfichier_ = true;
        return;
      case tag::lab:
        found_.add(finding::misplaced_end, line.location());
        return;
      case tag::none:
        break;
    }
    found_.add(is_res(line.text) ? finding::misplaced_end : finding::text_after_end, line.location());
    take_lab_line(last, line);
  }

  std::array<const text_line*, header_line_count> window(std::size_t first, std::size_t missing) const {
    std::array<const text_line*, header_line_count> out{};
    for (std::size_t i = missing; i < header_line_count; ++i) {
      const std::size_t line = first + i - missing;
      if (line < lines_.size()) out[i] = &lines_[line];
    }
    return out;
  }

  struct start {
    std::size_t first = 0;    // index of the first header line present
    std::size_t missing = 0;  // header lines that the file lacks at the top
  };

  /// Twelve lines that look most like a header at or behind `from`; the nearest wins a tie.
  std::pair<start, int> best_start(std::size_t from, std::size_t filled) const {
    start best{from, 0};
    int best_score = header_score(window(from, 0));
    const auto consider = [&](std::size_t first, std::size_t missing, int must_beat_by) {
      const int score = header_score(window(first, missing));
      if (score >= best_score + must_beat_by) {
        best = {first, missing};
        best_score = score;
      }
    };
    // A header may begin with an empty line 1, hardly with more.
    const std::size_t nearest = filled > from + 2 ? filled - 2 : from + 1;
    for (std::size_t first = nearest; first <= filled; ++first) consider(first, 0, 1);
    consider(filled, 1, 4);
    if (best_score < score_sure / 2) {
      for (std::size_t first = filled + 1; first <= filled + preamble_lines_max && first < lines_.size(); ++first) {
        if (tag_of(lines_[first].text) != tag::none) break;
        if (header_score(window(first, 0)) >= score_sure) consider(first, 0, 1);
      }
    }
    return {best, best_score};
  }

  void read_message(std::size_t filled) {
    medecin_message& message = file_.messages.emplace_back();
    const std::string_view first = lines_[filled].text;
    if (tag_of(first) != tag::none || is_res(first) || first.starts_with("TEX|")) {
      found_.add(finding::no_header, lines_[filled].location());
      at_ = filled;
    } else {
      read_header(message, filled);
    }
    read_content(message);
  }

  void read_header(medecin_message& message, std::size_t filled) {
    const start best = best_start(at_, filled).first;
    std::size_t line = best.first, number = best.missing;
    for (; number < header_line_count && line < lines_.size(); ++number, ++line) {
      if (tag_of(lines_[line].text) != tag::none || is_res(lines_[line].text)) break;
      message.header[number] = &lines_[line];
    }
    const int score = header_score(message.header);
    const bool birth_date = find_date(message.header_text(7), {}).has_value();
    if (score < 0 || (number < header_line_count &&
                      !birth_date)) {  // no header at all: naming a patient from such lines would be an invention
      found_.add(finding::no_header, lines_[filled].location(), "score " + std::to_string(score));
      message.header = {};
      at_ = filled;
      return;
    }
    for (std::size_t i = filled; i < best.first; ++i) {
      if (is_blank(lines_[i])) continue;
      found_.add(finding::text_before_header, lines_[i].location());
      message.body.push_back(&lines_[i]);
    }
    if (best.missing > 0) found_.add(finding::header_shifted, lines_[best.first].location());
    if (number < header_line_count) {
      found_.add(finding::header_truncated, lines_[best.first].location(), std::to_string(number) + " lines");
    } else if (score < score_sure) {
      found_.add(finding::header_doubtful, lines_[best.first].location(), "score " + std::to_string(score) + " of 10");
    }
    message.has_header = true;
    at_ = line;
    if (at_ < lines_.size() && is_blank(lines_[at_])) ++at_;  // the thirteenth line, when it is blank
  }

  void read_content(medecin_message& message) {
    bool in_lab = false;
    while (at_ < lines_.size()) {
      const text_line& line = lines_[at_++];
      switch (tag_of(line.text)) {
        case tag::fin:
          take_finfichier();
          return;
        case tag::finfichier:
          saw_finfichier_ = true;
          missing_end_reported_ = true;
          found_.add(finding::missing_end_tag, line.location(), "FIN");
          return;
        case tag::lab:
          if (message.has_lab) found_.add(finding::tag_repeated, line.location());
          message.has_lab = in_lab = true;
          continue;
        case tag::none:
          break;
      }
      if (!in_lab && is_res(line.text)) {
        found_.add(finding::lab_tag_missing, line.location());
        message.has_lab = in_lab = true;
      }
      if (in_lab) {
        take_lab_line(message, line);
      } else {
        message.body.push_back(&line);
      }
    }
    missing_end_reported_ = true;
    found_.add(finding::missing_end_tag);
  }

  /// The end of the file stands behind the end of the last message.
  void take_finfichier() {
    const std::size_t filled = next_filled(at_);
    if (filled < lines_.size() && tag_of(lines_[filled].text) == tag::finfichier) {
      saw_finfichier_ = true;
      at_ = filled + 1;
    }
  }

  void take_lab_line(medecin_message& message, const text_line& line) {
    if (is_res(line.text)) {
      message.lab.push_back({lab_item::kind::result, &line, {}, message.results.size()});
      message.results.push_back(split_res(line));
      message.has_lab = true;
      const res_line& made = message.results.back();
      if (made.pieces < 5) found_.add(finding::res_too_short, line.location());
      if (!made.excess.empty()) found_.add(finding::res_too_long, line.location());
    } else if (is_tex(line.text)) {
      const std::size_t bar = line.text.find('|');
      message.lab.push_back(
          {lab_item::kind::text, &line, bar == std::string_view::npos ? "" : line.text.substr(bar + 1), 0});
    } else if (!is_blank(line)) {
      if (message.has_lab && !saw_finfichier_) found_.add(finding::unknown_lab_line, line.location());
      message.lab.push_back({lab_item::kind::text, &line, line.text, 0});
    }
  }

  const std::vector<text_line>& lines_;
  medecin_file& file_;
  findings& found_;
  std::size_t at_ = 0;
  bool saw_finfichier_ = false;
  bool missing_end_reported_ = false;
};

}  // namespace

tag tag_of(std::string_view line) {
  if (line.find('*') == std::string_view::npos) return tag::none;
  const std::string_view text = trim(line);
  if (text.size() < 11 || !text.starts_with("****") || !text.ends_with("****")) return tag::none;
  const std::string_view word = trim(text.substr(4, text.size() - 8));
  if (equals_ignoring_case(word, "LAB")) return tag::lab;
  if (equals_ignoring_case(word, "FIN")) return tag::fin;
  if (equals_ignoring_case(word, "FINFICHIER")) return tag::finfichier;
  return tag::none;
}

std::string_view medecin_message::header_text(std::size_t number) const {
  const text_line* line = header[number - 1];
  return line == nullptr ? std::string_view{} : trim(line->text);
}

std::string medecin_message::location(std::size_t number) const {
  const text_line* line = header[number - 1];
  return line == nullptr ? "header line " + std::to_string(number) : line->location();
}

void read_medecin(std::string_view bytes, std::string_view charset_override, medecin_file& file, findings& found) {
  if (trim(bytes.substr(0, 4096)).empty() && trim(bytes).empty()) {
    found.add(finding::empty_message);
    return;
  }
  if (bytes.starts_with("%PDF")) {
    found.add(finding::pdf_in_disguise);
    return;
  }
  file.source = decode_text(bytes, charset_override, found);
  file.lines = split_lines(file.source.text, found);
  file_reader(file, found).read();
  for (const medecin_message& message : file.messages) {
    if (message.body.empty() && message.lab.empty()) found.add(finding::no_body);
  }
}

int recognise_medecin(std::string_view head) {
  if (head.starts_with("%PDF") || head.starts_with("MSH") || head.starts_with("<") || head.starts_with("{")) return 0;
  findings ignored;
  medecin_file file;
  read_medecin(head.substr(0, std::min<std::size_t>(head.size(), 16384)), {}, file, ignored);
  if (file.messages.empty()) return 0;
  const medecin_message& first = file.messages.front();
  const bool tagged =
      std::any_of(file.lines.begin(), file.lines.end(), [](const text_line& l) { return tag_of(l.text) != tag::none; });
  if (!first.has_header) return first.results.empty() && !tagged ? 0 : 90;
  const int score = header_score(first.header);
  if (score >= score_sure) return tagged ? 98 : 70;
  if (tagged) return 80;
  if (score > 0 && !first.results.empty()) return 60;
  return score >= score_sure / 2 ? 30 : 0;
}

}  // namespace liaison::hprim

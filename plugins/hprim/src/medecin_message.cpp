// SPDX-License-Identifier: Apache-2.0
// Reading a file of HPRIM Médecin: where messages begin and end, which twelve lines are the header, what is RES and
// what is text. No line is dropped: what belongs nowhere becomes text of the message before it.
#include "medecin_alignment.hpp"

#include <liaison/common/text.hpp>

#include <algorithm>

namespace liaison::hprim {
namespace {

// Behind an end mark a header must look like one at least this much: what follows may be the rest of the text.
constexpr int score_behind_end = 5;

constexpr std::size_t results_max = 20'000;

bool is_blank(const text_line& line) { return trim(line.text).empty(); }

/// "RES|…", also " res |…": behind LAB no other line begins like this.
bool is_keyword(std::string_view text, std::string_view keyword) {
  if (text.starts_with(keyword) && text.size() > 3 && text[3] == '|') return true;
  const std::string_view shown = trim(text);
  if (shown.size() < 4 || !equals_ignoring_case(shown.substr(0, 3), keyword)) return false;
  return trim(shown.substr(3)).starts_with('|');
}

bool is_res(std::string_view text) { return is_keyword(text, "RES"); }
bool is_tex(std::string_view text) { return is_keyword(text, "TEX") || trim(text) == "TEX"; }
/// In a letter only the exact keyword is one.
bool is_exact_res(std::string_view text) { return trim(text).starts_with("RES|"); }

res_line split_res(const text_line& line) {
  res_line out;
  out.line = &line;
  std::string_view rest = line.text.substr(line.text.find('|') + 1);
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
    const header_alignment best = align_header(lines_, at_, filled);
    return best.score >= (saw_finfichier_ ? header_score_sure : score_behind_end) && has_anchor(best.lines);
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

  void read_message(std::size_t filled) {
    medecin_message& message = file_.messages.emplace_back();
    const std::string_view first = lines_[filled].text;
    if (tag_of(first) != tag::none || is_exact_res(first) || first.starts_with("TEX|")) {
      found_.add(finding::no_header, lines_[filled].location());
      at_ = filled;
    } else {
      read_header(message, filled);
    }
    read_content(message);
  }

  void read_header(medecin_message& message, std::size_t filled) {
    header_alignment best = align_header(lines_, at_, filled);
    cut_at_mark(best);
    mend_blanks(best.lines);
    const int score = header_score(best.lines);
    const auto present = static_cast<std::size_t>(
        std::count_if(best.lines.begin(), best.lines.end(), [](const text_line* line) { return line != nullptr; }));
    const bool complete = best.lines.back() != nullptr;
    const std::string where = lines_[best.first].location();
    // No header at all: naming a patient from such lines would be an invention.
    if (score < 0 || !has_anchor(best.lines) || (!complete && !find_date(text_of(best.lines[6]), {}))) {
      found_.add(finding::no_header, lines_[filled].location(), "score " + std::to_string(score));
      at_ = filled;
      return;
    }
    for (std::size_t i = filled; i < best.first; ++i) {
      if (is_blank(lines_[i])) continue;
      found_.add(finding::text_before_header, lines_[i].location());
      message.body.push_back(&lines_[i]);
    }
    if (best.lacks_line_1) found_.add(finding::header_shifted, where);
    if (best.address_change != 0) found_.add(finding::header_address_lines, where);
    if (!complete) {
      found_.add(finding::header_truncated, where, std::to_string(present) + " lines");
    } else if (score < header_score_sure || best.ambiguous) {
      found_.add(finding::header_doubtful, where,
                 best.ambiguous ? "another reading of its lines is as likely"
                                : "score " + std::to_string(score) + " of " + std::to_string(header_score_sure));
    }
    message.header = best.lines;
    message.more_address = std::move(best.more_address);
    message.has_header = true;
    at_ = best.next;
    if (at_ < lines_.size() && is_blank(lines_[at_])) ++at_;  // the thirteenth line, when it is blank
  }

  static std::string_view text_of(const text_line* line) { return line == nullptr ? std::string_view{} : line->text; }

  /// A header that breaks off: its lines end where a mark or a result stands.
  void cut_at_mark(header_alignment& header) const {
    for (std::size_t number = 0; number < header_line_count; ++number) {
      const text_line* line = header.lines[number];
      if (line == nullptr || (tag_of(line->text) == tag::none && !is_exact_res(line->text))) continue;
      header.next = static_cast<std::size_t>(line - lines_.data());
      std::fill(header.lines.begin() + static_cast<std::ptrdiff_t>(number), header.lines.end(), nullptr);
      return;
    }
  }

  /// Columns and numbers are told by blanks: other kinds of blank become one in the lines of a header.
  void mend_blanks(const header_lines& header) {
    for (const text_line* line : header) {
      if (line == nullptr || line->text.find_first_of("\t\xC2") == std::string_view::npos) continue;
      std::string& text = file_.mended.emplace_back();
      for (std::size_t i = 0; i < line->text.size(); ++i) {
        const bool wide = line->text.substr(i, 2) == "\xC2\xA0";
        text += wide || line->text[i] == '\t' ? ' ' : line->text[i];
        i += wide ? 1 : 0;
      }
      lines_[static_cast<std::size_t>(line - lines_.data())].text = text;
    }
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
      if (ends_without_mark(message)) return;
      if (!in_lab && is_exact_res(line.text)) {
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

  /// Whether the line just taken begins the header of another patient: FIN is missing, and what follows must not be
  /// given to this one.
  bool ends_without_mark(const medecin_message& message) {
    const std::size_t line = at_ - 1;
    if (!begins_header(lines_, line)) return false;
    bool same = message.has_header;
    for (const std::size_t number : {std::size_t{2}, std::size_t{3}, std::size_t{7}})
      same = same && message.header_text(number) == trim(lines_[line + number - 1].text);
    if (same) return false;  // the header once more, quoted in the text
    found_.add(finding::missing_end_tag, lines_[line].location(), "FIN");
    at_ = line;
    return true;
  }

  /// The end of the file stands behind the end of the last message.
  void take_finfichier() {
    const std::size_t filled = next_filled(at_);
    if (filled < lines_.size() && tag_of(lines_[filled].text) == tag::finfichier) {
      if (saw_finfichier_) found_.add(finding::duplicate_end, lines_[filled].location());
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

  std::vector<text_line>& lines_;
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
  blank_controls(file.source.text, found);
  file.lines = split_lines(file.source.text, found);
  file_reader(file, found).read();
  if (file.messages.empty()) found.add(finding::empty_message);  // blanks and control characters only
  std::size_t results = 0;
  for (const medecin_message& message : file.messages) results += message.results.size();
  if (results > results_max) {  // each becomes a resource of kilobytes
    found.add(finding::too_many_lines);
    file.messages.clear();
  }
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
  if (score >= header_score_sure) return tagged ? 98 : 70;
  if (tagged) return 80;
  if (score > 0 && !first.results.empty()) return 60;
  return score >= header_score_sure / 2 ? 30 : 0;
}

}  // namespace liaison::hprim

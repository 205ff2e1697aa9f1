// SPDX-License-Identifier: Apache-2.0
// Plays the dialogues of this folder (README.md) against the protocol layer, under several ways of cutting the bytes.
#include "core/protocol/acknowledgement.hpp"
#include "core/protocol/mllp_conversation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace liaison::protocol {
namespace {

constexpr unix_ms fixed_time = 1'700'000'000'000;

std::string unescaped(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text.compare(at, 2, "%{") == 0) {
      const std::size_t colon = text.find(':', at), end = text.find('}', at);
      const std::string repeated = text.substr(at + 2, colon - at - 2);
      for (int times = std::stoi(text.substr(colon + 1, end - colon - 1)); times > 0; --times) out += repeated;
      at = end;
    } else if (text[at] != '\\') {
      out += text[at];
    } else {
      const char kind = text.at(++at);
      if (kind == 'x') {
        out += static_cast<char>(std::stoi(text.substr(at + 1, 2), nullptr, 16));
        at += 2;
      } else {
        out += kind == 'v' ? '\v' : kind == 'r' ? '\r' : kind == 'n' ? '\n' : kind;
      }
    }
  }
  return out;
}

std::string escaped(const std::string& bytes) {
  std::string out;
  for (char byte : bytes) {
    if (byte == '\v')
      out += "\\v";
    else if (byte == '\r')
      out += "\\r";
    else if (byte == '\n')
      out += "\\n";
    else if (byte == '\\')
      out += "\\\\";
    else if (byte == '\x1c')
      out += "\\x1c";
    else
      out += byte;
  }
  return out;
}

std::map<std::string, std::string> settings_in(const std::string& text) {
  std::map<std::string, std::string> found;
  std::istringstream words(text);
  for (std::string word; words >> word;) found[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
  return found;
}

acknowledgement_code code_named(const std::string& name) {
  return name == "AA"   ? acknowledgement_code::accept
         : name == "AE" ? acknowledgement_code::error
                        : acknowledgement_code::reject;
}

/// The receiving side, with an intake that answers at once until it is told to hold.
class receiver {
 public:
  void take(const std::string& bytes) {
    std::vector<mllp_frame> frames;
    conversation_.take(bytes, frames);
    handle(frames);
  }
  void resume() {
    std::vector<mllp_frame> frames;
    conversation_.resume(frames);
    handle(frames);
  }
  void answer(std::uint64_t number, const std::string& code, const std::string& reason) {
    const shared_bytes content = conversation_.bytes_of(number);
    conversation_.answer(number, minimal_acknowledgement(*content, code_named(code), reason, {fixed_time, "L1"}));
    resume();
  }
  std::string output() { return std::exchange(conversation_.output(), {}); }
  void close() { conversation_.end_of_input(); }
  void hold() { holds_ = true; }
  void limits(const std::map<std::string, std::string>& given) {
    mllp_limits limits;
    if (given.contains("frame")) limits.frame_size_bytes_max = std::stoull(given.at("frame"));
    if (given.contains("in_flight"))
      limits.in_flight_max = static_cast<std::uint32_t>(std::stoul(given.at("in_flight")));
    conversation_.limits(limits);
  }
  std::map<std::string, std::string> counted() const {
    const mllp_findings& findings = conversation_.findings();
    return {{"junk", std::to_string(findings.junk_bytes)},
            {"truncated", std::to_string(findings.frames_truncated)},
            {"too_large", std::to_string(findings.frames_too_large)},
            {"in_flight", std::to_string(conversation_.in_flight())},
            {"reads", conversation_.wants_input() ? "yes" : "no"}};
  }

 private:
  void handle(const std::vector<mllp_frame>& frames) {
    for (const mllp_frame& frame : frames) {
      if (frame.fits == mllp_frame::size::too_large) {
        answer(frame.number, "AE", "frame-too-large");
      } else if (!holds_) {
        answer(frame.number, "AA", "");
      }
    }
  }
  mllp_conversation conversation_{mllp_limits{}};
  bool holds_ = false;
};

/// The sending side: one message sent, its answer awaited.
class sender {
 public:
  void sent(const std::string& message) {
    control_id_ = control_id_of(message);
    outcome_ = "waiting";
  }
  void take(std::string_view bytes) {
    for (mllp_event event = decoder_.next(bytes); event.kind != mllp_event::what::none; event = decoder_.next(bytes)) {
      if (event.kind != mllp_event::what::frame || outcome_ != "waiting") continue;
      const auto answer = read_acknowledgement(event.bytes);
      if (!answer) {
        outcome_ = "failed " + answer.error().code;
        continue;
      }
      constexpr std::array<const char*, 4> names{"accepted", "refused", "failed", "unreachable"};
      const model::send_outcome meaning = outcome_of(answer.value(), control_id_);
      outcome_ = names[static_cast<std::size_t>(meaning.verdict)] + (" " + meaning.code);
    }
  }
  const std::string& outcome() const { return outcome_; }

 private:
  mllp_decoder decoder_{1U << 20};
  std::string control_id_, outcome_ = "nothing sent";
};

void play(const std::filesystem::path& file, std::size_t piece) {
  receiver receiving;
  sender sending;
  bool sends = false;
  int expectations = 0, number = 0;
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    SCOPED_TRACE(file.filename().string() + ":" + std::to_string(++number) + " in pieces of " + std::to_string(piece));
    if (line.empty() || line[0] == '#') continue;
    const std::string rest = line.size() > 2 ? line.substr(2) : "";
    std::istringstream words(line.substr(1));
    std::string word;
    switch (line[0]) {
      case '>': {
        const std::string bytes = unescaped(rest);
        for (std::size_t at = 0; at < bytes.size(); at += piece) {
          if (sends)
            sending.take(std::string_view(bytes).substr(at, piece));
          else
            receiving.take(bytes.substr(at, piece));
        }
        break;
      }
      case '<':
        ++expectations;
        EXPECT_EQ(escaped(receiving.output()), escaped(unescaped(rest)));
        break;
      case '?': {
        ++expectations;
        const auto counted = receiving.counted();
        for (const auto& [name, value] : settings_in(rest)) EXPECT_EQ(counted.at(name), value) << name;
        break;
      }
      case '=':
        ++expectations;
        EXPECT_EQ(sending.outcome(), rest);
        break;
      case '~':
        words >> word;
        if (word == "role") {
          words >> word;
          sends = word == "sender";
        } else if (word == "limits") {
          receiving.limits(settings_in(line.substr(8)));
        } else if (word == "hold") {
          receiving.hold();
        } else if (word == "close") {
          receiving.close();
        } else if (word == "sent") {
          sending.sent(unescaped(line.substr(6)));
        } else if (word == "answer") {
          std::uint64_t which = 0;
          std::string code, reason;
          words >> which >> code >> reason;
          receiving.answer(which, code, reason);
        } else {
          ADD_FAILURE() << "unknown directive " << word;
        }
        break;
      default:
        ADD_FAILURE() << "unknown line " << line;
    }
  }
  EXPECT_GT(expectations, 0) << file << " expects nothing";
}

std::vector<std::filesystem::path> dialogues() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(LIAISON_CONVERSATIONS))
    if (entry.path().extension() == ".txt" && entry.path().filename() != "CMakeLists.txt")
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

class conversation : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(conversation, goes_as_written) {
  for (std::size_t piece :
       {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}, std::size_t{64}, std::size_t{1} << 20})
    play(GetParam(), piece);
}

INSTANTIATE_TEST_SUITE_P(dialogue, conversation, testing::ValuesIn(dialogues()), [](const auto& tested) {
  std::string name = tested.param.stem().string();
  std::replace_if(
      name.begin(), name.end(), [](char byte) { return std::isalnum(static_cast<unsigned char>(byte)) == 0; }, '_');
  return name;
});

}  // namespace
}  // namespace liaison::protocol

// SPDX-License-Identifier: Apache-2.0
// What was found wrong in a message, and whether it may go on. Issues are gathered here and reported at the
// end of a call, so that a flood of them in one message stays bounded.
#pragma once

#include <liaison/common/plugin.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace liaison::hl7v2 {

enum class strictness : std::uint8_t { tolerant, strict };

class findings {
 public:
  explicit findings(strictness mode) : mode_(mode) {}

  void information(std::string_view code, std::string location, std::string_view text) {
    add(severity::information, code, std::move(location), text);
  }
  void warning(std::string_view code, std::string location, std::string_view text) {
    add(severity::warning, code, std::move(location), text);
  }
  /// An error that leaves the message readable.
  void error(std::string_view code, std::string location, std::string_view text) {
    add(severity::error, code, std::move(location), text);
  }
  /// An error that stops the message (AE).
  void refuse(std::string_view code, std::string location, std::string_view text) {
    refused_ = true;
    add(severity::error, code, std::move(location), text);
  }
  /// An error that no operation may pass over: nothing is made of such a message.
  void forbid(std::string_view code, std::string location, std::string_view text) {
    forbidden_ = true;
    refuse(code, std::move(location), text);
  }
  /// What a tolerant link takes with a note and a strict one refuses.
  void tolerate(std::string_view code, std::string location, std::string_view text) {
    if (mode_ == strictness::strict) {
      refuse(code, std::move(location), text);
    } else {
      warning(code, std::move(location), text);
    }
  }

  bool refused() const { return refused_; }
  bool forbidden() const { return forbidden_; }
  strictness mode() const { return mode_; }
  const std::vector<issue>& all() const { return issues_; }
  liaison_status report(const call& to) const {
    for (const auto& found : issues_) to.report(found);
    return refused_ ? LIAISON_REJECT : LIAISON_OK;
  }

 private:
  static constexpr std::size_t issues_max = 200;
  void add(severity level, std::string_view code, std::string location, std::string_view text) {
    if (issues_.size() < issues_max) {
      issues_.push_back({level, std::string(code), std::move(location), std::string(text)});
    } else if (issues_.size() == issues_max) {
      issues_.push_back({severity::warning, "hl7v2-more-issues", {}, "more issues were found than are listed"});
    }
  }
  strictness mode_;
  bool refused_ = false;
  bool forbidden_ = false;
  std::vector<issue> issues_;
};

}  // namespace liaison::hl7v2

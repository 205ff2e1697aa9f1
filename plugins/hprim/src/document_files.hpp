// SPDX-License-Identifier: Apache-2.0
// The files of the documents of a pivot on their way beside a HPRIM message: decoded, named by kind, told of in the
// text.
#pragma once

#include "findings.hpp"
#include "pivot_view.hpp"

#include <map>
#include <string>
#include <vector>

namespace liaison::hprim {

class document_files {
 public:
  document_files(pivot_reader& pivot, findings& found) : pivot_(pivot), found_(found) {}

  struct file {
    std::string name, content_type, bytes;
  };

  /// Takes the files of a document; returns the lines that speak of them in the body. A file that is plain text becomes
  /// lines.
  std::vector<std::string> take(const view_document& document);
  const std::vector<file>& files() const { return files_; }

 private:
  std::string name_for(const std::string& suffix);
  void account_for(const view_attachment& one);

  pivot_reader& pivot_;
  findings& found_;
  std::vector<file> files_;
  std::map<std::string, std::size_t> used_;  // how often a suffix was given
};

}  // namespace liaison::hprim

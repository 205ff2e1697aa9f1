// SPDX-License-Identifier: Apache-2.0
// Text to expression tree: a lexer and one function for each level of precedence (FHIRPath N1, appendix B).
#include "fhirpath_functions.hpp"

#include <algorithm>
#include <initializer_list>
#include <stdexcept>

namespace liaison::fhir::path {
namespace {

constexpr unsigned depth_max = 100;

struct wrong : std::runtime_error {
  using std::runtime_error::runtime_error;
};

enum class token_kind : std::uint8_t { end, name, text, number, date, symbol };

struct token {
  token_kind kind = token_kind::end;
  std::string text;
  bool quoted = false;  ///< `div`: a name that is no keyword
};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

class lexer {
 public:
  explicit lexer(std::string_view text) : text_(text) {}

  token next() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r'))
      ++at_;
    if (at_ == text_.size()) return {};
    const char c = text_[at_];
    if (is_letter(c)) return run(token_kind::name, [](char x) { return is_letter(x) || is_digit(x); });
    if (is_digit(c)) return number();
    if (c == '\'' || c == '"') return quoted(c, token_kind::text);
    if (c == '`') return quoted(c, token_kind::name);
    if (c == '@') {
      ++at_;
      return run(token_kind::date,
                 [](char x) { return is_digit(x) || std::string_view("-:.+TZ").find(x) != std::string_view::npos; });
    }
    for (const std::string_view two : {"<=", ">=", "!=", "!~"}) {
      if (text_.substr(at_, 2) == two) {
        at_ += 2;
        return {token_kind::symbol, std::string(two), false};
      }
    }
    ++at_;
    return {token_kind::symbol, std::string(1, c), false};
  }

 private:
  template <class Belongs>
  token run(token_kind kind, Belongs belongs) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && belongs(text_[at_])) ++at_;
    return {kind, std::string(text_.substr(begin, at_ - begin)), false};
  }

  token number() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    if (at_ + 1 < text_.size() && text_[at_] == '.' && is_digit(text_[at_ + 1])) {
      ++at_;
      while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    }
    return {token_kind::number, std::string(text_.substr(begin, at_ - begin)), false};
  }

  token quoted(char end, token_kind kind) {
    token made{kind, {}, true};
    for (++at_; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (c == end) {
        ++at_;
        return made;
      }
      if (c == '\\' && at_ + 1 < text_.size()) {
        c = text_[++at_];
        if (c == 'n') c = '\n';
        if (c == 'r') c = '\r';
        if (c == 't') c = '\t';
      }
      made.text += c;
    }
    throw wrong("a quote is not closed");
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

using pointer = std::unique_ptr<expression>;

pointer make(operation op, std::string text = {}) {
  auto made = std::make_unique<expression>();
  made->op = op;
  made->text = std::move(text);
  return made;
}

struct level {
  std::string_view symbol;
  operation op;
};

class parser {
 public:
  explicit parser(std::string_view text) : lexer_(text) { step(); }

  pointer whole() {
    pointer made = implication();
    if (now_.kind != token_kind::end) throw wrong("something follows the expression");
    return made;
  }

 private:
  void step() { now_ = lexer_.next(); }
  bool is(std::string_view text) const {
    return (now_.kind == token_kind::symbol || (now_.kind == token_kind::name && !now_.quoted)) && now_.text == text;
  }
  void expect(std::string_view text) {
    if (!is(text)) throw wrong("expected " + std::string(text));
    step();
  }

  pointer join(operation op, pointer left, pointer right) {
    pointer made = make(op);
    made->arguments.push_back(std::move(left));
    made->arguments.push_back(std::move(right));
    return made;
  }

  template <class Next>
  pointer left_associative(Next next, std::initializer_list<level> levels) {
    pointer left = (this->*next)();
    for (;;) {
      const auto* found = std::ranges::find_if(levels, [&](const level& of) { return is(of.symbol); });
      if (found == levels.end()) return left;
      step();
      left = join(found->op, std::move(left), (this->*next)());
    }
  }

  pointer implication() {
    if (++depth_ > depth_max) throw wrong("nested too deep");
    pointer made = left_associative(&parser::disjunction, {{"implies", operation::implies}});
    --depth_;
    return made;
  }
  pointer disjunction() {
    return left_associative(&parser::conjunction, {{"or", operation::either}, {"xor", operation::exclusive}});
  }
  pointer conjunction() { return left_associative(&parser::membership, {{"and", operation::both}}); }
  pointer membership() {
    return left_associative(&parser::equality, {{"in", operation::in}, {"contains", operation::contains}});
  }
  pointer equality() {
    return left_associative(&parser::inequality, {{"=", operation::equal},
                                                  {"!=", operation::not_equal},
                                                  {"~", operation::equivalent},
                                                  {"!~", operation::not_equivalent}});
  }
  pointer inequality() {
    return left_associative(&parser::alternative, {{"<=", operation::less_equal},
                                                   {"<", operation::less},
                                                   {">=", operation::greater_equal},
                                                   {">", operation::greater}});
  }
  pointer alternative() { return left_associative(&parser::type_test, {{"|", operation::unite}}); }

  pointer type_test() {
    pointer left = sum();
    while (is("is") || is("as")) {
      const operation op = is("is") ? operation::is : operation::as;
      step();
      pointer made = make(op, type_name());
      made->arguments.push_back(std::move(left));
      left = std::move(made);
    }
    return left;
  }

  std::string type_name() {
    if (now_.kind != token_kind::name) throw wrong("expected a type");
    std::string name = now_.text;
    step();
    while (is(".")) {
      step();
      name = now_.text;
      step();
    }
    return name;
  }

  pointer sum() {
    return left_associative(&parser::product,
                            {{"+", operation::add}, {"-", operation::subtract}, {"&", operation::concatenate}});
  }
  pointer product() {
    return left_associative(&parser::sign, {{"*", operation::multiply},
                                            {"/", operation::divide},
                                            {"div", operation::integer_divide},
                                            {"mod", operation::modulo}});
  }

  pointer sign() {
    if (is("+")) step();
    if (!is("-")) return invocation();
    step();
    pointer made = make(operation::negate);
    made->arguments.push_back(invocation());
    return made;
  }

  pointer invocation() {
    pointer left = term();
    for (;;) {
      if (is(".")) {
        step();
        pointer made = make(operation::step);
        made->arguments.push_back(std::move(left));
        made->arguments.push_back(member());
        left = std::move(made);
      } else if (is("[")) {
        step();
        pointer position = implication();
        expect("]");
        left = join(operation::index, std::move(left), std::move(position));
      } else {
        return left;
      }
    }
  }

  pointer term() {
    if (is("(")) {
      step();
      pointer inner = implication();
      expect(")");
      return inner;
    }
    if (is("{")) {
      step();
      expect("}");
      return make(operation::empty_set);
    }
    if (is("%") || is("$")) {
      const std::string prefix = now_.text;
      step();
      pointer made = make(operation::variable, prefix + now_.text);
      step();
      return made;
    }
    if (now_.kind == token_kind::text) return literal(operation::literal_string);
    if (now_.kind == token_kind::number) return literal(operation::literal_number);
    if (now_.kind == token_kind::date) return literal(operation::literal_date);
    if (is("true") || is("false")) return literal(operation::literal_boolean);
    return member();
  }

  pointer literal(operation op) {
    pointer made = make(op, now_.text);
    step();
    return made;
  }

  pointer member() {
    if (is("$")) {
      step();
      pointer made = make(operation::variable, "$" + now_.text);
      step();
      return made;
    }
    if (now_.kind != token_kind::name) throw wrong("expected a name");
    const token name = now_;
    step();
    if (!is("(")) return make(operation::name, name.text);
    return call(name.text);
  }

  pointer call(const std::string& name) {
    const auto* known = std::ranges::find(functions, name, &function_name::name);
    if (known == functions.end()) throw wrong("no such function: " + name);
    pointer made = make(operation::call, name);
    made->function = known->function;
    expect("(");
    while (!is(")")) {
      made->arguments.push_back(implication());
      if (!is(",")) break;
      step();
    }
    expect(")");
    const std::size_t needed = known->function == function::iif ? 2 : 1;
    const bool optional = known->function == function::exists || !takes_criterion(known->function);
    if (!optional && made->arguments.size() < needed) throw wrong("too few arguments: " + name);
    return made;
  }

  lexer lexer_;
  token now_;
  unsigned depth_ = 0;
};

}  // namespace

compiled compile(std::string_view text) {
  try {
    return {parser(text).whole(), {}};
  } catch (const wrong& why) {
    return {nullptr, why.what()};
  }
}

}  // namespace liaison::fhir::path

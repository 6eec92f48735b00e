// Is it a program that writes its own SQL? By its name, by what it says of itself, or by the traces that such programs leave
// in comments.
#pragma once

#include "sql_tokens.hpp"

#include <string_view>

namespace classifier {

struct Finding {
  bool is_ai = false;
  std::string_view agent, model; ///< empty: not known
};

/// Whether `text` has `part`, which is lower case, in any case of letters.
inline bool contains(std::string_view text, std::string_view part) {
  for (std::size_t at = 0; at + part.size() <= text.size(); ++at)
    if (sql::same(text.substr(at, part.size()), part)) return true;
  return false;
}

inline std::string_view model_in(std::string_view text) {
  for (const std::string_view model : {"claude-opus", "claude-sonnet", "claude-haiku", "gpt-4", "gpt-3.5", "gemini"})
    if (contains(text, model)) return model;
  return {};
}

/// `says_so`, `agent` and `model`: what the client says of itself.
inline Finding classify(std::string_view app, std::string_view query, bool says_so, std::string_view agent,
                        std::string_view model) {
  Finding finding{true, agent, model.empty() ? model_in(app) : model};
  for (const std::string_view sign : {"gpt", "claude", "gemini", "llm", "chatbot", "agent", "openai", "anthropic"})
    if (contains(app, sign)) {
      if (finding.agent.empty()) finding.agent = app;
      return finding;
    }
  if (says_so) return finding;
  for (const std::string_view trace : {"/* generated", "-- generated", "-- gpt-", "/* by ai", "-- by claude"})
    if (contains(query, trace)) {
      if (finding.model.empty()) finding.model = model_in(query);
      return finding;
    }
  return {};
}

} // namespace classifier

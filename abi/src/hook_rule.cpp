// A rule's text, written and read.
#include <graft/base/hook_rule.hpp>

#include <charconv>
#include <iterator>
#include <string_view>

namespace graft {
namespace {

constexpr std::string_view kRules[] = {"", "first_decisive", "fold", "observe"}; // as graft_hook_rule counts

/// Takes `sign` and the number behind it off the front of `text`.
bool take(std::string_view &text, char sign, std::uint32_t &number) {
  if (!text.starts_with(sign)) return false;
  const auto [end, failed] = std::from_chars(text.data() + 1, text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return failed == std::errc();
}

} // namespace

std::string to_text(const graft_hook_info &rule) {
  const std::string_view word = rule.rule < std::size(kRules) ? kRules[rule.rule] : "";
  return std::string(word) + "(" + std::to_string(rule.last) + "," + std::to_string(rule.first_final) + "," +
         std::to_string(rule.deny) + ")";
}

std::optional<graft_hook_info> hook_rule_of(const ContractFacts &contract) {
  if (contract.functions.size() != 1) return {};
  const std::string_view fingerprint = contract.functions.front().fingerprint;
  for (std::uint32_t rule = GRAFT_RULE_FIRST_DECISIVE; rule < std::size(kRules); ++rule) {
    if (!fingerprint.starts_with(kRules[rule])) continue;
    std::string_view rest = fingerprint.substr(kRules[rule].size());
    graft_hook_info info{sizeof(graft_hook_info), rule, 0, 0, 0};
    if (take(rest, '(', info.last) && take(rest, ',', info.first_final) && take(rest, ',', info.deny)) return info;
  }
  return {};
}

} // namespace graft

// See plugin_series.hpp.
#include "plugin_series.hpp"

#include <algorithm>
#include <utility>

namespace graft {
namespace {

constexpr std::size_t kMostLabels = 16;
constexpr std::size_t kMostBytes = 256;

bool is_letter(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') || character == '_';
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= kMostBytes && is_letter(name[0]) && std::ranges::all_of(name, [](char character) {
    return is_letter(character) || (character >= '0' && character <= '9');
  });
}

/// Well-formed, by table 3-7 of the Unicode Standard.
bool is_utf8(std::string_view text) {
  for (std::size_t index = 0; index < text.size();) {
    const auto at = [&](std::size_t offset) { return static_cast<unsigned char>(index + offset < text.size() ? text[index + offset] : 0); };
    const unsigned char first = at(0);
    const std::size_t size = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    if (size == 0) return false;
    for (std::size_t offset = 1; offset < size; ++offset)
      if (at(offset) >> 6 != 2) return false;
    const bool is_long = (first == 0xe0 && at(1) < 0xa0) || (first == 0xf0 && at(1) < 0x90);
    const bool is_surrogate = first == 0xed && at(1) >= 0xa0;
    if (is_long || is_surrogate || (first == 0xf4 && at(1) >= 0x90)) return false;
    index += size;
  }
  return true;
}

Result<void> check_labels(MetricLabels &labels) {
  if (labels.size() > kMostLabels)
    return error(Code::kInvalid, "a series has " + std::to_string(labels.size()) + " labels, at most " +
                                     std::to_string(kMostLabels) + " are kept");
  std::ranges::sort(labels);
  for (std::size_t index = 0; index < labels.size(); ++index) {
    const auto &[name, value] = labels[index];
    if (!is_name(name) || name.starts_with("__"))
      return error(Code::kInvalid,
                   "a label's name is letters, digits and '_', at most 256, and does not begin with a digit or '__'");
    if (name == "bundle" || name == "le" || name == "quantile")
      return error(Code::kInvalid, "label '" + name + "' is given by graft; choose another name");
    if (!is_utf8(value))
      return error(Code::kInvalid, "the value of label '" + name + "' is not UTF-8, which Prometheus reads; encode it");
    if (value.size() > kMostBytes)
      return error(Code::kInvalid,
                   "the value of label '" + name + "' has " + std::to_string(value.size()) + " bytes, at most 256 are kept");
    if (index > 0 && labels[index - 1].first == name) return error(Code::kInvalid, "label '" + name + "' is given twice");
  }
  return {};
}

} // namespace

std::string exported_name(const std::string &name, MetricKind kind) {
  return kind == MetricKind::kCounter && !name.ends_with("_total") ? name + "_total" : name;
}

Result<void> SeriesNames::claim(const std::string &name, MetricKind kind) {
  std::vector<std::string> exported = {exported_name(name, kind)};
  if (kind == MetricKind::kHistogram)
    for (const char *part : {"_bucket", "_sum", "_count"}) exported.push_back(name + part);
  const MutexLock lock(mutex_);
  for (const auto &[taken, owner] : owners_)
    if (owner.name == name && owner.kind != kind)
      return error(Code::kConflict, "metric '" + name + "' is a " + to_string(owner.kind) + "; it cannot be a " +
                                        to_string(kind) + ", too");
  for (const std::string &one : exported)
    if (const auto found = owners_.find(one); found != owners_.end() && found->second.name != name)
      return error(Code::kConflict, std::string(to_string(kind)) + " '" + name + "' would be exported as '" + one + "', as " +
                                        to_string(found->second.kind) + " '" + found->second.name + "' is; name it otherwise");
  for (std::string &one : exported) owners_.try_emplace(std::move(one), Owner{name, kind});
  return {};
}

Result<std::uint64_t> SeriesOfBundle::find(SeriesNames &names, MetricKind kind, std::string_view name, MetricLabels labels) {
  if (!is_name(name))
    return error(Code::kInvalid, "a metric's name is letters, digits and '_', at most 256, and does not begin with a digit");
  GRAFT_TRY(check_labels(labels));
  const MutexLock lock(mutex_);
  for (std::size_t index = 0; index < all_.size(); ++index)
    if (all_[index]->name == name && all_[index]->kind == kind && all_[index]->labels == labels) return index + 1;
  if (all_.size() == limit_)
    return error(Code::kExhausted, "metric '" + std::string(name) + "' is one too many: a bundle may have " +
                                       std::to_string(limit_) + " series");
  GRAFT_TRY(names.claim(std::string(name), kind));
  auto made = std::make_unique<Series>();
  made->name = name;
  made->kind = kind;
  made->labels = std::move(labels);
  all_.push_back(std::move(made));
  places_[all_.size() - 1].store(all_.back().get(), std::memory_order_release); // pairs with `at`
  return all_.size();
}

Series *SeriesOfBundle::at(std::uint64_t number) const noexcept {
  if (number == 0 || number > limit_) return nullptr;
  return places_[number - 1].load(std::memory_order_acquire); // pairs with `find`
}

void SeriesOfBundle::add_to(std::vector<MetricFamily> &families, const std::string &bundle) const {
  const MutexLock lock(mutex_);
  for (const auto &series : all_) {
    const std::string name = "plugin_" + exported_name(series->name, series->kind);
    auto family = std::ranges::find(families, name, &MetricFamily::name);
    if (family == families.end())
      family = families.insert(family, {name, "Counted by plugins as " + series->name, series->kind, {}});
    MetricLabels labels = {{"bundle", bundle}};
    labels.insert(labels.end(), series->labels.begin(), series->labels.end());
    MetricSample sample{std::move(labels), series->value.load(std::memory_order_relaxed), {}};
    if (series->kind == MetricKind::kHistogram) {
      sample.histogram = series->histogram.snapshot();
      sample.value = series->sum.load(std::memory_order_relaxed);
    }
    family->samples.push_back(std::move(sample));
  }
}

} // namespace graft

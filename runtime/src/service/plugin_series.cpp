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
    if (value.size() > kMostBytes)
      return error(Code::kInvalid,
                   "the value of label '" + name + "' has " + std::to_string(value.size()) + " bytes, at most 256 are kept");
    if (index > 0 && labels[index - 1].first == name) return error(Code::kInvalid, "label '" + name + "' is given twice");
  }
  return {};
}

} // namespace

Result<void> SeriesNames::claim(const std::string &name, MetricKind kind) {
  const MutexLock lock(mutex_);
  const MetricKind known = kinds_.try_emplace(name, kind).first->second;
  if (known == kind) return {};
  return error(Code::kConflict, std::string("metric '") + name + "' is a " + to_string(known) + "; it cannot be a " +
                                    to_string(kind) + ", too");
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
    std::string name = "plugin_" + series->name;
    if (series->kind == MetricKind::kCounter && !name.ends_with("_total")) name += "_total";
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

// Families as text.
#include "json.hpp"

#include <graft/metrics.hpp>

#include <array>
#include <charconv>
#include <cmath>

namespace graft {
namespace {

constexpr double kUnit = 1e-9;
/// Upper bounds of the exported buckets are each fourth power of two, exact in a Histogram: from a quarter of a millionth
/// to 1.15e9. They are for sums over many hosts; how long a call takes in this one, the quantiles say.
///
/// Rationale: buckets as fine as the quantiles would be hundreds of series a histogram, and a host has several histograms
/// for each plugin in each hook; the quantiles are four.
constexpr int kFirstBound = 8, kLastBound = 60, kBoundStep = 4;
constexpr double kQuantiles[] = {0.5, 0.9, 0.99, 1};

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 32> text{};
  const auto [end, failure] = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end};
}

/// As a label's value stands between quotation marks.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char character : text) {
    if (character == '\\' || character == '"') result += '\\';
    if (character == '\n')
      result += "\\n";
    else
      result += character;
  }
  return result;
}

/// As a help text stands to the end of its line.
std::string escaped_help(std::string_view text) {
  std::string result;
  for (const char character : text) {
    if (character == '\\') result += '\\';
    if (character == '\n')
      result += "\\n";
    else
      result += character;
  }
  return result;
}

std::string in_braces(const MetricLabels &labels) {
  std::string text;
  for (const auto &[name, value] : labels) text += (text.empty() ? "" : ",") + name + "=\"" + escaped(value) + "\"";
  return text.empty() ? text : "{" + text + "}";
}

std::string in_braces(MetricLabels labels, std::string name, std::string value) {
  labels.emplace_back(std::move(name), std::move(value));
  return in_braces(labels);
}

double in_units(std::uint64_t value) { return static_cast<double>(value) * kUnit; }

void write_histogram(std::string &text, const std::string &name, const MetricSample &sample) {
  for (int power = kFirstBound; power <= kLastBound; power += kBoundStep) {
    const std::uint64_t bound = std::uint64_t{1} << power;
    text += name + "_bucket" + in_braces(sample.labels, "le", number(in_units(bound))) + " " +
            std::to_string(sample.histogram.count_up_to(bound)) + "\n";
  }
  text += name + "_bucket" + in_braces(sample.labels, "le", "+Inf") + " " + std::to_string(sample.histogram.count()) + "\n";
  text += name + "_sum" + in_braces(sample.labels) + " " + number(sample.value) + "\n";
  text += name + "_count" + in_braces(sample.labels) + " " + std::to_string(sample.histogram.count()) + "\n";
}

/// The family that says of a histogram's values what its buckets are too coarse for; 1 is the largest value. Of what has no
/// values it says nothing.
void write_quantiles(std::string &text, const MetricFamily &family) {
  const std::string name = family.name + "_quantiles";
  std::string lines;
  for (const MetricSample &sample : family.samples)
    for (const double quantile : kQuantiles) {
      const HistogramSnapshot &values = sample.histogram;
      if (values.count() == 0) continue;
      const std::uint64_t value = quantile < 1 ? values.quantile(quantile) : values.max();
      lines += name + in_braces(sample.labels, "quantile", number(quantile)) + " " + number(in_units(value)) + "\n";
    }
  if (lines.empty()) return;
  text += "# HELP " + name + " " + escaped_help(family.help) + "\n# TYPE " + name + " summary\n" + lines;
}

Json json_of(const MetricFamily &family, const MetricSample &sample) {
  Json json = {{"labels", Json::object()}};
  for (const auto &[name, value] : sample.labels) json["labels"][name] = value;
  if (family.kind != MetricKind::kHistogram) {
    json["value"] = sample.value;
    return json;
  }
  const HistogramSnapshot &values = sample.histogram;
  json.update({{"count", values.count()},
               {"sum", sample.value},
               {"max", in_units(values.max())},
               {"p50", in_units(values.quantile(0.5))},
               {"p90", in_units(values.quantile(0.9))},
               {"p99", in_units(values.quantile(0.99))}});
  return json;
}

} // namespace

const char *to_string(MetricKind kind) noexcept {
  switch (kind) {
  case MetricKind::kCounter:
    return "counter";
  case MetricKind::kGauge:
    return "gauge";
  case MetricKind::kHistogram:
    return "histogram";
  }
  return "unknown";
}

std::string to_prometheus(const std::vector<MetricFamily> &families) {
  std::string text;
  for (const MetricFamily &family : families) {
    if (family.samples.empty()) continue;
    text += "# HELP " + family.name + " " + escaped_help(family.help) + "\n# TYPE " + family.name + " " +
            to_string(family.kind) + "\n";
    for (const MetricSample &sample : family.samples) {
      if (family.kind == MetricKind::kHistogram)
        write_histogram(text, family.name, sample);
      else
        text += family.name + in_braces(sample.labels) + " " + number(sample.value) + "\n";
    }
    if (family.kind == MetricKind::kHistogram) write_quantiles(text, family);
  }
  return text;
}

std::string to_json(const std::vector<MetricFamily> &families) {
  Json all = Json::object();
  for (const MetricFamily &family : families) {
    if (family.samples.empty()) continue;
    Json samples = Json::array();
    for (const MetricSample &sample : family.samples) samples.push_back(json_of(family, sample));
    all[family.name] = {{"help", family.help}, {"kind", to_string(family.kind)}, {"samples", std::move(samples)}};
  }
  return line_of(all);
}

} // namespace graft

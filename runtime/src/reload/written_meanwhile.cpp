// See written_meanwhile.hpp.
#include "written_meanwhile.hpp"

#include <cstddef>
#include <string>

namespace graft {
namespace {

/// Of all objects of a commit: a tenth of a millisecond.
constexpr std::size_t kMostBytes = std::size_t{1} << 20;

/// Word by word, because calls may write; what an object's memory has behind its last byte is zero and stays so.
std::uint64_t sum_of(const KeptObject &object) {
  std::uint64_t sum = 14695981039346656037u;
  const auto *const words = reinterpret_cast<const std::uint64_t *>(object.memory());
  for (std::size_t i = 0; i * sizeof *words < object.size(); ++i) // relaxed: what is written just now counts or not
    sum = (sum ^ __atomic_load_n(words + i, __ATOMIC_RELAXED)) * 1099511628211u;
  return sum;
}

} // namespace

void KeptSums::add(const Generation &fresh) {
  for (const KeptBinding &binding : fresh.kept) {
    if (binding.is_fresh || binding.object->size() > kMostBytes - bytes_) continue;
    bytes_ += binding.object->size();
    sums_.push_back({binding.object, sum_of(*binding.object)});
  }
}

void KeptSums::tell(Error &refusal) const {
  std::string names;
  for (const Sum &sum : sums_)
    if (sum_of(*sum.object) != sum.bytes) names += (names.empty() ? "'" : ", '") + sum.object->name() + "'";
  if (!names.empty())
    refusal.message += "; written meanwhile and not taken back, since both versions share it: kept " + names;
}

} // namespace graft

// Who holds what is retired: pins, threads and kept objects, looked up when somebody asks. Nothing is recorded per call.
#include "../observe/thread_stack.hpp"
#include "../store/threads.hpp"
#include "retirement.hpp"

#include <graft/base/thread_name.hpp>
#include <graft/holders.hpp>

#include <algorithm>

namespace graft {
namespace {

constexpr auto kAnswerLimit = std::chrono::milliseconds(200); // a busy machine runs a thread that late
constexpr std::size_t kMostNamed = 4; // in one sentence

std::string innermost_function(const jit::Image &image, int thread) {
  for (const std::uintptr_t counter : stack_of(thread, kAnswerLimit))
    // A return address may be the first byte of what is laid out next.
    if (std::string name = image.function_at(counter - 1); !name.empty()) return name;
  return {};
}

std::string duration_text(std::chrono::milliseconds since) {
  using namespace std::chrono;
  if (since < 10s) return std::to_string(since.count()) + " ms";
  if (since < 10min) return std::to_string(duration_cast<seconds>(since).count()) + " s";
  return std::to_string(duration_cast<minutes>(since).count()) + " min";
}

} // namespace

std::string name_and_number(std::string_view name, int thread) {
  if (thread == 0) return "(just starting)";
  return "'" + std::string(name) + "' (" + std::to_string(thread) + ")";
}

std::string to_string(const Holder &holder) {
  const std::string thread = "thread " + name_and_number(holder.thread_name, holder.thread);
  std::string text = "bundle '" + holder.bundle + "' generation " + std::to_string(holder.generation) + ": ";
  switch (holder.kind) {
  case Holder::Kind::kCall:
    text += "a call of " + thread;
    break;
  case Holder::Kind::kThread:
    text += "its own " + thread;
    break;
  case Holder::Kind::kKeptObject:
    text += holder.object;
    break;
  case Holder::Kind::kEnding:
    text += "finalisers that run or wait for an older one";
    break;
  }
  if (!holder.function.empty()) text += " in " + holder.function;
  return text + ", replaced " + duration_text(holder.since) + " ago";
}

std::string in_words(const std::vector<Holder> &holders) {
  std::string words;
  for (std::size_t i = 0; i < std::min(holders.size(), kMostNamed); ++i)
    words += (i == 0 ? "" : "; ") + to_string(holders[i]);
  if (holders.size() > kMostNamed) words += "; and " + std::to_string(holders.size() - kMostNamed) + " more";
  return words;
}

std::vector<Holder> Retirement::holders(std::string_view bundle, AskThreads ask) const {
  std::vector<Holder> found;
  const MutexLock lock(mutex_); // the generations stay while their threads are asked
  const std::vector<HeldPin> pins = held_pins();
  const auto now = std::chrono::steady_clock::now();
  const auto add = [&](const Generation &generation, Holder::Kind kind) -> Holder & {
    Holder &added = found.emplace_back();
    added.kind = kind;
    added.bundle = generation.bundle;
    added.generation = generation.number;
    added.since = std::chrono::duration_cast<std::chrono::milliseconds>(now - generation.retired);
    return added;
  };
  const auto add_thread = [&](const Generation &generation, Holder::Kind kind, int thread, std::string name) {
    Holder &added = add(generation, kind);
    added.thread = thread;
    added.thread_name = std::move(name);
    if (ask == AskThreads::kYes) added.function = innermost_function(*generation.image, thread);
  };
  const auto add_own_threads = [&](const Generation &generation) {
    for (jit::ThreadInside &thread : generation.threads())
      add_thread(generation, Holder::Kind::kThread, thread.id, std::move(thread.name));
  };
  for (const auto &generation : retired_) {
    if (!bundle.empty() && generation->bundle != bundle) continue;
    const std::size_t before = found.size();
    for (const HeldPin &pin : pins)
      if (std::ranges::any_of(generation->tables, [&](const auto &table) { return table->entries() == pin.table; }))
        add_thread(*generation, Holder::Kind::kCall, pin.thread, thread_name(pin.thread));
    add_own_threads(*generation);
    if (std::optional<std::string> object = pointing_at(*generation))
      add(*generation, Holder::Kind::kKeptObject).object = *std::move(object);
    if (found.size() == before) add(*generation, Holder::Kind::kEnding);
  }
  for (const Stopping &stopping : stopping_) {
    if (!bundle.empty() && stopping.bundle != bundle) continue;
    const std::size_t before = found.size();
    if (stopping.asked != nullptr) add_own_threads(*stopping.asked);
    if (found.size() == before) found.push_back({Holder::Kind::kEnding, stopping.bundle, stopping.number, {}, 0, {}, {}, {}});
  }
  return found;
}

} // namespace graft

// Bundles that take part in the hooks of declared.h, and a host that runs those.
#pragma once

#include "bundles.hpp"
#include "declared.h"
#include "matchers.hpp"

#include <graft/runtime.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::test {

/// The very header that this host was compiled with.
inline std::string declared_text() {
  std::ifstream file(GRAFT_SOURCE_DIR "/tests/hooks/declared.h");
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A bundle whose code follows `declared.h`; in C, unless `file` says otherwise.
inline MemoryBundle plugin(const std::string &name, const std::string &code, const std::string &manifest = {},
                           const std::string &file = "main.c") {
  return {name,
          {{file, "#include \"declared.h\"\n" + code},
           {"declared.h", declared_text()},
           {"graft.toml", "name = \"" + name + "\"\n" + manifest}}};
}

/// A bundle that takes part in one hook with one function body over `context`, `it` and `decision`.
inline MemoryBundle part(const std::string &name, const std::string &hook, const std::string &body,
                         const std::string &manifest = {}, const std::string &file = "main.c") {
  const std::string decision = hook == "after_save" ? "graft_no_decision" : "save_decision";
  return plugin(name,
                "static graft_status run(graft_hook_context *context, save_request *it, " + decision + " *decision) {\n" +
                    "(void)context, (void)it, (void)decision;\n" + body + "\nreturn GRAFT_OK;\n}\nGRAFT_PROVIDE(" + hook +
                    ", {.run = run});\n",
                manifest, file);
}

/// The body of one that puts its letter behind the attribute "trail".
inline std::string leaves(const std::string &letter) {
  return "graft_str trail; char text[64]; graft_attribute_get(context, graft_str_of(\"trail\"), &trail);\n"
         "memcpy(text, trail.data ? trail.data : \"\", trail.size); text[trail.size] = '" +
         letter +
         "';\n"
         "graft_str longer = {text, trail.size + 1}; graft_attribute_set(context, graft_str_of(\"trail\"), longer);\n";
}

class Hooked : public testing::Test {
 protected:
  void SetUp() override { start({}); }
  void start(Config config) {
    config.hooks.call_limit = {}; // a busy machine is no plugin's failure
    config.log = [this](LogLevel level, std::string_view line) {
      if (level >= LogLevel::kWarn) log.emplace_back(line);
    };
    runtime.reset();
    auto made = Runtime::create(std::move(config));
    ASSERT_THAT(made, Succeeds());
    runtime = *std::move(made);
  }
  void load(const MemoryBundle &bundle) { ASSERT_THAT(runtime->load(bundle), Succeeds()); }

  HookResult save(save_decision &decision, std::uint32_t number = 0) {
    HookRequest request(*runtime);
    save_request it{};
    it.number = number;
    auto hook = runtime->hook<before_save>();
    EXPECT_THAT(hook, Succeeds());
    return hook->run(request, it, decision);
  }
  /// Who was called at before_save, in order, as far as they leave their letters.
  std::string trail() {
    HookRequest request(*runtime);
    save_request it{};
    runtime->hook<before_save>()->run(request, it);
    return std::string(request.attribute("trail"));
  }
  BundleState state_of(const std::string &bundle) const {
    for (const BundleStatus &status : runtime->statuses())
      if (status.name == bundle) return status.state;
    return BundleState::kFailed;
  }
  HookPart part_of(const std::string &bundle) const {
    for (const HookPart &one : runtime->hook_parts())
      if (one.bundle == bundle) return one;
    return {};
  }

  std::vector<std::string> log;
  std::unique_ptr<Runtime> runtime;
};

} // namespace graft::test

// A contract with instances, and bundles that provide it: a state of the test's own with a counter.
#pragma once

#include "bundles.hpp"
#include "matchers.hpp"

#include <graft/runtime.hpp>

#include <optional>
#include <string>
#include <vector>

GRAFT_CONTRACT(counter, "test.counter", 1, 0) {
  graft_status (*create)(const graft_instance_args *args, void **self);
  void (*destroy)(void *self);
  int32_t (*add)(void *self, int32_t n);
};

namespace graft::test {

inline const std::string kCounterContract = R"(#include <graft/abi.h>
GRAFT_CONTRACT(counter, "test.counter", 1, 0) {
  graft_status (*create)(const graft_instance_args *args, void **self);
  void (*destroy)(void *self);
  int32_t (*add)(void *self, int32_t n);
};
)";

/// In C: `declarations` define `struct state`; `made` and `adds` are statements over `state`.
inline MemoryBundle counter_bundle(const std::string &declarations, const std::string &made = "",
                                   const std::string &adds = "return (int32_t)(state->n += n);") {
  return text("b",
              kCounterContract + declarations +
                  "\nstatic graft_status create(const graft_instance_args *args, void **self) { (void)args; struct state "
                  "*state = (struct state *)*self; (void)state; " +
                  made +
                  " return GRAFT_OK; }\nstatic void destroy(void *self) { (void)self; }\n"
                  "static int32_t add(void *self, int32_t n) { struct state *state = (struct state *)self; " +
                  adds +
                  " }\nGRAFT_PROVIDE(counter, {.create = create, .destroy = destroy, .add = add});\n"
                  "GRAFT_INSTANCE(counter, struct state);\n");
}

/// The same in C++, where the state is constructed and destroyed.
inline MemoryBundle counter_cxx(const std::string &declarations, const std::string &made = "", const std::string &ended = "",
                                const std::string &construct = "new (*self) state;") {
  return text(
      "b",
      "#include <new>\n" + kCounterContract + declarations +
          "\nstatic graft_status create(const graft_instance_args *, void **self) { " + made + construct +
          " return GRAFT_OK; }\nstatic void destroy(void *self) { static_cast<state *>(self)->~state(); " + ended +
          " }\nstatic int32_t add(void *self, int32_t n) { return static_cast<state *>(self)->n += n; }\n"
          "GRAFT_PROVIDE(counter, {.create = create, .destroy = destroy, .add = add});\nGRAFT_INSTANCE(counter, state);\n",
      "main.cpp");
}

class Counters : public testing::Test {
 protected:
  void SetUp() override { ASSERT_THAT(runtime, Succeeds()); }

  void load(const MemoryBundle &bundle) {
    ASSERT_THAT(runtime->load(bundle), Succeeds());
    auto resolved = runtime->bind<counter>();
    ASSERT_THAT(resolved, Succeeds());
    bound.emplace(*std::move(resolved));
  }
  Instance<counter> make() {
    auto made = runtime->create_instance(*bound);
    EXPECT_THAT(made, Succeeds());
    return made ? *std::move(made) : Instance<counter>();
  }
  std::size_t count() { return runtime->bundles().at(0).instances; }

  std::vector<std::string> warnings; // written by the log, one line at a time
  Result<std::unique_ptr<Runtime>> runtime = Runtime::create(
      {.log = [this](LogLevel, std::string_view line) { warnings.emplace_back(line); }, .log_level = LogLevel::kWarn});
  std::optional<Bound<counter>> bound;
};

} // namespace graft::test

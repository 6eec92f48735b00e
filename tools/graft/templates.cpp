// See templates.hpp.
#include "templates.hpp"

namespace graft::tool {
namespace {

constexpr const char *kHeader =
    R"(/* The contract: what this bundle offers. Hosts and other bundles include this file too. Add functions at the end; a change of
 * those that are there is a new major version. */
#ifndef {guard}
#define {guard}

#include <graft/abi.h>

GRAFT_CONTRACT({tag}, "{contract}", 1, 0) {{
  /* Appends a greeting of `name` to `out`. */
  graft_status (*greet)(graft_str name, graft_buf *out);
}};

#endif
)";

constexpr const char *kC = R"(/* Edit the words below and save: the next call says them. */
#include "{tag}.h"

static graft_status greet(graft_str name, graft_buf *out) {{
  graft_status status = graft_buf_append_text(&graft_self, out, "Hello, ");
  if (status == GRAFT_OK) status = graft_buf_append(&graft_self, out, name.data, name.size);
  if (status == GRAFT_OK) status = graft_buf_append_text(&graft_self, out, "!");
  return status;
}}

GRAFT_PROVIDE({tag}, {{.greet = greet}});
)";

constexpr const char *kCxx = R"(// Edit the words below and save: the next call says them.
#include "{tag}.h"

#include <string>
#include <string_view>

static graft_status greet(graft_str name, graft_buf *out) {{
  std::string text = "Hello, ";
  text += std::string_view(name.data, name.size);
  text += "!";
  return graft_buf_append(&graft_self, out, text.data(), text.size());
}}

GRAFT_PROVIDE({tag}, {{.greet = greet}});
)";

constexpr const char *kGreetTest = R"(/* graft test {name} */
#include "{tag}.h"

#include <graft/test.h>

GRAFT_TEST("greets by name") {{
  graft_buf out = {{0, 0, 0}};
  ASSERT_EQ(GRAFT_TESTED({tag})->greet(graft_str_of("world"), &out), GRAFT_OK);
  EXPECT_STREQ(out, "Hello, world!");
  graft_buf_free(&graft_self, &out);
}}
)";

constexpr const char *kManifest = R"(name = "{name}"
version = "0.1.0"
provides = ["{contract}@1.0"]
)";

constexpr const char *kReadme = R"(# {name}

A graft bundle: its source is the plugin.

    graft check {name}  compile and verify, run nothing
    graft test {name}  run its tests
    graft run {name} --call {contract}.greet world  load it and call it
    graft run {name} --call {contract}.greet world --watch  call it again at every save

* `{tag}.h` declares the contract `{contract}@1.0`.
* `{tag}.{ending}` implements it, `{tag}_test.{ending}` tests it.
* `graft.toml` names the bundle, its version and what it provides.
* `compile_flags.txt` tells clangd where the headers are.
)";

constexpr const char *kStateHeader = R"(/* How often each word was said, over all reloads. */
#ifndef {guard}
#define {guard}

#include <graft/abi.h>

GRAFT_CONTRACT({tag}, "{contract}", 1, 0) {{
  /* Counts `word`, and says how often that was until now. */
  int64_t (*count)(graft_str word);
}};

#endif
)";

constexpr const char *kState =
    R"(// What is kept lives outside of all versions of this file: edit, save, and the counts go on. Give `memory` another field, and
// what it had is carried over by name; 'graft plan' says beforehand what a reload would do.
#include "{tag}.h"

#include <map>
#include <string>

struct memory {{
  std::map<std::string, std::int64_t> counts;
}};

GRAFT_KEEP static memory kept;

static std::int64_t count(graft_str word) {{ return ++kept.counts[std::string(word.data, word.size)]; }}

GRAFT_PROVIDE({tag}, {{.count = count}});
)";

constexpr const char *kStateTest = R"(// graft test {name}
#include "{tag}.h"

#include <graft/test.h>

GRAFT_TEST("counts each word by itself") {{
  const {tag} *tested = GRAFT_TESTED({tag});
  const int64_t before = tested->count(graft_str_of("a"));
  tested->count(graft_str_of("b"));
  EXPECT_EQ(tested->count(graft_str_of("a")), before + 1);
}}
)";

constexpr const char *kStateReadme = R"(# {name}

A graft bundle with state that outlives its code.

    graft test {name}  run its tests
    graft run {name} --call {contract}.count word --watch  count; then edit {tag}.cpp and save: the count goes on
    graft plan {name} DRAFT  what a reload to the folder DRAFT would do to what is kept
)";

constexpr const char *kHookHeader =
    R"(/* A point of the host at which plugins are asked: the first that decides ends the chain. */
#ifndef {guard}
#define {guard}

#include <graft/abi.h>

enum {{ SAVE_REFUSE = 1 }};
typedef struct save {{
  uint32_t struct_size;
  uint32_t reserved;
  graft_str path;
}} save;
typedef struct save_decision {{
  uint32_t struct_size;
  uint32_t action; /* 0: nothing was decided */
  graft_str reason;
}} save_decision;

GRAFT_HOOK({tag}, "{contract}", 1, 0, GRAFT_FIRST_DECISIVE(SAVE_REFUSE, SAVE_REFUSE)) {{
  graft_status (*run)(graft_hook_context *context, save *saving, save_decision *decision);
}};

#endif
)";

constexpr const char *kHook = R"(/* Refuses to save what is in a folder of temporary files. */
#include "{tag}.h"

static const char kForbidden[] = "/tmp/";

static graft_status run(graft_hook_context *context, save *saving, save_decision *decision) {{
  (void)context;
  if (saving->path.size < sizeof kForbidden - 1 || memcmp(saving->path.data, kForbidden, sizeof kForbidden - 1) != 0) return GRAFT_OK;
  decision->action = SAVE_REFUSE;
  decision->reason = graft_str_of("what is in /tmp does not stay");
  return GRAFT_OK;
}}

GRAFT_PROVIDE({tag}, {{.run = run}});
)";

constexpr const char *kHookTest = R"(/* graft test {name} */
#include "{tag}.h"

#include <graft/test.h>

static const struct {{
  const char *path;
  uint32_t action;
}} kPaths[] = {{{{"/tmp/letter.txt", SAVE_REFUSE}}, {{"/home/letter.txt", 0}}, {{"", 0}}}};

GRAFT_TEST_EACH(kPaths, "decides by the path") {{
  save saving = {{sizeof saving, 0, graft_str_of(param->path)}};
  save_decision decision = {{sizeof decision, 0, {{0, 0}}}};
  ASSERT_EQ(GRAFT_TESTED({tag})->run(NULL, &saving, &decision), GRAFT_OK);
  EXPECT_EQ(decision.action, param->action);
}}
)";

constexpr const char *kHookManifest = R"(name = "{name}"
version = "0.1.0"
hooks = [{{ name = "{contract}", on_failure = "fail_open" }}]
)";

constexpr const char *kHookReadme = R"(# {name}

A graft bundle that takes part in the hook `{contract}`, as many others may. A host runs them all:

    auto saving = runtime->hook<{tag}>();
    graft::HookRequest request(*runtime);
    if (saving->run(request, what, decision).action == SAVE_REFUSE) ...

    graft test {name}  run its tests
)";

constexpr const char *kHost =
    R"(// A host with one plugin: greets each line of its input in the words that the plugin has at that moment. Edit
// plugin/{tag}.c while it runs.
#include "plugin/{tag}.h"

#include <graft/graft.hpp>
#include <graft/watch.hpp>

#include <iostream>
#include <string>
#include <string_view>

int main() {{
  auto runtime = graft::Runtime::create();
  if (!runtime) return std::cerr << runtime.error().text() << '\n', 1;
  const auto watcher = graft::Watcher::create(**runtime, {{.paths = {{PLUGIN_FOLDER}}, .tell = [](const graft::WatchEvent &event) {{
                                                if (event.error != nullptr) std::cerr << event.error->text() << '\n';
                                              }}}});
  if (!watcher) return std::cerr << watcher.error().text() << '\n', 1;
  const auto greeter = runtime->bind<{tag}>();
  if (!greeter) return std::cerr << greeter.error().text() << '\n', 1;
  for (std::string line; std::getline(std::cin, line);) {{
    graft_buf out{{}};
    const auto said = (*greeter).call(&{tag}::greet, graft_str{{line.data(), line.size()}}, &out);
    if (said) std::cout << std::string_view(out.data, out.size) << std::endl;
    else std::cerr << said.error().text() << '\n';
    graft_buf_free(&runtime->host(), &out);
  }}
}}
)";

constexpr const char *kHostCMake = R"(cmake_minimum_required(VERSION 3.25)
project({tag}_host LANGUAGES CXX)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON) # for clangd
find_package(graft REQUIRED)
add_executable(host host.cpp)
target_link_libraries(host PRIVATE graft::graft)
target_compile_definitions(host PRIVATE PLUGIN_FOLDER="${{CMAKE_SOURCE_DIR}}/plugin")
)";

constexpr const char *kHostReadme = R"(# {name}

A program that loads a plugin from its source, in `plugin/`, and again at every save.

    cmake -S . -B build -DCMAKE_PREFIX_PATH=...  where graft was installed
    cmake --build build && build/host  type names; edit plugin/{tag}.c meanwhile
    graft test .  run the plugin's tests
)";

constexpr TemplateFile kCFiles[] = {
    {"{tag}.h", kHeader}, {"{tag}.c", kC}, {"{tag}_test.c", kGreetTest}, {"graft.toml", kManifest}, {"README.md", kReadme}};
constexpr TemplateFile kCxxFiles[] = {{"{tag}.h", kHeader},
                                      {"{tag}.cpp", kCxx},
                                      {"{tag}_test.cpp", kGreetTest},
                                      {"graft.toml", kManifest},
                                      {"README.md", kReadme}};
constexpr TemplateFile kStateFiles[] = {{"{tag}.h", kStateHeader},
                                        {"{tag}.cpp", kState},
                                        {"{tag}_test.cpp", kStateTest},
                                        {"graft.toml", kManifest},
                                        {"README.md", kStateReadme}};
constexpr TemplateFile kHookFiles[] = {{"{tag}.h", kHookHeader},
                                       {"{tag}.c", kHook},
                                       {"{tag}_test.c", kHookTest},
                                       {"graft.toml", kHookManifest},
                                       {"README.md", kHookReadme}};
constexpr TemplateFile kHostFiles[] = {{"CMakeLists.txt", kHostCMake},      {"host.cpp", kHost},
                                       {"plugin/{tag}.h", kHeader},         {"plugin/{tag}.c", kC},
                                       {"plugin/{tag}_test.c", kGreetTest}, {"plugin/graft.toml", kManifest},
                                       {"README.md", kHostReadme}};

} // namespace

std::span<const TemplateFile> files_of(Flavour flavour) {
  switch (flavour) {
  case Flavour::kC:
    return kCFiles;
  case Flavour::kCxx:
    return kCxxFiles;
  case Flavour::kState:
    return kStateFiles;
  case Flavour::kHook:
    return kHookFiles;
  case Flavour::kHost:
    return kHostFiles;
  }
  return {};
}

} // namespace graft::tool

// clangd in its test mode: requests from a file, one answered after the other, JSON on stdout.
#include "process.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace graft::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

json request(int id, const std::string &method, const json &parameters) {
  json message = {{"jsonrpc", "2.0"}, {"method", method}, {"params", parameters}};
  if (id != 0) message["id"] = id;
  return message;
}

/// What clangd says to requests about one file, in which completion is asked for at `line` and `column`.
std::string ask(const std::string &path, const std::string &language, const std::string &text, int line, int column) {
  const json document = {{"uri", "file://" + path}};
  json opened = document;
  opened.update({{"languageId", language}, {"version", 1}, {"text", text}});
  std::string input;
  for (const json &message :
       {request(1, "initialize", {{"processId", 0}, {"rootUri", nullptr}, {"capabilities", json::object()}}),
        request(0, "textDocument/didOpen", {{"textDocument", opened}}),
        request(2, "textDocument/completion",
                {{"textDocument", document}, {"position", {{"line", line}, {"character", column}}}}),
        request(3, "shutdown", nullptr), request(0, "exit", nullptr)})
    input += message.dump() + "\n---\n";
  return run({"clangd-22", "-lit-test", "-log=error"}, {.text = input, .environment = {}, .directory = {}}).out;
}

class Editor : public testing::TestWithParam<const char *> {};

TEST_P(Editor, ClangdSeesNoErrorAndCompletesFunctionsOfTheContract) {
  if (run({"clangd-22", "--version"}).status != 0) GTEST_SKIP() << "clangd-22 is not installed";
  const std::string flavour = GetParam();
  const std::string ending = flavour == "c" || flavour == "hook" ? "c" : "cpp";
  const TempFolder folder;
  ASSERT_EQ(graft({"new", "mine", "--template", flavour, "--dir", folder.path()}).status, 0);
  for (const std::string &name : {"mine_api." + ending, "mine_api_test." + ending, std::string("mine_api.h")}) {
    const std::string path = folder / ("mine/" + name);
    const std::string said = ask(path, ending, read(path), 0, 0);
    EXPECT_THAT(said, HasSubstr("\"diagnostics\": []")) << name << said;
    EXPECT_THAT(said, Not(HasSubstr("\"severity\""))) << name << said;
  }
  const std::string path = folder / ("mine/mine_api." + ending);
  const std::string text = "#include \"mine_api.h\"\nGRAFT_PROVIDE(mine_api, {.});\n";
  const std::string function = flavour == "state" ? "count" : flavour == "hook" ? "run" : "greet";
  EXPECT_THAT(ask(path, ending, text, 1, 26), HasSubstr("\"insertText\": \"" + function));
}

INSTANTIATE_TEST_SUITE_P(Templates, Editor, testing::Values("c", "cpp", "state", "hook"));

} // namespace
} // namespace graft::test

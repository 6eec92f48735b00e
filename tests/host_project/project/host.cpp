// Loads a bundle that it writes itself, calls it, edits it, reloads it, calls it again. Exits with 0 when every answer is
// right.
#include "note.h"

#include <graft/graft.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace {

int report(const graft::Error &error) {
  std::fprintf(stderr, "host: %s\n%s", error.text().c_str(), graft::render(error.diagnostics).c_str());
  return 1;
}

void write_plugin(const std::filesystem::path &folder, int pitch, const char *name) {
  std::ofstream(folder / "note.c") << "#include \"note.h\"\n"
                                      "static int32_t pitch(int32_t octave) { return "
                                   << pitch
                                   << " << octave; }\n"
                                      "static graft_status name(graft_buf *out) {\n"
                                      "  return graft_buf_append_text(&graft_self, out, \""
                                   << name
                                   << "\");\n}\n"
                                      "GRAFT_PROVIDE(note, {.pitch = pitch, .name = name});\n";
}

} // namespace

int main(int count, char **arguments) {
  if (count != 3) return 2;
  const std::filesystem::path header = arguments[1], folder = arguments[2];
  std::filesystem::create_directories(folder);
  std::filesystem::copy_file(header, folder / "note.h", std::filesystem::copy_options::overwrite_existing);
  write_plugin(folder, 55, "A");

  auto runtime = graft::Runtime::create();
  if (!runtime) return report(runtime.error());
  auto bundle = runtime->load(folder);
  if (!bundle) return report(bundle.error());
  auto sound = runtime->bind<note>();
  if (!sound) return report(sound.error());
  if (sound->pitch(3) != 440) return 3;

  write_plugin(folder, 33, "C");
  auto reloaded = runtime->reload(bundle->name);
  if (!reloaded) return report(reloaded.error());
  if (sound->pitch(3) != 264) return 4;

  // The program carries its own view of the contract: a plugin that was built from another header is refused.
  std::ifstream known(header);
  std::stringstream text;
  text << known.rdbuf();
  std::string other = text.str();
  other.replace(other.find("int32_t octave"), 7, "int64_t");
  std::ofstream(folder / "note.h") << other;
  std::ofstream(folder / "note.c") << "#include \"note.h\"\nGRAFT_PROVIDE(note, {0});\n";
  const auto refused = runtime->reload(bundle->name);
  if (refused || refused.code() != graft::Code::kIncompatible) return 6;
  if (refused.error().message.find("is 'int32_t' to the host and 'int64_t' to bundle") == std::string::npos) return 7;
  if (refused.error().diagnostics.size() != 2 || sound->pitch(3) != 264) return 8;

  const auto missing = runtime->load(folder / "nothing");
  if (missing || missing.code() != graft::Code::kNotFound) return 5;
  std::printf("%s: generation %llu answers %d\n", reloaded->name.c_str(),
              static_cast<unsigned long long>(reloaded->generation), sound->pitch(3));
  return 0;
}

// See argument_entry.hpp.
#include "argument_entry.hpp"

#include "../content_key.hpp"

#include <graft/base/byte_stream.hpp>

#include <llvm/ADT/StringMap.h>
#include <llvm/TargetParser/Host.h>

#include <cstdlib>
#include <filesystem>

namespace graft::driver {
namespace {

/// An entry's bytes: the record has its own.
struct Parts {
  std::vector<std::string> arguments;
  std::vector<char> records;
};
GRAFT_MEMBERS(Parts, arguments, records)

/// Those that the driver and cc1's parser read for C and C++ (clang/lib/Driver and clang/lib/Frontend).
constexpr const char *kVariables[] = {"CPATH",
                                      "C_INCLUDE_PATH",
                                      "CPLUS_INCLUDE_PATH",
                                      "COMPILER_PATH",
                                      "HOME",
                                      "LIBRARY_PATH",
                                      "CLANG_CONFIG_PATH",
                                      "CLANG_NO_DEFAULT_CONFIG",
                                      "SDKROOT",
                                      "PATH",
                                      "CCC_OVERRIDE_OPTIONS",
                                      "SOURCE_DATE_EPOCH",
                                      "CLANG_MODULE_CACHE_PATH"};

} // namespace

ContentKey argument_key(const ContentKey &compiler, std::span<const std::string> driver_arguments) {
  KeyBuilder key;
  key.add("arguments");
  key.add(compiler);
  for (const std::string &argument : driver_arguments) key.add(argument);
  std::error_code failure;
  key.add(std::filesystem::current_path(failure).native());
  for (const char *name : kVariables) {
    const char *value = std::getenv(name);
    key.add(value == nullptr ? "unset" : std::string("=") + value);
  }
  key.add(std::string_view(llvm::sys::getHostCPUName()));
  std::vector<std::string> features;
  for (const auto &feature : llvm::sys::getHostCPUFeatures())
    if (feature.second) features.push_back(feature.first().str());
  key.add(key_of_list(std::move(features)));
  return key.finish();
}

std::vector<char> to_bytes(const ArgumentEntry &entry) {
  return written(Parts{entry.arguments, to_bytes(InputRecords{{entry.record}})});
}

std::optional<ArgumentEntry> argument_entry_from_bytes(std::span<const char> bytes) {
  const auto parts = read_whole<Parts>(bytes);
  auto known = parts ? records_from_bytes(parts->records) : std::nullopt;
  if (!known || known->records.size() != 1) return std::nullopt;
  return ArgumentEntry{parts->arguments, std::move(known->records.front())};
}

} // namespace graft::driver

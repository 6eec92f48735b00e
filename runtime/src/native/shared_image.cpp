// dlopen of a file that is nowhere but in memory; initialisers and finalisers by our own hand.
#include "shared_image.hpp"

#include "../call/caught.hpp"
#include "shared_object.hpp"

#include <dlfcn.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

namespace graft {
namespace {

/// Owns: the dynamic linker's handle. Threads: as Image says.
class SharedImage : public jit::Image {
 public:
  SharedImage(void *handle, std::uintptr_t base, SharedObject object)
      : handle_(handle), base_(base), object_(std::move(object)) {
    for (const SharedObject::Range &range : object_.code) code_.push_back({base + range.begin, base + range.end});
    object_.bytes = {};
  }
  ~SharedImage() override {
    run_finalisers();
    ::dlclose(handle_);
  }

  /// Before any code runs: in the place of the dynamic linker, which left null there (N2). kExhausted.
  Result<void> set_self(const void *self) {
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    for (const SharedObject::SelfPlace &place : object_.selves) {
      const std::uintptr_t at = base_ + place.address;
      void *const begin = reinterpret_cast<void *>(at & ~(page - 1));
      const bool is_protected = object_.read_only.holds(place.address);
      if (is_protected && ::mprotect(begin, page, PROT_READ | PROT_WRITE) != 0) return no_memory();
      *reinterpret_cast<std::uintptr_t *>(at) =
          reinterpret_cast<std::uintptr_t>(self) + static_cast<std::uintptr_t>(place.addend);
      if (is_protected && ::mprotect(begin, page, PROT_READ) != 0) return no_memory();
    }
    return {};
  }

  Result<void> run_initialisers() override {
    has_run_ = true;
    static const char *const kNoArguments[] = {nullptr};
    using Initialiser = void(int, const char *const *, char **);
    const auto caught = catch_all([&] {
      if (object_.init != 0) at<Initialiser>(object_.init)(0, kNoArguments, ::environ);
      for (std::uint64_t index = 0; index < object_.initialisers.count; ++index)
        if (auto *const function = entry<Initialiser>(object_.initialisers, index)) function(0, kNoArguments, ::environ);
    });
    if (!caught) return {};
    run_finalisers();
    return error(Code::kException, "an initialiser threw " + *caught);
  }

  void run_finalisers() override {
    if (!std::exchange(has_run_, false)) return;
    using Finaliser = void();
    for (std::uint64_t index = object_.finalisers.count; index-- > 0;)
      if (auto *const function = entry<Finaliser>(object_.finalisers, index)) catch_all(function);
    if (object_.fini != 0) catch_all(at<Finaliser>(object_.fini));
  }

  const void *address(std::string_view symbol) const override {
    // dlsym looks into the libraries that it needs, too: what is found there is none of the bundle's.
    const void *found = ::dlsym(handle_, std::string(symbol).c_str());
    return owns(reinterpret_cast<std::uintptr_t>(found)) ? found : nullptr;
  }
  const std::vector<jit::AddressRange> &code() const override { return code_; }
  bool owns(std::uintptr_t address) const override {
    return address >= base_ &&
           std::ranges::any_of(object_.loaded, [&](const auto &range) { return range.holds(address - base_); });
  }
  jit::ImageStats stats() const override { return object_.stats; }

 private:
  template <class Function>
  Function *at(std::uint64_t address) const {
    return reinterpret_cast<Function *>(base_ + address);
  }
  /// 0 and -1 are the ends of crtbegin's tables.
  template <class Function>
  Function *entry(const SharedObject::Array &array, std::uint64_t index) const {
    auto *const function = at<Function *>(array.address)[index];
    return reinterpret_cast<std::uintptr_t>(function) + 1 <= 1 ? nullptr : function;
  }
  static Error no_memory() {
    return error(Code::kExhausted, std::string("cannot change a page's protection: ") + std::strerror(errno));
  }

  void *const handle_;
  const std::uintptr_t base_;
  SharedObject object_;
  std::vector<jit::AddressRange> code_;
  bool has_run_ = false;
};

/// Owns: a file descriptor.
class MemoryFileHandle {
 public:
  explicit MemoryFileHandle(const std::string &name) : number_(::memfd_create(name.substr(0, 200).c_str(), MFD_CLOEXEC)) {}
  ~MemoryFileHandle() {
    if (number_ >= 0) ::close(number_);
  }
  MemoryFileHandle(const MemoryFileHandle &) = delete;

  int number() const { return number_; }
  Result<void> write(std::string_view bytes) const {
    const auto failed = [] {
      return error(Code::kExhausted, std::string("cannot copy a shared object: ") + std::strerror(errno));
    };
    if (number_ < 0) return failed();
    while (!bytes.empty()) {
      const ssize_t written = ::write(number_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return failed();
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }

 private:
  const int number_;
};

/// A spelling of the descriptor's path that was never used before.
///
/// Rationale: the dynamic linker takes a path that it knows for the library that it has. Descriptors' numbers come again,
/// and a library may stay after it was closed (a thread-local's destructor waits), so a new copy would be answered with the
/// old code.
std::string fresh_path(int descriptor) {
  static std::atomic<std::uint64_t> opened{0};
  std::string path = "/proc/self/fd";
  for (std::uint64_t rest = opened.fetch_add(1, std::memory_order_relaxed); rest != 0;
       rest /= 2) // relaxed: only uniqueness matters
    path += rest % 2 != 0 ? "/." : "/";
  return path + "/" + std::to_string(descriptor);
}

} // namespace

Result<std::unique_ptr<jit::Image>> open_shared(std::string_view bytes, const std::string &file, const void *self,
                                                const jit::SymbolGate *gate) {
  GRAFT_TRY_ASSIGN(SharedObject object, defuse(bytes, file, gate));
  const MemoryFileHandle copy(file.substr(file.rfind('/') + 1));
  GRAFT_TRY(copy.write(object.bytes));
  void *const handle = ::dlopen(fresh_path(copy.number()).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    std::string said = ::dlerror(); // this thread's, and never null after a failure
    said.erase(0, said.starts_with("/proc/self/fd") ? said.find(": ") + 2 : 0);
    return error(Code::kInvalid, "shared object '" + file + "' cannot be opened: " + said, {file, 0, 0});
  }
  link_map *map = nullptr;
  ::dlinfo(handle, RTLD_DI_LINKMAP, &map);
  auto image = std::make_unique<SharedImage>(handle, map->l_addr, std::move(object));
  GRAFT_TRY(image->set_self(self));
  return std::unique_ptr<jit::Image>(std::move(image));
}

} // namespace graft

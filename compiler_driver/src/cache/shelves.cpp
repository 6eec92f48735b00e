// See shelves.hpp.
#include "shelves.hpp"

#include "../content_key.hpp"
#include "argument_entry.hpp"
#include "request_key.hpp"

namespace graft::driver {

const ContentKey &Shelves::identity() {
  std::call_once(identified_, [this] { identity_ = compiler_identity(); });
  return identity_;
}

ContentKey Shelves::key_of(std::string_view kind, const ContentKey &key) {
  KeyBuilder builder;
  builder.add(kind);
  builder.add(identity());
  builder.add(key);
  return builder.finish();
}

HeadShelf Shelves::heads() {
  if (cache_ == nullptr) return {};
  return {[this](const ContentKey &key) { return cache_->find_head(key_of("head", key)); },
          [this](const ContentKey &key, std::shared_ptr<const Preamble> preamble, std::vector<Recipe> recipes) {
            cache_->store_head(key_of("head", key), std::move(preamble), std::move(recipes));
          }};
}

ArgumentShelf Shelves::arguments() {
  if (cache_ == nullptr) return {};
  return {[this](std::span<const std::string> asked) { return cache_->find_arguments(argument_key(identity(), asked)); },
          [this](std::span<const std::string> asked, std::vector<std::string> arguments, const InputTrace &looked_at,
                 WallTime began) {
            cache_->store_arguments(argument_key(identity(), asked), std::move(arguments), looked_at, began);
          }};
}

} // namespace graft::driver

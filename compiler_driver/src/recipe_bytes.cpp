// See recipe_bytes.hpp. A pointer that may be null is a list of none or one.
#include "recipe_bytes.hpp"

#include <graft/base/byte_stream.hpp>

namespace graft::driver {

GRAFT_MEMBERS(Place, file, offset, name)

namespace {

constexpr TypeRecipe::Kind last(TypeRecipe::Kind) { return TypeRecipe::Kind::kDeclared; }
constexpr ArgumentRecipe::Kind last(ArgumentRecipe::Kind) { return ArgumentRecipe::Kind::kTemplate; }
constexpr Recipe::Kind last(Recipe::Kind) { return Recipe::Kind::kClass; }

/// Writes recipes, or, with a ByteReader, reads them: one order for both directions.
template <class Stream>
class RecipeStream {
 public:
  explicit RecipeStream(Stream &stream) : stream_(stream) {}

  bool is_too_deep() const { return is_too_deep_; }

  void pass(auto &recipe)
    requires std::same_as<std::remove_cvref_t<decltype(recipe)>, Recipe>
  {
    enumerator(recipe.kind);
    plain(recipe.symbol);
    pass(recipe.way);
  }

 private:
  static constexpr bool kReads = std::same_as<Stream, ByteReader>;
  static constexpr unsigned kDeepest = 200;

  void plain(auto &value) {
    if constexpr (kReads)
      stream_.get(value);
    else
      stream_.put(value);
  }
  template <class Enum>
  void enumerator(Enum &value) {
    auto number = static_cast<std::uint8_t>(value);
    plain(number);
    if constexpr (kReads) {
      is_too_deep_ |= number > static_cast<std::uint8_t>(last(Enum{}));
      value = static_cast<Enum>(number);
    }
  }
  void list(auto &values) {
    std::uint64_t left = values.size();
    plain(left);
    if constexpr (kReads) {
      for (; left > 0 && !is_too_deep_ && !stream_.is_damaged(); --left) pass(values.emplace_back());
    } else {
      for (auto &value : values) pass(value);
    }
  }
  void pointer(auto &value) {
    std::uint8_t is_there = value != nullptr ? 1 : 0;
    plain(is_there);
    if (is_there == 0) return;
    if constexpr (kReads) {
      auto own = std::make_shared<DeclRecipe>();
      pass(*own);
      value = std::move(own);
    } else {
      pass(*value);
    }
  }
  void pass(auto &way)
    requires std::same_as<std::remove_cvref_t<decltype(way)>, DeclRecipe>
  {
    if (++depth_ > kDeepest) is_too_deep_ = true;
    if (is_too_deep_) return;
    plain(way.place);
    plain(way.is_specialisation);
    list(way.arguments);
    pointer(way.parent);
    --depth_;
  }
  void pass(auto &type)
    requires std::same_as<std::remove_cvref_t<decltype(type)>, TypeRecipe>
  {
    if (++depth_ > kDeepest) is_too_deep_ = true;
    if (is_too_deep_) return;
    enumerator(type.kind);
    plain(type.qualifiers);
    plain(type.detail);
    plain(type.count);
    list(type.parts);
    pointer(type.declared);
    --depth_;
  }
  void pass(auto &argument)
    requires std::same_as<std::remove_cvref_t<decltype(argument)>, ArgumentRecipe>
  {
    enumerator(argument.kind);
    pass(argument.type);
    plain(argument.value);
    list(argument.pack);
    plain(argument.pattern);
  }

  Stream &stream_;
  unsigned depth_ = 0;
  bool is_too_deep_ = false; ///< or damaged
};

} // namespace

std::vector<char> to_bytes(const std::vector<Recipe> &recipes) {
  std::vector<char> all;
  for (const Recipe &recipe : recipes) {
    std::vector<char> one;
    ByteWriter writer(one);
    RecipeStream stream(writer);
    stream.pass(recipe);
    if (!stream.is_too_deep()) ByteWriter(all).put(one);
  }
  return all;
}

std::optional<std::vector<Recipe>> recipes_from_bytes(std::span<const char> bytes) {
  std::vector<Recipe> recipes;
  ByteReader reader(bytes);
  while (!reader.is_whole()) {
    std::vector<char> one;
    reader.get(one);
    if (reader.is_damaged()) return std::nullopt;
    ByteReader inner(one);
    RecipeStream stream(inner);
    stream.pass(recipes.emplace_back());
    if (stream.is_too_deep() || !inner.is_whole()) return std::nullopt;
  }
  return recipes;
}

} // namespace graft::driver

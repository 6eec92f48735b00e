// See show_prelude.hpp. The texts are C and C++ for the session, not for us.
#include "show_prelude.hpp"

namespace graft::driver {
namespace {

constexpr ShowFunction kFunctions[] = {
    {"graft_show_raw", "const char *, unsigned long"}, {"graft_show_text", "const char *, unsigned long"},
    {"graft_show_type", "const char *, unsigned"},     {"graft_show_bool", "int"},
    {"graft_show_char", "char"},                       {"graft_show_int", "long long"},
    {"graft_show_uint", "unsigned long long"},         {"graft_show_float", "float"},
    {"graft_show_double", "double"},                   {"graft_show_long_double", "long double"},
    {"graft_show_pointer", "const void *"},            {"graft_show_c_string", "const char *"},
    {"graft_show_time", "long long"},                  {"graft_show_complex", "_Complex double"},
    {"graft_show_own_begin", "void"},                  {"graft_show_own_end", "void"},
    {"graft_show_wide_int", "__int128"},               {"graft_show_wide_uint", "unsigned __int128"},
};

constexpr const char *kTemplates = R"cpp(
namespace std {
template <class> struct char_traits;
template <class, class> class basic_streambuf;
template <class, class> class basic_ostream;
template <class> struct tuple_size;
template <class...> class variant;
}
namespace graft_repl {
template <class T> T &&have() noexcept;
template <class T> struct Plain { using type = T; };
template <class T> struct Plain<T &> { using type = T; };
template <class T> struct Plain<T &&> { using type = T; };
template <class T> struct Plain<const T> { using type = T; };
template <class T> struct Plain<const T &> { using type = T; };
template <class T> struct Fields { static constexpr bool known = false; };
template <class T> struct IsVariant { static constexpr bool value = false; };
template <class... T> struct IsVariant<std::variant<T...>> { static constexpr bool value = true; static constexpr unsigned size = sizeof...(T); };

template <unsigned long N> void raw(const char (&text)[N]) { graft_show_raw(text, N - 1); }
inline void raw_c(const char *text) { graft_show_raw(text, __builtin_strlen(text)); }

template <class T> concept TextLike = requires(const T &v) { typename T::traits_type; v.data(); v.size(); requires sizeof(*v.data()) == 1; };
template <class T> concept PathLike = requires(const T &v) { v.native().data(); v.lexically_normal(); };
template <class T> concept SaysText = requires(const T &v) { { to_string(v).data() }; };
template <class T> concept RangeLike = requires(T &v) { v.begin() != v.end(); ++have<decltype(v.begin()) &>(); *v.begin(); };
template <class T> concept OptionalLike = requires(const T &v) { v.has_value(); *v; };
template <class T> concept PointerLike = requires(const T &v) { v.get(); typename T::element_type; };
template <class T> concept DurationLike = requires(const T &v) { v.count(); T::period::num; };
template <class T> concept TimeLike = requires(const T &v) { v.time_since_epoch(); };
template <class T> concept ComplexOfC =
    __is_same(T, _Complex float) || __is_same(T, _Complex double) || __is_same(T, _Complex long double);
template <class T> concept TupleLike = requires { std::tuple_size<T>::value; };

/// What a stream operator writes goes straight to what is shown.
template <class C> struct Catch : std::basic_streambuf<C, std::char_traits<C>> {
  using Base = std::basic_streambuf<C, std::char_traits<C>>;
  typename Base::int_type overflow(typename Base::int_type one) override {
    const char c = static_cast<char>(one);
    graft_show_raw(&c, 1);
    return one;
  }
  using Size = decltype(have<Base &>().sputn(nullptr, 0));
  Size xsputn(const C *text, Size size) override { graft_show_raw(text, static_cast<unsigned long>(size)); return size; }
};
template <class T, class C = char> concept Streams =
    requires(std::basic_ostream<C, std::char_traits<C>> &out, const T &v) { sizeof(out); out << v; };

template <class T, class C> void show_streamed(const T &value) {
  Catch<C> caught;
  std::basic_ostream<C, std::char_traits<C>> out(&caught);
  out << value;
}

template <class T> void show(const T &value);

template <unsigned long... I> struct Numbers {};
template <class T, unsigned long... I> void show_parts(const T &value, Numbers<I...>) {
  ((I == 0 ? void() : raw(", "), show(get<I>(value))), ...);
}
template <class T, unsigned long... I> void show_chosen(const T &value, Numbers<I...>) {
  ((value.index() == I ? show(get<I>(value)) : void()), ...);
}
template <class I, I... N> struct Pack { using type = Numbers<N...>; };
template <unsigned long N> using Count = typename __make_integer_seq<Pack, unsigned long, N>::type;

template <class Value, class R> void show_range(R &range) {
  raw("{");
  unsigned long shown = 0;
  for (auto &&one : range) { // which may have no end
    if (shown == 100) {
      raw(", ...");
      if constexpr (requires { graft_show_uint(range.size()); }) { raw(" "); graft_show_uint(range.size()); raw(" in all"); }
      break;
    }
    if (shown++ != 0) raw(", ");
    if constexpr (requires { typename R::mapped_type; }) {
      show(one.first);
      raw(": ");
      show(one.second);
    } else {
      show<Value>(one);
    }
  }
  raw("}");
}

template <class T> void show_duration(const T &value) {
  using P = typename T::period;
  show(value.count());
  if constexpr (P::num == 1 && P::den == 1000000000) raw("ns");
  else if constexpr (P::num == 1 && P::den == 1000000) raw("us");
  else if constexpr (P::num == 1 && P::den == 1000) raw("ms");
  else if constexpr (P::num == 1 && P::den == 1) raw("s");
  else if constexpr (P::num == 60 && P::den == 1) raw("min");
  else if constexpr (P::num == 3600 && P::den == 1) raw("h");
  else if constexpr (P::num == 86400 && P::den == 1) raw("d");
  else { raw("["); graft_show_int(P::num); raw("/"); graft_show_int(P::den); raw("]s"); }
}

/// By the user's overload: what it prints, and the text that it returns.
struct Own {
  Own() { graft_show_own_begin(); }
  ~Own() { graft_show_own_end(); }
};
template <class T> void show_own(const T &value) {
  const Own own;
  using Said = decltype(graft_show(value));
  if constexpr (requires(const Said &said) { graft_show_raw(said.data(), said.size()); }) {
    const auto &said = graft_show(value);
    graft_show_raw(said.data(), said.size());
  } else if constexpr (__is_convertible(Said, const char *)) {
    const char *said = graft_show(value);
    if (said) raw_c(said);
  } else {
    graft_show(value);
  }
}

/// Pointers may lead back to where they are.
inline int depth = 0;
struct Deeper {
  Deeper() { ++depth; }
  ~Deeper() { --depth; }
};
template <class T> concept OrderLike = requires(const T &v) { v == T::less; v == T::greater; T::equivalent; };
template <class T> void show_order(const T &value) {
  if (value == T::less) raw("less");
  else if (value == T::greater) raw("greater");
  else if constexpr (requires { T::equal; }) raw("equal");
  else if (value == T::equivalent) raw("equivalent");
  else raw("unordered");
}

/// Characters of 8, 16 or 32 bits as UTF-8.
template <class C, unsigned long N> void show_wide(const C (&value)[N]) {
  char text[N * 4];
  unsigned long size = 0, end = N;
  while (end != 0 && value[end - 1] == 0) --end;
  for (unsigned long i = 0; i < end; ++i) {
    unsigned long c = static_cast<unsigned long>(value[i]) & (sizeof(C) == 1 ? 0xfful : sizeof(C) == 2 ? 0xfffful : 0xfffffffful);
    if (sizeof(C) == 2 && c >= 0xd800 && c < 0xdc00 && i + 1 < end) c = 0x10000 + ((c - 0xd800) << 10) + (value[++i] - 0xdc00ul);
    const int more = sizeof(C) == 1 || c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    text[size++] = static_cast<char>(more == 0 ? c : (0xff00ul >> (more + 1) & 0xff) | c >> (6 * more));
    for (int left = more; left-- > 0;) text[size++] = static_cast<char>(0x80 | (c >> (6 * left) & 0x3f));
  }
  graft_show_text(text, size);
}

template <class T> void show_class(const T &value) {
  auto &open = const_cast<T &>(value);
  if constexpr (requires { graft_show(value); }) show_own(value);
  else if constexpr (TextLike<T>) graft_show_text(reinterpret_cast<const char *>(value.data()), value.size());
  else if constexpr (PathLike<T>) graft_show_text(value.native().data(), value.native().size());
  else if constexpr (IsVariant<T>::value) {
    if (value.valueless_by_exception()) raw("valueless");
    else show_chosen(value, Count<IsVariant<T>::size>{});
  }
  else if constexpr (OptionalLike<T>) {
    if (value.has_value()) show(*value);
    else if constexpr (requires { value.error(); }) { raw("unexpected "); show(value.error()); }
    else raw("nullopt");
  }
  else if constexpr (PointerLike<T>) {
    if (!value.get()) raw("nullptr");
    else {
      graft_show_pointer(value.get());
      if constexpr (requires { *value; }) {
        const Deeper deeper;
        raw(" -> ");
        if (depth > 16) raw("...");
        else show(*value);
      }
    }
  }
  else if constexpr (requires { value.lock(); value.expired(); }) { if (value.expired()) raw("expired"); else show(value.lock()); }
  else if constexpr (DurationLike<T>) show_duration(value);
  else if constexpr (TimeLike<T>) {
    if constexpr (requires { T::clock::to_time_t(value); } && requires { T::period::den; })
      graft_show_time(static_cast<long long>(value.time_since_epoch().count() * (1000000000.0L * T::period::num / T::period::den)));
    else { show(value.time_since_epoch()); raw(" since its clock began"); }
  }
  else if constexpr (OrderLike<T>) show_order(value);
  else if constexpr (SaysText<T>) { const auto &text = to_string(value); graft_show_raw(text.data(), text.size()); }
  else if constexpr (Streams<T>) show_streamed<T, char>(value);
  else if constexpr (RangeLike<T>) {
    if constexpr (requires { typename T::value_type; }) show_range<typename T::value_type>(open);
    else show_range<typename Plain<decltype(*open.begin())>::type>(open);
  }
  else if constexpr (requires { value.test(0); value.to_string(); }) { const auto text = value.to_string(); graft_show_raw(text.data(), text.size()); }
  else if constexpr (TupleLike<T>) { raw("{"); show_parts(value, Count<std::tuple_size<T>::value>{}); raw("}"); }
  else if constexpr (requires { value.real(); value.imag(); }) { raw("("); show(value.real()); raw(", "); show(value.imag()); raw(")"); }
  else if constexpr (requires { value.load(); T::is_always_lock_free; }) show(value.load());
  else if constexpr (requires { value.message(); value.category(); }) { const auto text = value.message(); graft_show_text(text.data(), text.size()); }
  else if constexpr (requires { value.what(); }) { raw_c(value.what()); }
  else if constexpr (requires { typename T::type; value.get(); }) show(value.get());
  else if constexpr (Fields<T>::known) Fields<T>::show(value);
  else if constexpr (requires { value.has_value(); value.type(); }) raw_c(value.has_value() ? "a value" : "no value");
  else if constexpr (requires { typename T::result_type; value.target_type(); }) raw_c(value ? "a function" : "no function");
  else if constexpr (requires { typename T::container_type; value.size(); }) { raw("of "); graft_show_uint(value.size()); }
  else { raw("object at "); graft_show_pointer(__builtin_addressof(value)); }
}

template <class T> void show(const T &value) {
  if constexpr (__is_same(T, bool)) graft_show_bool(value);
  else if constexpr (__is_same(T, char)) graft_show_char(value);
  else if constexpr (__is_same(T, decltype(nullptr))) raw("nullptr");
  else if constexpr (__is_same(T, wchar_t) || __is_same(T, char8_t) || __is_same(T, char16_t) || __is_same(T, char32_t)) {
    if (value >= 0x20 && value < 0x7f) graft_show_char(static_cast<char>(value));
    else graft_show_uint(value);
  }
  else if constexpr (__is_same(T, __int128)) graft_show_wide_int(value);
  else if constexpr (__is_same(T, unsigned __int128)) graft_show_wide_uint(value);
  else if constexpr (__is_integral(T) && __is_unsigned(T)) graft_show_uint(value);
  else if constexpr (__is_integral(T)) graft_show_int(value);
  else if constexpr (__is_same(T, float)) graft_show_float(value);
  else if constexpr (__is_same(T, double)) graft_show_double(value);
  else if constexpr (ComplexOfC<T>) { raw("("); show(__real__ value); raw(", "); show(__imag__ value); raw(")"); }
  else if constexpr (__is_floating_point(T)) graft_show_long_double(value);
  else if constexpr (__is_enum(T)) {
    if constexpr (requires { graft_show(value); }) show_own(value);
    else if constexpr (SaysText<T>) { const auto &text = to_string(value); graft_show_raw(text.data(), text.size()); }
    else if constexpr (Fields<T>::known) Fields<T>::show(value);
    else show(static_cast<__underlying_type(T)>(value));
  }
  else if constexpr (__is_same(T, const char *) || __is_same(T, char *)) graft_show_c_string(value);
  else if constexpr (__is_function(T)) { raw("function at "); graft_show_pointer(reinterpret_cast<const void *>(&value)); }
  else if constexpr (__is_pointer(T)) graft_show_pointer((const void *)value);
  else if constexpr (__is_array(T)) {
    if constexpr (__is_same(typename Plain<decltype(value[0])>::type, char)) {
      unsigned long size = sizeof value;
      while (size != 0 && value[size - 1] == 0) --size;
      graft_show_text(value, size);
    } else if constexpr (requires(typename Plain<decltype(value[0])>::type c) { requires __is_same(decltype(c), wchar_t) || __is_same(decltype(c), char8_t) || __is_same(decltype(c), char16_t) || __is_same(decltype(c), char32_t); }) {
      show_wide(value);
    } else {
      raw("{");
      for (unsigned long i = 0; i < sizeof value / sizeof value[0]; ++i) { if (i != 0) raw(", "); show(value[i]); }
      raw("}");
    }
  }
  else if constexpr ((__is_class(T) || __is_union(T)) && __is_volatile(T)) show((const __remove_cv(T) &)value);
  else if constexpr (__is_class(T) || __is_union(T)) show_class(value);
  else raw("?");
}
inline void field(const char *name, bool &first) {
  if (!first) raw(", ");
  first = false;
  raw_c(name);
  raw(" = ");
}
}
template <class T> void graft_show_value(T &&value) {
  graft_repl::show<typename graft_repl::Plain<T>::type>(value);
}
)cpp";

} // namespace

std::span<const ShowFunction> show_functions() { return kFunctions; }

std::string show_prelude(Language language) {
  const bool is_cxx = language == Language::kCxx;
  std::string text = is_cxx ? "extern \"C\" {\n" : "";
  for (const ShowFunction &function : kFunctions) text += std::string("void ") + function.name + "(" + function.parameters + ");\n";
  return is_cxx ? text + "}\n" : text;
}

std::string show_templates() { return kTemplates; }

std::string in_version(std::string text, unsigned version) {
  if (version == 0) return text;
  for (const std::string name : {"graft_repl", kShowValue})
    for (std::size_t at = 0; (at = text.find(name, at)) != text.npos; at += name.size())
      text.insert(at + name.size(), "_" + std::to_string(version));
  return text;
}

} // namespace graft::driver

// The macros as a plugin in C++ uses them: at global scope, inside a namespace and inside `extern "C"`, and the trait by
// which a typed host finds a contract's name.
#include "contracts.h"

#include <graft/abi/layout.h>

namespace shop {
GRAFT_CONTRACT(prices, "test.prices", 1, 3) {
  graft_status (*price)(graft_str article, int64_t *cents);
  bool (*is_known)(graft_str article);
};

namespace {
graft_status price(graft_str article, int64_t *cents) {
  *cents = static_cast<int64_t>(article.size);
  return GRAFT_OK;
}
} // namespace

GRAFT_KEEP int64_t sold = 0;
GRAFT_PROVIDE(prices, {.price = price, .is_known = [](graft_str article) { return article.size != 0; }});
} // namespace shop

extern "C" {
GRAFT_CONTRACT(clock_face, "test.clock-face", 1, 0) { int (*hour)(void); };
static int hour() { return 12; }
GRAFT_PROVIDE(clock_face, {.hour = hour});
}

namespace shop {
struct basket {
  int articles = 1;
};
GRAFT_CONTRACT(baskets, "shop.baskets", 1, 0) {
  graft_status (*create)(const graft_instance_args *args, void **self);
  void (*destroy)(void *self);
};
GRAFT_PROVIDE(baskets, {.create = [](const graft_instance_args *, void **self) -> graft_status { return *self == nullptr; },
                        .destroy = [](void *) {}});
GRAFT_INSTANCE(baskets, basket);
} // namespace shop

static graft_status describe(graft_str, graft_buf *) { return GRAFT_OK; }
GRAFT_PROVIDE(shapes, {.describe = describe, .area = nullptr, .middle = nullptr, .forget = [] {}});

static_assert(graft_contract_of(static_cast<const shop::prices *>(nullptr)).minor == 3);
static_assert(graft_contract_of(static_cast<const clock_face *>(nullptr)).major == 1);
static_assert(graft_contract_of(static_cast<const shapes *>(nullptr)).struct_size == sizeof(graft_contract_info));

extern "C" graft_status graft_init(const graft_host *host, const graft_init_context *context) {
  graft_buf text{};
  if (const graft_status status = graft_buf_append_text(host, &text, "hello"); status != GRAFT_OK) return status;
  graft_buf_free(host, &text);
  return context->generation > 0 ? GRAFT_OK : GRAFT_INVALID;
}
extern "C" void graft_stop() {}

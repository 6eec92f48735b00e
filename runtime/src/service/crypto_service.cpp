// graft.crypto, on libsodium.
#include "service_call.hpp"

#include <graft/service/crypto.h>

#include <sodium.h>

namespace graft {
namespace {

constexpr std::size_t kMostRandom = std::size_t{1} << 20;

const unsigned char *bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char *>(text.empty() ? "" : text.data()); // an empty view may have no address
}

Result<void> needs_place(const void *out) {
  if (out != nullptr) return {};
  return error(Code::kInvalid, "there is no place for what comes out");
}

graft_status sha256(void *self, graft_str data, uint8_t *out32) {
  return answer(self, ServiceFunction::kCryptoSha256, [&](ServiceUse &) -> Result<void> {
    GRAFT_TRY(needs_place(out32));
    crypto_hash_sha256(out32, bytes(view(data)), view(data).size());
    return {};
  });
}

graft_status sha512(void *self, graft_str data, uint8_t *out64) {
  return answer(self, ServiceFunction::kCryptoSha512, [&](ServiceUse &) -> Result<void> {
    GRAFT_TRY(needs_place(out64));
    crypto_hash_sha512(out64, bytes(view(data)), view(data).size());
    return {};
  });
}

graft_status blake2b(void *self, graft_str data, graft_str key, uint8_t *out, size_t size) {
  return answer(self, ServiceFunction::kCryptoBlake2b, [&](ServiceUse &) -> Result<void> {
    GRAFT_TRY(needs_place(out));
    if (size < crypto_generichash_BYTES_MIN || size > crypto_generichash_BYTES_MAX ||
        view(key).size() > crypto_generichash_KEYBYTES_MAX)
      return error(Code::kInvalid, "BLAKE2b makes 16 to 64 bytes with a key of at most 64; asked for were " +
                                       std::to_string(size) + " with a key of " + std::to_string(view(key).size()));
    crypto_generichash(out, size, bytes(view(data)), view(data).size(), bytes(view(key)), view(key).size());
    return {};
  });
}

graft_status hmac_sha256(void *self, graft_str key, graft_str data, uint8_t *out32) {
  return answer(self, ServiceFunction::kCryptoHmacSha256, [&](ServiceUse &) -> Result<void> {
    GRAFT_TRY(needs_place(out32));
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, bytes(view(key)), view(key).size());
    crypto_auth_hmacsha256_update(&state, bytes(view(data)), view(data).size());
    crypto_auth_hmacsha256_final(&state, out32);
    return {};
  });
}

graft_status hmac_sha512(void *self, graft_str key, graft_str data, uint8_t *out64) {
  return answer(self, ServiceFunction::kCryptoHmacSha512, [&](ServiceUse &) -> Result<void> {
    GRAFT_TRY(needs_place(out64));
    crypto_auth_hmacsha512_state state;
    crypto_auth_hmacsha512_init(&state, bytes(view(key)), view(key).size());
    crypto_auth_hmacsha512_update(&state, bytes(view(data)), view(data).size());
    crypto_auth_hmacsha512_final(&state, out64);
    return {};
  });
}

graft_status random(void *self, void *out, size_t size) {
  return answer(self, ServiceFunction::kCryptoRandom, [&](ServiceUse &) -> Result<void> {
    if (size > kMostRandom)
      return error(Code::kPayloadLimit, std::to_string(size) + " random bytes are asked for, at most " +
                                            std::to_string(kMostRandom) + " are given at a time");
    if (size == 0) return {};
    GRAFT_TRY(needs_place(out));
    randombytes_buf(out, size);
    return {};
  });
}

uint32_t equal(void *self, graft_str a, graft_str b) {
  return measure(self, ServiceFunction::kCryptoEqual, [&](ServiceUse &) -> uint32_t {
    return view(a).size() == view(b).size() && sodium_memcmp(bytes(view(a)), bytes(view(b)), view(a).size()) == 0 ? 1 : 0;
  });
}

} // namespace

Result<void> offer_crypto(ServiceSet &services, HostContracts &contracts) {
  return offer(services, contracts,
               graft_crypto{.sha256 = sha256,
                            .sha512 = sha512,
                            .blake2b = blake2b,
                            .hmac_sha256 = hmac_sha256,
                            .hmac_sha512 = hmac_sha512,
                            .random = random,
                            .equal = equal});
}

} // namespace graft

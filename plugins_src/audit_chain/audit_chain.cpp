// Writes down every query, whatever became of it, in a chain of hashes that shows when somebody changes it (chain.hpp).
#include "audit_chain.h"

#include "chain.hpp"
#include "json_writer.hpp"
#include "kv_view.hpp"
#include "sql_tokens.hpp"

#include <graft/proxy/post_query.h>
#include <graft/service/crypto.h>
#include <graft/service/time.h>

static graft_service kv = {}, clock_ = {}, crypto = {};

extern "C" graft_status graft_init(const graft_host *host, const graft_init_context *) {
  if (const graft_status status = GRAFT_SERVICE(host, graft_kv, &kv); status != GRAFT_OK) return status;
  if (const graft_status status = GRAFT_SERVICE(host, graft_time, &clock_); status != GRAFT_OK) return status;
  return GRAFT_SERVICE(host, graft_crypto, &crypto);
}

/// SHA-256 in hexadecimal digits. Remembers a refusal.
struct Hash {
  graft_status status = GRAFT_OK;

  std::string operator()(std::string_view text) {
    std::uint8_t digest[32] = {};
    const graft_status done = static_cast<const graft_crypto *>(crypto.table)->sha256(crypto.self, store::of(text), digest);
    status = status == GRAFT_OK ? done : status;
    std::string digits;
    for (const std::uint8_t byte : digest) digits += "0123456789abcdef"[byte >> 4], digits += "0123456789abcdef"[byte & 15];
    return digits;
  }
};

/// What audit::Chain writes into. Remembers why it could not.
struct Store {
  store::Kv keys{kv};
  graft_status status = GRAFT_OK;

  audit::Done get(const std::string &key, std::string &out) { return done(keys.get(key, out)); }
  audit::Done exchange(const std::string &key, const std::string *expected, const std::string *value) {
    return done(keys.exchange(key, expected, value));
  }

 private:
  audit::Done done(graft_status said) {
    if (said == GRAFT_OK) return audit::Done::kYes;
    if (said == GRAFT_NOT_FOUND) return audit::Done::kMissing;
    if (said == GRAFT_CONFLICT) return audit::Done::kConflict;
    status = said;
    return audit::Done::kFailed;
  }
};

/// The query without its constants, so that what was asked for is known and whom it was about is not.
static std::string shape_of(std::string_view query) {
  std::string shape;
  sql::Lexer lexer(query);
  for (sql::Token token = lexer.next(); token.kind != sql::Kind::kEnd && token.kind != sql::Kind::kBroken;
       token = lexer.next()) {
    shape += shape.empty() ? "" : " ";
    if (token.kind == sql::Kind::kText || token.kind == sql::Kind::kNumber)
      shape += '?';
    else
      for (const char c : token.text) shape += token.kind == sql::Kind::kWord ? sql::lower(c) : c;
  }
  return shape;
}

static std::string_view shortened(std::string_view text) { return json::shortened(text, 256); }

static graft_status note(graft_hook_context *context, proxy_outcome *outcome, graft_no_decision *) {
  Hash hash;
  Store store;
  const proxy_query &query = *outcome->query;
  const std::int64_t now = static_cast<const graft_time *>(clock_.table)->wall_ns(clock_.self);
  const std::string fingerprint = hash(shape_of(store::view(query.query))).substr(0, 16);
  const auto line = [&](std::uint64_t number, const std::string &before) {
    json::Writer record;
    record.number("seq", number);
    record.text("prev_hash", before);
    record.number("timestamp_ns", static_cast<std::uint64_t>(now));
    record.text("request", store::view(context->request));
    record.text("client_ip", shortened(store::attribute(context, "client_ip")));
    record.text("identity", query.identity == nullptr ? "" : shortened(store::view(query.identity->user_id)));
    record.text("query_fingerprint", fingerprint);
    record.text("target_node", shortened(store::view(outcome->target_node)));
    record.number("elapsed_us", outcome->elapsed_us);
    record.flag("success", outcome->status == PROXY_DONE || outcome->status == PROXY_CACHED);
    record.text("error", shortened(store::view(outcome->error)));
    return std::move(record).done();
  };
  const audit::Done done = audit::Chain<Store, Hash>(store, hash).append(line);
  if (hash.status != GRAFT_OK) return hash.status;
  if (done == audit::Done::kYes) return GRAFT_OK;
  return store.status == GRAFT_OK ? GRAFT_INVALID : store.status; // a chain that is not what it was
}

static graft_status verify(uint64_t *records, int64_t *broken) {
  Hash hash;
  Store store;
  audit::Check check;
  if (audit::Chain<Store, Hash>(store, hash).verify(check) != audit::Done::kYes) return store.status;
  *records = check.records;
  *broken = check.broken ? static_cast<int64_t>(*check.broken) : -1;
  return hash.status;
}

GRAFT_PROVIDE(post_query, {.run = note});
GRAFT_PROVIDE(audit_verify, {.verify = verify});

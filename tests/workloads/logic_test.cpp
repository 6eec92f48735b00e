// What the eight workloads decide, looked at without a host: the acceptance vectors of the logic, and ways round it.
#include "ai_classifier/classifier.hpp"
#include "audit_chain/chain.hpp"
#include "column_mask/mask.hpp"
#include "cost_governor/budget.hpp"
#include "json/json_writer.hpp"
#include "llm_guardrail/guardrail.hpp"
#include "pgvector_router/nearest.hpp"
#include "residency_router/residency.hpp"

#include <gmock/gmock.h>

#include <map>
#include <mutex>
#include <thread>

namespace {

TEST(Guardrail, BlocksWhatItSaysAndNothingElse) {
  for (const char *blocked : {"DROP TABLE users",
                              "DELETE FROM users",
                              "SELECT * FROM events WHERE tenant_id='a'",
                              "SELECT id FROM users LIMIT 10",
                              "SELECT id FROM public.users LIMIT 10",
                              "/* hi */ drop table x",
                              "select 1; DROP TABLE x",
                              "-- c\nTRUNCATE x",
                              "DELETE FROM x WHERE 1=1",
                              "DELETE FROM x WHERE (true)",
                              "DELETE FROM x /* where id */",
                              "DELETE FROM x WHERE 1=1 RETURNING id",
                              "WITH d AS (DELETE FROM x RETURNING *) SELECT * FROM d",
                              "EXPLAIN ANALYZE DELETE FROM x",
                              "EXPLAIN (ANALYZE) DELETE FROM x",
                              "SELECT * FROM \"users\" WHERE 'tenant_id' = 'a'",
                              "INSERT INTO orders (id) VALUES (1)",
                              "SELECT tenant_id FROM users LIMIT 1",
                              "UPDATE users SET tenant_id = 'b'",
                              "SELECT * FROM a JOIN b ON a.x=b.x, users",
                              "INSERT INTO mine SELECT * FROM events WHERE tenant_id='a'",
                              "DO $$ BEGIN DROP TABLE users; END $$",
                              "PREPARE p AS DELETE FROM x",
                              "SELECT '",
                              "SELECT /* ",
                              "SELECT * FROM U&\"\\0075sers\"",
                              "SELECT * FROM events WHERE tenant_id='a' LIMIT ALL",
                              "select (((",
                              "COPY users TO '/x'",
                              "TABLE users"})
    EXPECT_NE(guardrail::check(blocked), nullptr) << blocked;
  for (const char *allowed :
       {"DELETE FROM users WHERE id=1 AND tenant_id='acme'", "SELECT * FROM events WHERE tenant_id='a' LIMIT 100",
        "SELECT 1", "DELETE\nFROM\nx\nWHERE\nid=1", "SELECT 'drop table x'", "SELECT \"drop\" FROM y",
        "INSERT INTO orders (id, tenant_id) VALUES (1,'a')", "UPDATE users SET a=1 WHERE u.tenant_id='a' and id=2",
        "INSERT INTO x (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a=2", "INSERT INTO x VALUES (1) ON CONFLICT DO NOTHING",
        "SELECT * FROM x FOR UPDATE", "DELETE FROM x WHERE (id = 1)", "select * from Users u where U.TENANT_ID in ('a')",
        "DELETE FROM \xc3\xa4 WHERE \xc3\xb6=1", "SELECT $tag$ drop; $tag$, $1", "GRANT SELECT, UPDATE ON x TO y",
        "BEGIN; SELECT 1; COMMIT", "", ";;"})
    EXPECT_EQ(guardrail::check(allowed), nullptr) << allowed;
}

const std::vector<mask::Rule> kRules = {{"users", "ssn", "mask_ssn", "pii_reader"},
                                        {"users", "email", "mask_email", "pii_reader"}};
const std::vector<mask::Columns> kColumns = {{"users", {"id", "ssn", "email"}}};

/// The query as it goes on; "refused".
std::string masked(const char *query, const std::vector<mask::Columns> &columns = {}) {
  mask::Outcome outcome = mask::apply(query, kRules, columns);
  if (outcome.what == mask::Outcome::What::kRefused) return "refused";
  return outcome.what == mask::Outcome::What::kRewritten ? std::move(outcome.text) : std::string(query);
}

TEST(Mask, PutsWhatIsSelectedBehindItsFunction) {
  for (const auto &[query, expected] : std::vector<std::pair<const char *, const char *>>{
           {"SELECT id, ssn, email FROM users WHERE id = 1",
            "SELECT id, mask_ssn(ssn) AS ssn, mask_email(email) AS email FROM users WHERE id = 1"},
           {"SELECT u.ssn FROM users u WHERE u.ssn = '1'", "SELECT mask_ssn(u.ssn) AS ssn FROM users u WHERE u.ssn = '1'"},
           {"SELECT upper(ssn) AS x, ssn y FROM users", "SELECT upper(mask_ssn(ssn)) AS x, mask_ssn(ssn) y FROM users"},
           {"SELECT 'ssn', \"ssn\" FROM users -- ssn", "SELECT 'ssn', mask_ssn(\"ssn\") AS \"ssn\" FROM users -- ssn"},
           {"SELECT \xc3\xa4, ssn FROM users WHERE n = '\xe2\x82\xac'",
            "SELECT \xc3\xa4, mask_ssn(ssn) AS ssn FROM users WHERE n = '\xe2\x82\xac'"},
           {"SELECT x.ssn FROM (SELECT ssn FROM users) x", "SELECT x.ssn FROM (SELECT mask_ssn(ssn) AS ssn FROM users) x"},
           {"UPDATE users SET id=2 RETURNING ssn", "UPDATE users SET id=2 RETURNING mask_ssn(ssn) AS ssn"},
           {"SELECT ssn FROM public.users", "SELECT mask_ssn(ssn) AS ssn FROM public.users"},
           {"SELECT ssn FROM users UNION SELECT email FROM users",
            "SELECT mask_ssn(ssn) AS ssn FROM users UNION SELECT mask_email(email) AS email FROM users"},
           {"SELECT DISTINCT ssn FROM orders, users", "SELECT DISTINCT mask_ssn(ssn) AS ssn FROM orders, users"},
           {"SELECT case when ssn = '1' then ssn end FROM users",
            "SELECT case when mask_ssn(ssn) = '1' then mask_ssn(ssn) end FROM users"},
           {"SELECT a.ssn FROM (users a JOIN orders b ON true)",
            "SELECT mask_ssn(a.ssn) AS ssn FROM (users a JOIN orders b ON true)"},
           {"SELECT 2*ssn FROM users", "SELECT 2*mask_ssn(ssn) FROM users"}})
    EXPECT_EQ(masked(query), expected);
}

TEST(Mask, LeavesTheRestAlone) {
  for (const char *query : {"SELECT id, mask_ssn(ssn) AS ssn, mask_email(email) AS email FROM users WHERE id = 1",
                            "SELECT ssna, _ssn FROM users", "SELECT count(*) FROM users", "SELECT ssn FROM orders",
                            "SELECT id AS ssn FROM users", "INSERT INTO users (id, ssn) VALUES (1, 'x')", "SELECT '"})
    EXPECT_EQ(masked(query), query);
}

TEST(Mask, RefusesOrSpellsOutAWholeRow) {
  for (const char *query : {"SELECT * FROM users", "SELECT u.* FROM users u", "SELECT row_to_json(u) FROM users u",
                            "SELECT u FROM users u", "TABLE users", "COPY users TO STDOUT",
                            "DELETE FROM users WHERE id=1 RETURNING *", "SELECT ' users", "SELECT id) FROM users"})
    EXPECT_EQ(masked(query), "refused") << query;
  EXPECT_EQ(
      masked("SELECT u.*, o.id FROM users u JOIN orders o ON o.u = u.id", kColumns),
      "SELECT u.id, mask_ssn(u.ssn) AS ssn, mask_email(u.email) AS email, o.id FROM users u JOIN orders o ON o.u = u.id");
}

TEST(Budget, IsExceededInTheLongestWindowFirst) {
  const budget::Amounts limits = {100'000'000, 10'000'000, 1'000'000}; // day, hour, minute
  EXPECT_EQ(budget::exceeded({5'000'000, 1'000'000, 500'000}, limits), budget::kWindows.size());
  EXPECT_EQ(budget::refusal("tenant", budget::exceeded({5'000'000, 1'500'000, 1'500'000}, limits),
                            {5'000'000, 1'500'000, 1'500'000}, limits),
            "tenant exceeded minute budget (1.50/1.00) (retry in 60s)");
  EXPECT_EQ(budget::refusal("tenant", budget::exceeded({200'000'000, 0, 0}, limits), {200'000'000, 0, 0}, limits),
            "tenant exceeded daily budget (200.00/100.00) (retry in 86400s)");
  EXPECT_EQ(budget::exceeded({1, 1, 1}, {}), budget::kWindows.size()) << "0 is no limit";
}

TEST(Budget, IsReadOrRefused) {
  budget::Amounts limits;
  ASSERT_TRUE(budget::read(R"( {"minute":1, "hour":10.5, "day":100} )", limits));
  EXPECT_THAT(limits, testing::ElementsAre(100'000'000, 10'500'000, 1'000'000));
  for (const char *text :
       {"", "{", R"({"minute":"1"})", R"({"week":1})", R"({"minute":-1})", R"({"minute":1} x)", R"({"minute":1e99})"})
    EXPECT_FALSE(budget::read(text, limits)) << text;
}

TEST(Budget, CostsAreExact) {
  EXPECT_EQ(budget::query_cost(64'000'000, 0), 1'000'000);
  EXPECT_EQ(budget::query_cost(0, 1'000'000), 1'000'000);
  EXPECT_EQ(budget::query_cost(64'000, 2'000'000), 2'001'000);
  EXPECT_EQ(budget::token_cost(4'000), 1'000'000);
}

TEST(Classifier, KnowsProgramsByNameAndByTrace) {
  auto finding = classifier::classify("gpt-shopper", "SELECT 1", false, "", "");
  EXPECT_TRUE(finding.is_ai);
  EXPECT_EQ(finding.agent, "gpt-shopper");
  EXPECT_EQ(finding.model, "");
  EXPECT_EQ(classifier::classify("ClaudeAgent-claude-opus-4-7", "", false, "", "").model, "claude-opus");
  finding = classifier::classify("psql", "/* generated by GPT-4 */ SELECT 1", false, "", "");
  EXPECT_TRUE(finding.is_ai);
  EXPECT_EQ(finding.model, "gpt-4");
  EXPECT_FALSE(classifier::classify("psql", "SELECT 1", false, "", "").is_ai);
  EXPECT_EQ(classifier::classify("psql", "SELECT 1", true, "robot", "own").agent, "robot");
}

TEST(Nearest, IsADistanceInAnOrderBy) {
  EXPECT_TRUE(nearest::is_search("SELECT * FROM t ORDER BY embedding <=> $1 LIMIT 5"));
  for (const char *none : {"SELECT a <=> b FROM t", "SELECT * FROM t ORDER BY x", "SELECT * FROM t ORDER BY x -- <=>",
                           "SELECT ' order by a <-> b'"})
    EXPECT_FALSE(nearest::is_search(none)) << none;
}

TEST(Residency, IsReadFromPairs) {
  std::string node;
  EXPECT_TRUE(residency::node_of(R"([["eu-west","pg-eu.svc"],["us","pg-us.svc"]])", "eu-west", node));
  EXPECT_EQ(node, "pg-eu.svc");
  EXPECT_TRUE(residency::node_of(R"([["eu-west","pg-eu.svc"]])", "ap-south", node));
  EXPECT_EQ(node, "");
  for (const char *text : {"", "[[\"a\"]]", "[[\"a\",\"b\",\"c\"]]", "[[\"a\",\"b\"]", "{}", "[[\"a\",1]]"})
    EXPECT_FALSE(residency::node_of(text, "a", node)) << text;
}

TEST(Residency, IsEnforcedByAnyYes) {
  for (const char *yes : {"true", "TRUE", "1", "Yes", " on\n"}) EXPECT_EQ(residency::flag_of(yes), true) << yes;
  for (const char *no : {"", "false", "0", "No", "off"}) EXPECT_EQ(residency::flag_of(no), false) << no;
  for (const char *neither : {"perhaps", "truee", "2", "\"true\""}) EXPECT_EQ(residency::flag_of(neither), std::nullopt);
}

/// A store of keys and values as the chain wants one. Threads: any.
class Store {
 public:
  audit::Done get(const std::string &key, std::string &out) {
    const std::lock_guard lock(mutex_);
    const auto found = values.find(key);
    if (found == values.end()) return audit::Done::kMissing;
    out = found->second;
    return audit::Done::kYes;
  }
  audit::Done exchange(const std::string &key, const std::string *expected, const std::string *value) {
    const std::lock_guard lock(mutex_);
    const auto found = values.find(key);
    const bool is_expected =
        expected == nullptr ? found == values.end() : found != values.end() && found->second == *expected;
    if (!is_expected) return audit::Done::kConflict;
    if (value == nullptr) return values.erase(found), audit::Done::kYes;
    if (found == values.end() && values.size() == most) return audit::Done::kFailed;
    values[key] = *value;
    return audit::Done::kYes;
  }

  std::map<std::string, std::string> values;
  std::size_t most = 1'024;

 private:
  std::mutex mutex_;
};

TEST(Json, IsUtf8WhateverItIsGiven) {
  const auto written = [](std::string_view text) {
    std::string out;
    json::append_text(out, text);
    return out;
  };
  for (const char *whole : {"caf\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"})
    EXPECT_EQ(written(whole), "\"" + std::string(whole) + "\"");
  for (const char *none :
       {"\xff", "\x80", "\xc3", "\xc0\xaf", "\xe2\x82", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80"})
    EXPECT_EQ(written(none + std::string("a")).find(none), std::string::npos) << none;
  EXPECT_EQ(json::shortened("abc\xf0\x9f\x98\x80", 6), "abc");
  EXPECT_EQ(json::shortened("abc\xf0\x9f\x98\x80", 7), "abc\xf0\x9f\x98\x80");
  EXPECT_EQ(json::shortened("ab\xe2\x82\xac"
                            "cd",
                            5),
            "ab\xe2\x82\xac");
}

std::string hash_of(std::string_view text) { return std::to_string(std::hash<std::string_view>()(text)); }

class AuditChain : public testing::Test {
 protected:
  using Chain = audit::Chain<Store, std::string (*)(std::string_view)>;

  audit::Done add(int records) {
    Chain chain(store, hash);
    audit::Done done = audit::Done::kYes;
    for (int i = 0; i < records && done == audit::Done::kYes; ++i)
      done = chain.append([](std::uint64_t number, const std::string &before) {
        return "{\"seq\":" + std::to_string(number) + ",\"prev_hash\":\"" + before + "\",\"elapsed_us\":5}";
      });
    return done;
  }
  audit::Check check() {
    audit::Check check;
    EXPECT_EQ(Chain(store, hash).verify(check), audit::Done::kYes);
    return check;
  }

  std::string (*hash)(std::string_view) = hash_of;
  Store store;
};

TEST_F(AuditChain, IsWholeUntilARecordIsEdited) {
  ASSERT_EQ(add(3), audit::Done::kYes);
  EXPECT_EQ(check().records, 3u);
  EXPECT_EQ(check().broken, std::nullopt);
  EXPECT_NE(store.values["segment:0"].find("\"prev_hash\":\"GENESIS\""), std::string::npos);
  std::string &text = store.values["segment:0"];
  const std::string whole = text;
  text.replace(text.find("\"elapsed_us\":5", text.find("\"seq\":1")), 14, "\"elapsed_us\":6");
  EXPECT_EQ(check().broken, 2u);
  text = whole;
  text.replace(text.rfind("\"elapsed_us\":5"), 14, "\"elapsed_us\":6");
  EXPECT_EQ(check().broken, 3u) << "the last record, which has none behind it";
  text = whole.substr(0, whole.find("{\"seq\":2"));
  EXPECT_EQ(check().broken, 2u) << "a record is missing at the end";
}

TEST_F(AuditChain, IsBrokenForGoodWithoutItsTail) {
  ASSERT_EQ(add(3), audit::Done::kYes);
  store.values.erase("tail");
  EXPECT_EQ(check().broken, 3u);
  ASSERT_EQ(add(1), audit::Done::kYes);
  EXPECT_EQ(check().broken, 4u) << "the next record does not make a new one";
}

TEST_F(AuditChain, DoesNotForkUnderManyWriters) {
  std::vector<std::jthread> writers;
  for (int i = 0; i < 4; ++i) writers.emplace_back([this] { EXPECT_EQ(add(500), audit::Done::kYes); });
  writers.clear();
  EXPECT_EQ(check().records, 2'000u);
  EXPECT_EQ(check().broken, std::nullopt);
}

TEST_F(AuditChain, DoesNotRunOutOfKeys) {
  ASSERT_EQ(add(static_cast<int>((audit::kSegments + 20) * audit::kSegmentRecords)), audit::Done::kYes);
  EXPECT_EQ(check().broken, std::nullopt);
  EXPECT_GE(check().records, (audit::kSegments - 1) * audit::kSegmentRecords);
  EXPECT_LE(store.values.size(), audit::kSegments + 3);
}

TEST_F(AuditChain, SaysWhenTheStoreRefuses) {
  store.most = 3;
  EXPECT_EQ(add(2 * audit::kSegmentRecords), audit::Done::kFailed);
  EXPECT_EQ(check().broken, std::nullopt) << "what was added before is whole";
}

} // namespace

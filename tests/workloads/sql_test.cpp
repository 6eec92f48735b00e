// Ways round the plugins that look into queries, and what they must not take for one.
#include "column_mask/mask.hpp"
#include "llm_guardrail/guardrail.hpp"

#include <gmock/gmock.h>

namespace {

const std::vector<mask::Rule> kRules = {{"users", "ssn", "mask_ssn", "pii_reader"}};

/// The query as it goes on; "refused".
std::string masked(const std::string &query, const std::vector<mask::Columns> &columns = {}) {
  mask::Outcome outcome = mask::apply(query, kRules, columns);
  if (outcome.what == mask::Outcome::What::kRefused) return "refused";
  return outcome.what == mask::Outcome::What::kRewritten ? std::move(outcome.text) : query;
}

TEST(MaskAttack, ARowOrColumnUnderAnotherNameIsRefused) {
  for (const char *query : {"SELECT j.* FROM (users JOIN b ON true) AS j", "SELECT j.ssn FROM (users JOIN b ON true) AS j",
                            "SELECT j.ssn FROM ((users JOIN b ON true)) j", "SELECT j.x FROM (users JOIN b ON true) j(x)",
                            "SELECT x FROM users AS u(id, x)", "SELECT x FROM users u (id, x)",
                            "SELECT j.ssn FROM users JOIN b USING (ssn) AS j", "SELECT (SELECT u) FROM users u",
                            "SELECT public.users FROM public.users", "SELECT (u).ssn FROM users u",
                            "SELECT ssn(u) FROM users u", "SELECT ARRAY[u] FROM users u", "SELECT ROW(u.*) FROM users u",
                            "SELECT u.*::text FROM users u", "SELECT set, u FROM users u"})
    EXPECT_EQ(masked(query, {{"users", {"id", "ssn"}}}), "refused") << query;
}

TEST(MaskAttack, AColumnThatAQueryInsideGivesOutIsRefused) {
  for (const char *query :
       {"SELECT (SELECT ssn) FROM users", "SELECT (SELECT ssn FROM orders) FROM users",
        "SELECT (SELECT u.ssn FROM (orders u JOIN b ON true) AS j) FROM users u",
        "SELECT (SELECT max(x) FROM (SELECT u.ssn) y(x)) FROM users u", "SELECT z.ssn FROM users, LATERAL (SELECT ssn) z",
        "SELECT z.ssn FROM users u JOIN LATERAL (SELECT u.*) z ON true",
        "SELECT y FROM users u CROSS JOIN LATERAL (VALUES (u.ssn)) v(y)", "SELECT y FROM users u, unnest(ARRAY[u.ssn]) y",
        "SELECT y FROM users u, LATERAL unnest(ARRAY[ssn]) y", "SELECT y FROM users u, ROWS FROM (unnest(ARRAY[ssn])) y",
        "SELECT (WITH c AS (SELECT u.ssn) SELECT ssn FROM c) FROM users u",
        "SELECT ((SELECT 1) UNION SELECT ssn) FROM users"})
    EXPECT_EQ(masked(query), "refused") << query;
}

TEST(MaskAttack, AColumnThatIsStoredIsRefused) {
  for (const char *query :
       {"UPDATE users SET note=ssn RETURNING note", "UPDATE users SET (a, note) = (1, ssn)",
        "UPDATE orders SET note = u.ssn FROM users u", "UPDATE users SET note = (SELECT ssn)",
        "INSERT INTO users (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET note = users.ssn RETURNING note",
        "MERGE INTO t USING users u ON true WHEN NOT MATCHED THEN INSERT VALUES (u.ssn)",
        "ALTER TABLE users ADD y text GENERATED ALWAYS AS (ssn) STORED",
        "WITH c AS (SELECT 1) SEARCH DEPTH FIRST BY a SET b UPDATE users SET note = ssn",
        "CREATE FUNCTION f() RETURNS text AS $$ SELECT ssn FROM users $$ LANGUAGE sql",
        "CREATE FUNCTION f() RETURNS text BEGIN ATOMIC SELECT ssn AS select FROM users; END", "DO 'TABLE users'"})
    EXPECT_EQ(masked(query), "refused") << query;
}

TEST(MaskAttack, KeywordsThatAreNamesHideNoTable) {
  for (const auto &[query, expected] : std::vector<std::pair<const char *, const char *>>{
           {"SELECT u.order, ssn FROM users u", "SELECT u.order, mask_ssn(ssn) AS ssn FROM users u"},
           {"SELECT id AS from, ssn FROM users", "SELECT id AS from, mask_ssn(ssn) AS ssn FROM users"},
           {"SELECT u.as FROM users u", "SELECT u.as FROM users u"},
           {"SELECT u.as ssn, ssn FROM users u", "SELECT u.as ssn, mask_ssn(ssn) AS ssn FROM users u"},
           {"SELECT 1 IS DISTINCT FROM 2, ssn FROM users", "SELECT 1 IS DISTINCT FROM 2, mask_ssn(ssn) AS ssn FROM users"},
           {"SELECT set, ssn FROM users", "SELECT set, mask_ssn(ssn) AS ssn FROM users"},
           {"SELECT trim(BOTH ssn) FROM users", "SELECT trim(BOTH mask_ssn(ssn)) FROM users"},
           {"SELECT 1 OPERATOR(pg_catalog.+) ssn FROM users", "SELECT 1 OPERATOR(pg_catalog.+) mask_ssn(ssn) FROM users"},
           {"SELECT t AT TIME ZONE ssn FROM users", "SELECT t AT TIME ZONE mask_ssn(ssn) FROM users"},
           {"SELECT evil.mask_ssn(ssn) FROM users", "SELECT evil.mask_ssn(mask_ssn(ssn)) FROM users"},
           {"SELECT ssn FROM b LEFT JOIN users ON left(a, 1) = b",
            "SELECT mask_ssn(ssn) AS ssn FROM b LEFT JOIN users ON left(a, 1) = b"},
           {"UPDATE users SET a = 1 RETURNING old.ssn", "UPDATE users SET a = 1 RETURNING mask_ssn(old.ssn) AS ssn"}})
    EXPECT_EQ(masked(query), expected);
  EXPECT_EQ(masked("SELECT ssn FROM b JOIN c ON conflict(1) JOIN users ON true"), "refused");
}

TEST(MaskAttack, WhatIsUnderstoodGoesOn) {
  for (const auto &[query, expected] : std::vector<std::pair<const char *, const char *>>{
           {"WITH c AS (SELECT ssn FROM users) SELECT ssn FROM c",
            "WITH c AS (SELECT mask_ssn(ssn) AS ssn FROM users) SELECT ssn FROM c"},
           {"SELECT o.ssn FROM users u, (SELECT ssn FROM orders) o",
            "SELECT o.ssn FROM users u, (SELECT ssn FROM orders) o"},
           {"SELECT id FROM orders o WHERE EXISTS (SELECT 1 FROM users u WHERE u.id = o.id AND u.ssn = '1')",
            "SELECT id FROM orders o WHERE EXISTS (SELECT 1 FROM users u WHERE u.id = o.id AND u.ssn = '1')"},
           {"SELECT id FROM users u WHERE EXISTS (SELECT u.ssn)", "SELECT id FROM users u WHERE EXISTS (SELECT u.ssn)"},
           {"SELECT (VALUES (ssn)) FROM users", "SELECT (VALUES (mask_ssn(ssn))) FROM users"},
           {"SELECT DISTINCT ON (ssn) id FROM users", "SELECT DISTINCT ON (ssn) id FROM users"},
           {"INSERT INTO users (id, ssn) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET ssn = excluded.ssn RETURNING ssn",
            "INSERT INTO users (id, ssn) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET ssn = excluded.ssn RETURNING "
            "mask_ssn(ssn) AS ssn"},
           {"INSERT INTO t SELECT ssn FROM users", "INSERT INTO t SELECT mask_ssn(ssn) AS ssn FROM users"},
           {"CREATE TABLE t AS SELECT ssn FROM users", "CREATE TABLE t AS SELECT mask_ssn(ssn) AS ssn FROM users"},
           {"EXPLAIN (ANALYZE) SELECT ssn FROM users", "EXPLAIN (ANALYZE) SELECT mask_ssn(ssn) AS ssn FROM users"},
           {"BEGIN; SELECT ssn FROM ONLY (users); COMMIT", "BEGIN; SELECT mask_ssn(ssn) AS ssn FROM ONLY (users); COMMIT"},
           {"DELETE FROM users u USING orders o WHERE o.ssn = u.ssn",
            "DELETE FROM users u USING orders o WHERE o.ssn = u.ssn"},
           {"SELECT x FROM orders AS o(id, x) WHERE n = 'users'", "SELECT x FROM orders AS o(id, x) WHERE n = 'users'"},
           {"ALTER TABLE orders ADD x text DEFAULT 'a'", "ALTER TABLE orders ADD x text DEFAULT 'a'"},
           {"SELECT users FROM t", "SELECT users FROM t"},
           {"SELECT a::text ssn, b[1] ssn FROM users", "SELECT a::text ssn, b[1] ssn FROM users"},
           {"TRUNCATE users", "TRUNCATE users"}})
    EXPECT_EQ(masked(query), expected);
}

TEST(MaskAttack, ASpelledOutRowQuotesWhatNeedsIt) {
  EXPECT_EQ(masked("SELECT * FROM users", {{"users", {"id", "ssn", "Email X", "a\"b"}}}),
            "SELECT users.id, mask_ssn(users.ssn) AS ssn, users.\"Email X\", users.\"a\"\"b\" FROM users");
  EXPECT_EQ(masked("SELECT \"U\".* FROM users AS \"U\"", {{"users", {"id"}}}), "SELECT \"U\".id FROM users AS \"U\"");
}

TEST(MaskAttack, NestingIsBounded) {
  std::string parentheses(100'000, '('), selects = "SELECT users";
  EXPECT_EQ(masked("SELECT ssn FROM users WHERE " + parentheses), "refused");
  EXPECT_EQ(masked("SELECT ssn, users FROM " + parentheses + "users"), "refused");
  for (int i = 0; i < 20'000; ++i) selects += " WHERE SELECT";
  EXPECT_EQ(masked(selects), "refused");
}

TEST(GuardrailAttack, JoinsInParenthesesHideNoTable) {
  for (const char *query :
       {"SELECT * FROM (events JOIN t ON true)", "SELECT * FROM (t JOIN events ON true) WHERE tenant_id='a'",
        "SELECT * FROM ((t JOIN events ON true)) WHERE tenant_id='a'", "SELECT * FROM ONLY (users)",
        "SELECT * FROM t CROSS JOIN (users JOIN x USING (id))", "SELECT * FROM t, (x JOIN users ON true)",
        "UPDATE ONLY (users) SET a = 1 WHERE id = 1", "DELETE FROM x USING (users JOIN t ON true) WHERE x.id = 1",
        "SELECT * FROM LATERAL (SELECT * FROM users) z"})
    EXPECT_NE(guardrail::check(query), nullptr) << query;
  for (const char *query :
       {"SELECT * FROM (users JOIN t ON true) WHERE tenant_id = 'a'", "SELECT * FROM (users u JOIN t ON u.tenant_id = 'a')",
        "SELECT * FROM (t JOIN events ON true) WHERE tenant_id = 'a' LIMIT 5", "SELECT * FROM ONLY (t)"})
    EXPECT_EQ(guardrail::check(query), nullptr) << query;
}

TEST(GuardrailAttack, EachStatementInAnotherNeedsItsOwnTenant) {
  for (const char *query : {"SELECT id FROM users UNION SELECT id FROM users WHERE tenant_id='q'",
                            "SELECT id FROM users WHERE tenant_id='q' UNION SELECT id FROM users",
                            "SELECT id FROM users u WHERE EXISTS (SELECT 1 FROM t WHERE tenant_id='a')",
                            "DELETE FROM users WHERE id IN (SELECT id FROM t WHERE tenant_id='a')",
                            "UPDATE users SET a = (SELECT b FROM t WHERE tenant_id='a') WHERE id = 1",
                            "SELECT * FROM t WHERE tenant_id = 'a' AND id IN (SELECT id FROM users)",
                            "WITH c AS (SELECT id FROM users) SELECT id FROM c WHERE tenant_id = 'a'",
                            "SELECT id FROM users u LEFT JOIN t ON t.tenant_id = 'a'", "INSERT INTO orders SELECT id FROM t",
                            "SELECT id FROM users LEFT JOIN t INNER JOIN v ON true ON t.tenant_id = 'a'"})
    EXPECT_NE(guardrail::check(query), nullptr) << query;
  for (const char *query :
       {"SELECT id FROM users WHERE tenant_id='q' UNION SELECT id FROM users WHERE tenant_id='q'",
        "SELECT id FROM users u WHERE tenant_id='a' AND EXISTS (SELECT 1 FROM t)",
        "SELECT * FROM (SELECT id FROM users WHERE tenant_id='a') u", "SELECT id FROM users u JOIN t ON u.tenant_id = 'a'",
        "WITH c AS (SELECT id FROM users WHERE (tenant_id) = 'a' AND tenant_id = 'a') SELECT id FROM c",
        "INSERT INTO orders SELECT * FROM orders WHERE tenant_id = 'a'",
        "SELECT left(a, 1) FROM users u JOIN t ON u.tenant_id = 'a'",
        "INSERT INTO orders (id, tenant_id) SELECT id, 'a' FROM t"})
    EXPECT_EQ(guardrail::check(query), nullptr) << query;
}

TEST(GuardrailAttack, KeywordsThatAreNamesAreNoConditions) {
  for (const char *query :
       {"SELECT id AS limit FROM events WHERE tenant_id='a'", "SELECT e.limit FROM events e WHERE tenant_id='a'",
        "SELECT 1 AS where, tenant_id = 'a' FROM users", "SELECT u.as FROM users u", "DELETE FROM x RETURNING x.where, id",
        "MERGE INTO x USING y ON true WHEN MATCHED THEN DELETE"})
    EXPECT_NE(guardrail::check(query), nullptr) << query;
  EXPECT_EQ(guardrail::check("SELECT u.as FROM users u WHERE u.tenant_id = 'a'"), nullptr);
}

} // namespace

#include "database/migrations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/test_database.h"

namespace ayni {
namespace {

using database::Migration;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Migration fruit{"0001_fruit.sql", "CREATE TABLE fruit (name text)"};
const Migration colour{"0002_colour.sql",
                       "ALTER TABLE fruit ADD colour text; CREATE INDEX ON fruit (colour)"};
const Migration wrong{"0003_wrong.sql", "CREATE TABLE seed (name text); SELECT no_such_function()"};

class Migrations : public test::WithDatabase {};

TEST_F(Migrations, AreAppliedOnceAndInOrder) {
    EXPECT_THAT(database::migrate(connection(), {fruit}).value(), ElementsAre("0001_fruit.sql"));
    EXPECT_THAT(database::migrate(connection(), {fruit, colour}).value(),
                ElementsAre("0002_colour.sql"));
    EXPECT_THAT(database::migrate(connection(), {fruit, colour}).value(), IsEmpty());
    EXPECT_TRUE(database::check_schema(connection(), {fruit, colour}));
    EXPECT_EQ(count("SELECT count(colour) FROM fruit"), 0);
}

TEST_F(Migrations, OneThatFailsChangesNothingAndIsTriedAgain) {
    const auto refused = database::migrate(connection(), {fruit, colour, wrong});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("no_such_function"));
    EXPECT_EQ(count("SELECT count(*) FROM pg_class WHERE relname = 'seed'"), 0);
    EXPECT_EQ(count("SELECT count(*) FROM schema_migration"), 2);
    const Migration mended{wrong.name, "CREATE TABLE seed (name text)"};
    EXPECT_THAT(database::migrate(connection(), {fruit, colour, mended}).value(),
                ElementsAre("0003_wrong.sql"));
}

TEST_F(Migrations, AnotherTextOfAnAppliedOneIsRefused) {
    ASSERT_TRUE(database::migrate(connection(), {fruit}));
    const Migration changed{fruit.name, "CREATE TABLE fruit (name text, weight int)"};
    const auto refused = database::migrate(connection(), {changed});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().field, "0001_fruit.sql");
    EXPECT_FALSE(database::check_schema(connection(), {changed}));
}

TEST_F(Migrations, ADatabaseOfANewerBuildIsRefused) {
    ASSERT_TRUE(database::migrate(connection(), {fruit, colour}));
    const auto refused = database::check_schema(connection(), {fruit});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().field, "0002_colour.sql");
    EXPECT_THAT(refused.error().message, HasSubstr("does not know"));
    EXPECT_FALSE(database::migrate(connection(), {fruit}));
}

TEST_F(Migrations, AMissingOneIsNamed) {
    ASSERT_TRUE(database::migrate(connection(), {fruit}));
    const auto checked = database::check_schema(connection(), {fruit, colour});
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().field, "0002_colour.sql");
    EXPECT_FALSE(database::migrate(connection(), {colour}));  // 0001 is unknown to it
}

TEST_F(Migrations, ThoseOfThisBuildApply) {
    ASSERT_FALSE(database::all_migrations().empty());
    const auto applied = database::migrate(connection());
    ASSERT_TRUE(applied) << applied.error().to_string();
    EXPECT_EQ(applied->size(), database::all_migrations().size());
    EXPECT_TRUE(database::check_schema(connection()));
}

/// Whoever reads the books in SQL finds every table and column explained.
TEST_F(Migrations, EveryTableAndColumnHasAComment) {
    ASSERT_TRUE(database::migrate(connection()));
    EXPECT_EQ(text("SELECT coalesce(string_agg(c.relname || '.' || a.attname, ', '), '') "
                   "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
                   "WHERE c.relnamespace = 'public'::regnamespace "
                   "AND c.relkind IN ('r', 'p', 'v', 'm') "
                   "AND NOT c.relispartition AND a.attnum >= 0 AND NOT a.attisdropped "
                   "AND c.relname <> 'schema_migration' "
                   "AND col_description(c.oid, a.attnum) IS NULL"),
              "");
    EXPECT_EQ(text("SELECT coalesce(string_agg(relname, ', '), '') FROM pg_class "
                   "WHERE relnamespace = 'public'::regnamespace "
                   "AND relkind IN ('r', 'p', 'v', 'm') AND NOT relispartition "
                   "AND relname <> 'schema_migration' "
                   "AND obj_description(oid, 'pg_class') IS NULL"),
              "");
}

}  // namespace
}  // namespace ayni

// A diagnostic looks as people know it from clang.
#include <graft/base/artifact.hpp>
#include <graft/base/diagnostic.hpp>

#include <gtest/gtest.h>

namespace graft {
namespace {

TEST(Diagnostic, PlaceLeavesOutWhatIsNotKnown) {
  EXPECT_EQ(to_string(SourcePos{"a.c", 0, 0}), "a.c");
  EXPECT_EQ(to_string(SourcePos{"a.c", 7, 0}), "a.c:7");
  EXPECT_EQ(to_string(SourcePos{"a.c", 7, 2}), "a.c:7:2");
}

TEST(Diagnostic, RendersPlaceWordsOptionSnippetAndCaret) {
  Diagnostic warning;
  warning.severity = Severity::kWarning;
  warning.where = {"a.c", 3, 7};
  warning.message = "unused variable 'count'";
  warning.option = "-Wunused-variable";
  warning.snippet = "  int count = 0;";
  warning.caret_begin = 7;
  warning.caret_end = 12;
  EXPECT_EQ(render(warning), "a.c:3:7: warning: unused variable 'count' [-Wunused-variable]\n"
                             "  int count = 0;\n"
                             "      ^~~~~\n");
}

TEST(Diagnostic, UnderlineMayBeginBeforeTheCaret) {
  Diagnostic mismatch;
  mismatch.where = {"a.c", 1, 3};
  mismatch.message = "m";
  mismatch.snippet = "a + b";
  mismatch.caret_begin = 1;
  mismatch.caret_end = 6;
  EXPECT_EQ(render(mismatch), "a.c:1:3: error: m\na + b\n~~^~~\n");
}

TEST(Diagnostic, TabsOfTheSnippetKeepTheCaretInItsColumn) {
  Diagnostic error;
  error.where = {"a.c", 1, 3};
  error.message = "m";
  error.snippet = "\t\tx;";
  EXPECT_EQ(render(error), "a.c:1:3: error: m\n\t\tx;\n\t\t^\n");
}

TEST(Diagnostic, NotesAndFixItsFollowWhatTheyBelongTo) {
  Diagnostic note;
  note.severity = Severity::kNote;
  note.where = {"a.h", 2, 5};
  note.message = "declared here";
  Diagnostic error;
  error.where = {"a.c", 4, 1};
  error.message = "expected ';'";
  error.fixits = {{{"a.c", 4, 9}, {"a.c", 4, 9}, ";"}};
  error.notes = {note};
  EXPECT_EQ(render(std::vector{error, note}), "a.c:4:1: error: expected ';'\n"
                                              "a.c:4:9: fix: write ';'\n"
                                              "a.h:2:5: note: declared here\n"
                                              "a.h:2:5: note: declared here\n");
}

TEST(Diagnostic, WithoutAPlaceOnlyTheWordsAreLeft) {
  Diagnostic fatal;
  fatal.severity = Severity::kFatal;
  fatal.message = "too many errors";
  EXPECT_EQ(render(fatal), "fatal error: too many errors\n");
}

TEST(ContentKey, IsShownByItsFirstSixteenDigits) {
  ContentKey key;
  key.bytes[0] = 0x01;
  key.bytes[1] = 0xAB;
  key.bytes[7] = 0xF0;
  key.bytes[8] = 0xFF;
  EXPECT_EQ(short_text(key), "01ab0000000000f0");
}

} // namespace
} // namespace graft

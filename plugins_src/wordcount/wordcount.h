/* What words a text is made of. */
#ifndef DEMO_WORDCOUNT_H
#define DEMO_WORDCOUNT_H

#include <graft/abi.h>

GRAFT_CONTRACT(wordcount, "demo.wordcount", 1, 0) {
  /* How many words there are and how many different ones. A word is a run of ASCII letters and digits or of bytes above 127;
   * upper and lower case are one. */
  graft_status (*count)(graft_str text, uint64_t *words, uint64_t *distinct);
  /* Appends the `limit` most frequent words, one "COUNT WORD" a line, most frequent first, equals in the order of the alphabet. */
  graft_status (*top)(graft_str text, uint32_t limit, graft_buf *out);
};

#endif

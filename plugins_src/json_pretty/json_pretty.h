/* JSON text in, JSON text out. */
#ifndef DEMO_JSON_PRETTY_H
#define DEMO_JSON_PRETTY_H

#include <graft/abi.h>

GRAFT_CONTRACT(json_pretty, "demo.json-pretty", 1, 0) {
  /* Appends `json` with `indent` blanks a level (at most 16) and one value a line. Text that is no JSON is GRAFT_EXCEPTION, and
   * the error's text says where. */
  graft_status (*pretty)(graft_str json, uint32_t indent, graft_buf *out);
  /* Appends `json` without a blank that is not in a string. */
  graft_status (*minify)(graft_str json, graft_buf *out);
  /* Appends the value that an RFC 6901 pointer such as "/a/0" names; GRAFT_NOT_FOUND when there is none. */
  graft_status (*pick)(graft_str json, graft_str pointer, graft_buf *out);
};

#endif

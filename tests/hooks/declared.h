/* Three hooks of a host's own, one a rule: what a host's header looks like. Read by the tests and by the plugins that they
 * compile. */
#ifndef GRAFT_TESTS_HOOKS_DECLARED_H
#define GRAFT_TESTS_HOOKS_DECLARED_H

#include <graft/abi.h>

enum { SAVE_ALLOW = 1, SAVE_REFUSE = 2 };

typedef struct save_request {
  uint32_t struct_size;
  uint32_t number;
  graft_str path;
} save_request;

typedef struct save_decision {
  uint32_t struct_size;
  uint32_t action;
  graft_str reason;
} save_decision;

/* The first that allows or refuses has decided. */
GRAFT_HOOK(before_save, "test.before_save", 1, 0, GRAFT_FIRST_DECISIVE(SAVE_REFUSE, SAVE_REFUSE)) {
  graft_status (*run)(graft_hook_context *context, save_request *save, save_decision *decision);
};

enum { LINE_CHANGED = 1, LINE_DROPPED = 2 };

/* Each changes the line that the one before it made; a line that is dropped goes no further. */
GRAFT_HOOK(each_line, "test.each_line", 1, 0, GRAFT_FOLD(LINE_DROPPED, LINE_DROPPED, LINE_DROPPED)) {
  graft_status (*run)(graft_hook_context *context, save_request *line, save_decision *decision);
};

/* Everyone hears of it. */
GRAFT_HOOK(after_save, "test.after_save", 1, 0, GRAFT_OBSERVE) {
  graft_status (*run)(graft_hook_context *context, save_request *save, graft_no_decision *decision);
};

#endif

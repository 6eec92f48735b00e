/* The contract between this host and its plugins. */
#ifndef HOST_NOTE_H
#define HOST_NOTE_H

#include <graft/abi.h>

GRAFT_CONTRACT(note, "host-project.note", 1, 0) {
  int32_t (*pitch)(int32_t octave);
  graft_status (*name)(graft_buf *out);
};

#endif

/* Small conveniences over the frozen values, all inline: making views, filling buffers. */
#ifndef GRAFT_ABI_UTIL_H
#define GRAFT_ABI_UTIL_H

#include <string.h>

#include "host.h"

/* A view of a terminated string; the empty view for null. */
static inline graft_str graft_str_of(const char *text) {
  graft_str view;
  view.data = text;
  view.size = text ? strlen(text) : 0;
  return view;
}

/* Whether two views hold the same bytes. */
static inline int graft_str_equal(graft_str a, graft_str b) {
  return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* Makes room for `capacity` bytes, keeping what is in use. GRAFT_EXHAUSTED leaves the buffer as it was. */
static inline graft_status graft_buf_reserve(const graft_host *host, graft_buf *buffer, size_t capacity) {
  char *grown;
  if (capacity <= buffer->capacity) return GRAFT_OK;
  if (capacity < buffer->capacity * 2) capacity = buffer->capacity * 2;
  grown = (char *)host->alloc(host, capacity, 1);
  if (!grown) return GRAFT_EXHAUSTED;
  if (buffer->size) memcpy(grown, buffer->data, buffer->size);
  host->free(host, buffer->data, buffer->capacity, 1);
  buffer->data = grown;
  buffer->capacity = capacity;
  return GRAFT_OK;
}

/* Adds bytes at the end. GRAFT_EXHAUSTED leaves the buffer as it was. */
static inline graft_status graft_buf_append(const graft_host *host, graft_buf *buffer, const void *bytes, size_t size) {
  graft_status status;
  if (size == 0) return GRAFT_OK;
  if (size > (size_t)-1 - buffer->size) return GRAFT_EXHAUSTED;
  status = graft_buf_reserve(host, buffer, buffer->size + size);
  if (status != GRAFT_OK) return status;
  memcpy(buffer->data + buffer->size, bytes, size);
  buffer->size += size;
  return GRAFT_OK;
}

/* Adds a terminated string's characters at the end. */
static inline graft_status graft_buf_append_text(const graft_host *host, graft_buf *buffer, const char *text) {
  return graft_buf_append(host, buffer, text, strlen(text));
}

/* Gives the memory back and leaves the empty buffer. */
static inline void graft_buf_free(const graft_host *host, graft_buf *buffer) {
  host->free(host, buffer->data, buffer->capacity, 1);
  buffer->data = NULL;
  buffer->size = buffer->capacity = 0;
}

#endif

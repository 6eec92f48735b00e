/* The recorded layout of everything in the ABI, as static asserts: a change that breaks a plugin built yesterday does not
 * compile today. Included by the tests of both languages and by the runtime; a plugin need not. */
#ifndef GRAFT_ABI_LAYOUT_H
#define GRAFT_ABI_LAYOUT_H

#include "arena.h"
#include "hook.h"
#include "host.h"
#include "instance.h"

#define GRAFT_LOCK_SIZE(type, size) GRAFT_STATIC_ASSERT(sizeof(type) == (size), #type " changed its size")
#define GRAFT_LOCK_FIELD(type, field, offset) \
  GRAFT_STATIC_ASSERT(offsetof(type, field) == (offset), #type "." #field " moved")

GRAFT_LOCK_SIZE(graft_str, 16);
GRAFT_LOCK_FIELD(graft_str, data, 0);
GRAFT_LOCK_FIELD(graft_str, size, 8);
GRAFT_LOCK_SIZE(graft_buf, 24);
GRAFT_LOCK_FIELD(graft_buf, data, 0);
GRAFT_LOCK_FIELD(graft_buf, size, 8);
GRAFT_LOCK_FIELD(graft_buf, capacity, 16);
GRAFT_LOCK_SIZE(graft_version, 12);
GRAFT_LOCK_FIELD(graft_version, major, 0);
GRAFT_LOCK_FIELD(graft_version, minor, 4);
GRAFT_LOCK_FIELD(graft_version, patch, 8);
GRAFT_LOCK_SIZE(graft_handle, 16);
GRAFT_LOCK_FIELD(graft_handle, index, 0);
GRAFT_LOCK_FIELD(graft_handle, runtime, 4);
GRAFT_LOCK_FIELD(graft_handle, tag, 8);
GRAFT_LOCK_SIZE(graft_status, 4);
GRAFT_LOCK_SIZE(graft_contract_info, 16);
GRAFT_LOCK_FIELD(graft_contract_info, major, 4);
GRAFT_LOCK_FIELD(graft_contract_info, minor, 6);
GRAFT_LOCK_FIELD(graft_contract_info, name, 8);
GRAFT_LOCK_SIZE(graft_provider, 24);
GRAFT_LOCK_FIELD(graft_provider, table_size, 4);
GRAFT_LOCK_FIELD(graft_provider, contract, 8);
GRAFT_LOCK_FIELD(graft_provider, table, 16);
GRAFT_LOCK_SIZE(graft_pin, 16);
GRAFT_LOCK_FIELD(graft_pin, table, 8);
GRAFT_LOCK_SIZE(graft_init_context, 72);
GRAFT_LOCK_FIELD(graft_init_context, reason, 4);
GRAFT_LOCK_FIELD(graft_init_context, bundle, 8);
GRAFT_LOCK_FIELD(graft_init_context, version, 24);
GRAFT_LOCK_FIELD(graft_init_context, previous, 36);
GRAFT_LOCK_FIELD(graft_init_context, generation, 48);
GRAFT_LOCK_FIELD(graft_init_context, requirements, 56);
GRAFT_LOCK_FIELD(graft_init_context, requirement_count, 64);
GRAFT_LOCK_SIZE(graft_requirement, 56);
GRAFT_LOCK_FIELD(graft_requirement, is_optional, 4);
GRAFT_LOCK_FIELD(graft_requirement, contract, 8);
GRAFT_LOCK_FIELD(graft_requirement, bundle, 24);
GRAFT_LOCK_FIELD(graft_requirement, handle, 40);
GRAFT_LOCK_SIZE(graft_service, 32);
GRAFT_LOCK_FIELD(graft_service, minor, 4);
GRAFT_LOCK_FIELD(graft_service, table, 8);
GRAFT_LOCK_FIELD(graft_service, self, 16);
GRAFT_LOCK_FIELD(graft_service, use, 24);
GRAFT_LOCK_SIZE(graft_service_request, 48);
GRAFT_LOCK_FIELD(graft_service_request, major, 4);
GRAFT_LOCK_FIELD(graft_service_request, minor, 6);
GRAFT_LOCK_FIELD(graft_service_request, contract, 8);
GRAFT_LOCK_FIELD(graft_service_request, bundle, 24);
GRAFT_LOCK_FIELD(graft_service_request, generation, 40);
GRAFT_LOCK_SIZE(graft_instance, 16);
GRAFT_LOCK_FIELD(graft_instance, index, 0);
GRAFT_LOCK_FIELD(graft_instance, runtime, 4);
GRAFT_LOCK_FIELD(graft_instance, tag, 8);
GRAFT_LOCK_SIZE(graft_instance_args, 24);
GRAFT_LOCK_FIELD(graft_instance_args, data, 8);
GRAFT_LOCK_SIZE(graft_arena, 40);
GRAFT_LOCK_FIELD(graft_arena, host, 8);
GRAFT_LOCK_FIELD(graft_arena, block, 16);
GRAFT_LOCK_FIELD(graft_arena, used, 24);
GRAFT_LOCK_FIELD(graft_arena, total, 32);
GRAFT_LOCK_SIZE(graft_attribute, 40);
GRAFT_LOCK_FIELD(graft_attribute, name, 8);
GRAFT_LOCK_FIELD(graft_attribute, value, 24);
GRAFT_LOCK_SIZE(graft_hook_context, 40);
GRAFT_LOCK_FIELD(graft_hook_context, request, 8);
GRAFT_LOCK_FIELD(graft_hook_context, arena, 24);
GRAFT_LOCK_FIELD(graft_hook_context, attributes, 32);
GRAFT_LOCK_SIZE(graft_hook_info, 20);
GRAFT_LOCK_FIELD(graft_hook_info, rule, 4);
GRAFT_LOCK_FIELD(graft_hook_info, last, 8);
GRAFT_LOCK_FIELD(graft_hook_info, first_final, 12);
GRAFT_LOCK_FIELD(graft_hook_info, deny, 16);
GRAFT_LOCK_SIZE(graft_no_decision, 8);
GRAFT_LOCK_SIZE(graft_host, 96);
GRAFT_LOCK_FIELD(graft_host, abi_major, 4);
GRAFT_LOCK_FIELD(graft_host, abi_minor, 6);
GRAFT_LOCK_FIELD(graft_host, context, 8);
GRAFT_LOCK_FIELD(graft_host, alloc, 16);
GRAFT_LOCK_FIELD(graft_host, free, 24);
GRAFT_LOCK_FIELD(graft_host, log, 32);
GRAFT_LOCK_FIELD(graft_host, find, 40);
GRAFT_LOCK_FIELD(graft_host, resolve, 48);
GRAFT_LOCK_FIELD(graft_host, release, 56);
GRAFT_LOCK_FIELD(graft_host, register_provider, 64);
GRAFT_LOCK_FIELD(graft_host, last_error, 72);
GRAFT_LOCK_FIELD(graft_host, acquire, 80);
GRAFT_LOCK_FIELD(graft_host, give_back, 88);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of the world's tenants; those from 10 on have none but what a test makes. */
#pragma once

#include "world.h"

#define LATER(seconds) (WORLD_NOW + (seconds) * INSTANT_SECOND)

static void make(int64_t tenant_id, const char *algorithm,
		 enum signing_key_state state)
{
	assert_int_equal(keys_make(world.keys, tenant_id, algorithm, state,
				   WORLD_NOW),
			 DONE);
}

static void make_pair(int64_t tenant_id, const char *algorithm)
{
	make(tenant_id, algorithm, SIGNING_KEY_CURRENT);
	make(tenant_id, algorithm, SIGNING_KEY_NEXT);
}

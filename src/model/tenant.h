/* SPDX-License-Identifier: Apache-2.0 */
/* A tenant as it is stored: one issuer, one profile. */
#pragma once

#include "base/instant.h"
#include "base/text.h"

#define TENANT_NAME_MAX 64

struct tenant_record {
	int64_t id;
	struct text name; /* [a-z0-9-]{1,64}, unique */
	struct text profile; /* "rfc", "auth0", "asgardeo" */
	/* Base URL without a slash at its end: "https://id.example",
	 * "https://id.example/t/bifrost". Unique: it selects the tenant. */
	struct text url;
	struct text settings; /* a JSON object; see docs/configuration.md */
};

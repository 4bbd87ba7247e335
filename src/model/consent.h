/* SPDX-License-Identifier: Apache-2.0 */
/* What a person allowed a client, and the APIs that tokens are for. */
#pragma once

#include "model/client.h"

struct consent {
	int64_t tenant_id;
	int64_t user_id;
	struct text client_id;
	struct text scope; /* all scopes ever allowed */
	struct text audience; /* all resources ever allowed */
	instant granted_at;
};

/* An API that access tokens are meant for (RFC 8707). */
struct resource {
	int64_t tenant_id;
	struct text audience; /* its identifier, an absolute URI as a rule */
	struct text name;
	struct text scopes;
	enum access_token_format format;
	int64_t access_token_for; /* seconds; 0: by profile */
	bool allows_offline_access;
};

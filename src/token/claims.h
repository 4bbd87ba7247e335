/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a token's claims after the profile's template. */
#pragma once

#include "model/client.h"
#include "model/grant.h"
#include "tenant/tenant.h"
#include "json/writer.h"

/* Everything that a template may ask for; absent texts are left out. */
struct claims_source {
	const struct tenant *tenant;
	const struct client *client;
	const struct grant *grant;
	struct text subject;
	int64_t issued_at; /* seconds since 1970 */
	int64_t expires_at;
	struct text scope;
	struct text audience; /* space-delimited, as it goes into the token */
	struct text confirmation;
	struct text reference; /* jti of an access token */
	struct text at_hash;
	struct text c_hash;
	struct text user_claims; /* JSON members, without braces */
	struct text user_claims_by_parameter; /* the same */
	bool is_refresh;
	bool asks_auth_time;
};

/* Writes the whole object. */
void claims_write(struct arena *arena, const struct profile_claim *claims,
		  size_t count, const struct claims_source *source,
		  struct json_writer *writer);

/* {"jkt": "…"} from "jkt:…", as the member `name`; nothing when it is absent
 * (RFC 7800). */
void claims_write_confirmation(const char *name, struct text confirmation,
			       struct json_writer *writer);

/* The session's "sid" as tokens carry it: lower-case hex. */
struct text claims_sid(struct arena *arena, const struct grant *grant);

/* SPDX-License-Identifier: Apache-2.0 */
/* Claims from whoever holds a key: typed, in range, and held to the checks. */
#include <stdint.h>

#include "jose/jwt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW 1700000000
#define ISSUER "https://as.example"

static void check_time(instant at)
{
	MUST(at == JWT_TIME_ABSENT ||
	     (at >= 0 && at <= instant_from_seconds(INT64_C(253402300799))));
}

static void check_claims(const struct jwt_claims *claims)
{
	struct jwt_checks checks = {.issuer = TEXT(ISSUER),
				    .audience = TEXT(ISSUER),
				    .needs_lone_audience = true,
				    .longest_for = 300,
				    .now = instant_from_seconds(NOW)};
	const char *why = NULL;

	check_time(claims->expires_at);
	check_time(claims->not_before_at);
	check_time(claims->issued_at);
	if (jwt_check(claims, &checks, &why) != DONE) {
		MUST(why != NULL);
		return;
	}
	MUST(text_equal(claims->issuer, TEXT(ISSUER)));
	MUST(text_equal(json_text(claims->audience), TEXT(ISSUER)));
	MUST(claims->expires_at > checks.now);
	MUST(claims->expires_at <= instant_after(checks.now, 300));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct jwt_claims claims;
	const char *why = NULL;

	if (jwt_parse(text_of(data, size), &claims, &why) == DONE)
		check_claims(&claims);
	else
		MUST(why != NULL && claims.document == NULL);
	jwt_wipe(&claims);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The tenant's public keys (RFC 7517 section 5). */
#include "oauth/reply.h"

/* Short enough that a rotation is seen in time, long enough to spare us. */
#define CACHE_CONTROL TEXT("public, max-age=300")

static void answer(struct oauth_request *request)
{
	struct json_writer writer = reply_open_json(request->reply, 200);

	http_reply_header(request->reply, "Cache-Control", CACHE_CONTROL);
	if (keys_write_jwks(request->oauth->keys, request->tenant->id,
			    request->tenant->signing_algs,
			    request->decision->now, &writer) == DONE)
		return;
	request->reply->headers.size = 0;
	request->reply->body.size = 0;
	if (decision_broken(request->decision, "signing keys cannot be read") !=
	    DONE)
		reply_refusal(request);
}

const struct oauth_endpoint oauth_endpoint_jwks = {
	.endpoint = ENDPOINT_JWKS,
	.methods = OAUTH_GET,
	.is_cross_origin = true,
	.is_public = true,
	.answer = answer,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* Answers: JSON, and refusals as the profile's table tells them. */
#pragma once

#include "oauth/oauth.h"
#include "json/writer.h"

#define REPLY_JSON_MAX 65536

/* Cache-Control: no-store and Pragma: no-cache; on every reply of ours that is
 * not public (RFC 6749 section 5.1). */
void reply_no_store(struct http_reply *reply);

/* 200 (or another status) with a JSON body that `writer` is to fill. */
struct json_writer reply_open_json(struct http_reply *reply, int status);

/*
 * The decision's refusal (or server error, when it BROKE) as the profile tells
 * it at this endpoint: status, error, error_description, headers. For endpoints
 * that answer machines; pages are oauth/interaction.h's.
 */
void reply_refusal(struct oauth_request *request);

/* The row of the profile's table for the decision's refusal. */
const struct profile_reply *reply_row(const struct oauth_request *request);
/* Its text with the refusal's argument in it. */
struct text reply_text(const struct oauth_request *request,
		       const struct profile_reply *row);
/* Adds the challenge, Retry-After and Allow headers that the row asks for. */
void reply_row_headers(struct oauth_request *request,
		       const struct profile_reply *row);

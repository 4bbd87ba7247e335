/* SPDX-License-Identifier: Apache-2.0 */
/* Content-Security-Policy by hashes of what is embedded (CSP Level 3). */
#include "login/policy.h"

#include "base/encoding.h"
#include "crypto/digest.h"

#define POLICY_MAX 2048
/* Longer than any host name (RFC 1035 section 2.3.4) with scheme and port. */
#define ORIGIN_MAX 300

bool policy_takes_origin(struct text origin)
{
	for (size_t i = 0; i < origin.size; i++) {
		char byte = origin.at[i];

		if (!((byte >= 'a' && byte <= 'z') ||
		      (byte >= 'A' && byte <= 'Z') ||
		      (byte >= '0' && byte <= '9') ||
		      (byte != '\0' && strchr("-.:/[]_", byte) != NULL)))
			return false;
	}
	return origin.size > 0 && origin.size <= ORIGIN_MAX;
}

static void add_hash(struct buf *line, const char *directive,
		     const char *embedded)
{
	unsigned char hash[SHA256_SIZE];

	if (embedded == NULL)
		return;
	digest_sha256(text_from(embedded), hash);
	buf_add_string(line, "; ");
	buf_add_string(line, directive);
	buf_add_string(line, " 'sha256-");
	base64_encode(line, text_of(hash, sizeof(hash)));
	buf_add_byte(line, '\'');
}

static void add_origin(struct buf *line, const char *directive,
		       struct text origin)
{
	buf_add_string(line, "; ");
	buf_add_string(line, directive);
	buf_add_byte(line, ' ');
	if (policy_takes_origin(origin))
		buf_add(line, origin);
	else
		buf_add_string(line, "'none'");
}

void policy_headers(struct http_reply *reply, struct arena *arena,
		    const struct policy *policy)
{
	struct buf line = buf_init_arena(arena, POLICY_MAX);

	buf_add_string(&line, "default-src 'none'; base-uri 'none'");
	add_origin(&line, "frame-ancestors", policy->framed_by);
	add_hash(&line, "style-src", policy->style);
	add_hash(&line, "script-src", policy->script);
	if (text_is_present(policy->image_origin))
		add_origin(&line, "img-src", policy->image_origin);
	MUST(!line.is_over);
	http_reply_header(reply, "Content-Security-Policy", buf_text(&line));
	http_reply_header(reply, "Content-Type",
			  TEXT("text/html; charset=utf-8"));
	http_reply_header(reply, "Cache-Control", TEXT("no-store"));
	http_reply_header(reply, "Referrer-Policy", TEXT("no-referrer"));
	http_reply_header(reply, "X-Content-Type-Options", TEXT("nosniff"));
	if (!text_is_present(policy->framed_by))
		http_reply_header(reply, "X-Frame-Options", TEXT("DENY"));
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a token's claims: one function per source of a value. */
#include "token/claims.h"

#include "base/encoding.h"
#include "crypto/digest.h"
#include "crypto/random.h"

#define RANDOM_ID_SIZE 16

struct text claims_sid(struct arena *arena, const struct grant *grant)
{
	struct buf hex = buf_init_arena(arena, 2 * SESSION_SID_SIZE);

	hex_encode(&hex, text_of(grant->sid, sizeof(grant->sid)));
	return buf_text(&hex);
}

/* Says which session without being its sid (vendors' "isk"). */
static struct text session_key(struct arena *arena, const struct grant *grant)
{
	struct buf hex = buf_init_arena(arena, 2 * SHA256_SIZE);
	unsigned char hash[SHA256_SIZE];

	digest_hmac_sha256(text_of(grant->sid, sizeof(grant->sid)), TEXT("isk"),
			   hash);
	hex_encode(&hex, text_of(hash, sizeof(hash)));
	return buf_text(&hex);
}

static struct text random_id(struct arena *arena)
{
	struct buf id = buf_init_arena(arena, BASE64URL_SIZE(RANDOM_ID_SIZE));

	random_token(&id, RANDOM_ID_SIZE);
	return buf_text(&id);
}

static bool applies(const struct profile_claim *claim,
		    const struct claims_source *source)
{
	switch (claim->condition) {
	case CLAIM_ALWAYS:
		return true;
	case CLAIM_IF_ASKED:
		return source->asks_auth_time;
	case CLAIM_NOT_ON_REFRESH:
	case CLAIM_WITH_CODE:
		return !source->is_refresh;
	case CLAIM_ON_REFRESH:
		return source->is_refresh;
	}
	return false;
}

/* The text that the source gives; absent for those that are not texts. */
static struct text text_of_source(struct arena *arena,
				  const struct profile_claim *claim,
				  const struct claims_source *source)
{
	switch (claim->source) {
	case CLAIM_ISSUER:
		return source->tenant->issuer;
	case CLAIM_SUBJECT:
		return source->subject;
	case CLAIM_CLIENT_ID:
		return source->client->id;
	case CLAIM_NONCE:
		return source->grant->request.nonce;
	case CLAIM_AT_HASH:
		return source->at_hash;
	case CLAIM_C_HASH:
		return source->c_hash;
	case CLAIM_SID:
		return claims_sid(arena, source->grant);
	case CLAIM_SESSION_KEY:
		return session_key(arena, source->grant);
	case CLAIM_ACR:
		return source->grant->acr;
	case CLAIM_RANDOM_ID:
		return random_id(arena);
	case CLAIM_REFERENCE:
		return source->reference;
	case CLAIM_SCOPE:
		return source->scope;
	case CLAIM_CONSTANT:
		return text_from(claim->constant);
	case CLAIM_AUDIENCE:
	case CLAIM_EXPIRES_AT:
	case CLAIM_ISSUED_AT:
	case CLAIM_NOT_BEFORE:
	case CLAIM_AUTH_TIME:
	case CLAIM_AMR:
	case CLAIM_CONFIRMATION:
	case CLAIM_USER:
	case CLAIM_USER_BY_PARAMETER:
		break;
	}
	return TEXT_ABSENT;
}

/* One audience is a string, several an array (RFC 7519 section 4.1.3). */
static void write_audience(const char *name, struct text audience,
			   struct json_writer *writer)
{
	struct text rest = audience;
	struct text first;
	struct text second;

	if (!text_next_word(&rest, &first))
		return;
	if (text_next_word(&rest, &second))
		json_member_words(writer, name, audience);
	else
		json_member_text(writer, name, first);
}

/* {"jkt": "…"} or {"x5t#S256": "…"} from "jkt:…" (RFC 7800). */
void claims_write_confirmation(const char *name, struct text confirmation,
			       struct json_writer *writer)
{
	struct text value = confirmation;
	struct text method;

	if (!text_is_present(confirmation) || !text_cut(&value, ':', &method) ||
	    !text_is_present(value))
		return;
	json_name(writer, name);
	json_open_object(writer);
	json_name_text(writer, method);
	json_write_text(writer, value);
	json_close_object(writer);
}

static void write_members(struct text members, struct json_writer *writer)
{
	if (members.size == 0)
		return;
	if (writer->needs_comma)
		buf_add_byte(writer->buf, ',');
	buf_add(writer->buf, members);
	writer->needs_comma = true;
}

static void write_claim(struct arena *arena, const struct profile_claim *claim,
			const struct claims_source *source,
			struct json_writer *writer)
{
	const struct grant *grant = source->grant;
	struct text text = text_of_source(arena, claim, source);

	if (text_is_present(text))
		json_member_text(writer, claim->name, text);
	else if (claim->source == CLAIM_AUDIENCE)
		write_audience(claim->name, source->audience, writer);
	else if (claim->source == CLAIM_EXPIRES_AT)
		json_member_integer(writer, claim->name, source->expires_at);
	else if (claim->source == CLAIM_ISSUED_AT ||
		 claim->source == CLAIM_NOT_BEFORE)
		json_member_integer(writer, claim->name, source->issued_at);
	else if (claim->source == CLAIM_AUTH_TIME)
		json_member_integer(
			writer, claim->name,
			instant_to_seconds(grant->authenticated_at));
	else if (claim->source == CLAIM_AMR && grant->methods.size > 0)
		json_member_words(writer, claim->name, grant->methods);
	else if (claim->source == CLAIM_CONFIRMATION)
		claims_write_confirmation(claim->name, source->confirmation,
					  writer);
	else if (claim->source == CLAIM_USER)
		write_members(source->user_claims, writer);
	else if (claim->source == CLAIM_USER_BY_PARAMETER)
		write_members(source->user_claims_by_parameter, writer);
}

void claims_write(struct arena *arena, const struct profile_claim *claims,
		  size_t count, const struct claims_source *source,
		  struct json_writer *writer)
{
	json_open_object(writer);
	for (size_t i = 0; i < count; i++)
		if (applies(&claims[i], source))
			write_claim(arena, &claims[i], source, writer);
	json_close_object(writer);
}

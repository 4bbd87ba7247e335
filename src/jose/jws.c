/* SPDX-License-Identifier: Apache-2.0 */
/* Compact JWS (RFC 7515 section 7.1): parsed, verified, and only then read. */
#include "jose/jws.h"

#include "base/encoding.h"

static outcome refused(const char **why_out, const char *why)
{
	*why_out = why;
	return REFUSED;
}

/* The three parts; false when there are not exactly three. */
static bool split(struct text compact, struct text part_out[3])
{
	struct text rest = compact;
	size_t dot;

	for (size_t i = 0; i < 2; i++) {
		dot = text_find_byte(rest, '.');
		if (dot == rest.size)
			return false;
		part_out[i] = text_first(rest, dot);
		rest = text_from_byte(rest, dot + 1);
	}
	part_out[2] = rest;
	return text_find_byte(rest, '.') == rest.size;
}

static outcome parse_header(struct text encoded,
			    struct json_document **header_out,
			    const char **why_out)
{
	struct buf bytes = buf_init(JWS_SIZE_MAX);
	outcome result = REFUSED;

	if (base64url_decode(encoded, &bytes))
		result = json_parse(buf_text(&bytes), JWS_SIZE_MAX, header_out,
				    NULL);
	else
		*why_out = "the header is not base64url";
	buf_wipe(&bytes);
	if (result == REFUSED && *why_out == NULL)
		*why_out = "the header is not valid JSON";
	return result;
}

/* A string, or not there. */
static bool read_optional(const struct json *header, const char *name,
			  struct text *value_out)
{
	const struct json *value = json_find(header, name);

	*value_out = json_text(value);
	return value == NULL || text_is_present(*value_out);
}

/* Keys that a header brings along (jwk, jku, x5c, x5u) are not looked at. */
static outcome read_header(struct jws *jws, const char **why_out)
{
	const struct json *header = json_root(jws->header);

	if (!json_is(header, JSON_OBJECT))
		return refused(why_out, "the header is not an object");
	jws->algorithm = json_text(json_find(header, "alg"));
	if (!text_is_present(jws->algorithm))
		return refused(why_out, "the header has no alg");
	if (json_find(header, "crit") != NULL)
		return refused(why_out, "the header has crit extensions");
	if (json_find(header, "b64") != NULL)
		return refused(why_out, "the header has b64");
	if (!read_optional(header, "kid", &jws->key_id))
		return refused(why_out, "the header's kid is not a string");
	if (!read_optional(header, "typ", &jws->type))
		return refused(why_out, "the header's typ is not a string");
	return DONE;
}

static outcome parse_signature(struct arena *arena, struct text encoded,
			       struct text *signature_out, const char **why_out)
{
	struct buf bytes = buf_init_arena(arena, PKEY_SIGNATURE_MAX);

	if (encoded.size == 0)
		return refused(why_out, "there is no signature");
	if (encoded.size > BASE64URL_SIZE(PKEY_SIGNATURE_MAX))
		return refused(why_out, "the signature is too long");
	if (!base64url_decode(encoded, &bytes))
		return refused(why_out, "the signature is not base64url");
	*signature_out = buf_text(&bytes);
	return DONE;
}

static outcome parse(struct arena *arena, struct text compact, struct jws *jws,
		     const char **why_out)
{
	struct buf payload = buf_init_arena(arena, JWS_SIZE_MAX);
	struct text part[3];

	if (compact.size > JWS_SIZE_MAX)
		return refused(why_out, "it is too long");
	if (!split(compact, part))
		return refused(why_out, "it has not exactly three parts");
	if (!base64url_decode(part[1], &payload))
		return refused(why_out, "the payload is not base64url");
	TRY(parse_signature(arena, part[2], &jws->signature, why_out));
	TRY(parse_header(part[0], &jws->header, why_out));
	jws->unverified_payload = buf_text(&payload);
	jws->signing_input =
		text_first(compact, part[0].size + 1 + part[1].size);
	return read_header(jws, why_out);
}

outcome jws_parse(struct arena *arena, struct text compact, struct jws *jws_out,
		  const char **why_out)
{
	outcome result;

	*jws_out = (struct jws){.header = NULL};
	*why_out = NULL;
	result = parse(arena, compact, jws_out, why_out);
	if (result != DONE)
		jws_wipe(jws_out);
	return result;
}

void jws_wipe(struct jws *jws)
{
	json_document_free(&jws->header);
	*jws = (struct jws){.header = NULL};
}

bool jws_has_type(const struct jws *jws, struct text type)
{
	struct text prefix = TEXT("application/");
	struct text named = jws->type;

	if (text_equal_nocase(text_first(named, prefix.size), prefix))
		named = text_from_byte(named, prefix.size);
	return text_equal_nocase(named, type);
}

outcome jws_verify(const struct jws *jws, struct pkey *key,
		   const struct jws_algorithm *algorithm,
		   struct text *payload_out)
{
	if (!text_equal(jws->algorithm, text_from(algorithm->name)))
		return REFUSED;
	if (!pkey_verify(key, algorithm->scheme, jws->signing_input,
			 jws->signature))
		return REFUSED;
	*payload_out = jws->unverified_payload;
	return DONE;
}

void jws_signing_input(struct buf *buf, struct text header, struct text payload)
{
	/* In one go: else what is there is moved. */
	(void)buf_reserve(buf, BASE64URL_SIZE(header.size) + 1 +
				       BASE64URL_SIZE(payload.size));
	base64url_encode(buf, header);
	buf_add_byte(buf, '.');
	base64url_encode(buf, payload);
}

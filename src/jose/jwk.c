/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys as JWKs (RFC 7517, RFC 7518 section 6, RFC 8037 section 2). */
#include "jose/jwk.h"

#include "base/encoding.h"
#include "crypto/digest.h"

/* The largest value: an RSA-4096 modulus. */
#define VALUE_SIZE_MAX 512

/* What a kind of key is called, and its members, in `pkey_public_parts`' order.
 */
struct shape {
	enum pkey_type type;
	const char *kty;
	const char *crv; /* NULL: none */
	const char *a;
	const char *b; /* NULL: none */
};

static const struct shape shapes[] = {
	{PKEY_RSA, "RSA", NULL, "n", "e"},
	{PKEY_P256, "EC", "P-256", "x", "y"},
	{PKEY_P384, "EC", "P-384", "x", "y"},
	{PKEY_P521, "EC", "P-521", "x", "y"},
	{PKEY_ED25519, "OKP", "Ed25519", "x", NULL},
};

static const char *const private_members[] = {"d",  "p",  "q",	 "dp",
					      "dq", "qi", "oth", "k"};

static outcome refused(const char **why_out, const char *why)
{
	*why_out = why;
	return REFUSED;
}

static const struct shape *shape_of(enum pkey_type type)
{
	for (size_t i = 0; i < COUNT_OF(shapes); i++) {
		if (shapes[i].type == type)
			return &shapes[i];
	}
	MUST(false);
	return NULL;
}

static const struct shape *find_shape(struct text kty, struct text crv)
{
	for (size_t i = 0; i < COUNT_OF(shapes); i++) {
		const struct shape *shape = &shapes[i];

		if (!text_equal(text_from(shape->kty), kty))
			continue;
		if (shape->crv == NULL ||
		    text_equal(text_from(shape->crv), crv))
			return shape;
	}
	return NULL;
}

static bool decode_member(const struct json *object, const char *name,
			  struct buf *bytes)
{
	struct text encoded = json_text(json_find(object, name));

	return encoded.size > 0 &&
	       encoded.size <= BASE64URL_SIZE(VALUE_SIZE_MAX) &&
	       base64url_decode(encoded, bytes);
}

static outcome parse_values(const struct json *object,
			    const struct shape *shape, struct pkey **key_out,
			    const char **why_out)
{
	struct buf a = buf_init(VALUE_SIZE_MAX);
	struct buf b = buf_init(VALUE_SIZE_MAX);
	outcome result = REFUSED;

	if (!decode_member(object, shape->a, &a) ||
	    (shape->b != NULL && !decode_member(object, shape->b, &b)))
		*why_out = "a value of the key is missing or not base64url";
	else
		result = pkey_from_public_parts(shape->type, buf_text(&a),
						buf_text(&b), key_out);
	if (result == REFUSED && *why_out == NULL)
		*why_out = "the key's values are out of range, of a wrong size "
			   "or not on the curve";
	buf_wipe(&a);
	buf_wipe(&b);
	return result;
}

outcome jwk_parse(const struct json *object, struct pkey **key_out,
		  const char **why_out)
{
	const struct shape *shape;

	*why_out = NULL;
	if (!json_is(object, JSON_OBJECT))
		return refused(why_out, "the key is not an object");
	for (size_t i = 0; i < COUNT_OF(private_members); i++) {
		if (json_find(object, private_members[i]) != NULL)
			return refused(why_out, "the key has private or "
						"symmetric members");
	}
	shape = find_shape(json_text(json_find(object, "kty")),
			   json_text(json_find(object, "crv")));
	if (shape == NULL)
		return refused(why_out, "the key's kty and crv name no type "
					"that is supported");
	return parse_values(object, shape, key_out, why_out);
}

static void write_value(struct json_writer *writer, const char *name,
			struct buf *bytes)
{
	struct buf encoded = buf_init(BASE64URL_SIZE(VALUE_SIZE_MAX));

	base64url_encode(&encoded, buf_text(bytes));
	MUST(!encoded.is_over);
	json_member_text(writer, name, buf_text(&encoded));
	buf_wipe(&encoded);
}

/*
 * In the order of the names, which RFC 7638 section 3.3 wants: crv, e, kty, n,
 * x, y. So e comes before, n (and x, y) after kty.
 */
static void write_members(const struct shape *shape, struct buf *a,
			  struct buf *b, struct json_writer *writer)
{
	if (shape->crv != NULL)
		json_member_string(writer, "crv", shape->crv);
	if (shape->type == PKEY_RSA)
		write_value(writer, shape->b, b);
	json_member_string(writer, "kty", shape->kty);
	write_value(writer, shape->a, a);
	if (shape->type != PKEY_RSA && shape->b != NULL)
		write_value(writer, shape->b, b);
}

outcome jwk_write(const struct pkey *key, struct json_writer *writer)
{
	struct buf a = buf_init(VALUE_SIZE_MAX);
	struct buf b = buf_init(VALUE_SIZE_MAX);
	outcome result = pkey_public_parts(key, &a, &b);

	if (result == DONE)
		write_members(shape_of(pkey_type(key)), &a, &b, writer);
	buf_wipe(&a);
	buf_wipe(&b);
	return result;
}

#define JWK_SIZE_MAX 1024

outcome jwk_thumbprint(const struct pkey *key, struct buf *bytes)
{
	struct buf json = buf_init(JWK_SIZE_MAX);
	struct json_writer writer = {.buf = &json};
	unsigned char hash[SHA256_SIZE];
	outcome result;

	json_open_object(&writer);
	result = jwk_write(key, &writer);
	json_close_object(&writer);
	MUST(!json.is_over);
	digest_sha256(buf_text(&json), hash);
	buf_wipe(&json);
	if (result == DONE)
		buf_add(bytes, text_of(hash, sizeof(hash)));
	return result;
}

/* Absent, or the string that is wanted. */
static bool is_or_absent(const struct json *object, const char *name,
			 struct text wanted)
{
	const struct json *value = json_find(object, name);
	struct text text = json_text(value);

	return value == NULL ||
	       (text_is_present(text) && text_equal(text, wanted));
}

bool jwk_allows_verify(const struct json *object, struct text key_id,
		       struct text algorithm)
{
	const struct json *operations = json_find(object, "key_ops");
	struct text id = json_text(json_find(object, "kid"));

	if (text_is_present(key_id) &&
	    (!text_is_present(id) || !text_equal(id, key_id)))
		return false;
	if (operations != NULL && (!json_is(operations, JSON_ARRAY) ||
				   !json_has_text(operations, TEXT("verify"))))
		return false;
	return is_or_absent(object, "use", TEXT("sig")) &&
	       is_or_absent(object, "alg", algorithm);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Holds claims against their standard types, and keeps ours out of them. */
#include "registry/claims.h"

#include "registry/member.h"
#include "json/writer.h"

enum claim_type { CLAIM_STRING, CLAIM_BOOLEAN, CLAIM_NUMBER, CLAIM_OBJECT };

struct claim_rule {
	const char *name;
	enum claim_type type;
};

/* OpenID Connect Core section 5.1; others may be of any type. */
static const struct claim_rule standard[] = {
	{"name", CLAIM_STRING},
	{"given_name", CLAIM_STRING},
	{"family_name", CLAIM_STRING},
	{"middle_name", CLAIM_STRING},
	{"nickname", CLAIM_STRING},
	{"preferred_username", CLAIM_STRING},
	{"profile", CLAIM_STRING},
	{"picture", CLAIM_STRING},
	{"website", CLAIM_STRING},
	{"email", CLAIM_STRING},
	{"email_verified", CLAIM_BOOLEAN},
	{"gender", CLAIM_STRING},
	{"birthdate", CLAIM_STRING},
	{"zoneinfo", CLAIM_STRING},
	{"locale", CLAIM_STRING},
	{"phone_number", CLAIM_STRING},
	{"phone_number_verified", CLAIM_BOOLEAN},
	{"address", CLAIM_OBJECT},
	{"updated_at", CLAIM_NUMBER},
};

/* What the server says of a token, and nobody else. */
static const struct text reserved[] = {
	TEXT("iss"),	 TEXT("aud"),	 TEXT("exp"),	    TEXT("iat"),
	TEXT("nbf"),	 TEXT("jti"),	 TEXT("nonce"),	    TEXT("azp"),
	TEXT("at_hash"), TEXT("c_hash"), TEXT("s_hash"),    TEXT("auth_time"),
	TEXT("acr"),	 TEXT("amr"),	 TEXT("sid"),	    TEXT("isk"),
	TEXT("cnf"),	 TEXT("scope"),	 TEXT("client_id"), TEXT("token_use"),
	TEXT("events"),
};

static bool is_of_type(const struct json *value, enum claim_type type)
{
	switch (type) {
	case CLAIM_STRING:
		return json_is(value, JSON_STRING);
	case CLAIM_BOOLEAN:
		return json_is(value, JSON_BOOLEAN);
	case CLAIM_NUMBER:
		return json_is(value, JSON_INTEGER);
	case CLAIM_OBJECT:
		return json_is(value, JSON_OBJECT);
	}
	return false;
}

static const char *type_name(enum claim_type type)
{
	static const char *const names[] = {"a string", "true or false",
					    "a whole number", "an object"};

	return names[type];
}

static bool is_reserved(struct text name)
{
	for (size_t i = 0; i < COUNT_OF(reserved); i++)
		if (text_equal(name, reserved[i]))
			return true;
	return false;
}

static void check_claim(struct reading *reading, const struct place *place,
			struct text name, const struct json *value)
{
	struct place at = *place;

	at.member = arena_format(reading->arena, "claims.%s",
				 member_show(reading, name))
			    .at;
	if (is_reserved(name))
		registry_mistake(reading, &at,
				 "is the server's own to say, not a person's "
				 "claim");
	for (size_t i = 0; i < COUNT_OF(standard); i++)
		if (text_equal(name, text_from(standard[i].name)) &&
		    !is_of_type(value, standard[i].type))
			registry_mistake(reading, &at,
					 "must be %s, not %s (OpenID Connect "
					 "Core section 5.1)",
					 type_name(standard[i].type),
					 json_type_name(value));
}

/* At most 255 ASCII characters (OpenID Connect Core section 2). */
static void read_subject(struct reading *reading, const struct place *place,
			 const struct json *value, struct text *subject_out)
{
	struct text subject = json_text(value);
	struct place at = *place;
	bool is_right = subject.size > 0 && subject.size <= CLAIMS_SUBJECT_MAX;

	for (size_t i = 0; i < subject.size && is_right; i++)
		is_right = subject.at[i] > ' ' && subject.at[i] < 0x7f;
	at.member = "claims.sub";
	if (is_right)
		*subject_out = arena_copy(reading->arena, subject);
	else
		registry_mistake(reading, &at,
				 "must be a string of 1 to 255 visible ASCII "
				 "characters");
}

void claims_read(struct reading *reading, const struct place *place,
		 const struct json *claims, struct text *subject_out,
		 struct text *claims_out)
{
	struct buf text = buf_init_arena(reading->arena, CLAIMS_SIZE_MAX);
	struct json_writer writer = {.buf = &text};
	const struct json *value;
	struct place at = *place;
	struct text name;
	void *member = NULL;

	json_open_object(&writer);
	while (json_next(claims, &member, &name, &value)) {
		if (json_is(value, JSON_NULL))
			continue;
		if (text_equal(name, TEXT("sub"))) {
			read_subject(reading, place, value, subject_out);
			continue;
		}
		check_claim(reading, place, name, value);
		json_name_text(&writer, name);
		json_write_value(&writer, value);
	}
	json_close_object(&writer);
	*claims_out = buf_text(&text);
	at.member = "claims";
	if (text.is_over)
		registry_mistake(reading, &at, "must have at most 16384 bytes");
}

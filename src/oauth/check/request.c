/* SPDX-License-Identifier: Apache-2.0 */
/* request: the parameters as a JWT of the client (RFC 9101); what is not taken.
 */
#include "client_auth/client_keys.h"
#include "oauth/request_object.h"
#include "oauth/request_reference.h"

static outcome refuse_conflict(struct authorization *authorization,
			       const char *name, struct text outside,
			       struct text inside)
{
	return refuse(authorization->decision, REASON_REQUEST_OBJECT_CONFLICT,
		      .argument = text_from(name), .expected = outside,
		      .received = inside);
}

/* RFC 9101 sections 4 and 5: what stands outside too must say the same. */
static outcome check_agrees(struct authorization *authorization,
			    const struct form *inside)
{
	struct text type = form_find(&authorization->form, "response_type");
	struct text type_inside = form_find(inside, "response_type");
	struct text id_inside = form_find(inside, "client_id");

	if (!text_equal(id_inside, authorization->client->id))
		return refuse_conflict(authorization, "client_id",
				       authorization->client->id, id_inside);
	if (type.size > 0 && !text_equal(type, type_inside))
		return refuse_conflict(authorization, "response_type", type,
				       type_inside);
	if (text_is_present(form_find(inside, "request")) ||
	    text_is_present(form_find(inside, "request_uri")))
		return refuse_conflict(authorization, "request", TEXT_ABSENT,
				       TEXT("another request inside"));
	return DONE;
}

static outcome check_absent(struct authorization *authorization)
{
	if (!authorization->client->requires_request_object ||
	    text_is_present(authorization->request_uri))
		return DONE;
	return refuse(authorization->decision, REASON_REQUEST_OBJECT_REQUIRED,
		      .argument = TEXT("request"),
		      .near_miss = TEXT("the client's metadata asks for it"));
}

/* By value or by reference; *compact_out is empty when there is none, or none
 * that could be verified: then it is refused further below. */
static outcome open_object(struct authorization *authorization,
			   struct text *compact_out, struct form *inside_out)
{
	struct text value = form_find(&authorization->form, "request");
	struct text uri = form_find(&authorization->form, "request_uri");

	*compact_out = TEXT("");
	if (value.size > 0 && text_is_present(uri))
		return refuse_conflict(authorization, "request_uri",
				       TEXT_ABSENT,
				       TEXT("request and request_uri"));
	if (uri.size > 0 && !request_reference_is_taken(authorization))
		return refuse(authorization->decision,
			      REASON_REQUEST_URI_UNSUPPORTED,
			      .argument = TEXT("request_uri"));
	if (uri.size > 0)
		return request_reference_open(authorization, uri, compact_out,
					      inside_out);
	if (value.size == 0)
		return check_absent(authorization);
	if (!client_keys_are_registered(authorization->client))
		return DONE;
	*compact_out = value;
	return request_object_open(authorization, value, inside_out);
}

/* The object's parameters alone count; it travels on as it came: one that was
 * fetched by value, so that nobody changes it while a page stands open. */
static outcome expand(struct authorization *authorization)
{
	struct form_field *fields;
	struct text compact;
	struct form inside;

	TRY(open_object(authorization, &compact, &inside));
	if (compact.size == 0)
		return DONE;
	TRY(check_agrees(authorization, &inside));
	fields = ARENA_ARRAY(authorization->decision->arena, struct form_field,
			     2);
	fields[0] = (struct form_field){TEXT("client_id"),
					authorization->client->id};
	fields[1] = (struct form_field){TEXT("request"), compact};
	authorization->arrived = (struct form){fields, 2};
	authorization->form = inside;
	return DONE;
}

static const struct {
	const char *parameter;
	enum reason reason;
} unsupported[] = {
	{"request", REASON_REQUEST_UNSUPPORTED},
	{"request_uri", REASON_REQUEST_URI_UNSUPPORTED},
	{"registration", REASON_REGISTRATION_UNSUPPORTED},
};

static outcome check(struct authorization *authorization)
{
	for (size_t i = 0; i < COUNT_OF(unsupported); i++) {
		const char *name = unsupported[i].parameter;

		if (text_is_present(form_find(&authorization->form, name)))
			return refuse(authorization->decision,
				      unsupported[i].reason,
				      .argument = text_from(name));
	}
	return DONE;
}

const struct authorization_check check_request_object = {"request", expand};
const struct authorization_check check_request = {"request", check};

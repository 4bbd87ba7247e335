/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate of an authority that names the client (RFC 8705 section 2.1).
 */
#include "client_auth/client_auth.h"
#include "client_auth/shown.h"

#define SUBJECT_SIZE_MAX 4096
#define NAMES_SIZE_MAX 4096

/* Chosen by registration alone: a certificate may come for other purposes. */
static bool is_used(const struct client_auth_request *request)
{
	return false;
}

static outcome identify(const struct client_auth_request *request,
			struct text *id_out)
{
	*id_out = form_find(request->form, "client_id");
	return DONE;
}

static outcome refuse_chain(const struct client_auth_request *request,
			    const char *why)
{
	return refuse(request->decision, REASON_CLIENT_CERTIFICATE_UNTRUSTED,
		      .near_miss = text_from(why));
}

/* By us where the tenant names authorities, else by the trusted edge. */
static outcome check_chain(const struct client_auth_request *request,
			   const struct certificate *certificate)
{
	const struct http_client_certificate *shown =
		&request->http->certificate;
	struct certificate_trust trust = {
		.authorities = request->tenant->client_authorities,
		.chain = shown->chain,
		.now = instant_to_seconds(request->decision->now),
	};
	const char *why = NULL;

	if (shown->verdict == HTTP_CHAIN_FAILED)
		return refuse_chain(request, "the edge could not verify its "
					     "chain");
	if (trust.authorities == NULL)
		return shown->verdict == HTTP_CHAIN_VERIFIED
			       ? DONE
			       : refuse_chain(request,
					      "the tenant has no "
					      "client_certificate_authorities");
	if (certificate_verify(certificate, &trust, &why) != DONE)
		return refuse_chain(request, why);
	return DONE;
}

static outcome check_subject(const struct client_auth_request *request,
			     const struct certificate *certificate,
			     struct text expected)
{
	struct decision *decision = request->decision;
	struct buf subject = buf_init_arena(decision->arena, SUBJECT_SIZE_MAX);

	if (certificate_subject(certificate, &subject) == DONE &&
	    text_equal(buf_text(&subject), expected))
		return DONE;
	return refuse(decision, REASON_CLIENT_CERTIFICATE_WRONG,
		      .expected = expected, .received = buf_text(&subject),
		      .near_miss = decision_difference(decision, expected,
						       buf_text(&subject)));
}

static outcome check_name(const struct client_auth_request *request,
			  const struct certificate *certificate,
			  enum certificate_name kind, struct text expected)
{
	struct decision *decision = request->decision;
	struct buf names = buf_init_arena(decision->arena, NAMES_SIZE_MAX);

	if (certificate_has_name(certificate, kind, expected))
		return DONE;
	certificate_list_names(certificate, kind, &names);
	return refuse(decision, REASON_CLIENT_CERTIFICATE_WRONG,
		      .expected = expected, .received = buf_text(&names));
}

/* Registration lets exactly one of them be there. */
static outcome check_identity(const struct client_auth_request *request,
			      const struct certificate *certificate,
			      const struct client *client)
{
	const struct {
		struct text expected;
		enum certificate_name kind;
	} names[] = {
		{client->tls_san_dns, CERTIFICATE_DNS},
		{client->tls_san_uri, CERTIFICATE_URI},
		{client->tls_san_ip, CERTIFICATE_IP},
		{client->tls_san_email, CERTIFICATE_EMAIL},
	};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (names[i].expected.size > 0)
			return check_name(request, certificate, names[i].kind,
					  names[i].expected);
	return check_subject(request, certificate, client->tls_subject_dn);
}

static outcome prove(const struct client_auth_request *request,
		     const struct client *client)
{
	CLEANUP(certificate_free) struct certificate *certificate = NULL;

	TRY(shown_certificate(request, &certificate));
	TRY(check_chain(request, certificate));
	TRY(check_identity(request, certificate, client));
	decision_note(request->decision, "client authentication",
		      "tls_client_auth of %.*s", TEXT_ARG(client->id));
	return DONE;
}

const struct client_auth_method client_auth_tls_client_auth = {
	.name = "tls_client_auth",
	.is_used = is_used,
	.identify = identify,
	.prove = prove,
	.is_by_certificate = true,
};

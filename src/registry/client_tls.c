/* SPDX-License-Identifier: Apache-2.0 */
/* What clients that prove themselves by certificates, and their tenants, must
 * have (RFC 8705). */
#include "crypto/certificate.h"
#include "http/edge.h"
#include "http/uri.h"
#include "registry/internal.h"

struct identity {
	const char *name;
	struct text value;
};

/* As `openssl x509 -nameopt RFC2253` prints it: no spaces around commas. */
static bool is_subject(struct text value)
{
	for (size_t i = 1; i < value.size; i++)
		if ((value.at[i - 1] == ',' || value.at[i - 1] == '+') &&
		    value.at[i] == ' ' && (i == 1 || value.at[i - 2] != '\\'))
			return false;
	return text_find_byte(value, '=') < value.size &&
	       !text_has_control(value);
}

static void check_forms(struct reading *reading, struct place *place,
			const struct client *client)
{
	struct http_network network;

	place->member = "tls_client_auth_subject_dn";
	if (client->tls_subject_dn.size > 0 &&
	    !is_subject(client->tls_subject_dn))
		registry_mistake(reading, place,
				 "must be as RFC 4514 writes it, without "
				 "spaces behind commas: `openssl x509 -noout "
				 "-subject -nameopt RFC2253,-esc_msb`");
	place->member = "tls_client_auth_san_dns";
	if (text_find_byte(client->tls_san_dns, '*') < client->tls_san_dns.size)
		registry_mistake(reading, place,
				 "must be one whole name: no '*' stands for "
				 "others");
	place->member = "tls_client_auth_san_ip";
	if (client->tls_san_ip.size > 0 &&
	    (text_find_byte(client->tls_san_ip, '/') <
		     client->tls_san_ip.size ||
	     !http_network_parse(client->tls_san_ip, &network)))
		registry_mistake(reading, place, "must be an IP address");
	place->member = NULL;
}

static void check_count(struct reading *reading, struct place *place,
			const struct client *client)
{
	const struct identity all[] = {
		{"tls_client_auth_subject_dn", client->tls_subject_dn},
		{"tls_client_auth_san_dns", client->tls_san_dns},
		{"tls_client_auth_san_uri", client->tls_san_uri},
		{"tls_client_auth_san_ip", client->tls_san_ip},
		{"tls_client_auth_san_email", client->tls_san_email},
	};
	bool needs_one =
		text_equal(client->auth_method, TEXT("tls_client_auth"));
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(all); i++) {
		if (all[i].value.size == 0)
			continue;
		count++;
		place->member = all[i].name;
		if (!needs_one || count > 1)
			registry_mistake(
				reading, place, "%s",
				needs_one ? "is one too many: exactly one says "
					    "who the client is (RFC 8705 2.1.2)"
					  : "goes with "
					    "\"token_endpoint_auth_method\": "
					    "\"tls_client_auth\"");
	}
	place->member = "tls_client_auth_subject_dn";
	if (needs_one && count == 0)
		registry_mistake(reading, place,
				 "is missing, or one of "
				 "tls_client_auth_san_dns, _san_uri, _san_ip "
				 "and _san_email");
	place->member = NULL;
}

void registry_check_client_tls(struct reading *reading, struct place *place,
			       const struct client *client)
{
	check_forms(reading, place, client);
	check_count(reading, place, client);
	place->member = "jwks";
	if (text_equal(client->auth_method,
		       TEXT("self_signed_tls_client_auth")) &&
	    client->jwks.size == 0)
		registry_mistake(reading, place,
				 "is missing: the client's certificate, or its "
				 "key, stands there (RFC 8705 section 2.2)");
	place->member = NULL;
}

static bool has_authorities(struct text pem)
{
	CLEANUP(certificate_authorities_free)
	struct certificate_authorities *authorities = NULL;

	return certificate_authorities_read(pem, &authorities) == DONE;
}

/* The same path as url's, so that one spelling of every endpoint is enough. */
static bool is_alias(struct text url, struct text mtls_url)
{
	struct uri one;
	struct uri other;
	const char *why;

	return uri_parse(url, &one, &why) == DONE &&
	       uri_parse(mtls_url, &other, &why) == DONE &&
	       text_equal(one.scheme, other.scheme) && other.host.size > 0 &&
	       text_equal(one.path, other.path) &&
	       !text_is_present(other.userinfo) &&
	       !text_is_present(other.query) &&
	       !text_is_present(other.fragment);
}

void registry_check_tenant_tls(struct reading *reading, struct place *place,
			       struct text url, const struct tenant *settings)
{
	if (text_is_present(settings->client_authorities_pem) &&
	    !has_authorities(settings->client_authorities_pem))
		registry_mistake(reading, place,
				 "client_certificate_authorities must be PEM "
				 "of certificates");
	if (text_is_present(settings->mtls_url) &&
	    !is_alias(url, settings->mtls_url))
		registry_mistake(reading, place,
				 "mtls_url must be the tenant's url with "
				 "another host or port");
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the certificate that a request came with. */
#include "client_auth/shown.h"

outcome shown_certificate(const struct client_auth_request *request,
			  struct certificate **certificate_out)
{
	const struct http_client_certificate *shown =
		&request->http->certificate;

	if (!text_is_present(shown->der))
		return refuse(request->decision,
			      REASON_CLIENT_CERTIFICATE_MISSING,
			      .near_miss = TEXT(
				      "does the listener or the proxy ask for "
				      "one, and is the proxy trusted?"));
	if (certificate_parse(shown->der, certificate_out) != DONE)
		return refuse(request->decision,
			      REASON_CLIENT_CERTIFICATE_MALFORMED,
			      .near_miss = TEXT("it is too large, or no X.509 "
						"certificate"));
	return DONE;
}

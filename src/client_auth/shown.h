/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate that a request came with. */
#pragma once

#include "client_auth/client_auth.h"
#include "crypto/certificate.h"

/* REFUSED: CLIENT_CERTIFICATE_MISSING, CLIENT_CERTIFICATE_MALFORMED. To be
 * freed. */
outcome shown_certificate(const struct client_auth_request *request,
			  struct certificate **certificate_out) MUST_USE;

/* SPDX-License-Identifier: Apache-2.0 */
/* Phase 5 of the token endpoint, for certificates: what tokens are bound to. */
#pragma once

#include "oauth/grant.h"

/*
 * To the client's certificate (RFC 8705 section 3), when the client is
 * registered so: the access token (request->confirmation), and for public clients
 * the refresh tokens from the exchange on (grant.confirmation). REFUSED:
 * CLIENT_CERTIFICATE_MISSING, REFRESH_CERTIFICATE_WRONG.
 */
outcome binding_confirm(struct token_request *request) MUST_USE;

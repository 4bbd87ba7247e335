/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of machine endpoints: form or JSON bodies, each name once. */
#pragma once

#include "oauth/oauth.h"

/* Longest value of any parameter. */
#define PARAMETER_VALUE_MAX 16384

/*
 * Reads the body as application/x-www-form-urlencoded or application/json (an
 * object of strings). REFUSED: MEDIA_TYPE_WRONG, BODY_MALFORMED,
 * PARAMETER_REPEATED, PARAMETER_TYPE, PARAMETER_MALFORMED (too long, NUL),
 * SECRET_IN_QUERY, PARAMETER_IN_QUERY.
 */
outcome parameters_read_body(struct oauth_request *request,
			     struct form *form_out) MUST_USE;
/*
 * Those of a front-channel request: the query of a GET, the form body of a POST.
 * REFUSED: BODY_MALFORMED, MEDIA_TYPE_WRONG, PARAMETER_MALFORMED (too long).
 * Whether each stands there once is parameters_check_once's to say: an
 * authorization request's answer depends on which one does not.
 */
outcome parameters_read_front(struct oauth_request *request,
			      struct form *form_out) MUST_USE;
/* REFUSED (PARAMETER_REPEATED, its name as the argument) when a name stands
 * twice; `resource` may (RFC 8707 section 2). */
outcome parameters_check_once(struct decision *decision,
			      const struct form *form) MUST_USE;
/* The client that sent these parameters, proven (client_auth/client_auth.h); an
 * assertion's jti is added to request->once. From here on request->tenant is the
 * tenant by whose rules this client is judged. */
outcome parameters_prove_client(struct oauth_request *request,
				const struct form *form,
				const struct client **client_out) MUST_USE;
/* The value; REFUSED (PARAMETER_MISSING, its name as the argument) when there is
 * none or it is empty. */
outcome parameters_need(struct decision *decision, const struct form *form,
			const char *name, struct text *value_out) MUST_USE;

/* SPDX-License-Identifier: Apache-2.0 */
/* Request objects by value: parameters in a JWT of the client (RFC 9101). */
#pragma once

#include "oauth/authorization.h"

/*
 * The parameters that the object holds, once it is the client's own: signed by
 * a registered key with the registered algorithm, for us, and not too old. It
 * may be encrypted to the tenant besides. Parks the task.
 * REFUSED: REQUEST_OBJECT_ENCRYPTION, _MALFORMED, _ALGORITHM, _SIGNATURE,
 * _CLAIMS.
 */
outcome request_object_open(struct authorization *authorization,
			    struct text compact, struct form *form_out)
	MUST_USE;

/* SPDX-License-Identifier: Apache-2.0 */
/* resource and audience: what the tokens will be for (RFC 8707). */
#include "oauth/authorization.h"
#include "oauth/resources.h"

static outcome check(struct authorization *authorization)
{
	return resources_read(authorization->base, &authorization->form,
			      authorization->client, &authorization->resources);
}

const struct authorization_check check_resource = {"resource", check};

/* SPDX-License-Identifier: Apache-2.0 */
/* The record through which the engine calls OpenID Connect. */
#include "oidc/internal.h"

const struct oauth_extension oidc_extension = {
	.issue = oidc_issue_id_token,
	.read_hint = oidc_read_hint,
	.check_claims = oidc_check_claims,
	.name_claims_scope = oidc_name_claims_scope,
};

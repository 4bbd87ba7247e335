/* SPDX-License-Identifier: Apache-2.0 */
/* FAPI 2.0 as a table: what the Security Profile (Final) and Message Signing leave
 * of any profile that they are laid over. */
#include <stddef.h>

#include "profile/internal.h"

/* Security Profile section 5.4.1; Ed25519 is the only curve of EdDSA here, and its own name
 * for it (RFC 9864 section 2.2). */
#define ALGORITHMS "PS256 ES256 EdDSA Ed25519"

#define CAP(member, most) {offsetof(struct profile_lifetimes, member), most}

/* Security Profile section 5.3.2.2; a replayed code is never tolerated. */
static const struct profile_cap caps[] = {
	CAP(code_for, 60),
	CAP(code_replay_tolerance_for, 0),
	CAP(pushed_for, 599),
};

/* clang-format off */
#define OAUTH_ALGORITHMS PROFILE_JSON( \
	"token_endpoint_auth_signing_alg_values_supported": \
		["PS256", "ES256", "EdDSA", "Ed25519"], \
	"revocation_endpoint_auth_signing_alg_values_supported": \
		["PS256", "ES256", "EdDSA", "Ed25519"], \
	"introspection_endpoint_auth_signing_alg_values_supported": \
		["PS256", "ES256", "EdDSA", "Ed25519"], \
	"dpop_signing_alg_values_supported": \
		["PS256", "ES256", "EdDSA", "Ed25519"])

#define OPENID_ALGORITHMS PROFILE_JSON( \
	"request_object_signing_alg_values_supported": \
		["PS256", "ES256", "EdDSA", "Ed25519"])
/* clang-format on */

#define OAUTH_METADATA                                                         \
	PROFILE_RESPONSE_MODES                                                 \
	"," PROFILE_OAUTH_MEMBERS "," OAUTH_ALGORITHMS

const struct profile_overlay profile_fapi2 = {
	.replies = &profile_rfc_replies,
	.caps = caps,
	.cap_count = COUNT_OF(caps),
	.off =
		{
			.redirect_uri_optional_with_s256 = true,
			/* section 5.3.2.2: a pushed request names it */
			.redirect_uri_defaults = true,
			.burns_code_on_failure = true,
			.web_message = true,
			.token_in_query_at_userinfo = true,
			.dpop_where_required_alone = true,
		},
	.limits =
		{
			.algorithms = ALGORITHMS,
			.auth_methods = "private_key_jwt tls_client_auth "
					"self_signed_tls_client_auth",
			.response_types = "code",
			.code_for = 60,
			.challenges_always = true,
			.pushes_always = true,
			.binds_always = true,
			.rotates_never = true,
			.redirects_securely = true,
			.dates_request_objects = true,
		},
	/* Public clients alone rotate, and there are none. */
	.rotation_rule = ROTATE_PUBLIC,
	.assertion_audiences = ASSERTION_AUDIENCE_STRING_ALONE,
	.signing_alg = "ES256",
	.oauth_metadata_constants = OAUTH_METADATA,
	.openid_metadata_constants = OAUTH_METADATA "," PROFILE_OPENID_MEMBERS
						    "," OPENID_ALGORITHMS,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* What the profiles share: metadata, and the reply tables' names. */
#pragma once

#include "profile/profile.h"

extern const struct profile_replies profile_rfc_replies;
extern const struct profile_replies profile_auth0_replies;
extern const struct profile_replies profile_asgardeo_replies;
/* FAPI 2.0, laid over any of them. */
extern const struct profile_overlay profile_fapi2;

/* Its arguments, JSON members, as they stand: a C string. */
#define PROFILE_JSON(...) #__VA_ARGS__

/*
 * Constant members of the metadata documents. They tell what is built, not what
 * the vendors have: S256 alone, the code flow alone. response_modes_supported
 * is each profile's own.
 */
/* clang-format off */

/* RFC 8414 section 2, RFC 9207 section 3. */
#define PROFILE_OAUTH_MEMBERS PROFILE_JSON( \
	"response_types_supported": ["code"], \
	"grant_types_supported": ["authorization_code", "refresh_token"], \
	"code_challenge_methods_supported": ["S256"], \
	"authorization_response_iss_parameter_supported": true)

#define PROFILE_OAUTH_ALGORITHMS PROFILE_JSON( \
	"token_endpoint_auth_signing_alg_values_supported": \
		["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", \
		 "ES256", "ES384", "ES512", "EdDSA", "Ed25519", \
		 "HS256", "HS384", "HS512"], \
	"revocation_endpoint_auth_signing_alg_values_supported": \
		["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", \
		 "ES256", "ES384", "ES512", "EdDSA", "Ed25519", \
		 "HS256", "HS384", "HS512"], \
	"introspection_endpoint_auth_signing_alg_values_supported": \
		["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", \
		 "ES256", "ES384", "ES512", "EdDSA", "Ed25519", \
		 "HS256", "HS384", "HS512"], \
	"dpop_signing_alg_values_supported": \
		["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", \
		"ES256", "ES384", "ES512", "EdDSA"])

#define PROFILE_OAUTH_METADATA \
	PROFILE_OAUTH_MEMBERS "," PROFILE_OAUTH_ALGORITHMS

/* OpenID Connect Discovery section 3. */
#define PROFILE_OPENID_MEMBERS PROFILE_JSON( \
	"subject_types_supported": ["public"], \
	"claim_types_supported": ["normal"], \
	"claims_parameter_supported": true, \
	"request_parameter_supported": true, \
	"prompt_values_supported": ["none", "login", "consent"], \
	"display_values_supported": ["page"])

#define PROFILE_OPENID_ALGORITHMS PROFILE_JSON( \
	"request_object_signing_alg_values_supported": \
		["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", \
		"ES256", "ES384", "ES512", "EdDSA"])

#define PROFILE_OPENID_METADATA \
	PROFILE_OPENID_MEMBERS "," PROFILE_OPENID_ALGORITHMS

#define PROFILE_RESPONSE_MODES PROFILE_JSON( \
	"response_modes_supported": ["query", "fragment", "form_post", \
		"query.jwt", "fragment.jwt", "form_post.jwt", "jwt"])
/* clang-format on */

/* What the standard scopes release (OpenID Connect Core 5.1, 5.4). */
#define PROFILE_SCOPES "openid profile email address phone offline_access"
#define PROFILE_USER_CLAIMS                                                    \
	"name family_name given_name middle_name nickname preferred_username " \
	"profile picture website gender birthdate zoneinfo locale updated_at " \
	"email email_verified address phone_number phone_number_verified"

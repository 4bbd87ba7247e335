/* SPDX-License-Identifier: Apache-2.0 */
/* The lists of profiles, methods, grants and endpoints: the whole program. */
#include "login/login.h"
#include "oauth/grant.h"
#include "oidc/oidc.h"
#include "profile/profile.h"
#include "server/internal.h"

const struct profile *const server_profiles[] = {
	&profile_rfc,
	&profile_auth0,
	&profile_asgardeo,
};
const size_t server_profile_count = COUNT_OF(server_profiles);

/* `none` last: it is what is left. */
const struct client_auth_method *const server_client_auth_methods[] = {
	&client_auth_client_secret_basic,
	&client_auth_client_secret_post,
	&client_auth_private_key_jwt,
	&client_auth_client_secret_jwt,
	&client_auth_tls_client_auth,
	&client_auth_self_signed_tls_client_auth,
	&client_auth_none,
};
const size_t server_client_auth_method_count =
	COUNT_OF(server_client_auth_methods);

const struct grant_type *const server_grant_types[] = {
	&grant_authorization_code,
	&grant_refresh_token,
};
const size_t server_grant_type_count = COUNT_OF(server_grant_types);

static const struct oauth_endpoint *const endpoints[] = {
	&oauth_endpoint_token,	       &oauth_endpoint_authorize,
	&oauth_endpoint_revoke,	       &oauth_endpoint_introspect,
	&oauth_endpoint_jwks,	       &oidc_endpoint_userinfo,
	&oauth_endpoint_par,	       &oidc_endpoint_openid_metadata,
	&oidc_endpoint_oauth_metadata, &oidc_endpoint_logout,
	&oidc_endpoint_logout_return,  &oidc_endpoint_logout_confirm,
	&login_endpoint_sign_in,       &login_endpoint_consent,
};

const struct oauth_endpoint *server_find_endpoint(enum endpoint endpoint)
{
	for (size_t i = 0; i < COUNT_OF(endpoints); i++)
		if (endpoints[i]->endpoint == endpoint)
			return endpoints[i];
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What OpenID Connect adds to the engine; listed by the composition root. */
#pragma once

#include "oauth/extension.h"

extern const struct oauth_extension oidc_extension;

extern const struct oauth_endpoint oidc_endpoint_userinfo;
extern const struct oauth_endpoint oidc_endpoint_openid_metadata;
extern const struct oauth_endpoint oidc_endpoint_oauth_metadata;
extern const struct oauth_endpoint oidc_endpoint_logout;
extern const struct oauth_endpoint oidc_endpoint_logout_return;
extern const struct oauth_endpoint oidc_endpoint_logout_confirm;

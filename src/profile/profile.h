/* SPDX-License-Identifier: Apache-2.0 */
/* The three profiles (tenant/profile.h says what one is). */
#pragma once

#include "tenant/profile.h"

/* RFC 9700 and OAuth 2.1 behaviour; what every other profile falls back to. */
extern const struct profile profile_rfc;
/* As Auth0's domain root: docs/profiles/auth0.md. */
extern const struct profile profile_auth0;
/* As Asgardeo's organization path: docs/profiles/asgardeo.md. */
extern const struct profile profile_asgardeo;

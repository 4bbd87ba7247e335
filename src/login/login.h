/* SPDX-License-Identifier: Apache-2.0 */
/* The pages a person sees, and the two endpoints that their forms post to. */
#pragma once

#include "oauth/interaction.h"

/* What the engine draws its pages with. The contract of ids and words is
 * docs/pages.md. */
extern const struct oauth_pages login_pages;

/* POST of the sign-in form: user name and password. */
extern const struct oauth_endpoint login_endpoint_sign_in;
/* POST of the consent form: approve or deny. */
extern const struct oauth_endpoint login_endpoint_consent;

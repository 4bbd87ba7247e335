/* SPDX-License-Identifier: Apache-2.0 */
/* Compares a client secret with what is stored of it. */
#pragma once

#include "client_auth/client_auth.h"

/* Whether it is the client's; constant time. */
MUST_USE bool secret_is_of(const struct client_auth_request *request,
			   const struct client *client, struct text secret);
/* The time that secret_is_of takes, for clients that do not exist. */
void secret_compare_nothing(const struct client_auth_request *request);

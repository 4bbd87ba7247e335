/* SPDX-License-Identifier: Apache-2.0 */
/* Every setting of `licet serve`, and what the rooms are told of them. */
#pragma once

#include "config/config.h"
#include "fetch/fetch.h"
#include "http/listener.h"
#include "tenant/tenant.h"

extern const struct config_schema server_schema;

/* `limits.*` of HTTP as http wants them. */
void schema_http_limits(const struct config *config,
			struct http_limits *limits_out);
#define SCHEMA_FETCH_WAITING 256 /* outgoing requests that may wait */

/* `fetch.*` as fetch wants it; borrows from the configuration. */
void schema_fetch(const struct config *config,
		  struct fetch_options *options_out);
/* `defaults.*` as tenant wants them; what is not set stays the profile's. */
void schema_tenant_defaults(const struct config *config,
			    struct tenant_defaults *defaults_out);

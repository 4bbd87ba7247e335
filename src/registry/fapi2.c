/* SPDX-License-Identifier: Apache-2.0 */
/* What FAPI 2.0 asks of tenants and clients, told before they are saved. */
#include "registry/internal.h"

void registry_check_tenant_fapi2(struct reading *reading, struct place *place,
				 const struct tenant_draft *draft)
{
	const struct profile *profile =
		registry_find_profile(reading, draft->record.profile);
	const struct tenant *tenant;
	struct text why;

	/* What is wrong with either has been told. */
	if (profile == NULL || draft->signing_alg.size == 0 ||
	    tenant_foresee(reading->arena, profile, draft->record.settings,
			   &tenant, &why) != DONE ||
	    profile_allows_algorithm(tenant->profile, draft->signing_alg))
		return;
	place->member = "settings";
	registry_mistake(
		reading, place,
		"signing_alg must be PS256, ES256 or EdDSA where fapi2 "
		"is required");
	place->member = NULL;
}

void registry_check_client_fapi2(struct reading *reading, struct place *place,
				 const struct tenant_draft *draft,
				 const struct client *client)
{
	const struct profile *profile =
		registry_find_profile(reading, draft->record.profile);
	const struct tenant *tenant;
	struct tenant_unfit unfit;
	struct text why;

	if (profile == NULL ||
	    tenant_foresee(reading->arena, profile, draft->record.settings,
			   &tenant, &why) != DONE ||
	    tenant_fits_client(tenant, client, &unfit))
		return;
	place->member = unfit.member;
	registry_mistake(reading, place, "%s", unfit.why);
	place->member = NULL;
}

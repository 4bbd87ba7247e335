/* SPDX-License-Identifier: Apache-2.0 */
/* Spends what a request is good for once, late and all together. */
#include "oauth/once.h"

#include "oauth/oauth.h"

/*
 * Proofs and assertions state whole seconds, within which a store's index by
 * expiry (PostgreSQL's) would have them in the order of their hashes, each on a
 * page of its own. By when they came, the next is beside the one before.
 */
void once_add(struct oauth_request *request, const struct store_jti *jti,
	      struct once_replay replay)
{
	struct once *once = &request->once;
	size_t at = once->unspent.count;

	MUST(at < STORE_JTI_COUNT_MAX);
	once->unspent.jtis[at] = *jti;
	once->unspent.jtis[at].expires_at +=
		request->decision->now % INSTANT_SECOND;
	once->replays[at] = replay;
	once->unspent.count++;
}

const struct store_once *once_unspent(const struct oauth_request *request)
{
	const struct store_once *unspent = &request->once.unspent;

	return unspent->count > 0 ? unspent : NULL;
}

void once_was_spent(struct oauth_request *request)
{
	request->once.unspent.count = 0;
}

outcome once_refuse(struct oauth_request *request, size_t at)
{
	struct once_replay replay;

	MUST(at < STORE_JTI_COUNT_MAX);
	replay = request->once.replays[at];
	return refuse(request->decision, replay.reason, .argument = replay.id,
		      .received = replay.id);
}

outcome once_spend(struct oauth_request *request)
{
	const struct store_once *unspent = once_unspent(request);
	enum store_outcome spent;
	size_t at = 0;

	if (unspent == NULL)
		return DONE;
	spent = store_spend(tenant_shard(request->decision,
					 request->oauth->store, 0),
			    unspent, &at);
	if (spent == STORE_ALREADY)
		return once_refuse(request, at);
	TRY(tenant_store_outcome(request->decision, spent));
	once_was_spent(request);
	return DONE;
}

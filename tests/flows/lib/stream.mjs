/* SPDX-License-Identifier: Apache-2.0 */
/* A stream of exchanges and refreshes, each reply noted once it was received whole. */
import { exchange, obtainCode, refresh } from './flow.mjs';
import { clients } from './tenants.mjs';

/* `count` codes of one signed-in person, ready to be redeemed. */
export async function prepareGrants(tenant, count, client = clients.spa) {
	const first = await obtainCode(tenant, { client });
	const grants = [first];
	while (grants.length < count)
		grants.push(await obtainCode(tenant, { client, agent: first.agent }));
	return grants;
}

/*
 * Redeems the grants and refreshes each a few times, `lanes` at once, until all is done
 * or the server is gone. Notes in each grant: `sent` (an exchange went out), `tokens`
 * (the last reply that came back), `refused` (a reply that was not 200).
 */
export async function runStream(tenant, grants, { lanes = 8, refreshes = 3, onReply } = {}) {
	const waiting = [...grants];
	const lane = async () => {
		for (let grant = waiting.shift(); grant; grant = waiting.shift())
			if (!(await runGrant(tenant, grant, refreshes, onReply)))
				return;
	};
	await Promise.all(Array.from({ length: lanes }, lane));
}

async function runGrant(tenant, grant, refreshes, onReply) {
	for (let i = 0; i <= refreshes; i++) {
		grant.sent = true;
		const reply = await (i === 0
			? exchange(tenant, grant)
			: refresh(tenant, grant.client, grant.tokens.refresh_token)).catch(() => null);
		if (!reply)
			return false;
		if (reply.status !== 200)
			grant.refused = `${reply.status} ${reply.text}`;
		else
			grant.tokens = reply.json;
		onReply?.(reply);
		if (grant.refused)
			return true;
	}
	return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Killed in the middle of its work, the server keeps every promise it had made. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorOf, exchange, refresh, refusalOf, tokensOf, userinfo } from './lib/flow.mjs';
import { startDemo } from './lib/licet.mjs';
import { prepareGrants, runStream } from './lib/stream.mjs';
import { clients, profiles } from './lib/tenants.mjs';

const GRANTS = 60;
const KILL_AFTER_REPLIES = { rfc: [1, 37, 90], auth0: [20], asgardeo: [63] };

/* Kills the server while replies are still coming; gives the grants as noted. */
async function killInTheMiddle(licet, tenant, grants, replies) {
	let seen = 0;
	let killed = null;
	const onReply = () => {
		if (++seen === replies)
			killed = licet.kill();
	};
	await runStream(tenant, grants, { onReply });
	await killed;
	assert.ok(seen < grants.length * 4, 'the server was killed before the stream ended');
}

async function checkAcknowledged(tenant, grant) {
	const info = await userinfo(tenant, grant.tokens.access_token);
	assert.equal(info.status, 200, `userinfo: ${info.status} ${info.text}`);
	const renewed = tokensOf(await refresh(tenant, grant.client, grant.tokens.refresh_token));
	assert.ok(renewed.access_token);
	const replay = await exchange(tenant, grant);
	assert.deepEqual(errorOf(replay), refusalOf(tenant.profile, 'grant'));
}

/* The fate of an exchange without a reply is open, but it is one of two. */
async function checkUncertain(tenant, grant) {
	const retry = await exchange(tenant, grant);
	if (retry.status !== 200)
		assert.deepEqual(errorOf(retry), refusalOf(tenant.profile, 'grant'));
	const replay = await exchange(tenant, grant);
	assert.deepEqual(errorOf(replay), refusalOf(tenant.profile, 'grant'));
}

for (const profile of profiles)
	for (const replies of KILL_AFTER_REPLIES[profile])
		test(`${profile}: killed -9 after ${replies} replies, every acknowledged one still holds`,
			async () => {
				const before = await startDemo();
				const tenant = before.tenant(profile);
				const grants = await prepareGrants(tenant, GRANTS, clients.spa);
				await killInTheMiddle(before, tenant, grants, replies);
				const after = await startDemo({ data: before.data, port: before.port });
				const acknowledged = grants.filter((grant) => grant.tokens);
				assert.ok(acknowledged.length > 0);
				assert.deepEqual(grants.filter((grant) => grant.refused), []);
				for (const grant of grants)
					if (grant.tokens)
						await checkAcknowledged(tenant, grant);
					else
						await checkUncertain(tenant, grant);
				await after.stop();
			});

/* SPDX-License-Identifier: Apache-2.0 */
/* What a server knew before it was stopped, it knows after: nothing lives in memory only. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { send } from './lib/http.mjs';
import { exchange, isActive, obtainCode, obtainTokens, refresh, tokensOf, userinfo }
	from './lib/flow.mjs';
import { endsCleanly, startDemo } from './lib/licet.mjs';
import { clients, profiles } from './lib/tenants.mjs';

const before = await startDemo();
const known = new Map();
for (const profile of profiles) {
	const tenant = before.tenant(profile);
	const web = await obtainTokens(tenant);
	const spa = await obtainTokens(tenant, { client: clients.spa });
	const code = await obtainCode(tenant, { agent: web.agent });
	const keys = (await send({ url: tenant.jwks })).json;
	known.set(profile, { tenant, web, spa, code, keys });
}
await before.stop();
const licet = await startDemo({ data: before.data, port: before.port });

for (const [profile, { tenant, web, spa, code, keys }] of known) {
	test(`${profile}: a code from before a restart is redeemed after it`, async () => {
		tokensOf(await exchange(tenant, code));
	});

	test(`${profile}: refresh tokens from before a restart are good after it`, async () => {
		tokensOf(await refresh(tenant, clients.web, web.tokens.refresh_token));
		tokensOf(await refresh(tenant, clients.spa, spa.tokens.refresh_token));
	});

	test(`${profile}: access tokens from before a restart are good after it`, async () => {
		assert.equal((await userinfo(tenant, web.tokens.access_token)).status, 200);
		assert.equal(await isActive(tenant, web.tokens.access_token), true);
	});

	test(`${profile}: a restart asks nobody to sign in or to consent again`, async () => {
		const again = await obtainCode(tenant, { agent: web.agent });
		assert.deepEqual([again.signedIn, again.consented], [false, false]);
	});

	test(`${profile}: the published keys outlive a restart`, async () => {
		const now = (await send({ url: tenant.jwks })).json;
		for (const { kid, n } of keys.keys)
			assert.ok(now.keys.some((key) => key.kid === kid && key.n === n), `${kid} is gone`);
	});
}

endsCleanly(licet);

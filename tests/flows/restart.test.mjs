/* SPDX-License-Identifier: Apache-2.0 */
/* What a server knew before it was stopped, it knows after: nothing lives in memory only. */
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { test } from 'node:test';
import { send } from './lib/http.mjs';
import { errorOf, exchange, isActive, obtainCode, obtainTokens, refresh, tokensOf, userinfo }
	from './lib/flow.mjs';
import { endsCleanly, newFolder, startDemo } from './lib/licet.mjs';
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

/* A store put back from a copy knows less than the clients do (E11). */
test('E11 a refresh token newer than a restored store is refused and revokes nothing', async () => {
	const first = await startDemo();
	const tenant = first.tenant('rfc');
	const { tokens } = await obtainTokens(tenant, { client: clients.spa });
	await first.stop();
	const copy = newFolder();
	cpSync(first.data, copy, { recursive: true });
	const second = await startDemo({ data: first.data, port: first.port });
	const next = tokensOf(await refresh(tenant, clients.spa, tokens.refresh_token));
	await second.stop();
	const restored = await startDemo({ data: copy, port: first.port });
	const ahead = await refresh(tenant, clients.spa, next.refresh_token);
	assert.deepEqual(errorOf(ahead), { status: 400, error: 'invalid_grant' });
	tokensOf(await refresh(tenant, clients.spa, tokens.refresh_token));
	await restored.stop();
});

endsCleanly(licet);

/* SPDX-License-Identifier: Apache-2.0 */
/* licet explain: the operator learns which check failed, on what, and how near it was. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { challengeOf, exchange, newVerifier, obtainCode, obtainTokens } from './lib/flow.mjs';
import { endsCleanly, runCommand, startDemo } from './lib/licet.mjs';
import { clients, profiles } from './lib/tenants.mjs';

const licet = await startDemo();

async function explain(reply) {
	const id = reply.headers['x-request-id'];
	assert.ok(id, 'the reply names its request');
	const done = await runCommand(['explain', id, '--data', licet.data]);
	assert.equal(done.code, 0, done.stderr);
	return done.stdout;
}

const cases = {
	'a slash at the end of redirect_uri': {
		provoke: (tenant, grant) =>
			exchange(tenant, grant, { redirect_uri: `${grant.redirectUri}/` }),
		says: [/redirect_uri_mismatch/, /localhost:3000\/callback/, /slash/i],
	},
	'a redirect_uri that differs in one letter': {
		provoke: (tenant, grant) =>
			exchange(tenant, grant, { redirect_uri: 'http://localhost:3000/Callback' }),
		says: [/redirect_uri_mismatch/, /differs? at character 23|case/i],
	},
	'the challenge sent as verifier': {
		provoke: (tenant, grant) =>
			exchange(tenant, grant, { code_verifier: challengeOf(grant.verifier) }),
		says: [/verifier_wrong/, /challenge/i],
	},
	'a wrong verifier': {
		provoke: (tenant, grant) => exchange(tenant, grant, { code_verifier: newVerifier() }),
		says: [/verifier_wrong/, /code_verifier/],
	},
	'a missing verifier': {
		provoke: (tenant, grant) => exchange(tenant, grant, { code_verifier: undefined }),
		says: [/verifier_missing/],
	},
	'another client\'s code': {
		provoke: (tenant, grant) => exchange(tenant, grant, {}, { client: clients.spa }),
		says: [/code_other_client/, /demo-web/, /demo-spa/],
	},
	'a wrong secret': {
		provoke: (tenant, grant) => exchange(tenant, grant, {},
			{ client: { ...clients.web, secret: 'wrong-secret-0123456789abcdef' } }),
		says: [/client_secret_wrong/, /demo-web/],
	},
	'an unknown client': {
		provoke: (tenant, grant) => exchange(tenant, grant, {},
			{ client: { ...clients.web, id: 'demo-wep' } }),
		/* Not the id itself: whoever swaps id and secret sends the secret there. */
		says: [/client_unknown/, /8 bytes that begin with de/],
	},
	'a mangled code': {
		provoke: (tenant, grant) => exchange(tenant, { ...grant, code: grant.code.slice(1) }),
		says: [/code_unknown/],
	},
};

for (const profile of profiles) {
	const tenant = licet.tenant(profile);

	for (const [sentence, { provoke, says }] of Object.entries(cases))
		test(`${profile}: ${sentence} is explained`, async () => {
			const grant = await obtainCode(tenant);
			const reply = await provoke(tenant, grant);
			assert.ok(reply.status >= 400, `status ${reply.status}`);
			const words = await explain(reply);
			for (const pattern of says)
				assert.match(words, pattern);
			for (const secret of [grant.code, grant.verifier, clients.web.secret,
				'wrong-secret-0123456789abcdef'])
				assert.ok(!words.includes(secret), 'nothing secret is told');
		});

	test(`${profile}: a code used twice is explained with when and by whom it was redeemed`,
		async () => {
			const { tokens, ...grant } = await obtainTokens(tenant);
			assert.ok(tokens);
			const words = await explain(await exchange(tenant, grant));
			assert.match(words, /code_reused/);
			assert.match(words, /redeemed [0-9.]+ (ms|s|milliseconds|seconds) (ago|before|earlier)/i);
		});

	test(`${profile}: an accepted request is explained, too`, async () => {
		const grant = await obtainCode(tenant);
		const words = await explain(await exchange(tenant, grant));
		assert.match(words, /200|accepted|done|ok/i);
	});
}

test('a request that nobody made is said to be unknown', async () => {
	const done = await runCommand(['explain', 'nobody-made-this', '--data', licet.data]);
	assert.notEqual(done.code, 0);
	assert.match(done.stdout + done.stderr, /nobody-made-this|unknown|no request/i);
});

endsCleanly(licet);

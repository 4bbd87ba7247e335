/* SPDX-License-Identifier: Apache-2.0 */
/* How to bring about each reason of the token endpoint, from outside. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from './agent.mjs';
import { ask, exchange, exchangeParams, newVerifier, obtainCode, obtainTokens, pushed, refresh,
	revoke }
	from './flow.mjs';
import { newKey, proofBy, thumbprintOf } from './dpop.mjs';
import { replayed } from './provoke_assertion.mjs';
import { provokeClient } from './provoke_client.mjs';
import { formOf, send } from './http.mjs';
import { AFTER_SIGN_OUT, clients } from './tenants.mjs';

const OVERLAP_MS = { rfc: 10_000, auth0: 10_000, asgardeo: 30_000 };
const TOLERANCE_MS = { rfc: 0, auth0: 5_000, asgardeo: 0 };

async function refreshed({ tenant }, params = {}, client = clients.web, extra = {}) {
	const { tokens } = await obtainTokens(tenant, { client, ...extra });
	return { reply: await refresh(tenant, client, tokens.refresh_token, params) };
}

/* Signs out, which revokes grants without offline_access, between code and exchange. */
async function exchangeAfterSignOut({ tenant }) {
	const { tokens, agent } = await obtainTokens(tenant);
	const grant = await obtainCode(tenant, { agent, scope: 'openid profile' });
	await agent.open(`${tenant.logout}?${formOf({ id_token_hint: tokens.id_token,
		post_logout_redirect_uri: AFTER_SIGN_OUT })}`);
	return { reply: await exchange(tenant, grant) };
}

const codes = {
	code_unknown: async ({ tenant }) => {
		const grant = await obtainCode(tenant);
		return { reply: await exchange(tenant, grant, { code: `${grant.code}x` }) };
	},
	code_wrong_kind: async ({ tenant }) => {
		const { tokens, ...grant } = await obtainTokens(tenant);
		return { reply: await exchange(tenant, grant, { code: tokens.refresh_token }) };
	},
	code_other_client: async ({ tenant }) => ({
		reply: await exchange(tenant, await obtainCode(tenant), {}, { client: clients.spa }),
	}),
	code_reused: async ({ tenant }) => {
		const grant = await obtainTokens(tenant);
		if (TOLERANCE_MS[tenant.profile])
			await sleep(TOLERANCE_MS[tenant.profile] + 1_500);
		return { reply: await exchange(tenant, grant) };
	},
	code_reused_unproven: async ({ tenant }) => {
		const grant = await obtainTokens(tenant);
		return { reply: await exchange(tenant, grant, { code_verifier: newVerifier() }) };
	},
	code_reused_tolerated: async ({ tenant }) => ({
		reply: await exchange(tenant, await obtainTokens(tenant)),
	}),
	code_expired: async ({ tenant, short }) => {
		const grant = await obtainCode(tenant, { client: short });
		await sleep(2_500);
		return { reply: await exchange(tenant, grant) };
	},
	code_revoked: exchangeAfterSignOut,
	redirect_uri_missing: async ({ tenant }) => {
		const grant = await obtainCode(tenant, { verifier: null });
		return { argument: 'redirect_uri',
			reply: await exchange(tenant, grant, { redirect_uri: undefined }) };
	},
	redirect_uri_mismatch: async ({ tenant }) => {
		const grant = await obtainCode(tenant);
		return { reply: await exchange(tenant, grant, { redirect_uri: `${grant.redirectUri}/` }) };
	},
	request_uri_mismatch: async ({ tenant }) => {
		const grant = await pushed(tenant);
		return { reply: await exchange(tenant, grant, { request_uri: `${grant.requestUri}x` }) };
	},
	verifier_missing: async ({ tenant }) => {
		const grant = await obtainCode(tenant);
		return { reply: await exchange(tenant, grant, { code_verifier: undefined }) };
	},
	verifier_malformed: async ({ tenant }) => {
		const grant = await obtainCode(tenant);
		return { reply: await exchange(tenant, grant, { code_verifier: 'too-short' }) };
	},
	verifier_wrong: async ({ tenant }) => {
		const grant = await obtainCode(tenant);
		return { reply: await exchange(tenant, grant, { code_verifier: newVerifier() }) };
	},
	verifier_unexpected: async ({ tenant }) => {
		const grant = await obtainCode(tenant, { verifier: null });
		return { reply: await exchange(tenant, grant, { code_verifier: newVerifier() }) };
	},
};

const refreshes = {
	refresh_unknown: async ({ tenant }) => ({
		reply: await refresh(tenant, clients.web, 'nonsense'),
	}),
	refresh_wrong_kind: async ({ tenant }) => ({
		reply: await refresh(tenant, clients.web, (await obtainCode(tenant)).code),
	}),
	refresh_other_client: async ({ tenant }) => {
		const { tokens } = await obtainTokens(tenant);
		return { reply: await refresh(tenant, clients.spa, tokens.refresh_token) };
	},
	refresh_expired: async ({ tenant, short }) => {
		const { tokens } = await obtainTokens(tenant, { client: short });
		await sleep(5_000);
		return { reply: await refresh(tenant, short, tokens.refresh_token) };
	},
	refresh_idle: async ({ tenant, idle }) => {
		const { tokens } = await obtainTokens(tenant, { client: idle });
		await sleep(4_000);
		return { reply: await refresh(tenant, idle, tokens.refresh_token) };
	},
	refresh_revoked: async ({ tenant }) => {
		const { tokens } = await obtainTokens(tenant);
		await revoke(tenant, clients.web, tokens.refresh_token);
		return { reply: await refresh(tenant, clients.web, tokens.refresh_token) };
	},
	refresh_reused: async ({ tenant }) => {
		const { tokens } = await obtainTokens(tenant, { client: clients.spa, agent: new Agent() });
		await refresh(tenant, clients.spa, tokens.refresh_token);
		await sleep(OVERLAP_MS[tenant.profile] + 2_000);
		return { reply: await refresh(tenant, clients.spa, tokens.refresh_token) };
	},
	refresh_not_allowed: async ({ tenant, loses, takeAway }) => {
		const { tokens } = await obtainTokens(tenant, { client: loses });
		await takeAway();
		return { reply: await refresh(tenant, loses, tokens.refresh_token) };
	},
	scope_malformed: (place) => refreshed(place, { scope: 'openid "' }),
	scope_not_allowed: (place) =>
		refreshed(place, { scope: 'openid email' }, clients.web, { scope: 'openid offline_access' }),
	audience_unknown: async (place) => ({
		argument: 'https://nobody.example/',
		...await refreshed(place, nameResource(place.tenant, 'https://nobody.example/')),
	}),
	audience_not_allowed: async (place) => ({
		argument: place.resource,
		...await refreshed(place, nameResource(place.tenant, place.resource)),
	}),
};

function nameResource({ profile }, audience) {
	return profile === 'auth0' ? { audience } : { resource: audience };
}

/* An exchange by a client that must send a proof, with these headers. */
async function provenExchange({ tenant, bound }, headers, options = {}) {
	const grant = await obtainCode(tenant, { client: bound, ...options });
	return { reply: await exchange(tenant, grant, {}, { headers }) };
}

function withProof(place, parts, key = newKey()) {
	return provenExchange(place, { DPoP: proofBy(key, { url: place.tenant.token, ...parts }) });
}

const proofs = {
	dpop_required: (place) => provenExchange(place, {}),
	dpop_repeated: (place) => {
		const proof = proofBy(newKey(), { url: place.tenant.token });
		return provenExchange(place, { DPoP: [proof, proof] });
	},
	dpop_malformed: (place) => withProof(place, { header: { typ: 'JWT' } }),
	dpop_signature_wrong: (place) => withProof(place, { signedBy: newKey() }),
	dpop_method_mismatch: (place) => withProof(place, { method: 'GET' }),
	dpop_url_mismatch: (place) => withProof(place, { url: `${place.tenant.token}/` }),
	dpop_expired: (place) =>
		withProof(place, { claims: { iat: Math.floor(Date.now() / 1000) - 3_600 } }),
	dpop_reused: async (place) => {
		const headers = { DPoP: proofBy(newKey(), { url: place.tenant.token }) };
		await provenExchange(place, headers);
		return provenExchange(place, headers);
	},
	dpop_nonce_required: async ({ tenant }) => {
		const grant = await obtainCode(tenant, { client: clients.spa });
		return { reply: await exchange(tenant, grant, {},
			{ headers: { DPoP: proofBy(newKey(), { url: tenant.token }) } }) };
	},
	dpop_key_mismatch: (place) =>
		provenExchange(place, { DPoP: proofBy(newKey(), { url: place.tenant.token }) },
			{ with: { dpop_jkt: thumbprintOf(newKey()) } }),
};

const requests = {
	method_not_allowed: async ({ tenant }) => ({
		reply: await send({ url: tenant.token, method: 'PUT' }),
	}),
	media_type_wrong: async ({ tenant }) => ({
		reply: await send({ url: tenant.token, body: 'x', headers: { 'Content-Type': 'text/plain' } }),
	}),
	body_malformed: async ({ tenant }) => ({
		reply: await send({ url: tenant.token, form: 'grant_type=%' }),
	}),
	parameter_missing: async ({ tenant }) => ({
		argument: 'code',
		reply: await ask(tenant.token, clients.web,
			{ grant_type: 'authorization_code', redirect_uri: clients.web.redirectUri }),
	}),
	parameter_repeated: async ({ tenant }) => ({
		argument: 'code',
		reply: await send({ url: tenant.token,
			form: 'grant_type=authorization_code&client_id=demo-spa&code=a&code=b' }),
	}),
	parameter_malformed: async ({ tenant }) => ({
		argument: 'code',
		reply: await ask(tenant.token, clients.web,
			{ grant_type: 'authorization_code', code: 'A'.repeat(17_000) }),
	}),
	parameter_type: async ({ tenant }) => ({
		argument: 'code',
		reply: await send({ url: tenant.token,
			json: { grant_type: 'authorization_code', client_id: 'demo-spa', code: 5 } }),
	}),
	secret_in_query: async ({ tenant }) => ({
		argument: 'client_secret',
		reply: await send({ url: `${tenant.token}?client_secret=x`,
			form: { grant_type: 'authorization_code', client_id: 'demo-web', code: 'x' } }),
	}),
	parameter_in_query: async ({ tenant }) => ({
		argument: 'grant_type',
		reply: await send({ url: `${tenant.token}?grant_type=authorization_code`,
			form: { client_id: 'demo-web', code: 'x' } }),
	}),
	grant_type_missing: async ({ tenant }) => ({
		argument: 'grant_type',
		reply: await ask(tenant.token, clients.web, { code: 'x' }),
	}),
	grant_type_unknown: async ({ tenant }) => ({
		argument: 'urn:example:nonsense',
		reply: await ask(tenant.token, clients.web, { grant_type: 'urn:example:nonsense' }),
	}),
	grant_type_not_allowed: async ({ tenant, codeOnly }) => ({
		argument: 'refresh_token',
		reply: await refresh(tenant, codeOnly, 'nonsense'),
	}),
};

export const provokeToken = {
	...requests,
	...provokeClient('token', async ({ tenant }) => exchangeParams(await obtainCode(tenant))),
	assertion_replayed: async (place) => replayed(place, 'token',
		exchangeParams(await obtainCode(place.tenant, { client: place.signer }))),
	...codes,
	...refreshes,
	...proofs,
};

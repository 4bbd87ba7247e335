/* SPDX-License-Identifier: Apache-2.0 */
/* How to bring about each reason of revocation, introspection, userinfo, keys and sign-out. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from './agent.mjs';
import { newKey, proofBy } from './dpop.mjs';
import { ask, exchange, obtainCode, obtainTokens, refresh, revoke, tokensOf, userinfo } from './flow.mjs';
import { formWith, textOf } from './html.mjs';
import { formOf, send } from './http.mjs';
import { provokeClient } from './provoke_client.mjs';
import { clients } from './tenants.mjs';

const OVERLAP_MS = { rfc: 10_000, auth0: 10_000, asgardeo: 30_000 };

/* What any endpoint with a body refuses by itself. */
function requestsOf(endpoint) {
	const urlOf = ({ tenant }) => tenant[endpoint];
	return {
		method_not_allowed: async (place) => ({
			reply: await send({ url: urlOf(place), method: 'PUT' }),
		}),
		media_type_wrong: async (place) => ({
			reply: await send({ url: urlOf(place), body: 'x',
				headers: { 'Content-Type': 'text/plain' } }),
		}),
		body_malformed: async (place) => ({
			reply: await send({ url: urlOf(place), form: 'token=%' }),
		}),
	};
}

function parametersOf(endpoint) {
	const urlOf = ({ tenant }) => tenant[endpoint];
	return {
		parameter_missing: async (place) => ({
			argument: 'token', reply: await ask(urlOf(place), clients.web, {}),
		}),
		parameter_repeated: async (place) => ({
			argument: 'token', reply: await send({ url: urlOf(place), form: 'token=a&token=b' }),
		}),
		parameter_malformed: async (place) => ({
			argument: 'token',
			reply: await ask(urlOf(place), clients.web, { token: 'A'.repeat(17_000) }),
		}),
		parameter_type: async (place) => ({
			argument: 'token', reply: await send({ url: urlOf(place), json: { token: 5 } }),
		}),
		secret_in_query: async (place) => ({
			argument: 'token',
			reply: await send({ url: `${urlOf(place)}?token=x`, form: '' }),
		}),
		parameter_in_query: async (place) => ({
			argument: 'token_type_hint',
			reply: await send({ url: `${urlOf(place)}?token_type_hint=access_token`,
				form: { token: 'x' } }),
		}),
	};
}

/* A token in each of the states that revocation and introspection keep to themselves. */
const tokensInState = {
	refresh_unknown: async ({ tenant }) => {
		const { tokens } = await obtainTokens(tenant);
		return tokens.refresh_token.slice(0, -8) + 'AAAAAAAA';
	},
	refresh_wrong_kind: async ({ tenant }) => (await obtainCode(tenant)).code,
	refresh_other_client: async ({ tenant }) =>
		(await obtainTokens(tenant, { client: clients.spa })).tokens.refresh_token,
	refresh_expired: async ({ tenant, short }) => {
		const { tokens } = await obtainTokens(tenant, { client: short });
		await sleep(5_000);
		return tokens.refresh_token;
	},
	refresh_idle: async ({ tenant, idle }) => {
		const { tokens } = await obtainTokens(tenant, { client: idle });
		await sleep(4_000);
		return tokens.refresh_token;
	},
	refresh_revoked: async ({ tenant }) => {
		const { tokens } = await obtainTokens(tenant);
		await revoke(tenant, clients.web, tokens.refresh_token);
		return tokens.refresh_token;
	},
	refresh_reused: async ({ tenant, rotating }) => {
		const { tokens } = await obtainTokens(tenant, { client: rotating });
		const next = await refresh(tenant, rotating, tokens.refresh_token);
		await sleep(OVERLAP_MS[tenant.profile] + 2_000);
		await refresh(tenant, rotating, next.json.refresh_token);
		return tokens.refresh_token;
	},
	token_unknown: async () => 'nonsense',
	token_expired: async ({ tenant, short }) => {
		const { tokens } = await obtainTokens(tenant, { client: short });
		await sleep(3_000);
		return tokens.access_token;
	},
	token_revoked: async ({ tenant }) => {
		const { tokens } = await obtainTokens(tenant);
		await revoke(tenant, clients.web, tokens.access_token);
		return tokens.access_token;
	},
	token_foreign: async ({ tenant }) =>
		(await obtainTokens(tenant, { client: clients.spa })).tokens.access_token,
};

/* Who asks about it: its own client where the state is not about a stranger. */
const asker = {
	refresh_expired: 'short', refresh_idle: 'idle', refresh_reused: 'rotating', token_expired: 'short',
};

function silentOf(endpoint) {
	const provocations = {};
	for (const [reason, tokenOf] of Object.entries(tokensInState))
		provocations[reason] = async (place) => ({
			reply: await ask(place.tenant[endpoint], place[asker[reason]] ?? clients.web,
				{ token: await tokenOf(place) }),
		});
	return provocations;
}

export const provokeRevoke = {
	...requestsOf('revoke'),
	...parametersOf('revoke'),
	...provokeClient('revoke', async () => ({ token: 'nonsense' })),
	...silentOf('revoke'),
};

export const provokeIntrospect = {
	...requestsOf('introspect'),
	...parametersOf('introspect'),
	...provokeClient('introspect', async () => ({ token: 'nonsense' })),
	...silentOf('introspect'),
};

/* An access token that is bound to `key`. */
async function obtainBound({ tenant, bound }, key) {
	const grant = await obtainCode(tenant, { client: bound });
	return tokensOf(await exchange(tenant, grant, {},
		{ headers: { DPoP: proofBy(key, { url: tenant.token }) } })).access_token;
}

function presented({ tenant }, token, proof) {
	return userinfo(tenant, token, { headers: { Authorization: `DPoP ${token}`, DPoP: proof } });
}

async function withProof(place, parts = {}, key = newKey()) {
	const token = await obtainBound(place, key);
	return { reply: await presented(place, token, proofBy(key,
		{ method: 'GET', url: place.tenant.userinfo, token, ...parts })) };
}

const proofs = {
	dpop_repeated: async (place) => {
		const key = newKey();
		const token = await obtainBound(place, key);
		const proof = proofBy(key, { method: 'GET', url: place.tenant.userinfo, token });
		return [{ reply: await presented(place, token, [proof, proof]) },
			{ reply: await presented(place, token, `${proof}, ${proof}`) }];
	},
	dpop_malformed: (place) => withProof(place, { claims: { jti: undefined } }),
	dpop_signature_wrong: (place) => withProof(place, { signedBy: newKey() }),
	dpop_method_mismatch: (place) => withProof(place, { method: 'POST' }),
	dpop_url_mismatch: (place) => withProof(place, { url: place.tenant.token }),
	dpop_expired: (place) =>
		withProof(place, { claims: { iat: Math.floor(Date.now() / 1000) + 3_600 } }),
	dpop_token_mismatch: (place) => withProof(place, { token: 'another' }),
	dpop_reused: async (place) => {
		const key = newKey();
		const token = await obtainBound(place, key);
		const proof = proofBy(key, { method: 'GET', url: place.tenant.userinfo, token });
		await presented(place, token, proof);
		return { reply: await presented(place, token, proof) };
	},
	token_proof_missing: async (place) => {
		const token = await obtainBound(place, newKey());
		return [{ reply: await userinfo(place.tenant, token) },
			{ reply: await userinfo(place.tenant, token,
				{ headers: { Authorization: `DPoP ${token}` } }) }];
	},
	token_key_mismatch: async (place) => {
		const token = await obtainBound(place, newKey());
		return { reply: await presented(place, token, proofBy(newKey(),
			{ method: 'GET', url: place.tenant.userinfo, token })) };
	},
};

export const provokeUserinfo = {
	...proofs,
	...requestsOf('userinfo'),
	parameter_repeated: async ({ tenant }) => ({
		argument: 'access_token',
		reply: await send({ url: tenant.userinfo, form: 'access_token=a&access_token=b' }),
	}),
	token_missing: async ({ tenant }) => ({ reply: await send({ url: tenant.userinfo }) }),
	token_two_places: async ({ tenant }) => ({
		reply: await send({ url: tenant.userinfo, form: { access_token: 'x' },
			headers: { Authorization: 'Bearer x' } }),
	}),
	token_in_query: async ({ tenant }) => {
		const { tokens } = await obtainTokens(tenant);
		return { reply: await send({
			url: `${tenant.userinfo}?access_token=${tokens.access_token}` }) };
	},
	token_unknown: async ({ tenant }) => ({ reply: await userinfo(tenant, 'nonsense') }),
	token_expired: async ({ tenant, short }) => {
		const { tokens } = await obtainTokens(tenant, { client: short });
		await sleep(3_000);
		return { reply: await userinfo(tenant, tokens.access_token) };
	},
	token_revoked: async ({ tenant }) => {
		const { tokens } = await obtainTokens(tenant);
		await revoke(tenant, clients.web, tokens.access_token);
		return { reply: await userinfo(tenant, tokens.access_token) };
	},
	token_scope_insufficient: async ({ tenant }) => {
		const { tokens } = await obtainTokens(tenant, { scope: 'profile' });
		return { reply: await userinfo(tenant, tokens.access_token) };
	},
	client_disabled: async ({ tenant, fading, disableFading }) => {
		const { tokens } = await obtainTokens(tenant, { client: fading });
		await disableFading();
		return { reply: await userinfo(tenant, tokens.access_token) };
	},
};

export const provokeJwks = {
	method_not_allowed: async ({ tenant }) => ({
		reply: await send({ url: tenant.jwks, method: 'PUT' }),
	}),
};

/* Opens sign-out without a hint, signed in, and gives the agent at the confirmation. */
async function atConfirmation({ tenant }) {
	const { agent } = await obtainCode(tenant);
	await agent.open(tenant.logout);
	return agent;
}

/* Sends the confirmation's form with changes to its fields or by another browser. */
async function confirm(agent, { change = (text) => text, headers, by = agent } = {}) {
	const form = formWith(agent.page.text, 'logout-confirm');
	assert.ok(form, `no confirmation: ${textOf(agent.page.text)}`);
	const pairs = form.fields.map(({ name, value }) => [name, change(value)]);
	const pressed = form.buttons.find(({ id }) => id === 'logout-confirm');
	if (pressed?.name)
		pairs.push([pressed.name, pressed.value]);
	const target = new URL(form.action || agent.page.url.href, agent.page.url);
	return by.request({ url: target.href, headers, form: new URLSearchParams(pairs).toString() });
}

async function signOut({ tenant }, params) {
	const { tokens } = await obtainTokens(tenant);
	const hint = { id_token_hint: tokens.id_token };
	return { reply: await send({ url: `${tenant.logout}?${formOf({ ...hint, ...params })}` }) };
}

export const provokeLogout = {
	method_not_allowed: async ({ tenant }) => ({
		reply: await send({ url: tenant.logout, method: 'PUT' }),
	}),
	media_type_wrong: async ({ tenant }) => ({
		reply: await send({ url: tenant.logout, body: 'x', headers: { 'Content-Type': 'text/plain' } }),
	}),
	body_malformed: async ({ tenant }) => ({
		reply: await send({ url: tenant.logout, form: 'id_token_hint=%' }),
	}),
	parameter_repeated: async ({ tenant }) => ({
		argument: 'state',
		reply: await send({ url: `${tenant.logout}?state=a&state=b` }),
	}),
	client_unknown: async ({ tenant }) => ({
		reply: await send({ url: `${tenant.logout}?client_id=nobody-knows-me` }),
	}),
	client_disabled: async ({ tenant, disabled }) => ({
		reply: await send({ url: `${tenant.logout}?client_id=${disabled.id}` }),
	}),
	client_id_conflict: (place) => signOut(place, { client_id: clients.spa.id }),
	logout_uri_unregistered: (place) =>
		signOut(place, { post_logout_redirect_uri: 'http://localhost:3000/elsewhere' }),
	logout_hint_invalid: (place) => signOut(place, { id_token_hint: 'nonsense' }),
	seal_invalid: async (place) => ({
		reply: await confirm(await atConfirmation(place), { change: (text) => `${text}A` }),
	}),
	browser_mismatch: async (place) => ({
		reply: await confirm(await atConfirmation(place), { by: new Agent() }),
	}),
	origin_wrong: async (place) => ({
		reply: await confirm(await atConfirmation(place),
			{ headers: { Origin: 'https://evil.example' } }),
	}),
};

export const provokeNone = {
	host_unknown: async ({ tenant }) => ({
		reply: await send({ url: tenant.metadata, headers: { Host: 'evil.example' } }),
	}),
	route_unknown: async ({ tenant }) => ({ reply: await send({ url: `${tenant.base}/no/such/path` }) }),
};

/* SPDX-License-Identifier: Apache-2.0 */
/* How to bring about each reason of pushed authorization requests, there and on arrival. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from './agent.mjs';
import { newKey, proofBy, thumbprintOf } from './dpop.mjs';
import { ask, authorizeUrl, challengeOf, newVerifier, push, pushed, pushedUrl } from './flow.mjs';
import { send } from './http.mjs';
import { provokeClient } from './provoke_client.mjs';
import { clients } from './tenants.mjs';

/* More at once than the quota lets pass in a minute. */
const FLOOD = 700;
const SIDE_BY_SIDE = 25;
const NOBODY = 'https://nobody.example/';

function bodyOf(params = {}) {
	return {
		response_type: 'code',
		redirect_uri: clients.web.redirectUri,
		scope: 'openid',
		code_challenge: challengeOf(newVerifier()),
		code_challenge_method: 'S256',
		...params,
	};
}

function plainly(params, argument, clientOf = () => clients.web) {
	return async (place) => ({
		argument,
		reply: await ask(place.tenant.par, clientOf(place),
			bodyOf(typeof params === 'function' ? params(place) : params)),
	});
}

function nameResource({ profile }, audience) {
	return profile === 'auth0' ? { audience } : { resource: audience };
}

const requests = {
	method_not_allowed: async ({ tenant }) => ({ reply: await send({ url: tenant.par, method: 'PUT' }) }),
	media_type_wrong: async ({ tenant }) => ({
		reply: await send({ url: tenant.par, body: 'x', headers: { 'Content-Type': 'text/plain' } }),
	}),
	body_malformed: async ({ tenant }) => ({ reply: await send({ url: tenant.par, form: 'scope=%' }) }),
	parameter_repeated: async ({ tenant }) => ({
		argument: 'scope', reply: await send({ url: tenant.par, form: 'scope=a&scope=b' }),
	}),
	parameter_malformed: plainly({ max_age: 'soon' }, 'max_age'),
	parameter_type: async ({ tenant }) => ({
		argument: 'max_age', reply: await send({ url: tenant.par, json: { max_age: 5 } }),
	}),
	secret_in_query: async ({ tenant }) => ({
		argument: 'client_secret', reply: await send({ url: `${tenant.par}?client_secret=x`, form: '' }),
	}),
	parameter_in_query: async ({ tenant }) => ({
		argument: 'client_id', reply: await send({ url: `${tenant.par}?client_id=x`, form: '' }),
	}),
};

/* A request pushed with a proof, by a client whose proofs every profile heeds. */
async function pushedWith({ tenant, bound }, parts, params = {}) {
	const headers = { DPoP: proofBy(newKey(), { url: tenant.par, ...parts }) };
	return { reply: await ask(tenant.par, bound, bodyOf(params), { headers }) };
}

const proofs = {
	dpop_repeated: async ({ tenant, bound }) => {
		const proof = proofBy(newKey(), { url: tenant.par });
		return { reply: await ask(tenant.par, bound, bodyOf(), { headers: { DPoP: [proof, proof] } }) };
	},
	dpop_malformed: (place) => pushedWith(place, { claims: { htm: undefined } }),
	dpop_signature_wrong: (place) => pushedWith(place, { signedBy: newKey() }),
	dpop_method_mismatch: (place) => pushedWith(place, { method: 'PUT' }),
	dpop_url_mismatch: (place) => pushedWith(place, { url: place.tenant.token }),
	dpop_expired: (place) =>
		pushedWith(place, { claims: { iat: Math.floor(Date.now() / 1000) - 90 } }),
	dpop_reused: async ({ tenant, bound }) => {
		const headers = { DPoP: proofBy(newKey(), { url: tenant.par }) };
		await ask(tenant.par, bound, bodyOf(), { headers });
		return { reply: await ask(tenant.par, bound, bodyOf(), { headers }) };
	},
	dpop_key_mismatch: (place) => pushedWith(place, {}, { dpop_jkt: thumbprintOf(newKey()) }),
};

const parameters = {
	redirect_uri_absent: plainly({ redirect_uri: null }, undefined, ({ several }) => several),
	redirect_uri_unregistered: plainly({ redirect_uri: 'http://localhost:3000/elsewhere' }),
	response_type_missing: plainly({ response_type: null }),
	response_type_unsupported: plainly({ response_type: 'token' }),
	response_mode_unsupported: plainly({ response_mode: 'smoke_signal' }),
	grant_type_not_allowed: plainly({}, undefined, ({ refreshOnly }) => refreshOnly),
	request_unsupported: plainly({ request: 'e30.e30.' }),
	registration_unsupported: plainly({ registration: '{}' }),
	scope_malformed: plainly({ scope: 'openid "' }),
	challenge_missing: plainly({ code_challenge: null, code_challenge_method: null }, undefined,
		({ careful }) => careful),
	challenge_malformed: plainly({ code_challenge: 'too-short' }),
	challenge_method_unsupported: plainly({ code_challenge_method: 'plain' }),
	prompt_malformed: plainly({ prompt: 'none login' }),
	hint_invalid: plainly({ id_token_hint: 'nonsense' }),
	audience_unknown: plainly(({ tenant }) => nameResource(tenant, NOBODY), NOBODY),
	audience_not_allowed: async (place) => ({
		argument: place.resource,
		reply: await ask(place.tenant.par, place.narrow,
			bodyOf(nameResource(place.tenant, place.resource))),
	}),
	pushed_nested: plainly({ request_uri: 'urn:ietf:params:oauth:request_uri:x' }),
	pushed_by_public: plainly({}, undefined, () => clients.spa),
	pushed_too_many: async ({ tenant, flooding }) => {
		for (let i = 0; i < FLOOD; i += SIDE_BY_SIDE) {
			const replies = await Promise.all(Array.from({ length: SIDE_BY_SIDE },
				() => ask(tenant.par, flooding, bodyOf())));
			const refused = replies.find(({ status }) => status !== 201);
			if (refused)
				return { reply: refused };
		}
		return assert.fail(`${FLOOD} pushed requests at once`);
	},
};

export const provokePar = { ...requests, ...proofs, ...provokeClient('par', () => bodyOf()), ...parameters };

function arriveWith(tenant, client, requestUri, agent = new Agent()) {
	return agent.request({ url: pushedUrl(tenant, { client, requestUri }) });
}

/* At the authorization endpoint. */
export const provokePushed = {
	pushed_unknown: async ({ tenant }) => ({
		reply: await arriveWith(tenant, clients.web, 'urn:ietf:params:oauth:request_uri:nonsense'),
	}),
	pushed_other_client: async ({ tenant, several }) => {
		const { requestUri } = await push(tenant);
		return { reply: await arriveWith(tenant, several, requestUri) };
	},
	pushed_expired: async ({ tenant }) => {
		const { requestUri, expiresIn } = await push(tenant);
		await sleep((expiresIn + 1) * 1000);
		return { reply: await arriveWith(tenant, clients.web, requestUri) };
	},
	pushed_consumed: async ({ tenant }) => {
		const { requestUri, agent } = await pushed(tenant);
		return { reply: await arriveWith(tenant, clients.web, requestUri, agent) };
	},
	pushed_required: async ({ tenant, pushing }) => ({
		reply: await send({ url: authorizeUrl(tenant, bodyOf({ client_id: pushing.id, state: 'the-state' })) }),
	}),
};

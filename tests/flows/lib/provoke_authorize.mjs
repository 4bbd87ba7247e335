/* SPDX-License-Identifier: Apache-2.0 */
/* How to bring about each reason of the authorization endpoint and of its two forms. */
import assert from 'node:assert/strict';
import { Agent } from './agent.mjs';
import { authorizeUrl, challengeOf, newVerifier, obtainCode, obtainTokens } from './flow.mjs';
import { formWith, textOf } from './html.mjs';
import { send } from './http.mjs';
import { clients, users } from './tenants.mjs';

const GUESSES = 40;

function urlOf(tenant, params = {}) {
	return authorizeUrl(tenant, {
		client_id: clients.web.id,
		redirect_uri: clients.web.redirectUri,
		scope: 'openid',
		state: 'the-state',
		code_challenge: challengeOf(newVerifier()),
		code_challenge_method: 'S256',
		...params,
	});
}

/* One request without a session. */
function plainly(params, argument) {
	return async (place) => ({
		argument,
		reply: await send({ url: urlOf(place.tenant,
			typeof params === 'function' ? params(place) : params) }),
	});
}

async function atSignIn({ tenant }, params) {
	const agent = new Agent();
	await agent.open(urlOf(tenant, params));
	return agent;
}

async function atConsent(place) {
	const agent = await atSignIn(place, { prompt: 'consent' });
	await agent.signIn(users.alice);
	return agent;
}

/* Posts the form with #button, its fields changed, by any browser: the first reply. */
async function post(agent, button, { fields = {}, change = (text) => text, headers = {}, by = agent,
	page = agent.page } = {}) {
	const form = formWith(page.text, button);
	assert.ok(form, `no form with #${button}: ${textOf(page.text)}`);
	const pairs = form.fields.map(({ id, type, name, value }) =>
		[name, fields[id] ?? (type === 'hidden' ? change(value) : value)]);
	const pressed = form.buttons.find(({ id }) => id === button);
	if (pressed?.name)
		pairs.push([pressed.name, pressed.value]);
	const target = new URL(form.action || page.url.href, page.url);
	return by.request({ url: target.href, headers, form: new URLSearchParams(pairs).toString() });
}

async function silently(tenant, agent, params) {
	return { reply: await agent.request({ url: urlOf(tenant, { prompt: 'none', ...params }) }) };
}

function nameResource({ profile }, audience) {
	return profile === 'auth0' ? { audience } : { resource: audience };
}

const NOBODY = 'https://nobody.example/';

const parameters = {
	method_not_allowed: async ({ tenant }) => ({
		reply: await send({ url: tenant.authorize, method: 'PUT' }),
	}),
	media_type_wrong: async ({ tenant }) => ({
		reply: await send({ url: tenant.authorize, body: 'x', headers: { 'Content-Type': 'text/plain' } }),
	}),
	body_malformed: async ({ tenant }) => ({
		reply: await send({ url: tenant.authorize, form: 'client_id=%' }),
	}),
	parameter_repeated: async ({ tenant }) => ({
		argument: 'nonce',
		reply: await send({ url: `${urlOf(tenant)}&nonce=a&nonce=b` }),
	}),
	client_id_missing: plainly({ client_id: null }),
	client_unknown: plainly({ client_id: 'nobody-knows-me' }),
	client_disabled: plainly(({ disabled }) => ({ client_id: disabled.id })),
	grant_type_not_allowed: plainly(({ refreshOnly }) => ({ client_id: refreshOnly.id })),
	scope_malformed: plainly({ scope: 'openid "' }),
	audience_unknown: plainly(({ tenant }) => nameResource(tenant, NOBODY), NOBODY),
	audience_not_allowed: async (place) => ({
		argument: place.resource,
		reply: await send({ url: urlOf(place.tenant,
			{ client_id: place.narrow.id, ...nameResource(place.tenant, place.resource) }) }),
	}),
	response_type_missing: plainly({ response_type: null }),
	response_type_unsupported: plainly({ response_type: 'token' }),
	response_mode_unsupported: plainly({ response_mode: 'smoke_signal' }),
	redirect_uri_absent: plainly(({ several }) =>
		({ client_id: several.id, redirect_uri: null })),
	redirect_uri_unregistered: plainly({ redirect_uri: 'http://localhost:3000/elsewhere' }),
	challenge_missing: plainly({ client_id: clients.spa.id, code_challenge: null,
		code_challenge_method: null }),
	challenge_malformed: plainly({ code_challenge: 'too-short' }),
	challenge_method_unsupported: plainly({ code_challenge_method: 'plain' }),
	prompt_malformed: plainly({ prompt: 'none login' }),
	request_unsupported: plainly({ request: 'e30.e30.' }),
	request_uri_unsupported: plainly({ request_uri: 'https://evil.example/request' }),
	registration_unsupported: plainly({ registration: '{}' }),
	parameter_malformed: plainly({ max_age: 'soon' }, 'max_age'),
};

const sessions = {
	login_required: ({ tenant }) => silently(tenant, new Agent()),
	consent_required: async ({ tenant, unseen }) => {
		const { agent } = await obtainCode(tenant);
		return silently(tenant, agent, { client_id: unseen.id });
	},
	hint_invalid: async ({ tenant }) => {
		const { agent } = await obtainCode(tenant);
		return silently(tenant, agent, { id_token_hint: 'nonsense' });
	},
	hint_other_user: async ({ tenant }) => {
		const { agent } = await obtainCode(tenant);
		const bob = await obtainTokens(tenant, { user: users.bob });
		return silently(tenant, agent, { id_token_hint: bob.tokens.id_token });
	},
	access_denied: async (place) => ({ reply: await post(await atConsent(place), 'deny') }),
};

const forms = {
	password_wrong: async (place) => ({
		reply: await post(await atSignIn(place), 'login',
			{ fields: { username: 'alice', password: 'wrong' } }),
	}),
	seal_invalid: async (place) => ({
		reply: await post(await atSignIn(place), 'login',
			{ fields: users.alice, change: (text) => `${text}A` }),
	}),
	browser_mismatch: async (place) => ({
		reply: await post(await atSignIn(place), 'login', { fields: users.alice, by: new Agent() }),
	}),
	origin_wrong: async (place) => ({
		reply: await post(await atSignIn(place), 'login',
			{ fields: users.alice, headers: { Origin: 'https://evil.example' } }),
	}),
	session_missing: async (place) => {
		const agent = await atConsent(place);
		const { page } = agent;
		await agent.open(place.tenant.logout);
		await agent.submit('logout-confirm');
		return { reply: await post(agent, 'approve', { page }) };
	},
	step_consumed: async (place) => {
		const agent = await atConsent(place);
		const { page } = agent;
		await post(agent, 'approve', { page });
		return { reply: await post(agent, 'approve', { page }) };
	},
	login_rate_limited: async (place) => {
		const fields = { username: 'carol', password: 'wrong' };
		for (let i = 0; i < GUESSES; i++)
			await post(await atSignIn(place), 'login', { fields });
		return { reply: await post(await atSignIn(place), 'login', { fields }) };
	},
};

export const provokeAuthorize = { ...parameters, ...sessions, ...forms };

/* SPDX-License-Identifier: Apache-2.0 */
/* The pages a person sees: their parts, their headers, their cookies, without any script. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from './lib/agent.mjs';
import { EVERY_SCOPE, authorizeUrl, challengeOf, exchange, newVerifier, obtainCode, tokensOf,
	userinfo } from './lib/flow.mjs';
import { elementById, firstForm, formWith, tagsOf, textInside, textOf } from './lib/html.mjs';
import { send } from './lib/http.mjs';
import { endsCleanly, startDemo } from './lib/licet.mjs';
import { clients, profiles, users } from './lib/tenants.mjs';

const licet = await startDemo();

function requestUrl(tenant, params = {}) {
	return authorizeUrl(tenant, {
		client_id: clients.web.id,
		redirect_uri: clients.web.redirectUri,
		scope: EVERY_SCOPE,
		state: 's',
		code_challenge: challengeOf(newVerifier()),
		code_challenge_method: 'S256',
		...params,
	});
}

async function openSignIn(tenant, params, agent = new Agent()) {
	await agent.open(requestUrl(tenant, params));
	assert.ok(formWith(agent.page.text, 'login'), textOf(agent.page.text));
	return agent;
}

async function openConsent(tenant, user = users.alice) {
	const agent = await openSignIn(tenant, { prompt: 'consent' });
	await agent.signIn(user);
	assert.ok(formWith(agent.page.text, 'approve'), textOf(agent.page.text));
	return agent;
}

async function openError(tenant) {
	const agent = new Agent();
	await agent.open(requestUrl(tenant, { client_id: 'nobody-knows-me' }));
	return agent;
}

async function openSignOut(tenant) {
	const { agent } = await obtainCode(tenant);
	await agent.open(tenant.logout);
	return agent;
}

/* The directives of a Content-Security-Policy, by name. */
function policyOf(reply) {
	const [line, ...more] = reply.all('Content-Security-Policy');
	assert.equal(more.length, 0, 'one policy');
	const pairs = line.split(';').map((part) => part.trim().split(/\s+/));
	return Object.fromEntries(pairs.map(([name, ...values]) => [name, values]));
}

function checkHeaders(reply) {
	assert.match(reply.headers['content-type'], /^text\/html; ?charset=utf-8$/i);
	assert.equal(reply.headers['cache-control'], 'no-store');
	assert.equal(reply.headers['referrer-policy'], 'no-referrer');
	assert.equal(reply.headers['x-content-type-options'], 'nosniff');
	assert.equal(reply.headers['x-frame-options'], 'DENY');
	assert.ok(reply.headers['x-request-id']);
	const policy = policyOf(reply);
	assert.deepEqual(policy['default-src'], ["'none'"]);
	assert.deepEqual(policy['base-uri'], ["'none'"]);
	assert.deepEqual(policy['frame-ancestors'], ["'none'"]);
	assert.doesNotMatch(JSON.stringify(policy), /unsafe|\*|http:/);
}

function checkMarkup(html) {
	const tags = tagsOf(html);
	const one = (name) => tags.filter((tag) => tag.name === name && !tag.closes);
	assert.match(html, /^<!doctype html>/i);
	assert.ok(one('html')[0].attributes.lang, 'the page says its language');
	assert.ok(one('title').length === 1 && /<title>[^<]+<\/title>/.test(html));
	assert.ok(one('meta').some(({ attributes }) => attributes.name === 'viewport'));
	assert.ok(one('main').length === 1 && one('h1').length === 1);
	const labelled = new Set(one('label').map(({ attributes }) => attributes.for));
	for (const { attributes } of one('input'))
		if (!['hidden', 'submit'].includes(attributes.type))
			assert.ok(labelled.has(attributes.id) || attributes['aria-label'],
				`input ${attributes.id} has a label`);
	for (const { attributes } of tags)
		for (const name of Object.keys(attributes))
			assert.doesNotMatch(name, /^on/, 'no handlers in attributes');
	assert.deepEqual(tags.filter(({ attributes }) =>
		/^(https?:)?\/\//.test(attributes.src ?? '') || attributes.style), []);
	assert.doesNotMatch(html, /<link[^>]*stylesheet/i);
}

const pages = {
	'sign-in': openSignIn,
	consent: openConsent,
	error: openError,
	'sign-out': openSignOut,
};

for (const profile of profiles) {
	const tenant = licet.tenant(profile);

	for (const [name, open] of Object.entries(pages))
		test(`R17 W04 W14 ${profile}: the ${name} page has the headers and markup it must`, async () => {
			const { page } = await open(tenant);
			checkHeaders(page);
			checkMarkup(page.text);
		});

	test(`${profile}: with nobody signed in the answer is the sign-in page itself`, async () => {
		const reply = await send({ url: requestUrl(tenant) });
		assert.equal(reply.status, 200);
		const html = reply.text;
		assert.match(textOf(html), /Sign in/);
		const form = elementById(html, 'login-form');
		assert.equal(form.name, 'form');
		assert.equal(form.attributes.method.toLowerCase(), 'post');
		assert.equal(elementById(html, 'password').attributes.type, 'password');
		assert.equal(elementById(html, 'password').attributes.autocomplete, 'current-password');
		const username = elementById(html, 'username').attributes;
		assert.equal(username.autocomplete, 'username');
		assert.ok(!('readonly' in username) && !('disabled' in username));
		assert.ok(formWith(html, 'login').buttons.some(({ id }) => id === 'login'));
	});

	test(`${profile}: the authorization endpoint takes the request by POST, too`, async () => {
		const url = new URL(requestUrl(tenant));
		const agent = new Agent();
		await agent.follow(await agent.request({ url: tenant.authorize, method: 'POST',
			form: url.search.slice(1) }));
		assert.ok(formWith(agent.page.text, 'login'));
		const step = await agent.signIn(users.bob);
		const arrival = step.callback ? step : await agent.submit('approve');
		assert.ok(arrival.callback.searchParams.get('code'));
	});

	test(`${profile}: the pages name the client`, async () => {
		const agent = await openConsent(tenant);
		assert.match(textOf(agent.page.text), /demo/i);
	});

	test(`${profile}: a wrong password shows the form again and says so`, async () => {
		const agent = await openSignIn(tenant);
		await agent.signIn({ username: 'alice', password: 'wrong' });
		assert.ok(formWith(agent.page.text, 'login'));
		assert.ok([200, 401, 403].includes(agent.page.status));
		assert.ok(tagsOf(agent.page.text).some(({ attributes }) => attributes.role === 'alert'),
			'the mistake is an alert to a screen reader');
		const step = await agent.signIn(users.alice);
		assert.ok(step.callback || formWith(agent.page.text, 'approve'));
	});

	test(`L01 ${profile}: an unknown user and a wrong password look alike`, async () => {
		const words = [];
		for (const username of ['alice', 'nobody-at-all']) {
			const agent = await openSignIn(tenant);
			await agent.signIn({ username, password: 'wrong' });
			words.push([agent.page.status, textOf(agent.page.text).replaceAll(username, 'X')]);
		}
		assert.deepEqual(words[0], words[1]);
	});

	test(`R16 ${profile}: after a form post the redirect is 303`, async () => {
		const agent = await openSignIn(tenant);
		const form = formWith(agent.page.text, 'login');
		const fields = form.fields.map(({ id, name, value }) =>
			[name, users.alice[id] ?? value]);
		const target = new URL(form.action || agent.page.url.href, agent.page.url);
		const reply = await agent.request({ url: target.href,
			form: new URLSearchParams(fields).toString(), headers: { Origin: 'null' } });
		assert.ok([200, 303].includes(reply.status), `status ${reply.status}`);
		const last = reply.status === 303 ? (await agent.follow(reply)).reply : reply;
		if (formWith(last.text, 'approve')) {
			await agent.submit('approve');
			assert.equal(agent.page.status, 303);
		}
	});

	test(`${profile}: consent is asked once for a person and a client`, async () => {
		const client = clients.native;
		const first = await obtainCode(tenant, { client, user: users.bob });
		assert.deepEqual([first.signedIn, first.consented], [true, true]);
		const second = await obtainCode(tenant, { client, user: users.bob });
		assert.deepEqual([second.signedIn, second.consented], [true, false]);
		const third = await obtainCode(tenant, { client, agent: second.agent });
		assert.deepEqual([third.signedIn, third.consented], [false, false]);
	});

	test(`${profile}: prompt=login asks again, and prompt=consent too`, async () => {
		const { agent } = await obtainCode(tenant);
		await agent.open(requestUrl(tenant, { prompt: 'login' }));
		assert.ok(formWith(agent.page.text, 'login'));
		await agent.open(requestUrl(tenant, { prompt: 'consent' }));
		assert.ok(formWith(agent.page.text, 'approve'));
	});

	test(`${profile}: max_age asks a person whose sign-in is older`, async () => {
		const { agent } = await obtainCode(tenant);
		await sleep(2_100);
		const fresh = await agent.authorize(requestUrl(tenant, { max_age: '100' }));
		assert.ok(fresh.params.get('code'));
		await agent.open(requestUrl(tenant, { max_age: '1' }));
		assert.ok(formWith(agent.page.text, 'login'));
	});

	test(`${profile}: login_hint fills in the user name and locks nothing`, async () => {
		const agent = await openSignIn(tenant, { login_hint: 'bob' });
		const { attributes } = elementById(agent.page.text, 'username');
		assert.equal(attributes.value, 'bob');
		assert.ok(!('readonly' in attributes));
	});

	test(`W13 ${profile}: what a request says is escaped on every page`, async () => {
		const evil = '"><script>alert(1)</script><img src=x onerror=y>';
		const agent = await openSignIn(tenant, { login_hint: evil, ui_locales: evil, state: evil,
			display: evil, acr_values: evil, nonce: evil });
		assert.doesNotMatch(agent.page.text, /<script>alert|<img src=x/);
		await agent.open(requestUrl(tenant, { client_id: evil }));
		assert.doesNotMatch(agent.page.text, /<script>alert|<img src=x/);
		await agent.open(requestUrl(tenant, { redirect_uri: `http://localhost:3000/${evil}` }));
		assert.doesNotMatch(agent.page.text, /<script>alert|<img src=x/);
	});

	for (const [parameter, value] of [['client_id', 'nobody-knows-me'],
		['redirect_uri', 'http://localhost:3000/elsewhere'],
		['request_uri', 'urn:ietf:params:oauth:request_uri:nothing']])
		test(`${profile}: a bad ${parameter} is the error page, which names it and the request`,
			async () => {
				const reply = await send({ url: requestUrl(tenant, { [parameter]: value }) });
				assert.equal(reply.status, 400);
				assert.equal(reply.location, undefined);
				const words = textInside(reply.text, 'error-page');
				assert.ok(words?.includes(parameter), words ?? reply.text);
				assert.ok(words.includes(reply.headers['x-request-id']), words);
			});

	test(`${profile}: response_mode=form_post is a form that sends itself, and has a button`,
		async () => {
			const agent = new Agent();
			const state = `"'><b>&amp;`;
			const { page, posted, params } = await agent.authorize(
				requestUrl(tenant, { response_mode: 'form_post', state }), { user: users.alice });
			assert.equal(page.headers['cache-control'], 'no-store');
			assert.equal(page.headers['referrer-policy'], 'no-referrer');
			assert.equal(posted.method, 'post');
			assert.equal(params.get('state'), state);
			assert.equal([...params.keys()][0], 'code');
			assert.match(page.text, /<noscript>[\s\S]*(<button|type="?submit)/);
			assert.equal(tagsOf(page.text).filter(({ name, closes }) =>
				name === 'form' && !closes).length, 1);
			const policy = policyOf(page);
			assert.equal(policy['form-action'], undefined);
			assert.match(policy['script-src']?.join(' ') ?? '', /^'sha256-/);
		});

	test(`W11 ${profile}: cookies are HttpOnly, Lax, for the whole host, and plain http needs no` +
		' Secure', async () => {
		const agent = await openSignIn(tenant);
		const lines = [...agent.page.cookies];
		await agent.signIn(users.alice);
		const all = [...agent.jar.cookies.values()];
		assert.ok(lines.length >= 1 && all.length >= 2, 'browser cookie and session cookie');
		for (const { name, attributes } of all) {
			assert.match(name, /^licet-/);
			assert.ok('httponly' in attributes, `${name} HttpOnly`);
			assert.equal(attributes.samesite, 'Lax');
			assert.equal(attributes.path, '/');
			assert.ok(!('domain' in attributes) && !('secure' in attributes));
		}
	});

	test(`W01 ${profile}: signing in gives a new session, whatever the cookie was before`, async () => {
		const first = await obtainCode(tenant);
		const before = new Map([...first.agent.jar.cookies].map(([key, { value }]) => [key, value]));
		await first.agent.open(requestUrl(tenant, { prompt: 'login' }));
		await first.agent.signIn(users.alice);
		const after = [...first.agent.jar.cookies].filter(([key, { value }]) =>
			before.has(key) && before.get(key) !== value);
		assert.ok(after.length >= 1, 'some cookie changed its value');
		const stale = new Agent();
		for (const [key, cookie] of first.agent.jar.cookies)
			stale.jar.cookies.set(key, { ...cookie, value: before.get(key) ?? cookie.value });
		const silent = await stale.authorize(requestUrl(tenant, { prompt: 'none' }));
		assert.equal(silent.params.get('error'), 'login_required', 'the old session is gone');
	});

	test(`W02 ${profile}: a sign-in form of another browser, site or hand is refused`, async () => {
		const victim = await openSignIn(tenant);
		const attacker = await openSignIn(tenant);
		const form = formWith(attacker.page.text, 'login');
		const target = new URL(form.action || attacker.page.url.href, attacker.page.url).href;
		const body = (change = (text) => text) => new URLSearchParams(form.fields.map(
			({ id, name, value }) => [name, users.alice[id] ?? change(value)])).toString();
		const cases = [
			[victim, body(), {}],
			[new Agent(), body(), {}],
			[attacker, body(), { Origin: 'https://evil.example' }],
			[attacker, body((text) => text.slice(0, -3) + 'AAA'), {}],
			[attacker, body(() => ''), {}],
		];
		for (const [agent, text, headers] of cases) {
			const reply = await agent.request({ url: target, form: text, headers });
			assert.ok([400, 403].includes(reply.status), `status ${reply.status}`);
			assert.equal(reply.location, undefined);
			const silent = await agent.authorize(requestUrl(tenant, { prompt: 'none' }));
			assert.equal(silent.params.get('error'), 'login_required');
		}
	});

	test(`${profile}: a form is taken with Origin null, with the own origin, and without any`, async () => {
		/* null is what a browser sends from a page that is no-referrer (Fetch, 3.2). */
		for (const headers of [{ Origin: 'null' }, { Origin: licet.origin }, {}]) {
			const agent = await openSignIn(tenant);
			const step = await agent.signIn(users.alice, headers);
			assert.ok(step.callback || formWith(agent.page.text, 'approve'));
		}
	});

	test(`W05 ${profile}: a person is asked for what the claims parameter asks`, async () => {
		const scope = 'openid';
		const claims = JSON.stringify({ userinfo: { email: null }, id_token: { auth_time: null } });
		const agent = await openSignIn(tenant, { client_id: clients.spa.id, scope, claims });
		await agent.signIn(users.alice);
		assert.match(textOf(agent.page.text), /your email address/i);
		assert.doesNotMatch(textOf(agent.page.text), /your profile/i);
		await agent.submit('approve');
		const again = (more) => agent.open(requestUrl(tenant,
			{ client_id: clients.spa.id, scope, prompt: 'none', ...more }));
		const params = async (more) => (await again(more)).callback.searchParams;
		assert.ok((await params({ claims })).get('code'));
		assert.equal((await params({ claims: '{"userinfo":{"name":null}}' })).get('error'),
			'consent_required');
	});

	test(`W05 ${profile}: prompt=none without consent is consent_required`, async () => {
		const agent = await openSignIn(tenant, { client_id: clients.spa.id, prompt: 'consent' });
		await agent.signIn(users.bob);
		const silent = await agent.authorize(requestUrl(tenant,
			{ client_id: clients.spa.id, prompt: 'none' }));
		assert.equal(silent.params.get('error'), 'consent_required');
	});

	test(`${profile}: denying consent is access_denied with state and iss`, async () => {
		const agent = await openConsent(tenant);
		const { callback } = await agent.submit('deny');
		assert.equal(callback.searchParams.get('error'), 'access_denied');
		assert.equal(callback.searchParams.get('state'), 's');
		assert.equal(callback.searchParams.get('iss'), tenant.issuer);
	});

	test(`${profile}: an approval after a denial is refused, and is no consent`, async () => {
		const agent = await openSignIn(tenant, { client_id: clients.spa.id, prompt: 'consent' });
		await agent.signIn(users.bob);
		const { page } = agent;
		const denied = await agent.submit('deny');
		assert.equal(denied.callback.searchParams.get('error'), 'access_denied');
		agent.page = page;
		const { callback, reply } = await agent.submit('approve');
		assert.equal(callback, undefined);
		assert.equal(reply.status, 400);
		const silent = await agent.authorize(requestUrl(tenant,
			{ client_id: clients.spa.id, prompt: 'none' }));
		assert.equal(silent.params.get('error'), 'consent_required');
	});

	test(`${profile}: what the claims parameter asks for, the person is asked about`, async () => {
		const claims = '{"userinfo":{"phone_number":null}}';
		const verifier = newVerifier();
		const client = clients.spa;
		const { agent } = await obtainCode(tenant, { client, scope: 'openid' });
		await agent.open(requestUrl(tenant, { client_id: client.id, scope: 'openid', claims,
			code_challenge: challengeOf(verifier) }));
		assert.ok(formWith(agent.page.text, 'approve'), 'consent to openid alone is not enough');
		assert.match(textOf(agent.page.text), /phone/i);
		const { callback } = await agent.submit('approve');
		const code = callback.searchParams.get('code');
		const tokens = tokensOf(await exchange(tenant,
			{ code, verifier, client, redirectUri: client.redirectUri }));
		assert.ok((await userinfo(tenant, tokens.access_token)).json.phone_number);
	});

	test(`L02 ${profile}: a stranger who guesses from elsewhere does not keep a person out`, async () => {
		for (let i = 0; i < 25; i++) {
			const stranger = new Agent({ from: '127.99.0.9' });
			await openSignIn(tenant, {}, stranger);
			await stranger.signIn({ username: 'bob', password: `guess ${i}` });
		}
		const own = await openSignIn(tenant, {}, new Agent({ from: '127.0.0.1' }));
		const step = await own.signIn(users.bob);
		assert.ok(step.callback || formWith(own.page.text, 'approve'), textOf(own.page.text));
	});

	test(`L02 ${profile}: a person's programs may sign in all at once`, async () => {
		const programs = await Promise.all(Array.from({ length: 30 }, () => openSignIn(tenant)));
		const steps = await Promise.all(programs.map((agent) => agent.signIn(users.bob)));
		for (const [i, agent] of programs.entries())
			assert.ok(steps[i].callback || formWith(agent.page.text, 'approve'), textOf(agent.page.text));
	});

	test(`L02 ${profile}: guesses at once are not more than one after the other`, async () => {
		const from = '127.99.0.10';
		const strangers = await Promise.all(Array.from({ length: 40 }, () =>
			openSignIn(tenant, {}, new Agent({ from }))));
		await Promise.all(strangers.map((agent, i) =>
			agent.signIn({ username: 'bob', password: `guess ${i}` })));
		const isLookedAt = ({ page }) => !textOf(page.text).includes('Too many tries');
		const looked = strangers.filter(isLookedAt).length;
		assert.ok(looked >= 10 && looked <= 14, `${looked} were looked at`);
	});

	test(`W16 ${profile}: a session of one tenant means nothing at another`, async () => {
		const { agent } = await obtainCode(tenant);
		for (const other of licet.tenants.filter((one) => one.profile !== profile)) {
			const silent = await agent.authorize(requestUrl(other, { prompt: 'none' }));
			assert.equal(silent.params.get('error'), 'login_required');
		}
	});

	test(`W16 ${profile}: session cookies put under another tenant's name mean nothing`, async () => {
		const { agent } = await obtainCode(tenant);
		const other = licet.tenants.find((one) => one.profile !== profile);
		const victim = (await obtainCode(other)).agent;
		const values = [...agent.jar.cookies.values()].map(({ value }) => value);
		for (const value of values) {
			const forged = new Agent();
			for (const [key, cookie] of victim.jar.cookies)
				forged.jar.cookies.set(key, { ...cookie, value });
			const silent = await forged.authorize(requestUrl(other, { prompt: 'none' }));
			assert.equal(silent.params.get('error'), 'login_required');
		}
	});

	test(`${profile}: a page left open works after a reload, and twice in two tabs`, async () => {
		const agent = await openSignIn(tenant);
		const tab = agent.page;
		await openSignIn(tenant, {}, agent);
		agent.page = tab;
		const step = await agent.signIn(users.alice);
		assert.ok(step.callback || formWith(agent.page.text, 'approve'));
	});
}

test('auth0: web_message is a page that posts the answer to the registered origin only', async () => {
	const tenant = licet.tenant('auth0');
	const { agent } = await obtainCode(tenant, { client: clients.spa });
	const url = requestUrl(tenant, { client_id: clients.spa.id, response_mode: 'web_message',
		prompt: 'none' });
	const { reply } = await agent.open(url);
	assert.equal(reply.status, 200);
	assert.match(reply.text, /authorization_response/);
	assert.match(reply.text, /http:\/\/localhost:3000/);
	assert.doesNotMatch(reply.text, /postMessage\([^)]*['"]\*['"]/);
	assert.equal(reply.headers['x-frame-options'], undefined);
	assert.deepEqual(policyOf(reply)['frame-ancestors'], ['http://localhost:3000']);
	assert.equal(reply.headers['cache-control'], 'no-store');
	assert.equal(firstForm(reply.text), null);
});

test('auth0: web_message carries login_required in the words that the SDK looks for', async () => {
	const tenant = licet.tenant('auth0');
	const { reply } = await new Agent().open(requestUrl(tenant,
		{ client_id: clients.spa.id, response_mode: 'web_message', prompt: 'none', state: '</script>' }));
	assert.match(reply.text, /login_required/);
	assert.match(reply.text, /Login required/);
	assert.equal(reply.text.match(/<\/script>/g).length, 1, 'a state does not end the script');
});

for (const profile of ['rfc', 'asgardeo'])
	test(`R20 ${profile}: web_message is not offered`, async () => {
		const tenant = licet.tenant(profile);
		const { agent } = await obtainCode(tenant);
		const { callback } = await agent.authorize(requestUrl(tenant,
			{ response_mode: 'web_message', prompt: 'none' }));
		assert.equal(callback.searchParams.get('error'), 'invalid_request');
		assert.equal(callback.searchParams.get('code'), null);
	});

endsCleanly(licet);

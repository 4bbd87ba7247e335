/* SPDX-License-Identifier: Apache-2.0 */
/* @auth0/auth0-spa-js, unmodified, in headless Chromium: sign-in, renewal, sign-out. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { APPLICATION, bundle, openBrowser, signInAt } from './lib/chromium.mjs';
import { endsCleanly, startDemo } from './lib/licet.mjs';
import { clients, users } from './lib/tenants.mjs';

const licet = await startDemo();
const tenant = licet.tenant('auth0');

const script = await bundle(`
	import { createAuth0Client } from '@auth0/auth0-spa-js';
	window.open0 = async (options = {}) => {
		const { authorizationParams, ...rest } = options;
		window.sdk = await createAuth0Client({
			domain: ${JSON.stringify(licet.origin)},
			clientId: ${JSON.stringify(clients.spa.id)},
			cacheLocation: 'localstorage',
			authorizationParams: {
				redirect_uri: ${JSON.stringify(clients.spa.redirectUri)},
				...authorizationParams,
			},
			...rest,
		});
	};
	window.attempt = (promise) => promise.then(
		(value) => ({ value }),
		(error) => ({ error: error.error, message: error.message }));
`);

let browser = null;
after(() => browser?.stop());

/* A new browser for each test, so that no session is left over. */
async function newPage() {
	await browser?.stop();
	browser = await openBrowser(script);
	return browser.newPage();
}

async function signIn(page, options = {}, user = users.alice) {
	await page.goto(`${APPLICATION}/`);
	await page.evaluate((given) => window.open0(given), options);
	await page.evaluate(() => void window.sdk.loginWithRedirect({ appState: { came: 'from here' } }));
	await signInAt(page, user);
	assert.match(page.url(), /^http:\/\/localhost:3000\/callback\?code=/);
	await page.evaluate((given) => window.open0(given), options);
	return page.evaluate(() => window.sdk.handleRedirectCallback());
}

function renew(page, options = {}) {
	return page.evaluate((given) => window.attempt(window.sdk.getTokenSilently(
		{ cacheMode: 'off', detailedResponse: true, ...given })), options);
}

function tokenCalls(page) {
	const calls = [];
	page.on('request', (request) => {
		const { pathname, port } = new URL(request.url());
		if (port === String(licet.port))
			calls.push(`${request.method()} ${pathname}`);
	});
	return calls;
}

test('loginWithRedirect brings a person back with an id_token and the application\'s state',
	async () => {
		const page = await newPage();
		const result = await signIn(page);
		assert.deepEqual(result.appState, { came: 'from here' });
		assert.equal(await page.evaluate(() => window.sdk.isAuthenticated()), true);
		const claims = await page.evaluate(() => window.sdk.getIdTokenClaims());
		assert.equal(claims.iss, tenant.issuer);
		assert.equal(claims.aud, clients.spa.id);
		assert.ok(claims.nonce && claims.sid);
		const person = await page.evaluate(() => window.sdk.getUser());
		assert.ok(person.name && person.email);
		assert.deepEqual(browser.complaints, []);
	});

test('the access token opens userinfo from the browser', async () => {
	const page = await newPage();
	await signIn(page);
	const status = await page.evaluate(async (url) => {
		const token = await window.sdk.getTokenSilently();
		const reply = await fetch(url, { headers: { Authorization: `Bearer ${token}` } });
		return [reply.status, (await reply.json()).sub];
	}, tenant.userinfo);
	assert.equal(status[0], 200);
	assert.ok(status[1]);
});

test('getTokenSilently renews in an iframe by web_message, without a refresh token', async () => {
	const page = await newPage();
	await signIn(page, { useRefreshTokens: false });
	const calls = tokenCalls(page);
	const first = await renew(page);
	const second = await renew(page);
	assert.ok(first.value?.access_token, JSON.stringify(first));
	assert.notEqual(second.value.access_token, first.value.access_token);
	assert.ok(calls.includes('GET /authorize'), calls.join());
	assert.deepEqual(browser.complaints, []);
});

test('getTokenSilently renews by refresh token, and gets an id_token each time', async () => {
	const page = await newPage();
	const options = { useRefreshTokens: true,
		authorizationParams: { scope: 'openid profile email offline_access' } };
	await signIn(page, options);
	const calls = tokenCalls(page);
	const first = await renew(page);
	const second = await renew(page);
	assert.ok(first.value?.access_token && first.value?.id_token, JSON.stringify(first));
	assert.ok(second.value?.id_token, JSON.stringify(second));
	assert.notEqual(second.value.access_token, first.value.access_token);
	assert.ok(!calls.includes('GET /authorize'), 'no iframe was needed');
});

test('refresh tokens kept in the SDK\'s worker renew, too', async () => {
	const page = await newPage();
	const options = { useRefreshTokens: true, cacheLocation: 'memory',
		authorizationParams: { scope: 'openid profile offline_access' } };
	await signIn(page, options);
	const renewed = await renew(page);
	assert.ok(renewed.value?.access_token, JSON.stringify(renewed));
});

test('useDpop binds the tokens to the browser\'s key, over the nonce that it is asked for', async () => {
	const page = await newPage();
	const options = { useDpop: true, useRefreshTokens: true,
		authorizationParams: { scope: 'openid profile offline_access' } };
	await signIn(page, options);
	const renewed = await renew(page);
	assert.ok(renewed.value?.access_token, JSON.stringify(renewed));
	assert.equal(renewed.value.token_type, 'DPoP');
	const [status, sub] = await page.evaluate(async (url) => {
		const fetcher = window.sdk.createFetcher({ dpopNonceId: 'userinfo' });
		const reply = await fetcher.fetchWithAuth(url);
		return [reply.status, (await reply.json()).sub];
	}, tenant.userinfo);
	assert.equal(status, 200);
	assert.ok(sub);
});

test('the SDK\'s JSON bodies work as its forms do', async () => {
	const page = await newPage();
	const options = { useFormData: false, useRefreshTokens: true,
		authorizationParams: { scope: 'openid profile offline_access' } };
	await signIn(page, options);
	assert.ok((await renew(page)).value?.access_token);
});

test('two tabs that renew at the same moment both stay signed in', async () => {
	const page = await newPage();
	const options = { useRefreshTokens: true, authorizationParams: { scope: 'openid offline_access' } };
	await signIn(page, options);
	const other = await browser.newPage();
	await other.goto(`${APPLICATION}/`);
	await other.evaluate((given) => window.open0(given), options);
	for (let round = 0; round < 3; round++) {
		const results = await Promise.all([renew(page), renew(other)]);
		for (const result of results)
			assert.ok(result.value?.access_token, JSON.stringify(result));
	}
});

test('a second sign-in finds the session and asks nothing', async () => {
	const page = await newPage();
	await signIn(page);
	await page.goto(`${APPLICATION}/`);
	await page.evaluate(() => window.open0());
	await page.evaluate(() => void window.sdk.loginWithRedirect());
	await page.waitForURL(`${APPLICATION}/callback?**`);
	assert.match(page.url(), /\?code=/);
});

test('logout goes by /v2/logout back to the application and ends the session', async () => {
	const page = await newPage();
	await signIn(page);
	await page.evaluate((url) => void window.sdk.logout({ logoutParams: { returnTo: url } }), APPLICATION);
	await page.waitForFunction(() => location.port === '3000' && location.pathname === '/' ||
		document.querySelector('#logout-confirm'));
	if (await page.locator('#logout-confirm').count())
		await page.click('#logout-confirm');
	await page.waitForURL(`${APPLICATION}/`);
	await page.evaluate(() => window.open0());
	const silent = await renew(page);
	assert.equal(silent.error, 'login_required', JSON.stringify(silent));
});

test('a renewal with nobody signed in is login_required to the SDK', async () => {
	const page = await newPage();
	await page.goto(`${APPLICATION}/`);
	await page.evaluate(() => window.open0());
	const silent = await renew(page);
	assert.equal(silent.error, 'login_required', JSON.stringify(silent));
	assert.deepEqual(browser.complaints, []);
});

test('a dead refresh token makes the SDK fall back to the iframe', async () => {
	const page = await newPage();
	const options = { useRefreshTokens: true, useRefreshTokensFallback: true,
		authorizationParams: { scope: 'openid offline_access' } };
	await signIn(page, options);
	const { status } = await page.evaluate(async ({ url, client }) => {
		const key = Object.keys(localStorage).find((name) => name.includes('offline_access'));
		const { refresh_token } = JSON.parse(localStorage[key]).body;
		return { status: (await fetch(url, { method: 'POST',
			body: new URLSearchParams({ client_id: client, token: refresh_token }) })).status };
	}, { url: tenant.revoke, client: clients.spa.id });
	assert.equal(status, 200);
	const renewed = await renew(page);
	assert.ok(renewed.value?.access_token, JSON.stringify(renewed));
});

endsCleanly(licet);

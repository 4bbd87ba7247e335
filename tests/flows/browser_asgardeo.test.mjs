/* SPDX-License-Identifier: Apache-2.0 */
/* @asgardeo/browser, unmodified, in headless Chromium: sign-in, refresh, revocation, sign-out. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { APPLICATION, bundle, openBrowser, signInAt } from './lib/chromium.mjs';
import { endsCleanly, startDemo } from './lib/licet.mjs';
import { clients, users } from './lib/tenants.mjs';

const licet = await startDemo();
const tenant = licet.tenant('asgardeo');

const script = await bundle(`
	import { AsgardeoSPAClient } from '@asgardeo/browser';
	window.open0 = async (options = {}) => {
		window.sdk = AsgardeoSPAClient.getInstance();
		return window.sdk.initialize({
			afterSignInUrl: ${JSON.stringify(clients.spa.redirectUri)},
			afterSignOutUrl: ${JSON.stringify(APPLICATION)},
			baseUrl: ${JSON.stringify(tenant.base)},
			clientId: ${JSON.stringify(clients.spa.id)},
			scopes: ['openid', 'profile'],
			storage: 'sessionStorage',
			...options,
		});
	};
	window.attempt = (promise) => promise.then(
		(value) => ({ value }),
		(error) => ({ error: String(error.code ?? error), message: error.message }));
`);

let browser = null;
after(() => browser?.stop());

async function newPage() {
	await browser?.stop();
	browser = await openBrowser(script);
	return browser.newPage();
}

async function signIn(page, options = {}) {
	await page.goto(`${APPLICATION}/`);
	await page.evaluate((given) => window.open0(given), options);
	await page.evaluate(() => void window.sdk.signIn());
	await signInAt(page, users.alice);
	assert.match(page.url(), /\/callback\?code=/);
	await page.evaluate((given) => window.open0(given), options);
	return page.evaluate(() => window.attempt(window.sdk.signIn()));
}

function userinfoStatus(page, token) {
	return page.evaluate(async ([url, one]) => (await fetch(url,
		{ headers: { Authorization: `Bearer ${one}` }, credentials: 'include' })).status,
	[tenant.userinfo, token]);
}

test('signIn brings a person back, and leaves neither code nor state in the address', async () => {
	const page = await newPage();
	const result = await signIn(page);
	assert.ok(result.value, JSON.stringify(result));
	assert.equal(await page.evaluate(() => window.sdk.isSignedIn()), true);
	const claims = await page.evaluate(() => window.sdk.getDecodedIdToken());
	assert.equal(claims.iss, tenant.issuer);
	assert.doesNotMatch(page.url(), /code=|state=/);
	assert.deepEqual(browser.complaints, []);
});

test('the access token opens userinfo from the browser, with credentials', async () => {
	const page = await newPage();
	await signIn(page);
	const token = await page.evaluate(() => window.sdk.getAccessToken());
	assert.equal(await userinfoStatus(page, token), 200);
});

test('refreshAccessToken gives another access token', async () => {
	const page = await newPage();
	await signIn(page);
	const before = await page.evaluate(() => window.sdk.getAccessToken());
	const renewed = await page.evaluate(() => window.attempt(window.sdk.refreshAccessToken()));
	assert.ok(renewed.value, JSON.stringify(renewed));
	const later = await page.evaluate(() => window.sdk.getAccessToken());
	assert.notEqual(later, before);
	assert.equal(await userinfoStatus(page, later), 200);
	assert.deepEqual(browser.complaints, []);
});

test('revokeAccessToken ends the access token', async () => {
	const page = await newPage();
	await signIn(page);
	const token = await page.evaluate(() => window.sdk.getAccessToken());
	const revoked = await page.evaluate(() => window.attempt(window.sdk.revokeAccessToken()));
	assert.equal(revoked.error, undefined, JSON.stringify(revoked));
	assert.equal(await userinfoStatus(page, token), 401);
});

test('signOut comes back to the application with its state, and the session is over', async () => {
	const page = await newPage();
	await signIn(page);
	await page.evaluate(() => void window.sdk.signOut());
	await page.waitForFunction(() => location.search.includes('sign_out_success') ||
		document.querySelector('#logout-confirm'));
	if (await page.locator('#logout-confirm').count())
		await page.click('#logout-confirm');
	await page.waitForURL(/localhost:3000\/?\?.*state=sign_out_success/);
	await page.evaluate(() => window.open0());
	await page.evaluate(() => void window.sdk.signIn());
	await page.waitForSelector('#login-form');
});

test('local storage works as session storage does', async () => {
	const page = await newPage();
	const result = await signIn(page, { storage: 'localStorage' });
	assert.ok(result.value, JSON.stringify(result));
});

endsCleanly(licet);

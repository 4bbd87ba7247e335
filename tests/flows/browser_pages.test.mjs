/* SPDX-License-Identifier: Apache-2.0 */
/* The pages in a real browser: without JavaScript, by the keyboard, framed, small and dark. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { APPLICATION, openBrowser, signInAt } from './lib/chromium.mjs';
import { authorizeUrl, challengeOf, newVerifier } from './lib/flow.mjs';
import { endsCleanly, startDemo } from './lib/licet.mjs';
import { clients, users } from './lib/tenants.mjs';

const licet = await startDemo();
const tenant = licet.tenant('rfc');

let browser = null;
after(() => browser?.stop());

async function newPage(options) {
	await browser?.stop();
	browser = await openBrowser('', options);
	return browser.newPage();
}

function requestUrl(params = {}) {
	return authorizeUrl(tenant, { client_id: clients.web.id, redirect_uri: clients.web.redirectUri,
		scope: 'openid profile email offline_access', state: 's', prompt: 'consent',
		code_challenge: challengeOf(newVerifier()), code_challenge_method: 'S256', ...params });
}

test('a person without JavaScript signs in and consents', async () => {
	const page = await newPage({ javaScriptEnabled: false });
	await page.goto(requestUrl());
	await page.fill('#username', users.alice.username);
	await page.fill('#password', users.alice.password);
	await page.click('#login');
	await page.click('#approve');
	await page.waitForURL(`${APPLICATION}/callback?code=**`);
});

test('a person with a keyboard alone signs in and consents', async () => {
	const page = await newPage();
	await page.goto(requestUrl());
	await page.waitForSelector('#login-form');
	assert.equal(await page.evaluate(() => document.activeElement.id), 'username',
		'the cursor stands in the first field');
	await page.keyboard.type(users.bob.username);
	await page.keyboard.press('Tab');
	await page.keyboard.type(users.bob.password);
	await page.keyboard.press('Enter');
	await page.waitForSelector('#approve');
	for (let i = 0; i < 20; i++) {
		if (await page.evaluate(() => document.activeElement.id) === 'approve')
			break;
		await page.keyboard.press('Tab');
	}
	await page.keyboard.press('Enter');
	await page.waitForURL(`${APPLICATION}/callback?code=**`);
	assert.deepEqual(browser.complaints, []);
});

test('form_post sends itself with JavaScript, and by its button without', async () => {
	for (const javaScriptEnabled of [true, false]) {
		const page = await newPage({ javaScriptEnabled });
		const posted = page.waitForRequest((request) =>
			request.url() === clients.web.redirectUri && request.method() === 'POST');
		await page.goto(requestUrl({ response_mode: 'form_post' }));
		await page.fill('#username', users.alice.username);
		await page.fill('#password', users.alice.password);
		await page.click('#login');
		await page.click('#approve');
		if (!javaScriptEnabled)
			await page.click('form [type=submit], form button');
		const body = new URLSearchParams((await posted).postData());
		assert.ok(body.get('code'));
		assert.equal(body.get('state'), 's');
		assert.deepEqual(browser.complaints, []);
	}
});

test('W04 the sign-in page does not let itself be framed', async () => {
	const page = await newPage();
	await page.goto(`${APPLICATION}/`);
	const framed = await page.evaluate((url) => new Promise((done) => {
		const frame = document.createElement('iframe');
		frame.onload = () => {
			try {
				done(frame.contentWindow.location.href);
			} catch (error) {
				done(error.name);
			}
		};
		frame.src = url;
		document.body.append(frame);
	}), requestUrl());
	assert.equal(framed, 'SecurityError');
	const inside = page.frames().find((frame) => frame !== page.mainFrame());
	assert.equal(await inside.locator('#login-form').count(), 0);
});

test('scripts of the pages see no cookie', async () => {
	const page = await newPage();
	await page.goto(requestUrl());
	await page.waitForSelector('#login-form');
	assert.equal(await page.evaluate(() => document.cookie), '');
	assert.ok((await browser.context.cookies()).some(({ httpOnly }) => httpOnly));
});

for (const width of [320, 390, 1280])
	test(`at ${width} pixels nothing runs out of the window, and targets are large enough`, async () => {
		const page = await newPage({ viewport: { width, height: 800 } });
		const check = async (...ids) => {
			assert.ok(await page.evaluate(() =>
				document.documentElement.scrollWidth <= window.innerWidth), 'no sideways scrolling');
			for (const id of ids) {
				const box = await page.locator(`#${id}`).boundingBox();
				assert.ok(box.height >= 40, `#${id} is ${box.height} pixels high`);
			}
		};
		await page.goto(requestUrl({ login_hint: 'x'.repeat(200) }));
		await check('username', 'password', 'login');
		await page.goto(requestUrl());
		await page.fill('#username', users.alice.username);
		await page.fill('#password', users.alice.password);
		await page.click('#login');
		await page.waitForSelector('#approve');
		await check('approve', 'deny');
		await page.goto(requestUrl({ client_id: 'y'.repeat(200) }));
		await check();
	});

for (const colorScheme of ['light', 'dark'])
	test(`the words stand out from the page when it is ${colorScheme}`, async () => {
		const page = await newPage({ colorScheme });
		await page.goto(requestUrl());
		const ratio = await page.evaluate(() => {
			const light = (color) => {
				const parts = color.match(/[\d.]+/g).slice(0, 3).map((part) => part / 255)
					.map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
				return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
			};
			const behind = (element) => {
				for (let one = element; one; one = one.parentElement) {
					const color = getComputedStyle(one).backgroundColor;
					if (!/, 0\)$/.test(color) && color !== 'transparent')
						return color;
				}
				return 'rgb(255, 255, 255)';
			};
			return ['h1', 'label', '#login'].map((selector) => {
				const element = document.querySelector(selector);
				const [a, b] = [getComputedStyle(element).color, behind(element)].map(light);
				return [selector, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
			});
		});
		for (const [selector, value] of ratio)
			assert.ok(value >= 4.5, `${selector}: contrast ${value.toFixed(2)} (WCAG asks 4.5)`);
	});

test('after signing out the back button shows no page of the session', async () => {
	const page = await newPage();
	await page.goto(requestUrl());
	await signInAt(page, users.alice);
	await page.goto(tenant.logout);
	await page.click('#logout-confirm');
	await page.waitForSelector('#logged-out');
	await page.goBack();
	await page.waitForLoadState();
	await page.goto(requestUrl({ prompt: 'none' }));
	assert.match(page.url(), /error=login_required/);
});

endsCleanly(licet);

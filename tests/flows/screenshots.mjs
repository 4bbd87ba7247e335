/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the pictures of the pages for docs/images; by hand: LICET=… node screenshots.mjs */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openBrowser } from './lib/chromium.mjs';
import { authorizeUrl, challengeOf, newVerifier } from './lib/flow.mjs';
import { startDemo } from './lib/licet.mjs';
import { clients, users } from './lib/tenants.mjs';

const images = join(dirname(fileURLToPath(import.meta.url)), '../../docs/images');
const sizes = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };

const licet = await startDemo();
const tenant = licet.tenant('rfc');

function requestUrl(params = {}) {
	return authorizeUrl(tenant, { client_id: clients.web.id, redirect_uri: clients.web.redirectUri,
		scope: 'openid profile email offline_access', prompt: 'consent',
		code_challenge: challengeOf(newVerifier()), code_challenge_method: 'S256', ...params });
}

async function takeAll(page, take) {
	await page.goto(requestUrl());
	await take('sign-in');
	await page.fill('#username', 'alice');
	await page.fill('#password', 'not hers');
	await page.click('#login');
	await page.waitForSelector('[role=alert]');
	await take('sign-in-again');
	await page.fill('#username', users.alice.username);
	await page.fill('#password', users.alice.password);
	await page.click('#login');
	await page.waitForSelector('#approve');
	await take('consent');
	await page.goto(requestUrl({ redirect_uri: 'http://localhost:3000/elsewhere' }));
	await take('error');
	await page.goto(tenant.logout);
	await page.waitForSelector('#logout-confirm');
	await take('sign-out');
	await page.click('#logout-confirm');
	await page.waitForSelector('#logged-out');
	await take('signed-out');
}

mkdirSync(images, { recursive: true });
for (const [size, viewport] of Object.entries(sizes))
	for (const colorScheme of ['light', 'dark']) {
		const browser = await openBrowser('', { viewport, colorScheme, deviceScaleFactor: 1 });
		const page = await browser.newPage();
		await takeAll(page, (name) =>
			page.screenshot({ path: join(images, `${name}-${size}-${colorScheme}.png`) }));
		await browser.stop();
	}
await licet.stop();

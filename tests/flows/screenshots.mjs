/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the pictures of the pages for docs/images; by hand: LICET=… node screenshots.mjs */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { authorityFiles, makeAuthority } from './lib/authority.mjs';
import { openBrowser } from './lib/chromium.mjs';
import { authorizeUrl, challengeOf, newVerifier } from './lib/flow.mjs';
import { metadataOf } from './lib/import.mjs';
import { newFolder, startServe } from './lib/licet.mjs';
import { prepare } from './lib/serve.mjs';

const HOST = 'id.acme.example';
const images = join(dirname(fileURLToPath(import.meta.url)), '../../docs/images');
const sizes = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };
const portal = { id: 'portal', auth: 'none', redirectUri: 'http://localhost:3000/callback' };

const folder = newFolder();
makeAuthority(folder);
const tls = authorityFiles(folder);
const { config, port, data, ca } = await prepare({ tls, document: {
	tenants: [{ name: 'acme', url: `https://${HOST}`, profile: 'rfc', display_name: 'Acme' }],
	users: [{ tenant: 'acme', username: 'alice', password: 'alice-password',
		claims: { name: 'Alice Example' } }],
	clients: [metadataOf(portal, { tenant: 'acme', client_name: 'Acme Travel',
		policy_uri: 'https://travel.acme.example/privacy', tos_uri: 'https://travel.acme.example/terms' })],
} });
const licet = await startServe({ config, port, origin: `https://localhost:${port}`, data, ca });
const tenant = { authorize: `https://${HOST}/authorize`, logout: `https://${HOST}/logout` };

function requestUrl(params = {}) {
	return authorizeUrl(tenant, { client_id: portal.id, redirect_uri: portal.redirectUri,
		scope: 'openid profile email offline_access', prompt: 'consent',
		code_challenge: challengeOf(newVerifier()), code_challenge_method: 'S256', ...params });
}

async function takeAll(page, take) {
	await page.goto(requestUrl());
	await take('sign-in');
	await page.fill('#username', 'alice');
	await page.fill('#password', 'alice-password');
	await page.click('#login');
	await page.waitForSelector('#approve');
	await take('consent');
	await page.goto(requestUrl({ redirect_uri: 'http://localhost:3000/elsewhere' }));
	await take('error');
	await page.goto(tenant.logout);
	await page.click('#logout-confirm');
	await page.waitForSelector('#logged-out');
	await take('signed-out');
}

mkdirSync(images, { recursive: true });
for (const [size, viewport] of Object.entries(sizes))
	for (const colorScheme of ['light', 'dark']) {
		const browser = await openBrowser('', { viewport, colorScheme, ignoreHTTPSErrors: true },
			[`MAP ${HOST}:443 127.0.0.1:${port}`]);
		const page = await browser.newPage();
		await takeAll(page, (name) => page.screenshot({ fullPage: true,
			path: join(images, `${name}-${size}-${colorScheme}.png`) }));
		await browser.stop();
	}
await licet.stop();

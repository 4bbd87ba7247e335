/* SPDX-License-Identifier: Apache-2.0 */
/* Headless Chromium with an application at http://localhost:3000, served from any free port. */
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { newFolder } from './licet.mjs';

export const APPLICATION = 'http://localhost:3000';
const here = dirname(fileURLToPath(import.meta.url));

/* Bundles `source`, a module that may import any package of this folder. */
export async function bundle(source) {
	const { outputFiles } = await build({
		stdin: { contents: source, resolveDir: join(here, '..'), loader: 'js' },
		bundle: true,
		format: 'iife',
		platform: 'browser',
		target: 'es2022',
		define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
		logLevel: 'error',
		write: false,
	});
	return outputFiles[0].text;
}

/* Serves one page with one script at every path but /application.js. */
async function serveApplication(script) {
	const page = '<!doctype html><html lang="en"><title>Application</title>' +
		'<script src="/application.js"></script><p>An application.</p></html>';
	const server = createServer((request, reply) => {
		const isScript = request.url === '/application.js';
		reply.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html; charset=utf-8');
		reply.end(isScript ? script : page);
	});
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	return server;
}

/*
 * Opens the browser and the application: {context, newPage, stop}. Requests to
 * localhost:3000 go to the application's real port, so that files can run side by side;
 * nothing is intercepted, so CORS is the browser's own. `rules` map further hosts.
 */
export async function openBrowser(script = '', contextOptions = {}, rules = []) {
	const application = await serveApplication(script);
	const folder = newFolder();
	mkdirSync(join(folder, 'profile'));
	const context = await chromium.launchPersistentContext(join(folder, 'profile'), {
		executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
		headless: true,
		args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
			'--disable-background-networking', '--disable-component-update', '--disable-sync',
			'--host-resolver-rules=' + [`MAP localhost:3000 127.0.0.1:${application.address().port}`,
				...rules].join(',')],
		...contextOptions,
	});
	context.setDefaultTimeout(20_000);
	const complaints = [];
	context.on('console', (message) => {
		if (/Content Security Policy|CORS policy/i.test(message.text()))
			complaints.push(message.text());
	});
	return {
		context,
		complaints,
		newPage: () => context.newPage(),
		stop: async () => {
			await context.close();
			application.closeAllConnections();
			await new Promise((done) => application.close(done));
		},
	};
}

/* Fills in the sign-in page and, where it comes, the consent page, up to the application. */
export async function signInAt(page, { username, password }) {
	await page.waitForSelector('#login-form');
	await page.fill('#username', username);
	await page.fill('#password', password);
	await page.click('#login');
	await page.waitForFunction(() => location.port === '3000' || document.querySelector('#approve'));
	if (await page.locator('#approve').count())
		await page.click('#approve');
	await page.waitForURL(`${APPLICATION}/**`);
}

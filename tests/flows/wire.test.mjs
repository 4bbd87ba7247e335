/* SPDX-License-Identifier: Apache-2.0 */
/* Bad bytes on the wire: each gets the right 4xx and the next client notices nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { send } from './lib/http.mjs';
import { authorizeUrl, challengeOf, exchange, exchangeParams, newVerifier, obtainCode, tokensOf }
	from './lib/flow.mjs';
import { endsCleanly, startDemo } from './lib/licet.mjs';
import { Raw, parseReply, sendRaw } from './lib/raw.mjs';
import { clients, profiles } from './lib/tenants.mjs';

const licet = await startDemo();
const tenant = licet.tenant('rfc');
const HOST = `Host: localhost:${licet.port}`;
const TYPE = 'Content-Type: application/x-www-form-urlencoded';
const TOKEN = new URL(tenant.token).pathname;

async function isWell() {
	licet.assertAlive();
	assert.equal((await send({ url: `${licet.origin}/healthz` })).status, 200);
}

function bytesOf(...parts) {
	return Buffer.concat(parts.map((part) => Buffer.from(part, 'latin1')));
}

/* A request from its first line, its headers and its body, nothing added. */
function request(first, headers, body = '') {
	return bytesOf([first, ...headers].join('\r\n'), '\r\n\r\n', body);
}

function post(headers, body) {
	return request(`POST ${TOKEN} HTTP/1.1`, [HOST, TYPE, ...headers], body);
}

function chunked(body) {
	return post(['Transfer-Encoding: chunked'], body);
}

const FORM = 'grant_type=authorization_code';
const SIZED = `Content-Length: ${FORM.length}`;
const CHUNKED = `${FORM.length.toString(16)}\r\n${FORM}\r\n0\r\n\r\n`;

/* [id and sentence, bytes, statuses that are right]; after each the server is well. */
const malformed = [
	['H01 Content-Length beside Transfer-Encoding',
		post([SIZED, 'Transfer-Encoding: chunked'], CHUNKED), [400]],
	['H01 Transfer-Encoding twice',
		post(['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], CHUNKED), [400]],
	['H01 Transfer-Encoding: chunked, identity',
		post(['Transfer-Encoding: chunked, identity'], CHUNKED), [400, 501]],
	['H01 a tab before the colon of Transfer-Encoding',
		post(['Transfer-Encoding\t: chunked'], CHUNKED), [400]],
	['H01 Transfer-Encoding: xchunked',
		post(['Transfer-Encoding: xchunked'], CHUNKED), [400, 501]],
	['H02 two Content-Lengths that differ', post([SIZED, 'Content-Length: 5'], FORM), [400]],
	['H02 Content-Length: +5', post(['Content-Length: +5'], 'abcde'), [400]],
	['H02 Content-Length: 0x5', post(['Content-Length: 0x5'], 'abcde'), [400]],
	['H02 Content-Length: 5,5', post(['Content-Length: 5,5'], 'abcde'), [400]],
	['H02 Content-Length: -1', post(['Content-Length: -1'], ''), [400]],
	['H02 an empty Content-Length', post(['Content-Length:'], ''), [400]],
	['H02 Content-Length: 2^64', post(['Content-Length: 18446744073709551616'], 'a'), [400, 413]],
	['H02 Content-Length: 2^63', post(['Content-Length: 9223372036854775808'], 'a'), [400, 413]],
	['H04 a chunk of FFFFFFFFFFFFFFFF bytes', chunked('FFFFFFFFFFFFFFFF\r\nabc'), [400, 413]],
	['H04 a chunk size of seventeen digits', chunked('10000000000000000\r\nabc'), [400, 413]],
	['H04 a chunk size with a sign', chunked('+5\r\nabcde\r\n0\r\n\r\n'), [400]],
	['H04 a chunk extension of 1 MiB', chunked(`5;${'x'.repeat(1 << 20)}\r\nabcde\r\n`), [400, 413]],
	['H04 no CRLF after a chunk', chunked('5\r\nabcdeXX0\r\n\r\n'), [400]],
	['H04 a bare LF after a chunk size', chunked('5\nabcde\r\n0\r\n\r\n'), [400]],
	['H04 more chunks than a body may have',
		chunked('400\r\n' + ('x'.repeat(1024) + '\r\n400\r\n').repeat(80)), [400, 413]],
	['H05 no Host', request(`POST ${TOKEN} HTTP/1.1`, [TYPE, SIZED], FORM), [400]],
	['H05 two Hosts', post([HOST, SIZED], FORM), [400]],
	['H05 an empty Host', request(`POST ${TOKEN} HTTP/1.1`, ['Host:', TYPE, SIZED], FORM), [400, 421]],
	['H05 a Host with a space', request(`POST ${TOKEN} HTTP/1.1`,
		['Host: a b', TYPE, SIZED], FORM), [400]],
	['H05 a Host with user information', request(`POST ${TOKEN} HTTP/1.1`,
		[`Host: x@localhost:${licet.port}`, TYPE, SIZED], FORM), [400, 421]],
	['H05 an absolute target that differs from Host',
		request(`POST http://evil.example${TOKEN} HTTP/1.1`, [HOST, TYPE, SIZED], FORM), [400, 421]],
	['H08 a hundred and one headers', post([SIZED,
		...Array.from({ length: 101 }, (_, i) => `X-${i}: 1`)], FORM), [431]],
	['H08 a header line of 16 KiB', post([SIZED, `X: ${'a'.repeat(16384)}`], FORM), [431]],
	['H08 a target of 16 KiB', request(`GET /${'a'.repeat(16384)} HTTP/1.1`, [HOST]), [414, 431]],
	['H08 a body of 1 MiB', post([`Content-Length: ${1 << 20}`], 'a'.repeat(1 << 20)), [413]],
	['H08 a body that only announces 1 MiB', post([`Content-Length: ${1 << 20}`], 'a'), [413]],
	['H19 an expectation that nobody meets', post([SIZED, 'Expect: 200-maybe'], FORM), [417]],
	['H14 NUL in a header', post([SIZED, 'X: a\0b'], FORM), [400]],
	['H14 a bare CR in a header', post([SIZED, 'X: a\rb'], FORM), [400]],
	['H14 a header folded over two lines', post([SIZED, 'X: a\r\n b'], FORM), [400]],
	['H14 a space before the colon', post([SIZED, 'X : a'], FORM), [400]],
	['H14 a header without a name', post([SIZED, ': a'], FORM), [400]],
	['H14 a header without a colon', post([SIZED, 'nonsense'], FORM), [400]],
	['a target with a control character',
		request(`GET ${TOKEN}\x01 HTTP/1.1`, [HOST]), [400]],
	['a target with a space', request(`GET ${TOKEN} x HTTP/1.1`, [HOST]), [400]],
	['a target without a slash', request('GET token HTTP/1.1', [HOST]), [400]],
	['a method with a control character', request(`P\x02ST ${TOKEN} HTTP/1.1`, [HOST]), [400]],
	['HTTP/0.9', bytesOf('GET /\r\n\r\n'), [400]],
	['HTTP/2.0 in a first line', request(`GET ${TOKEN} HTTP/2.0`, [HOST]), [400, 505]],
	['HTTP/1.1 in lower case', request(`GET ${TOKEN} http/1.1`, [HOST]), [400]],
	['bare line feeds for line ends', bytesOf(`GET ${TOKEN} HTTP/1.1\n${HOST}\n\n`), [400]],
	['bytes of a TLS hello', bytesOf('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
		'\0'.repeat(600), '\r\n\r\n'), [400]],
	['half a preface of HTTP/2', request('PRI * HTTP/2.0', [HOST]), [400, 505]],
];

for (const [sentence, bytes, statuses] of malformed)
	test(`${sentence} is refused and the connection closed`, async () => {
		const raw = new Raw(licet.port);
		await raw.opened;
		raw.write(bytes);
		const reply = await raw.reply(15_000);
		assert.ok(reply, 'there is a reply');
		assert.ok(statuses.includes(reply.status), `${reply.status}, not ${statuses}`);
		const closed = await Promise.race([raw.closed.then(() => true), sleep(5_000, false)]);
		assert.ok(closed, 'the connection is closed');
		raw.destroy();
		await isWell();
	});

test('what is no frame behind the preface of HTTP/2 closes the connection', async () => {
	const raw = new Raw(licet.port);
	await raw.opened;
	raw.write(Buffer.concat([bytesOf('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
		request(`GET ${TOKEN} HTTP/1.1`, [HOST])]));
	const bytes = await Promise.race([raw.closed, sleep(15_000, null)]);
	assert.ok(bytes, 'the connection is closed');
	assert.doesNotMatch(bytes.toString('latin1'), /HTTP/);
	await isWell();
});

test('H04 trailers after the last chunk authenticate nobody', async () => {
	const body = `${FORM.length.toString(16)}\r\n${FORM}\r\n0\r\n` +
		'Authorization: Basic ZGVtby13ZWI6ZGVtby13ZWItc2VjcmV0LTAxMjM0NTY3ODlhYmNkZWY=\r\n\r\n';
	const reply = await sendRaw(licet.port, chunked(body));
	assert.ok([400, 401, 413].includes(reply.status), `status ${reply.status}`);
	await isWell();
});

test('a chunked body is read as a sized one is', async () => {
	const sized = await sendRaw(licet.port, post([SIZED], FORM));
	const inChunks = await sendRaw(licet.port, chunked(CHUNKED));
	assert.equal(inChunks.status, sized.status);
	assert.equal(inChunks.text, sized.text);
});

test('two requests in one go are answered in their order', async () => {
	const raw = new Raw(licet.port);
	await raw.opened;
	raw.write(bytesOf(`GET /healthz HTTP/1.1\r\n${HOST}\r\n\r\n`,
		`GET /nowhere HTTP/1.1\r\n${HOST}\r\nConnection: close\r\n\r\n`));
	const first = parseReply(await raw.closed);
	assert.equal(first.status, 200);
	assert.equal(parseReply(first.rest).status, 404);
});

test('a request in single bytes is a request', async () => {
	const raw = new Raw(licet.port);
	await raw.opened;
	for (const byte of bytesOf(`GET /healthz HTTP/1.1\r\n${HOST}\r\n\r\n`)) {
		raw.write(Buffer.from([byte]));
		await sleep(1);
	}
	assert.equal((await raw.reply()).status, 200);
	raw.destroy();
});

test('HTTP/1.0 is answered and its connection closed', async () => {
	const raw = new Raw(licet.port);
	await raw.opened;
	raw.write(bytesOf(`GET /healthz HTTP/1.0\r\n${HOST}\r\n\r\n`));
	assert.equal(parseReply(await raw.closed).status, 200);
});

test('H19 Expect: 100-continue is met or refused, never forgotten', async () => {
	const raw = new Raw(licet.port);
	await raw.opened;
	raw.write(post([SIZED, 'Expect: 100-continue'], ''));
	const first = await raw.reply(5_000);
	assert.ok([100, 417].includes(first?.status), `status ${first?.status}`);
	if (first.status === 100) {
		raw.bytes = Buffer.alloc(0);
		raw.write(bytesOf(FORM));
		assert.ok([400, 401].includes((await raw.reply(5_000)).status));
	}
	raw.destroy();
	await isWell();
});

test('H19 an offer to upgrade to h2c is passed over', async () => {
	const reply = await sendRaw(licet.port, request('GET /healthz HTTP/1.1',
		[HOST, 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk']));
	assert.equal(reply.status, 200);
});

test('a HEAD reply has the headers of GET and no body', async () => {
	const get = await send({ url: tenant.metadata });
	const head = await send({ url: tenant.metadata, method: 'HEAD' });
	assert.equal(head.status, 200);
	assert.equal(head.headers['content-length'], get.headers['content-length']);
	assert.equal(head.bytes.length, 0);
});

for (const path of ['//token', '/token/', '/token;x', '/%74oken', '/TOKEN', '/./token',
	'/x/../token', '/token%00', '/token%2f', '/token\\'])
	test(`H10 the path ${path} is not the token endpoint's`, async () => {
		const bytes = request(`POST /t/plain${path} HTTP/1.1`, [HOST, TYPE, SIZED], FORM);
		const reply = await sendRaw(licet.port, bytes);
		const expected = path.endsWith('\\') ? [400, 404] : [404];
		assert.ok(expected.includes(reply.status), `status ${reply.status}`);
	});

for (const path of ['/../../etc/passwd', '/..%2f..%2fetc/passwd', '/%2e%2e/%2e%2e/etc/passwd',
	'/t/plain/../../../etc/passwd', '/etc/passwd%00', '/t/nobody/token', '/t/', '/t'])
	test(`L17 ${path} is nowhere`, async () => {
		const reply = await sendRaw(licet.port, request(`GET ${path} HTTP/1.1`, [HOST]));
		assert.ok([400, 404].includes(reply.status), `status ${reply.status}`);
		assert.doesNotMatch(reply.text, /root:/);
	});

/* Bodies of the token endpoint that a parser must refuse by itself. */
const JSON_TYPE = { 'Content-Type': 'application/json' };
const badBodies = [
	['U01 a lone percent sign', 'grant_type=%&code=x'],
	['U01 a percent escape that is none', 'grant_type=%G1&code=x'],
	['U01 a percent escape cut off', 'grant_type=authorization_code&code=%4'],
	['U01 an encoded NUL', 'grant_type=authorization_code&code=a%00b'],
	['U01 an overlong encoding', 'grant_type=authorization_code&code=%C0%AF'],
	['U01 a lone surrogate in UTF-8', 'grant_type=authorization_code&code=%ED%A0%80'],
	['U01 raw bytes that are not UTF-8', bytesOf('grant_type=authorization_code&code=\xff\xfe')],
	['U01 a raw NUL', bytesOf('grant_type=authorization_code&code=a\0b')],
	['200 fields', Array.from({ length: 200 }, (_, i) => `f${i}=1`).join('&')],
	['JSON cut off', '{"grant_type":"authorization_code","code":"x', JSON_TYPE],
	['JSON with a member twice', '{"grant_type":"x","grant_type":"y"}', JSON_TYPE],
	['JSON that is an array', '["grant_type"]', JSON_TYPE],
	['JSON that is a string', '"grant_type"', JSON_TYPE],
	['JSON with a number for the code',
		'{"grant_type":"authorization_code","code":5,"client_id":"demo-spa"}', JSON_TYPE],
	['JSON with an array for the code',
		'{"grant_type":"authorization_code","code":["a","b"],"client_id":"demo-spa"}', JSON_TYPE],
	['JSON with an object for the code',
		'{"grant_type":"authorization_code","code":{},"client_id":"demo-spa"}', JSON_TYPE],
	['JSON with true for the grant type', '{"grant_type":true}', JSON_TYPE],
	['JSON with an escaped NUL',
		'{"grant_type":"authorization_code","code":"a\\u0000b","client_id":"demo-spa"}', JSON_TYPE],
	['JSON with a lone surrogate',
		'{"grant_type":"authorization_code","code":"\\ud800","client_id":"demo-spa"}', JSON_TYPE],
	['JSON with something after it', '{"grant_type":"x"}{}', JSON_TYPE],
	['JSON that is not UTF-8', bytesOf('{"grant_type":"\xff"}'), JSON_TYPE],
	['JSON nested ten thousand deep', '{"a":'.repeat(10000), JSON_TYPE],
	['no JSON at all', '', JSON_TYPE],
	['a form called JSON', 'grant_type=authorization_code&code=x', JSON_TYPE],
];

for (const profile of profiles)
	for (const [sentence, body, headers] of badBodies)
		test(`${profile}: ${sentence} is 400 invalid_request in JSON`, async () => {
			const reply = await send({ url: licet.tenant(profile).token, method: 'POST', body,
				headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers } });
			assert.equal(reply.status, 400, reply.text);
			assert.match(reply.headers['content-type'], /^application\/json/);
			assert.equal(reply.json.error, 'invalid_request');
			assert.equal(reply.headers['cache-control'], 'no-store');
			licet.assertAlive();
		});

for (const [sentence, body] of [
	['only ampersands', '&&&'], ['only semicolons', ';;;'], ['an empty body', ''],
	['JSON called a form', '{"grant_type":"authorization_code"}'],
])
	for (const profile of profiles)
		test(`U08 ${profile}: ${sentence} names no client and no grant, and is refused`, async () => {
			const reply = await send({ url: licet.tenant(profile).token, form: body });
			assert.ok([400, 401].includes(reply.status), `status ${reply.status}`);
			assert.equal(typeof reply.json.error, 'string');
		});

for (const [sentence, type] of [
	['text/plain', 'text/plain'],
	['multipart/form-data', 'multipart/form-data; boundary=x'],
	['text/xml', 'text/xml'],
	['a type that only begins like the right one', 'application/x-www-form-urlencodedx'],
	['no type', undefined],
])
	test(`H11 a token request as ${sentence} is refused`, async () => {
		const reply = await send({ url: tenant.token, method: 'POST', body: FORM,
			headers: type ? { 'Content-Type': type } : {} });
		assert.ok([400, 415].includes(reply.status), `status ${reply.status}`);
		assert.equal(reply.json.error, 'invalid_request');
	});

test('H11 two Content-Types are refused', async () => {
	const reply = await sendRaw(licet.port, post([SIZED, 'Content-Type: application/json'], FORM));
	assert.ok([400, 415].includes(reply.status), `status ${reply.status}`);
});

test('H11 a charset of utf-8, in any case, changes nothing', async () => {
	for (const type of ['application/x-www-form-urlencoded; charset=UTF-8',
		'Application/X-WWW-Form-URLEncoded;charset=utf-8']) {
		const grant = await obtainCode(tenant);
		const reply = await exchange(tenant, grant, {}, { headers: { 'Content-Type': type } });
		tokensOf(reply);
	}
});

for (const profile of profiles) {
	const own = licet.tenant(profile);
	const wrong = [
		['GET', own.token], ['PUT', own.token], ['DELETE', own.token], ['PATCH', own.token],
		['GET', own.revoke], ['GET', own.introspect], ['PUT', own.authorize],
		['DELETE', own.userinfo], ['POST', own.jwks], ['POST', own.metadata], ['BREW', own.token],
	];
	for (const [method, url] of wrong)
		test(`${profile}: ${method} ${new URL(url).pathname} is 405 and names what is allowed`,
			async () => {
				const { pathname } = new URL(url);
				const reply = await sendRaw(licet.port,
					request(`${method} ${pathname} HTTP/1.1`, [HOST, 'Content-Length: 0']));
				assert.equal(reply.status, 405);
				assert.match(reply.headers.allow ?? '', /GET|POST/);
				assert.doesNotMatch(reply.headers.allow, new RegExp(`\\b${method}\\b`));
			});

	test(`C14 ${profile}: a code or a secret in the query of the token endpoint is refused`,
		async () => {
			const grant = await obtainCode(own, { client: clients.spa });
			const query = new URLSearchParams({ ...exchangeParams(grant), client_id: 'demo-spa' });
			const inQuery = await send({ url: `${own.token}?${query}`, form: '' });
			assert.equal(inQuery.status, 400, inQuery.text);
			const secret = await send({ url: `${own.token}?client_secret=x`,
				form: { ...exchangeParams(grant), client_id: 'demo-spa' } });
			assert.equal(secret.status, 400, secret.text);
			assert.equal(secret.json.error, 'invalid_request');
			tokensOf(await exchange(own, grant));
		});
}

test('H14 CR and LF in state come back encoded, and never as headers', async () => {
	const { agent } = await obtainCode(tenant);
	const state = 'x\r\nSet-Cookie: own=ed\r\n\r\n<p>';
	const { reply, callback } = await agent.authorize(authorizeUrl(tenant, {
		client_id: clients.web.id, redirect_uri: clients.web.redirectUri, scope: 'openid', state,
		code_challenge: challengeOf(newVerifier()), code_challenge_method: 'S256' }));
	assert.ok(!reply.cookies.some((line) => line.startsWith('own=')));
	if (callback?.searchParams.has('state'))
		assert.equal(callback.searchParams.get('state'), state);
	else
		assert.equal(callback?.searchParams.get('error') ?? `${reply.status}`,
			callback ? 'invalid_request' : '400');
	await isWell();
});

test('a client that leaves in the middle of its body costs nothing', async () => {
	for (let i = 0; i < 50; i++) {
		const raw = new Raw(licet.port);
		await raw.opened;
		raw.write(post(['Content-Length: 500'], 'grant_type=auth'));
		if (i % 2)
			raw.end();
		else
			raw.socket.resetAndDestroy();
	}
	await isWell();
});

test('a client that leaves before its reply costs nothing, and the code is used', async () => {
	const grant = await obtainCode(tenant);
	const form = new URLSearchParams({ ...exchangeParams(grant), client_id: clients.web.id,
		client_secret: clients.web.secret }).toString();
	const raw = new Raw(licet.port);
	await raw.opened;
	raw.write(post([`Content-Length: ${form.length}`], form));
	await sleep(2);
	raw.socket.resetAndDestroy();
	await sleep(500);
	const retry = await exchange(tenant, grant);
	assert.ok([200, 400].includes(retry.status), `status ${retry.status}`);
	await isWell();
});

test('H07 three hundred slow clients hold nobody up, and are cut off', async () => {
	const head = bytesOf(`POST ${TOKEN} HTTP/1.1\r\n${HOST}\r\nX-Slow: `);
	const slow = Array.from({ length: 300 }, () => new Raw(licet.port));
	await Promise.all(slow.map(({ opened }) => opened));
	let closed = 0;
	for (const raw of slow) {
		raw.write(head);
		raw.closed.then(() => closed++);
	}
	const drip = setInterval(() => slow.forEach((raw) => raw.write('a')), 500);
	const started = Date.now();
	for (let i = 0; i < 20; i++) {
		const before = Date.now();
		await isWell();
		assert.ok(Date.now() - before < 2_000, 'a good client waits less than two seconds');
		await sleep(100);
	}
	while (closed < slow.length && Date.now() - started < 25_000)
		await sleep(200);
	clearInterval(drip);
	slow.forEach((raw) => raw.destroy());
	assert.equal(closed, slow.length, 'all slow clients were cut off within 25 seconds');
	await isWell();
});

endsCleanly(licet);

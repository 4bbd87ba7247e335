/* SPDX-License-Identifier: Apache-2.0 */
/* Raw sockets: bytes as a hostile or a racing client sends them, and replies as they come. */
import { connect } from 'node:net';

const GIVES_UP_AFTER_MS = 30_000;

/* The bytes of a request with a form body, ready for a socket. */
export function postBytes(url, form, headers = {}) {
	const { pathname, search, host } = new URL(url);
	const lines = [`POST ${pathname}${search} HTTP/1.1`, `Host: ${host}`,
		'Content-Type: application/x-www-form-urlencoded',
		`Content-Length: ${Buffer.byteLength(form)}`, 'Connection: close',
		...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
	return Buffer.from(lines.join('\r\n') + '\r\n\r\n' + form, 'latin1');
}

/* One open connection: write(bytes), end(), and `closed`, what came until it closed. */
export class Raw {
	constructor(port, host = '127.0.0.1') {
		this.bytes = Buffer.alloc(0);
		this.socket = connect({ port, host, noDelay: true });
		this.socket.on('data', (part) => (this.bytes = Buffer.concat([this.bytes, part])));
		this.opened = new Promise((done, fail) => {
			this.socket.once('connect', done);
			this.socket.once('error', fail);
		});
		this.closed = new Promise((done) => this.socket.once('close', () => done(this.bytes)));
		this.socket.on('error', (error) => (this.error = error));
		this.timer = setTimeout(() => this.socket.destroy(), GIVES_UP_AFTER_MS).unref();
	}

	write(bytes) {
		this.socket.write(bytes);
	}

	end() {
		this.socket.end();
	}

	destroy() {
		clearTimeout(this.timer);
		this.socket.destroy();
	}

	/* The reply once it is whole or the connection has closed, whichever comes first. */
	async reply(withinMs = GIVES_UP_AFTER_MS) {
		const deadline = Date.now() + withinMs;
		for (;;) {
			const parsed = parseReply(this.bytes);
			if (parsed?.isWhole || this.socket.closed || Date.now() > deadline)
				return parsed;
			await Promise.race([this.closed, tick(5)]);
		}
	}
}

function tick(milliseconds) {
	return new Promise((done) => setTimeout(done, milliseconds));
}

/* {status, headers, text, isWhole} of the first reply in `bytes`; null without one. */
export function parseReply(bytes) {
	const end = bytes.indexOf('\r\n\r\n');
	if (end < 0)
		return null;
	const [first, ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
	const headers = {};
	for (const line of lines) {
		const at = line.indexOf(':');
		headers[line.slice(0, at).toLowerCase()] = line.slice(at + 1).trim();
	}
	const body = bytes.subarray(end + 4);
	const size = Number(headers['content-length'] ?? 0);
	return {
		status: Number(first.split(' ')[1]),
		headers,
		text: body.subarray(0, size).toString('utf8'),
		get json() {
			return JSON.parse(this.text);
		},
		rest: body.subarray(size),
		isWhole: body.length >= size,
	};
}

/* Sends bytes on a connection of their own: the reply, or null where none came. */
export async function sendRaw(port, bytes, withinMs) {
	const raw = new Raw(port);
	await raw.opened;
	raw.write(bytes);
	const reply = await raw.reply(withinMs);
	raw.destroy();
	return reply;
}

/*
 * Races requests: each on its own connection, all but the last byte sent and arrived
 * before the last bytes go out in one turn. `ports` are used in rotation. → replies.
 */
export async function race(ports, requests) {
	const runners = requests.map((bytes, i) => ({ bytes, raw: new Raw(ports[i % ports.length]) }));
	await Promise.all(runners.map(({ raw }) => raw.opened));
	for (const { bytes, raw } of runners)
		raw.write(bytes.subarray(0, -1));
	await tick(100);
	for (const { bytes, raw } of runners)
		raw.write(bytes.subarray(-1));
	const replies = await Promise.all(runners.map(({ raw }) => raw.reply()));
	for (const { raw } of runners)
		raw.destroy();
	return replies;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* One HTTP/1.1 exchange with nothing hidden: no redirects, no cookies, all headers. */
import http from 'node:http';
import https from 'node:https';

/* A Location with a signed answer may be longer than Node's 16 KiB. */
const HEAD_MAX = 65_536;
const ANSWERS_WITHIN_MS = 30_000;

export function formOf(params) {
	const form = new URLSearchParams();
	for (const [name, value] of Object.entries(params)) {
		if (value === undefined || value === null)
			continue;
		for (const one of Array.isArray(value) ? value : [value])
			form.append(name, one);
	}
	return form.toString();
}

export function basicOf(id, secret) {
	const encode = (text) =>
		encodeURIComponent(text).replace(/%20/g, '+')
			.replace(/[!'()*]/g, (c) => '%' + c.charCodeAt(0).toString(16).toUpperCase());
	return 'Basic ' + Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64');
}

function bodyAndType({ form, json, body }) {
	if (form !== undefined)
		return [typeof form === 'string' ? form : formOf(form),
			'application/x-www-form-urlencoded'];
	if (json !== undefined)
		return [JSON.stringify(json), 'application/json'];
	return [body, undefined];
}

class Reply {
	constructor(message, bytes) {
		this.status = message.statusCode;
		this.phrase = message.statusMessage;
		this.headers = message.headers;
		this.rawHeaders = message.rawHeaders;
		this.cookies = message.headers['set-cookie'] ?? [];
		this.bytes = bytes;
		this.text = bytes.toString('utf8');
	}

	get json() {
		return JSON.parse(this.text);
	}

	get location() {
		return this.headers.location;
	}

	/* All values of a header, as sent, in order. */
	all(name) {
		const values = [];
		for (let i = 0; i < this.rawHeaders.length; i += 2)
			if (this.rawHeaders[i].toLowerCase() === name.toLowerCase())
				values.push(this.rawHeaders[i + 1]);
		return values;
	}
}

/* {url, method?, headers?, form? | json? | body?, ca?, cert?, key?, from?} → Reply; `from` is the address
 * that the server sees. */
export function send(request) {
	const url = new URL(request.url);
	const [body, type] = bodyAndType(request);
	const headers = { ...request.headers };
	if (type && !Object.keys(headers).some((name) => name.toLowerCase() === 'content-type'))
		headers['Content-Type'] = type;
	if (body !== undefined)
		headers['Content-Length'] = Buffer.byteLength(body);
	const options = {
		method: request.method ?? (body === undefined ? 'GET' : 'POST'),
		headers,
		ca: request.ca,
		cert: request.cert,
		key: request.key,
		agent: request.agent ?? false,
		localAddress: request.from,
		timeout: ANSWERS_WITHIN_MS,
		maxHeaderSize: HEAD_MAX,
	};
	return new Promise((done, fail) => {
		const driver = url.protocol === 'https:' ? https : http;
		const outgoing = driver.request(url, options, (message) => {
			const parts = [];
			message.on('data', (part) => parts.push(part));
			message.on('error', fail);
			message.on('end', () => done(new Reply(message, Buffer.concat(parts))));
		});
		outgoing.on('timeout', () =>
			outgoing.destroy(new Error(`no answer from ${url.pathname} in time`)));
		outgoing.on('error', fail);
		outgoing.end(body);
	});
}

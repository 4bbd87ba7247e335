/* SPDX-License-Identifier: Apache-2.0 */
/* A browser without a screen: cookies, redirects by hand, forms by the ids of their parts. */
import assert from 'node:assert/strict';
import { firstForm, formWith, textOf } from './html.mjs';
import { send } from './http.mjs';

const LONGEST_CHAIN = 12;

class Jar {
	cookies = new Map();

	store(url, lines) {
		for (const line of lines) {
			const [pair, ...rest] = line.split(';').map((part) => part.trim());
			const [name, value] = splitOnce(pair, '=');
			const attributes = Object.fromEntries(rest.map((part) => {
				const [key, text] = splitOnce(part, '=');
				return [key.toLowerCase(), text];
			}));
			const cookie = { name, value, host: url.hostname, path: attributes.path ?? '/',
				secure: 'secure' in attributes, attributes };
			const key = `${cookie.host} ${cookie.path} ${name}`;
			if (isExpired(attributes))
				this.cookies.delete(key);
			else
				this.cookies.set(key, cookie);
		}
	}

	headerFor(url) {
		const fits = [...this.cookies.values()].filter((cookie) =>
			cookie.host === url.hostname && pathMatches(url.pathname, cookie.path) &&
			(!cookie.secure || url.protocol === 'https:'));
		return fits.map(({ name, value }) => `${name}=${value}`).join('; ');
	}
}

function splitOnce(text, mark) {
	const at = text.indexOf(mark);
	return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + mark.length)];
}

function isExpired(attributes) {
	if ('max-age' in attributes)
		return Number(attributes['max-age']) <= 0;
	return 'expires' in attributes && Date.parse(attributes.expires) <= Date.now();
}

function pathMatches(path, cookiePath) {
	return path === cookiePath || path.startsWith(cookiePath.replace(/\/?$/, '/'));
}

export class Agent {
	jar = new Jar();

	constructor({ ca, stopsAt, from } = {}) {
		this.ca = ca;
		this.from = from;
		this.stopsAt = stopsAt ?? ((url) => url.origin !== this.page.url.origin);
	}

	/* One request with this agent's cookies; the page that came is `this.page`. */
	async request(request) {
		const url = new URL(request.url);
		const cookie = this.jar.headerFor(url);
		const headers = { Accept: 'text/html', ...request.headers };
		if (cookie)
			headers.Cookie = cookie;
		const reply = await send({ ...request, headers, ca: this.ca, from: this.from });
		this.jar.store(url, reply.cookies);
		reply.url = url;
		this.page = reply;
		return reply;
	}

	/*
	 * Goes to a URL and along its redirects until a page that is not one, or until a
	 * redirect leaves the server for the application: then {callback: URL, reply}, else
	 * {reply}.
	 */
	async open(url) {
		return this.follow(await this.request({ url }));
	}

	async follow(first) {
		let reply = first;
		for (let i = 0; i < LONGEST_CHAIN; i++) {
			if (![301, 302, 303, 307, 308].includes(reply.status))
				return { reply };
			assert.ok(reply.location, `${reply.status} without a Location`);
			const next = new URL(reply.location, reply.url);
			if (this.stopsAt(next))
				return { reply, callback: next };
			reply = await this.request({ url: next.href });
		}
		assert.fail(`more than ${LONGEST_CHAIN} redirects, at ${reply.url}`);
	}

	/* Sends the form that holds `#button`, fields set by their ids, by that button. */
	async submit(button, fields = {}, headers = originOf(this.page)) {
		const form = formWith(this.page.text, button);
		assert.ok(form, `no form with #${button} on this page (${this.page.status}): ` +
			textOf(this.page.text).slice(0, 400));
		return this.sendForm(form, button, fields, headers);
	}

	async sendForm(form, button, fields, headers) {
		const pressed = form.buttons.find(({ id }) => id === button);
		const pairs = form.fields.map(({ id, name, value }) => [name, fields[id] ?? value]);
		if (pressed?.name)
			pairs.push([pressed.name, pressed.value]);
		const target = new URL(form.action || this.page.url.href, this.page.url);
		const body = new URLSearchParams(pairs).toString();
		if (form.method !== 'post')
			return this.open(`${target.origin}${target.pathname}?${body}`);
		return this.follow(await this.request({ url: target.href, form: body, headers }));
	}

	/*
	 * Signs in as `user` where asked, answers consent where asked, and gives what the
	 * application receives: {callback, params, consented, signedIn, reply}.
	 */
	async authorize(url, { user, approve = true } = {}) {
		const seen = { signedIn: false, consented: false };
		let step = await this.open(url);
		for (let i = 0; i < 4 && !step.callback; i++) {
			const page = this.page.text;
			if (formWith(page, 'login') && user && !seen.signedIn) {
				step = await this.signIn(user);
				seen.signedIn = true;
			} else if (formWith(page, 'approve') && !seen.consented) {
				step = await this.submit(approve ? 'approve' : 'deny');
				seen.consented = true;
			} else {
				break;
			}
		}
		return { ...seen, ...step, ...arrivalOf(step, this.page) };
	}

	async signIn({ username, password }, headers) {
		const form = formWith(this.page.text, 'login');
		assert.ok(form, 'no sign-in form on this page');
		return this.submit('login', { username, password }, headers);
	}
}

/* What a browser says of a form's page: null where the page is no-referrer (Fetch, 3.2). */
function originOf(page) {
	if (page.headers['referrer-policy'] === 'no-referrer')
		return { Origin: 'null' };
	return { Origin: page.url.origin, Referer: page.url.href };
}

/* The parameters that reached the application, by redirect or by form_post. */
function arrivalOf(step, page) {
	if (step.callback) {
		const { search, hash } = step.callback;
		const text = search.length > 1 ? search : hash.slice(1);
		return { params: new URLSearchParams(text), page };
	}
	const form = page.status === 200 ? firstForm(page.text) : null;
	if (form && /^http:\/\/(localhost:3000|127\.0\.0\.1:\d+)\//.test(form.action))
		return { params: new URLSearchParams(form.fields.map(({ name, value }) => [name, value])), posted: form, page };
	return { params: null, page };
}

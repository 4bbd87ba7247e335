/* SPDX-License-Identifier: Apache-2.0 */
/* Clients that redeem, refresh and revoke through whatever happens, and note each answer. */
import { setTimeout as sleep } from 'node:timers/promises';
import { exchange, obtainCode, refresh, revoke } from '../../flows/lib/flow.mjs';
import { client } from './licets.mjs';

const RETRY_AFTER_MS = 250;

/* A reply as a fate: what is neither a grant nor a refusal leaves it open. */
async function fateOf(sending) {
	const reply = await sending.catch(() => null);
	if (reply?.status === 200)
		return { fate: 'acknowledged', reply };
	const isRefusal = reply && reply.status >= 400 && reply.status < 500 && reply.status !== 429;
	return { fate: isRefusal ? 'refused' : 'unknown', reply };
}

/* The numbers of a grant's refresh tokens, in the order in which they were first seen. */
class Tokens {
	known = [];

	numberOf(token) {
		if (!this.known.includes(token))
			this.known.push(token);
		return this.known.indexOf(token);
	}
}

export class Workload {
	/* Of one person; `signsInAnew`: for each grant, rather than once; `asks`: also these
	 * parameters. */
	constructor(tenant, history, { user, signsInAnew = false, asks = {} } = {}) {
		Object.assign(this, { tenant, history, user, signsInAnew, asks, isOver: false, grants: 0 });
	}

	/* `count` codes of one person, whose session is kept. */
	async gather(count) {
		const codes = [];
		while (codes.length < count)
			codes.push(await this.issue());
		return codes;
	}

	async issue() {
		const grant = ++this.grants;
		for (;;) {
			let why;
			const code = await obtainCode(this.tenant, { client, agent: this.agent, user: this.user,
				with: this.asks }).catch((error) => {
				why = error.message.slice(0, 500);
			});
			if (code) {
				this.agent = this.signsInAnew ? undefined : code.agent;
				this.history.note({ grant, act: 'issue', fate: 'acknowledged' });
				return { ...code, grant, tokens: new Tokens() };
			}
			this.history.note({ grant, act: 'issue', fate: 'unknown', why });
			if (this.isOver)
				return null;
			await sleep(RETRY_AFTER_MS);
		}
	}

	async redeem(code, race = false) {
		const { fate, reply } = await fateOf(exchange(this.tenant, code));
		if (fate === 'acknowledged')
			code.newest = reply.json.refresh_token;
		this.history.note({ grant: code.grant, act: 'redeem', fate, race, why: whyOf(reply),
			got: fate === 'acknowledged' ? code.tokens.numberOf(code.newest) : undefined });
		return fate;
	}

	async refresh(code) {
		const presented = code.newest;
		const { fate, reply } = await fateOf(refresh(this.tenant, client, presented));
		if (fate === 'acknowledged')
			code.newest = reply.json.refresh_token;
		this.history.note({ grant: code.grant, act: 'refresh', fate, why: whyOf(reply),
			token: code.tokens.numberOf(presented),
			got: fate === 'acknowledged' ? code.tokens.numberOf(code.newest) : undefined });
		return fate;
	}

	async revoke(code) {
		const { fate, reply } = await fateOf(revoke(this.tenant, client, code.newest));
		this.history.note({ grant: code.grant, act: 'revoke', fate, why: whyOf(reply) });
		return fate;
	}

	/* One code, many hands at once; all of them prove the same. */
	race(code, hands) {
		return Promise.all(Array.from({ length: hands }, () => this.redeem(code, true)));
	}

	/* One application's life with one grant: redeem, refresh a few times, sometimes revoke. */
	async live(refreshes, endsRevoked) {
		const code = await this.issue();
		if (!code || (await this.redeem(code)) !== 'acknowledged')
			return;
		for (let i = 0; i < refreshes && !this.isOver; i++)
			if ((await this.insist(() => this.refresh(code))) === 'refused')
				return;
		if (endsRevoked && !this.isOver && (await this.insist(() => this.revoke(code))) === 'acknowledged')
			await this.insist(() => this.refresh(code));
		else
			this.alive.push(code);
	}

	/* Asks until there is an answer, as an honest client does. */
	async insist(ask) {
		for (;;) {
			const fate = await ask();
			if (fate !== 'unknown' || this.isAbandoned)
				return fate;
			await sleep(RETRY_AFTER_MS);
		}
	}

	/* `lanes` applications at once, one grant after another, until `stop` is called. */
	begin(lanes, refreshes = 4) {
		this.alive = [];
		this.running = Promise.all(Array.from({ length: lanes }, async (_, lane) => {
			for (let i = lane; !this.isOver; i++)
				await this.live(refreshes, i % 3 === 0);
		}));
	}

	/* Nobody insists any more. */
	abandon() {
		this.isOver = true;
		this.isAbandoned = true;
	}

	/* Ends what goes on, then asks of each grant still alive whether it is. */
	async end() {
		this.isOver = true;
		await this.running;
		for (const code of this.alive)
			await this.insist(() => this.refresh(code));
	}
}

function whyOf(reply) {
	return reply && reply.status !== 200 ? `${reply.status} ${reply.text.slice(0, 160)}` : undefined;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* How to bring about each reason of client authentication, at any endpoint that has it. */
import { provokeAssertion } from './provoke_assertion.mjs';
import { ask } from './flow.mjs';
import { basicOf, send } from './http.mjs';
import { clients } from './tenants.mjs';

/* More wrong guesses than any sensible limit lets pass. */
const GUESSES = 40;

/*
 * The reasons of client authentication at `endpoint`; `bodyOf(place)` gives the other
 * parameters. Where a credential is wrong, both by body and by header: each reply is
 * checked, with its challenge.
 */
export function provokeClient(endpoint, bodyOf) {
	const urlOf = ({ tenant }) => tenant[endpoint];
	const byBoth = (clientOf) => async (place) => {
		const client = clientOf(place);
		const body = await bodyOf(place);
		return [
			{ reply: await ask(urlOf(place), { ...client, auth: 'post' }, body) },
			{ reply: await ask(urlOf(place), { ...client, auth: 'basic' }, body), withHeader: true },
		];
	};
	return {
		...provokeAssertion(endpoint, bodyOf),
		client_id_missing: async (place) => ({
			reply: await send({ url: urlOf(place), form: await bodyOf(place) }),
		}),
		client_unknown: byBoth(() => ({ ...clients.web, id: 'nobody-knows-me' })),
		client_secret_missing: async (place) => ({
			reply: await send({ url: urlOf(place),
				form: { ...await bodyOf(place), client_id: clients.web.id } }),
		}),
		client_secret_wrong: byBoth(() => ({ ...clients.web, secret: 'wrong-secret-0123456789abcdef' })),
		client_disabled: byBoth(({ disabled }) => disabled),
		client_method_wrong: byBoth(() => ({ ...clients.spa, secret: 'a-secret-of-a-public-client-0123' })),
		client_two_methods: async (place) => ({
			withHeader: true,
			reply: await send({ url: urlOf(place),
				form: { ...await bodyOf(place), client_id: clients.web.id,
					client_secret: clients.web.secret },
				headers: { Authorization: basicOf(clients.web.id, clients.web.secret) } }),
		}),
		client_header_malformed: async (place) => ({
			withHeader: true,
			reply: await send({ url: urlOf(place), form: await bodyOf(place),
				headers: { Authorization: 'Basic !!!' } }),
		}),
		client_id_conflict: async (place) => ({
			withHeader: true,
			reply: await send({ url: urlOf(place),
				form: { ...await bodyOf(place), client_id: clients.spa.id },
				headers: { Authorization: basicOf(clients.web.id, clients.web.secret) } }),
		}),
		client_rate_limited: async (place) => {
			const guess = { ...place.guessed, secret: 'a-guess-0123456789abcdef012345' };
			const body = await bodyOf(place);
			for (let i = 0; i < GUESSES; i++)
				await ask(urlOf(place), guess, body);
			return { reply: await ask(urlOf(place), guess, body) };
		},
	};
}

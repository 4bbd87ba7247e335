/* SPDX-License-Identifier: Apache-2.0 */
/* What clients were told, in order, and whether all of it can be true at once. */

/*
 * A history is a list of {grant, act, token, fate, at}: `act` is issue, redeem,
 * refresh or revoke; `token` what was presented (a code's or refresh token's number
 * within its grant); `fate` acknowledged, refused or unknown; `got` the number of the
 * refresh token that came back. Each grant has one client that waits for each reply,
 * except for races, whose acts have `race: true`.
 */
export class History {
	acts = [];

	note(act) {
		this.acts.push({ at: this.acts.length, time: new Date().toISOString(), ...act });
	}

	ofGrant(grant) {
		return this.acts.filter((act) => act.grant === grant);
	}

	grants() {
		return [...new Set(this.acts.map(({ grant }) => grant))];
	}

	count(act, fate) {
		return this.acts.filter((one) => one.act === act && one.fate === fate).length;
	}
}

/* Every sentence is a broken promise; none is what is hoped for. */
export function violationsOf(history) {
	return history.grants().flatMap((grant) => {
		const acts = history.ofGrant(grant);
		const found = [...checkRedeemedOnce(acts), ...checkNothingLost(acts), ...checkRevoked(acts),
			...checkOneSuccessor(acts)];
		return found.map((what) => `grant ${grant}: ${what}`);
	});
}

function checkRedeemedOnce(acts) {
	const redeemed = acts.filter(({ act, fate }) => act === 'redeem' && fate === 'acknowledged');
	return redeemed.length > 1 ? [`its code was redeemed ${redeemed.length} times`] : [];
}

/* A refusal needs a reason in what came before it, or might have. */
function checkNothingLost(acts) {
	const found = [];
	for (const [index, { act, fate, race, token }] of acts.entries()) {
		if (fate !== 'refused')
			continue;
		const others = race ? acts : acts.slice(0, index);
		if (act === 'redeem' && !mayHaveEnded(others, ['redeem', 'revoke']))
			found.push('its code was refused, and nobody had redeemed it');
		if (act === 'refresh' && isNewest(acts.slice(0, index), token) &&
			!mayHaveEnded(acts.slice(0, index), ['revoke']))
			found.push(`refresh token ${token} was refused, and nobody had revoked it`);
	}
	return found;
}

function mayHaveEnded(acts, kinds) {
	return acts.some(({ act, fate }) => kinds.includes(act) && fate !== 'refused');
}

function isNewest(before, token) {
	const got = before.filter((act) => act.got !== undefined).map((act) => act.got);
	return token === Math.max(...got);
}

/* Acknowledged is for ever. */
function checkRevoked(acts) {
	const revoked = acts.findIndex(({ act, fate }) => act === 'revoke' && fate === 'acknowledged');
	if (revoked < 0)
		return [];
	return acts.slice(revoked)
		.filter(({ act, fate }) => act === 'refresh' && fate === 'acknowledged')
		.map(({ token }) => `refresh token ${token} was taken after its revocation`);
}

/* The same token, presented again for want of an answer, has the same successor; one
 * that is younger than the overlap is answered with itself. */
function checkOneSuccessor(acts) {
	const successors = new Map();
	const found = [];
	for (const { act, fate, token, got } of acts) {
		if (act !== 'refresh' || fate !== 'acknowledged' || got === token)
			continue;
		if (successors.has(token) && successors.get(token) !== got)
			found.push(`refresh token ${token} has two successors`);
		successors.set(token, got);
	}
	return found;
}

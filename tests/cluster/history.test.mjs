/* SPDX-License-Identifier: Apache-2.0 */
/* The checker is checked: it finds each broken promise in a history that has it, and no other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { History, violationsOf } from './lib/history.mjs';

function check(...acts) {
	const history = new History();
	for (const [act, fate, more] of acts)
		history.note({ grant: 1, act, fate, ...more });
	return violationsOf(history);
}

const issued = ['issue', 'acknowledged'];
const redeemed = ['redeem', 'acknowledged', { got: 0 }];

test('a whole life of a grant breaks no promise', () => {
	assert.deepEqual(check(issued, redeemed, ['refresh', 'acknowledged', { token: 0, got: 1 }],
		['refresh', 'unknown', { token: 1 }], ['refresh', 'acknowledged', { token: 1, got: 2 }],
		['revoke', 'acknowledged'], ['refresh', 'refused', { token: 2 }]), []);
});

test('a code that was redeemed twice is found', () => {
	assert.deepEqual(check(issued, redeemed, redeemed), ['grant 1: its code was redeemed 2 times']);
});

test('a code that was issued and then refused is found', () => {
	assert.deepEqual(check(issued, ['redeem', 'refused']),
		['grant 1: its code was refused, and nobody had redeemed it']);
});

test('a code may be refused after an exchange whose fate is unknown', () => {
	assert.deepEqual(check(issued, ['redeem', 'unknown'], ['redeem', 'refused']), []);
});

test('in a race the one who won may have been noted last', () => {
	assert.deepEqual(check(issued, ['redeem', 'refused', { race: true }],
		['redeem', 'acknowledged', { race: true, got: 0 }]), []);
});

test('a race that nobody won is found', () => {
	assert.equal(check(issued, ['redeem', 'refused', { race: true }],
		['redeem', 'refused', { race: true }]).length, 2);
});

test('an acknowledged rotation that was forgotten is found', () => {
	assert.deepEqual(check(issued, redeemed, ['refresh', 'acknowledged', { token: 0, got: 1 }],
		['refresh', 'refused', { token: 1 }]),
	['grant 1: refresh token 1 was refused, and nobody had revoked it']);
});

test('a revocation that was acknowledged and forgotten is found', () => {
	assert.deepEqual(check(issued, redeemed, ['revoke', 'acknowledged'],
		['refresh', 'acknowledged', { token: 0, got: 1 }]),
	['grant 1: refresh token 0 was taken after its revocation']);
});

test('a young refresh token may be answered with itself, and rotate later', () => {
	assert.deepEqual(check(issued, redeemed, ['refresh', 'acknowledged', { token: 0, got: 0 }],
		['refresh', 'acknowledged', { token: 0, got: 1 }]), []);
});

test('two successors of one refresh token are found', () => {
	assert.deepEqual(check(issued, redeemed, ['refresh', 'acknowledged', { token: 0, got: 1 }],
		['refresh', 'acknowledged', { token: 0, got: 2 }]),
	['grant 1: refresh token 0 has two successors']);
});

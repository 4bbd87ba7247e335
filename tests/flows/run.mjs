/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the tests of a folder: node run.mjs [--in FOLDER] [NAME…], the program under test in $LICET. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { run } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { authorityFiles, makeAuthority } from './lib/authority.mjs';
import { startPostgres } from './lib/postgres.mjs';

const names = process.argv.slice(2);
/* Those of another folder have the machine to themselves, and longer. */
const elsewhere = names[0] === '--in' ? resolve(names.splice(0, 2)[1]) : null;
const here = elsewhere ?? dirname(fileURLToPath(import.meta.url));
const FILES_AT_ONCE = elsewhere ? 1 : 2;
const LONGEST_FILE_MS = elsewhere ? 900_000 : 300_000;
/* Without names these run a second time, on PostgreSQL; STORE=postgres runs whatever is
 * named there. */
const ON_POSTGRES = ['dpop', 'golden', 'import', 'oauth4webapi', 'once', 'openid_client', 'par'];
/* And these a third time, on the newest PostgreSQL, whose programs are in $LICET_POSTGRES_NEWEST. */
const ON_NEWEST = ['once', 'openid_client', 'postgres'];

let passed = 0;
let failed = 0;
/* Which store the files run on, where it is not the usual one. */
let place = '';

function report(ok, subject, sentence, error) {
	if (ok)
		passed++;
	else
		failed++;
	console.log(`${ok ? 'ok' : 'not ok'} ${passed + failed} - ${subject}: ${sentence}`);
	if (!ok)
		console.log(diagnostics(error));
}

function diagnostics(error) {
	const cause = error?.cause ?? error;
	const text = cause instanceof Error
		? cause.stack + details(cause)
		: inspect(cause, { depth: 4 });
	return text.split('\n').map((line) => `    # ${line}`).join('\n');
}

function details(error) {
	let text = '';
	if ('expected' in error)
		text += `\nexpected: ${inspect(error.expected, { depth: 6 })}` +
			`\ngot:      ${inspect(error.actual, { depth: 6 })}`;
	if (error.cause)
		text += `\nbecause: ${inspect(error.cause, { depth: 3 })}`;
	return text;
}

function chooseFiles(names) {
	const all = readdirSync(here).filter((name) => name.endsWith('.test.mjs')).sort();
	if (names.length === 0)
		return all;
	const wanted = names.map((name) => basename(name).replace(/(\.test)?(\.mjs)?$/, ''));
	for (const name of wanted)
		if (!all.some((file) => file.startsWith(name)))
			report(false, name, 'there is a file of this name', `have: ${all.join(' ')}`);
	return all.filter((file) => wanted.some((name) => file.startsWith(name)));
}

function isFileItself(event) {
	return event.name === event.file || event.name.endsWith('.test.mjs');
}

function reportEvent(subject, type, data) {
	if (data.details?.type === 'suite' || (isFileItself(data) && type === 'test:pass'))
		return;
	if (isFileItself(data))
		report(false, subject, 'the file runs to its end', data.details.error);
	else if (data.skip !== undefined || data.todo !== undefined)
		report(false, subject, data.name, 'skipped, which no test here may be');
	else
		report(type === 'test:pass', subject, data.name, data.details.error);
}

async function runFile(file) {
	const subject = file.replace(/\.test\.mjs$/, '') + place;
	const events = run({ files: [join(here, file)], timeout: LONGEST_FILE_MS });
	for await (const { type, data } of events) {
		if (type === 'test:stderr')
			process.stderr.write(data.message);
		if (type === 'test:pass' || type === 'test:fail')
			reportEvent(subject, type, data);
	}
}

/* A few files side by side; each has its servers and folders to itself. */
async function runFiles(files) {
	const waiting = [...files];
	const lane = async () => {
		for (let file = waiting.shift(); file; file = waiting.shift())
			await runFile(file);
	};
	await Promise.all(Array.from({ length: FILES_AT_ONCE }, lane));
}

async function runOnPostgres(files) {
	const postgres = await startPostgres();
	process.env.STORE = 'postgres';
	process.env.FLOWS_POSTGRES = postgres.folder;
	place = ` on PostgreSQL ${postgres.query('SHOW server_version').split('.')[0]}`;
	await runFiles(files);
}

async function runOnNewest(files) {
	process.env.LICET_POSTGRES = process.env.LICET_POSTGRES_NEWEST;
	await runOnPostgres(files);
}

const folder = mkdtempSync(join(tmpdir(), 'licet-authority-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'])
	process.on(signal, () => process.exit(1));

const licet = process.env.LICET && resolve(process.env.LICET);
if (!licet || !existsSync(licet)) {
	report(false, 'run', 'the program under test is there',
		licet ? `LICET=${licet} does not exist` : 'LICET is not set');
} else {
	process.env.LICET = licet;
	process.env.FLOWS_AUTHORITY = folder;
	makeAuthority(folder);
	process.env.NODE_EXTRA_CA_CERTS = authorityFiles(folder).ca;
	if (process.env.STORE !== 'postgres')
		await runFiles(chooseFiles(names));
	if (process.env.STORE === 'postgres')
		await runOnPostgres(chooseFiles(names));
	else if (names.length === 0 && !elsewhere)
		await runOnPostgres(chooseFiles(ON_POSTGRES));
	if (names.length === 0 && !elsewhere && process.env.LICET_POSTGRES_NEWEST)
		await runOnNewest(chooseFiles(ON_NEWEST));
}
console.log(`# ${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);

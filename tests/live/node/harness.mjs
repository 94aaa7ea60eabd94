// What the scripts of the matrix share: cases one after another, one JSON line each: {"case", "verdict", "note"}, and for what
// fails the "exchanges" that reached the provider.
//
// From the environment: NODE_PACKAGES; BASE_URL (no path), API_KEY, MODEL; CLIENT, the dialect of the client; PROVIDER, the
// dialect behind; SERVER, who imitates it; RUN, a word of this run's own; WATCH, where is told what the imitated provider was
// asked; VIA, "weir" or "direct"; ONLY, the name of a single case.
import { createRequire } from 'node:module';
import { SERVER, server } from './answers.mjs';
import { sane, seen } from './upstream.mjs';

export const load = createRequire(process.env.NODE_PACKAGES + '/package.json');
export const { BASE_URL, API_KEY, MODEL, CLIENT, PROVIDER, RUN, WATCH, VIA, ONLY } = process.env;
const PATIENCE = 10000;    // milliseconds for one case
const TOGETHER = 90000;   // and for all of them: a gateway that always hangs is reported, too

class Wrong extends Error {}
const shown = (value) => {
  const text = typeof value === 'string' ? JSON.stringify(value) : JSON.stringify(value) ?? String(value);
  return text.length > 400 ? `${text.slice(0, 400)}... (${text.length} long)` : text;
};
const sorted = (value) => Array.isArray(value) ? value.map(sorted)
  : value && typeof value === 'object' ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]))
  : value;

export function check(condition, what) {
  if (!condition) throw new Wrong(what);
}
export function equal(got, wanted, what) {
  check(JSON.stringify(sorted(got)) === JSON.stringify(sorted(wanted)), `${what}: ${shown(got)}, wanted ${shown(wanted)}`);
}
let skipped = null;  // why this case cannot be had, even if the case takes what is thrown for an error that it waits for
export const skip = (why) => { throw new Wrong(skipped = why); };
export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// The user's words: what the provider shall do, and a mark by which its requests are found again.
let mark = '';
let headers = null;
export function say(topic, words = 'Well?') {
  if (server.cannot[topic]) skip(server.cannot[topic]);
  const asked = server.ask(topic, words, mark);
  headers = asked.headers;
  return asked.words;
}
// The simulated provider is told in a header of every request behind say(), whichever client sends it.
const plainFetch = globalThis.fetch;
globalThis.fetch = (url, init = {}) => {
  if (!headers) return plainFetch(url, init);
  const all = new Headers(init.headers);
  for (const [name, value] of Object.entries(headers)) all.set(name, value);
  return plainFetch(url, { ...init, headers: all });
};

// The requests of this case that reached the provider, as they came.
export async function upstream() {
  const found = await (await fetch(`${WATCH}/?mark=${encodeURIComponent(mark)}`)).json();
  return found.map((one) => ({ ...one, get json() { return this.body ? JSON.parse(this.body) : null; } }));
}
// What the last request to the provider held of `what` (`seen` in upstream.mjs), and that the answer to it came back.
export async function saw(what, wanted, text) {
  equal(seen[what](PROVIDER, (await upstream()).at(-1).json), wanted, `the ${what} that the provider saw`);
  equal(text, server.says[what](wanted), 'answer');
}
// Whether the seal of the round before went back to the vendor that had set it, as often as it is due; to others none does.
export async function sealed(times) {
  equal(seen.seals(PROVIDER, (await upstream()).at(-1).json), Array(times).fill(server.SIGNATURE), 'seals that went back');
}
export async function until(condition, what) {
  for (let waited = 0; waited < 2000; waited += 20) {
    if (await condition()) return;
    await pause(20);
  }
  throw new Wrong(what);
}
export const abortedUpstream = () =>
  until(async () => (await upstream()).some((one) => one.aborted), 'the provider was still answering two seconds later');

// What a promise raised; that nothing was raised is an error.
export async function raised(promise) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Wrong(`nothing was raised; the answer was ${shown(value)}`);
}

export async function main(cases) {
  const wanted = Object.entries(cases).filter(([name]) => !ONLY || name === ONLY);
  const begun = Date.now();
  for (const [name, play] of wanted) {
    mark = `${RUN}:${name}`;
    headers = skipped = null;
    const started = Date.now();
    let verdict = 'passes', note = '', exchanges;
    try {
      check(Date.now() - begun < TOGETHER, 'not played: the cases before took too long');
      let timer;
      const late = new Promise((_, refuse) => {
        timer = setTimeout(() => refuse(new Wrong(`not over after ${PATIENCE / 1000} s`)), PATIENCE);
      });
      await Promise.race([play(), late]).finally(() => clearTimeout(timer));
      headers = null;
      for (const one of (await upstream()).filter(({ json }) => json)) {
        const problem = sane(PROVIDER, one);
        check(!problem, `the request to the provider: ${problem}`);
      }
    } catch (error) {
      verdict = 'FAILS';
      note = error instanceof Wrong ? error.message
        : `${error?.constructor?.name}: ${error?.message}${error?.responseBody ? ' ' + error.responseBody : ''} ${String(error?.stack).split('\n')[1]?.trim() ?? ''}`;
    }
    if (skipped) [verdict, note] = ['not applicable', skipped];
    if (verdict === 'FAILS') exchanges = await upstream().catch(() => []);
    console.log(JSON.stringify({ case: name, verdict, note, exchanges, milliseconds: Date.now() - started }));
  }
  process.exit(0);
}

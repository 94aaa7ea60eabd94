// What aimock says: the answers that aimock.mjs gives it.
export const TEXT = 'Hello! Grüße aus Oslo, 世界 🌍: "quoted", back\\slash,\nand a second line.';
export const WEATHER = 'It is 17 degrees in Oslo.';
export const THOUGHTS = 'The question is about the weather, so I look it up.';
export const SIGNATURE = 'c2lnbmVkIGJ5IGFpbW9jaw==';
export const PERSON = { name: 'Ada "the first" Lovelace', age: 36, tags: ['maths', 'engines'] };
export const USAGE = { input: 21, output: 9 };
export const LONG = 'A sentence that takes its time. '.repeat(12);
// Numbers that a careless parser changes.
export const ARGUMENTS = { city: 'Oslo', days: 3, precision: 0.1, note: 'a "b"\n\\ é' };
export const CALLS = [
  { name: 'get_weather', arguments: { city: 'Oslo' } },
  { name: 'get_weather', arguments: { city: 'Bergen' } },
  { name: 'get_time', arguments: {} },
];
export const FAILED = 'Told to answer';  // in the message of every error

// Said again by the fixtures that look at the request themselves.
export const says = { system: () => 'Arr.', history: (seen) => seen, results: (seen) => seen };

// Topics that it has no answer for, and why.
export const cannot = {
  refusal: 'aimock has no refusal as a field',
  filtered: 'not scripted: aimock has one word for a finish in all dialects',
  slow: 'aimock has no time before the first word alone',
  stalled: 'aimock does not stall',
  faultfirst: 'aimock has no error inside a 200',
  faultmid: 'aimock has no error in mid-stream',
  quota: 'not scripted: aimock has one error body for all dialects',
  toolong: 'not scripted: aimock has one error body for all dialects',
  again: 'aimock keeps no responses',
  byname: 'aimock is told by words, not by the name of a model',
};

// The user's words, by which aimock chooses its answer, and a mark by which the request is found again.
export const ask = (topic, words, mark) => ({ words: `[${topic}] ${words} <${mark}>`, headers: null });

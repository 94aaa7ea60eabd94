// What the imitated provider says, and so what every client has to see.
export const TEXT = 'Hello! Grüße aus Oslo, 世界 🌍: "quoted", back\\slash,\nand a second line.';
export const PROMPT = 'You speak as a pirate.';
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
// What the tools answer, and what the provider then says it was told.
export const degrees = { Oslo: 17, Bergen: -12 };
export const TOLD_ONE = 'get_weather(Oslo): 17';
export const TOLD_ALL = 'get_weather(Oslo): 17; get_weather(Bergen): -12; get_time(): noon';
export const run = (name, given) => (name === 'get_time' ? 'noon' : `${degrees[given.city]} degrees`);

export const WEATHER_SCHEMA = {
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'integer' }, precision: { type: 'number' }, note: { type: 'string' } },
  required: ['city'],
};
export const TIME_SCHEMA = { type: 'object', properties: {} };

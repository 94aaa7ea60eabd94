// What weir's simulated provider says, and how it is asked for that: docs/simulator.md. It is told in the header x-simulate,
// which weir passes on like x-request-id, which marks the request here, so that models have the names that they have anywhere.
const { PROVIDER, MODEL } = process.env;

export const TEXT = 'Hello! Grüße aus Oslo, 世界 🌍: "quoted", back\\slash,\nand a second line.';  // echoed
export const WEATHER = 'Hello! I am the simulated provider inside weir:';
export const THOUGHTS = 'Somebody wants an answer. I cannot';
export const SIGNATURE = 'c2ltdWxhdGVkLXNpZ25hdHVyZQ==';
export const PERSON = { name: 'simulated', age: 1, tags: ['simulated'] };
export const USAGE = { input: 12, output: 12 };  // words of TEXT
export const LONG = `${WEATHER} no key, no model, and nothing leaves this machine.`;
export const REFUSAL = 'I am sorry, but I was asked to refuse, and so I do.';
export const ARGUMENTS = { city: 'Lisbon', unit: 'celsius' };
export const CALLS = [
  { name: 'get_weather', arguments: ARGUMENTS },
  { name: 'get_time', arguments: {} },
  { name: 'get_weather', arguments: { city: 'Nairobi', unit: 'celsius' } },
];
export const FAILED = 'it was asked to fail like this';

export const says = { system: () => WEATHER, history: () => 'Three.', results: () => WEATHER };

const calls = (count) => `tool-calls=${count},chunks=8`;  // the chunks are the answer's behind the tools' results
const wishes = {
  text: 'echo',
  system: 'chunks=8',
  history: 'echo',
  tool: calls(1),
  parallel: calls(3),
  think: 'reasoning=6,chunks=8',
  thinktool: `reasoning=6,${calls(1)}`,
  schema: 'text',
  length: 'long=500',
  cut: 'cut-after=9',
  endless: 'long=5000,interval-ms=20',
  stalled: 'stall-after=6',
  slow: 'echo,first-token-ms=900',
  refusal: 'refusal',
  filtered: 'chunks=9,filtered',
  quota: 'quota',
  toolong: 'context-length',
  faultfirst: `error=${PROVIDER === 'anthropic_messages' ? 529 : 503},error-first-event`,
  faultmid: 'error=500,error-mid-stream=6',
  again: 'chunks=8',
  'error-400': 'error=400',
  'error-404': 'error=404',
  'error-429': 'error=429,retry-after=7',
  'error-500': 'error=500',
  'error-503': `error=${PROVIDER === 'anthropic_messages' ? 529 : 503}`,
};
const spoken = { text: TEXT, slow: TEXT };

export const cannot = { spoken: 'the simulated provider says nothing before it calls' };

// A model of the same provider that is a wish itself, for clients that cannot set a header.
export const byName = (items) => MODEL.replace(/[^/]*$/, items);

export const ask = (topic, words, mark) => ({ words: spoken[topic] ?? words,
  headers: { 'x-request-id': mark, ...(wishes[topic] && { 'x-simulate': `interval-ms=1,${wishes[topic]}` }) } });

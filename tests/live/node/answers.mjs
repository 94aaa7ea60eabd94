// What every client has to see, whoever imitates the providers; SERVER says who: "aimock" or "simulated". What the two say
// themselves is in answers_aimock.mjs and answers_simulated.mjs.
export const { SERVER } = process.env;
export const server = await import(`./answers_${SERVER}.mjs`);
export const { TEXT, WEATHER, THOUGHTS, SIGNATURE, PERSON, USAGE, LONG, ARGUMENTS, CALLS, FAILED } = server;

export const PROMPT = 'You speak as a pirate.';
export const WEATHER_SCHEMA = {
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'integer' }, precision: { type: 'number' }, note: { type: 'string' } },
  required: ['city'],
};
export const TIME_SCHEMA = { type: 'object', properties: {} };

// What the tools answer, and in what words a provider's view of it is written down (`seen` in upstream.mjs).
const degrees = { Oslo: 17, Bergen: -12, Lisbon: 30, Nairobi: 25 };
export const run = (name, given) => (name === 'get_time' ? 'noon' : `${degrees[given.city]} degrees`);
export const told = (calls) => calls.map(({ name, arguments: { city } }) =>
  `${name}(${city ?? ''}): ${name === 'get_time' ? 'noon' : degrees[city]}`).join('; ');
export const HISTORY = 'user:One., assistant:Two., user:Three.';

// The imitation of the providers, @copilotkit/aimock, with the answers of the matrix. Prints {"port", "watch"} and serves
// until it is killed.
//   node aimock.mjs    with NODE_PACKAGES, and AIMOCK_KEY: the only credential it takes
//
// aimock speaks all four dialects from one pool of answers, chosen by the "[topic]" at the head of the user's last words.
// `watch` is a second port of our own: watch.mjs.
import { createRequire } from 'node:module';
import { PROMPT } from './answers.mjs';
import { ARGUMENTS, CALLS, LONG, PERSON, SIGNATURE, TEXT, THOUGHTS, USAGE, WEATHER } from './answers_aimock.mjs';
import { keep, serveWatch } from './watch.mjs';

const require = createRequire(process.env.NODE_PACKAGES + '/package.json');
const { LLMock } = require('@copilotkit/aimock');
const mock = new LLMock({ port: 0, host: '127.0.0.1', auth: { apiKeys: [process.env.AIMOCK_KEY] }, chunkSize: 7 });

// One usage for every dialect: aimock takes the names that it knows for the dialect it speaks.
const usage = { prompt_tokens: USAGE.input, completion_tokens: USAGE.output };
const on = (topic, response, more = {}, match = {}) =>
  mock.addFixture({ match: { userMessage: `[${topic}]`, ...match }, response, ...more });

// What came back for each call in the round before, by the call's own id; a result without its call is an error.
function results(request) {
  const calls = new Map();
  const seen = [];
  for (const message of request.messages) {
    for (const call of message.tool_calls ?? []) calls.set(call.id, call.function);
    if (message.role !== 'tool') continue;
    const call = calls.get(message.tool_call_id);
    if (!call) return [`a result for ${message.tool_call_id}, which nobody called`];
    calls.delete(message.tool_call_id);
    const city = JSON.parse(call.arguments || '{}').city;
    seen.push(`${call.name}(${city ?? ''}): ${/-?\d+|noon/.exec(String(message.content))?.[0] ?? message.content}`);
  }
  for (const [id, call] of calls) seen.push(`no result for ${call.name} ${id}`);
  return seen;
}
// aimock ends Gemini's calls with a reason that Gemini does not have; the vendor ends them with STOP.
const calling = (calls, more = {}) => (request) => ({ usage, ...more,
  toolCalls: calls.map((call) => ({ name: call.name, arguments: JSON.stringify(call.arguments) })),
  ...(request.model.startsWith('gemini') ? { finishReason: 'stop' } : {}) });
const ONE = [{ name: 'get_weather', arguments: ARGUMENTS }];
const told = (request) => ({ content: results(request).join('; '), usage });

on('text', { content: TEXT, usage });
mock.addFixture({ match: { userMessage: 'Why is the sky blue?' }, response: { content: 'It scatters.', usage } });
on('system', (request) => {
  const system = request.messages.filter((message) => /^(system|developer)$/.test(message.role)).map((message) => message.content).join('|');
  return { content: system.includes(PROMPT) ? 'Arr.' : `no such prompt, but: ${system}`, usage };
});
on('history', (request) => ({
  content: request.messages.filter((message) => message.role !== 'system').map((message) =>
    `${message.role}:${String(message.content).replace(/^\[.*?\] /, '').replace(/ <.*>$/, '')}`).join(', '),
  usage }));
on('tool', calling(ONE), {}, { hasToolResult: false });
on('tool', told, {}, { hasToolResult: true });
on('spoken', calling(ONE, { content: 'Let me look.' }), {}, { hasToolResult: false });
on('spoken', told, {}, { hasToolResult: true });
on('parallel', calling(CALLS), {}, { hasToolResult: false });
on('parallel', told, {}, { hasToolResult: true });
on('think', { content: WEATHER, reasoning: THOUGHTS, reasoningSignature: SIGNATURE, usage });
on('thinktool', calling(ONE, { reasoning: THOUGHTS, reasoningSignature: SIGNATURE }), {}, { hasToolResult: false });
on('thinktool', told, {}, { hasToolResult: true });
// A schema that the provider cannot be asked for is asked as one tool; then that tool is what a model would call.
on('schema', (request) => request.tools?.length
  ? { toolCalls: [{ name: request.tools[0].function.name, arguments: JSON.stringify(PERSON) }], usage }
  : { content: JSON.stringify(PERSON), usage });
on('length', { content: 'Cut sho', finishReason: 'length', usage });
on('cut', { content: LONG, usage }, { truncateAfterChunks: 9, latency: 2 });
on('endless', { content: LONG.repeat(40), usage }, { latency: 20 });

// Errors: the type that the provider itself uses; aimock has one `type` for all dialects, so it is told by the model.
const TYPES = {
  400: { openai: ['invalid_request_error', 'invalid_value'], claude: ['invalid_request_error'], gemini: ['INVALID_ARGUMENT'] },
  404: { openai: ['invalid_request_error', 'model_not_found'], claude: ['not_found_error'], gemini: ['NOT_FOUND'] },
  429: { openai: ['tokens', 'rate_limit_exceeded'], claude: ['rate_limit_error'], gemini: ['RESOURCE_EXHAUSTED'] },
  500: { openai: ['server_error', null], claude: ['api_error'], gemini: ['INTERNAL'] },
  503: { openai: ['server_error', 'overloaded'], claude: ['overloaded_error'], gemini: ['UNAVAILABLE'] },
};
for (const status of [400, 404, 429, 500, 503])
  on(`error-${status}`, (request) => {
    const vendor = /^(claude|gemini)/.exec(request.model)?.[0] ?? 'openai';
    const [type, code] = TYPES[status][vendor];
    const real = status === 503 && vendor === 'claude' ? 529 : status;
    return { error: { message: `Told to answer ${status}.`, type, code }, status: real, retryAfter: 7 };
  });

await mock.start();
mock.serverInstance.server.prependListener('request', keep);
serveWatch(mock.port);

// The `ai` package with its providers for OpenAI (chat and Responses), Anthropic and Google, as CLIENT says.
import { ARGUMENTS, CALLS, LONG, PERSON, PROMPT, TEXT, THOUGHTS, TIME_SCHEMA, TOLD_ALL, TOLD_ONE, USAGE, WEATHER, WEATHER_SCHEMA,
  run } from './answers.mjs';
import { API_KEY, BASE_URL, CLIENT, MODEL, PROVIDER, VIA, abortedUpstream, check, equal, load, main, raised, say, skip, upstream } from './harness.mjs';
import { asksForSchema } from './upstream.mjs';

const { APICallError, generateObject, generateText, isStepCount, jsonSchema, stepCountIs, streamObject, streamText, tool } = load('ai');
const { z } = load('zod');
globalThis.AI_SDK_LOG_WARNINGS = false;
const make = {
  openai_chat: (apiKey) => { const own = load('@ai-sdk/openai').createOpenAI({ baseURL: BASE_URL + '/v1', apiKey }); return (model) => own.chat(model); },
  openai_responses: (apiKey) => { const own = load('@ai-sdk/openai').createOpenAI({ baseURL: BASE_URL + '/v1', apiKey }); return (model) => own.responses(model); },
  anthropic_messages: (apiKey) => load('@ai-sdk/anthropic').createAnthropic({ baseURL: BASE_URL + '/v1', apiKey }),
  // A model that has a slash in its name must be written with the "models/" that the client otherwise adds.
  gemini: (apiKey) => { const own = load('@ai-sdk/google').createGoogle({ baseURL: BASE_URL + '/v1beta', apiKey }); return (model) => own('models/' + model); },
}[CLIENT];
const options = {
  openai_chat: {},
  openai_responses: { openai: { store: false, reasoningSummary: 'auto', reasoningEffort: 'low', forceReasoning: true } },
  anthropic_messages: { anthropic: { thinking: { type: 'enabled', budgetTokens: 1024 } } },
  gemini: { google: { thinkingConfig: { includeThoughts: true, thinkingBudget: 1024 } } },
}[CLIENT];
const model = make(API_KEY)(MODEL);
const asking = (topic, more = {}) => ({ model, prompt: say(topic), maxRetries: 0, ...more });
const generate = (topic, more) => generateText(asking(topic, more));
const stream = (topic, more) => streamText(asking(topic, { onError: () => {}, ...more }));
const person = z.object({ name: z.string(), age: z.number(), tags: z.array(z.string()) });
const schemas = { get_weather: WEATHER_SCHEMA, get_time: TIME_SCHEMA };
const tools = (seen) => Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, tool({
  description: `The ${name} tool.`, inputSchema: jsonSchema(schema),
  execute: async (given) => { seen.push({ name, arguments: given }); return run(name, given); } })]));
const order = (calls) => [...calls].sort((one, other) => JSON.stringify(one) < JSON.stringify(other) ? -1 : 1);
const usage = ({ inputTokens, outputTokens }) => equal([inputTokens, outputTokens], [USAGE.input, USAGE.output], 'usage');

async function rounds(topic, wanted, told, ask) {
  const seen = [];
  const answer = await ask(topic, { tools: tools(seen), stopWhen: (isStepCount ?? stepCountIs)(3) });
  equal(await answer.text, told, 'what the provider was told');
  equal(order(seen), order(wanted), 'calls');
  const steps = await answer.steps;
  equal(steps.map((step) => step.finishReason), ['tool-calls', 'stop'], 'finish reasons');
  return steps;
}
const oneCall = [{ name: 'get_weather', arguments: ARGUMENTS }];

const errors = Object.fromEntries([
  ['error_400', 'error-400', [400]],
  ['error_404', 'error-404', [404]],
  ['error_500', 'error-500', PROVIDER === CLIENT ? [500] : [500, 502]],
  ['error_overloaded', 'error-503', [503, 529]],
  ['error_429', 'error-429', [429]],
].map(([name, topic, statuses]) => [name, async () => {
  const error = await raised(generate(topic));
  check(APICallError.isInstance(error), `${error.constructor.name}: ${error.message}`);
  check(statuses.includes(error.statusCode), `status ${error.statusCode}`);
  equal(error.isRetryable, error.statusCode >= 429, 'isRetryable');
  check(error.message.includes('Told to answer'), `the provider's words are lost: ${error.message}`);
  if (error.statusCode === 429) equal(error.responseHeaders['retry-after'], '7', 'retry-after');
}]));

await main({
  async text() {
    const answer = await generate('text');
    equal([answer.text, answer.finishReason], [TEXT, 'stop'], 'answer');
    usage(answer.usage);
  },
  async stream() {
    const answer = stream('text');
    const deltas = [];
    for await (const delta of answer.textStream) deltas.push(delta);
    check(deltas.length > 3, `only ${deltas.length} deltas`);
    equal([deltas.join(''), await answer.text, await answer.finishReason], [TEXT, TEXT, 'stop'], 'answer');
    usage(await answer.usage);
  },
  async system() {
    equal((await generate('system', { instructions: PROMPT })).text, 'Arr.', 'answer');
  },
  async history() {
    const messages = [{ role: 'user', content: 'One.' }, { role: 'assistant', content: 'Two.' }, { role: 'user', content: say('history', 'Three.') }];
    equal((await generateText({ model, messages, maxRetries: 0 })).text, 'user:One., assistant:Two., user:Three.', 'what the provider saw');
  },
  tool: () => rounds('tool', oneCall, TOLD_ONE, generate),
  tool_stream: () => rounds('tool', oneCall, TOLD_ONE, stream),
  tools_parallel: () => rounds('parallel', CALLS, TOLD_ALL, generate),
  tools_parallel_stream: () => rounds('parallel', CALLS, TOLD_ALL, stream),
  async tool_after_text() {
    // Responses: unless told that nothing is stored, this client sends what it was told as references to OpenAI's store.
    const stored = CLIENT === 'openai_responses' && { providerOptions: { openai: { store: false } } };
    const steps = await rounds('spoken', oneCall, TOLD_ONE, (topic, more) => stream(topic, { ...more, ...stored }));
    equal(steps[0].text, 'Let me look.', 'text before the call');
  },
  async object() {
    const answer = await generateObject(asking('schema', { schema: person }));
    equal(answer.object, PERSON, 'object');
    check(asksForSchema(PROVIDER, (await upstream())[0]), 'the schema did not reach the provider');
  },
  async object_stream() {
    const answer = streamObject(asking('schema', { schema: person, onError: () => {} }));
    let partial = 0;
    for await (const _ of answer.partialObjectStream) partial++;
    equal(await answer.object, PERSON, 'object');
    check(partial > 1 || PROVIDER === 'gemini', 'no partial objects');
  },
  async reasoning() {
    if (CLIENT === 'openai_chat') skip('this client does not read reasoning from chat completions');
    const answer = await generate('think', { providerOptions: options });
    equal([answer.reasoningText, answer.text], [THOUGHTS, WEATHER], 'reasoning and text');
  },
  async reasoning_stream() {
    if (CLIENT === 'openai_chat') skip('this client does not read reasoning from chat completions');
    const answer = stream('think', { providerOptions: options });
    equal([await answer.reasoningText, await answer.text], [THOUGHTS, WEATHER], 'reasoning and text');
  },
  reasoning_tool: () => rounds('thinktool', oneCall, TOLD_ONE, (topic, more) => stream(topic, { ...more, providerOptions: options })),
  async length() {
    if (CLIENT === 'openai_responses' && PROVIDER === 'openai_responses') skip('aimock gives no reason for an incomplete response');
    equal((await generate('length')).finishReason, 'length', 'finishReason');
    equal(await stream('length').finishReason, 'length', 'in a stream');
  },
  async cut_stream() {
    let text = '', failed = null;
    try {
      for await (const part of stream('cut').fullStream) {
        if (part.type === 'text-delta') text += part.text;
        if (part.type === 'error') failed = part.error;
      }
    } catch (error) {
      failed = error;  // how a connection that breaks is told; an error in the stream is a part
    }
    check(failed, 'no error was seen');
    check(text && LONG.startsWith(text), `text before the cut: ${text}`);
  },
  async abort() {
    const control = new AbortController();
    let text = '';
    for await (const delta of stream('endless', { abortSignal: control.signal }).textStream) if ((text += delta).length > 20) control.abort();
    await abortedUpstream();
  },
  async wrong_key() {
    const error = await raised(generateText({ ...asking('text'), model: make('sk-wrong')(MODEL) }));
    check(APICallError.isInstance(error), `${error.constructor.name}: ${error.message}`);
    check([401, 400].includes(error.statusCode), `status ${error.statusCode}`);
  },
  async unknown_model() {
    if (VIA === 'direct') skip('aimock knows every model');
    const error = await raised(generateText({ ...asking('text'), model: make(API_KEY)('nobody-has-this') }));
    equal(error.statusCode, 404, 'status');
    check(error.message.includes('nobody-has-this'), `the message does not name the model: ${error.message}`);
  },
  ...errors,
});

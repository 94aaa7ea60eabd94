// The `ai` package with its providers for OpenAI (chat and Responses), Anthropic and Google, as CLIENT says.
import { ARGUMENTS, CALLS, FAILED, HISTORY, LONG, PERSON, PROMPT, SERVER, TEXT, THOUGHTS, TIME_SCHEMA, USAGE, WEATHER,
  WEATHER_SCHEMA, run, server, told } from './answers.mjs';
import { API_KEY, BASE_URL, CLIENT, MODEL, PROVIDER, VIA, abortedUpstream, check, equal, load, main, raised, saw, say, sealed,
  skip, upstream } from './harness.mjs';
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

// Responses: unless told that nothing is stored, this client sends what it was told as references to OpenAI's store: texts,
// and reasoning, which carries Gemini's seals.
const unstored = CLIENT === 'openai_responses' && { openai: { store: false } };
async function rounds(topic, wanted, ask, providerOptions = SERVER === 'simulated' && PROVIDER === 'gemini' && unstored) {
  const seen = [];
  const answer = await ask(topic, { tools: tools(seen), stopWhen: (isStepCount ?? stepCountIs)(3), ...(providerOptions && { providerOptions }) });
  await saw('results', told(wanted), await answer.text);
  equal(order(seen), order(wanted), 'calls');
  const steps = await answer.steps;
  equal(steps.map((step) => step.finishReason), ['tool-calls', 'stop'], 'finish reasons');
  return steps;
}
const oneCall = [{ name: 'get_weather', arguments: ARGUMENTS }];

async function broken(topic) {
  let text = '', failed = null;
  try {
    for await (const part of stream(topic).fullStream) {
      if (part.type === 'text-delta') text += part.text;
      if (part.type === 'error') failed = part.error;
    }
  } catch (error) {
    failed = error;  // how a connection that breaks is told; an error in the stream is a part
  }
  check(failed, 'no error was seen');
  check(text && LONG.startsWith(text), `text before the end: ${text}`);
}
async function abort(topic) {
  const control = new AbortController();
  let text = '';
  for await (const delta of stream(topic, { abortSignal: control.signal }).textStream) if ((text += delta).length > 20) control.abort();
  await abortedUpstream();
}

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
  check(error.message.includes(FAILED), `the provider's words are lost: ${error.message}`);
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
    await saw('system', PROMPT, (await generate('system', { instructions: PROMPT })).text);
  },
  async history() {
    const messages = [{ role: 'user', content: 'One.' }, { role: 'assistant', content: 'Two.' }, { role: 'user', content: say('history', 'Three.') }];
    await saw('history', HISTORY, (await generateText({ model, messages, maxRetries: 0 })).text);
  },
  tool: () => rounds('tool', oneCall, generate),
  tool_stream: () => rounds('tool', oneCall, stream),
  tools_parallel: () => rounds('parallel', CALLS, generate),
  tools_parallel_stream: () => rounds('parallel', CALLS, stream),
  async tool_after_text() {
    const steps = await rounds('spoken', oneCall, stream, unstored);
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
  async reasoning_tool() {
    await rounds('thinktool', oneCall, stream, options);
    if (SERVER === 'aimock') return;
    if (CLIENT === 'openai_chat') skip('this client keeps no seals from chat completions');
    await sealed({ openai_chat: 0, openai_responses: 1, anthropic_messages: 1, gemini: 2 }[PROVIDER]);
  },
  async length() {
    if (SERVER === 'aimock' && CLIENT === 'openai_responses' && PROVIDER === CLIENT) skip('aimock gives no reason for an incomplete response');
    equal((await generate('length', { maxOutputTokens: 20 })).finishReason, 'length', 'finishReason');
    equal(await stream('length', { maxOutputTokens: 20 }).finishReason, 'length', 'in a stream');
  },
  cut_stream: () => broken('cut'),
  abort: () => abort('endless'),
  abort_stalled: () => abort('stalled'),
  async slow_first_word() {
    equal(await stream('slow').text, TEXT, 'text');
  },
  async filtered() {
    equal((await generate('filtered')).finishReason, 'content-filter', 'finishReason');
    equal(await stream('filtered').finishReason, 'content-filter', 'in a stream');
  },
  fault_mid: () => broken('faultmid'),
  // An error that comes inside a 200, before anything else: weir still makes a status of it.
  async fault_first() {
    let failed = null;
    for await (const part of stream('faultfirst').fullStream) if (part.type === 'error') failed = part.error;
    check(failed, 'no error was seen');
    if (VIA === 'weir') equal([APICallError.isInstance(failed), failed.statusCode >= 500, failed.isRetryable], [true, true, true], 'class and status');
  },
  async quota() {
    equal((await raised(generate('quota'))).statusCode, 429, 'status');
  },
  async by_name() {
    const prompt = say('byname');
    equal((await generateText({ model: make(API_KEY)(server.byName('reasoning=6,chunks=8')), prompt, maxRetries: 0 })).text, WEATHER, 'text');
  },
  async wrong_key() {
    if (VIA === 'direct' && SERVER === 'simulated') skip('the simulated provider takes any key');
    const error = await raised(generateText({ ...asking('text'), model: make('sk-wrong')(MODEL) }));
    check(APICallError.isInstance(error), `${error.constructor.name}: ${error.message}`);
    check([401, 400].includes(error.statusCode), `status ${error.statusCode}`);
  },
  async unknown_model() {
    if (VIA === 'direct') skip(`${SERVER} knows every model`);
    const error = await raised(generateText({ ...asking('text'), model: make(API_KEY)('nobody-has-this') }));
    equal(error.statusCode, 404, 'status');
    check(error.message.includes('nobody-has-this'), `the message does not name the model: ${error.message}`);
  },
  ...errors,
});
